"""What machines ask for: /metrics, /live, /ready."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from stream.exporter import Exporter
from stream.snapshot import ready_trouble

if TYPE_CHECKING:
    from stream.api.source import Source

_NEVER_KEPT = {"Cache-Control": "no-store"}
METHODS = ["GET", "HEAD"]


def router(source: Source) -> APIRouter:
    """Return the routes; they stand in no contract, and are nobody's secret."""
    routes = APIRouter(include_in_schema=False)
    exporter = Exporter(source.latest, clock=source.clock)

    @routes.api_route("/metrics", methods=METHODS)
    def metrics(request: Request) -> Response:
        """Answer a scrape: always the text format, which every Prometheus reads, so that it can be made quickly."""
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
    async def ready() -> Response:
        trouble = ready_trouble(source.latest(), source.clock())
        if trouble is None:
            return PlainTextResponse("ready\n", headers=_NEVER_KEPT)
        return PlainTextResponse(f"not ready: {trouble}\n", 503, headers=_NEVER_KEPT)

    return routes
