"""What machines ask for: /metrics, /live, /ready."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from stream.api.access import CALLER, Caller, Reader, requires_all_tenants
from stream.exporter import Exporter
from stream.snapshot import ready_trouble

if TYPE_CHECKING:
    from stream.api.source import Source

_NEVER_KEPT = {"Cache-Control": "no-store"}
METHODS = ["GET", "HEAD"]


def router(source: Source) -> APIRouter:
    """Return the routes; they stand in no contract. /live and /ready are open to everybody, and tell of no tenant."""
    routes = APIRouter(include_in_schema=False)
    exporter = Exporter(source.latest, clock=source.clock)

    @routes.api_route("/metrics", methods=METHODS)
    def metrics(request: Request, caller: Reader) -> Response:
        """Answer a scrape: always the text format, which every Prometheus reads, so that it can be made quickly."""
        requires_all_tenants(caller)
        body = exporter.text()
        headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        if "gzip" in request.headers.get("accept-encoding", ""):
            # The least level: the text repeats itself, and higher ones cost more than making it did.
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers)

    @routes.api_route("/live", methods=METHODS)
    async def live() -> Response:
        return PlainTextResponse("ok\n", headers=_NEVER_KEPT)

    @routes.api_route("/ready", methods=METHODS)
    async def ready(request: Request) -> Response:
        trouble = ready_trouble(source.latest(), source.clock())
        if trouble is None:
            return PlainTextResponse("ready\n", headers=_NEVER_KEPT)
        caller = request.scope.get(CALLER)
        # Addresses of servers may stand in it, and names out of definitions.
        is_told = isinstance(caller, Caller) and "read" in caller.scopes and caller.tenants is None
        return PlainTextResponse(f"not ready: {trouble}\n" if is_told else "not ready\n", 503, headers=_NEVER_KEPT)

    return routes
