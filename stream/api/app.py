"""The application: every route there is, what guards them, and the contract they keep."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from stream.api import (
    balance,
    catalogue,
    changes,
    conversations,
    definitions,
    history,
    links,
    numbers,
    operations,
    problems,
    restated_numbers,
    restatements,
    service_level,
    timelines,
    trust,
    week,
)
from stream.api.contract import described
from stream.api.guards import guarded
from stream.api.identity import Identity
from stream.api.sessions import Sessions
from stream.api.sizes import MOST_BODY
from stream.wallboard import alerts, layout, pages, runbooks, silence

if TYPE_CHECKING:
    from typing import Any

    from starlette.types import ASGIApp

    from stream.api.source import Source

API = "/api/v1"
_PARTS = (
    *(catalogue, numbers, changes, history, week, conversations, timelines, restatements, restated_numbers),
    *(service_level, balance, trust),
    *(definitions, layout, alerts, silence),
)
"""The modules of the API: each has a `router`."""


class _App(FastAPI):
    def __init__(self, source: Source, identity: Identity, **options: Any) -> None:  # noqa: ANN401 - FastAPI's own
        self._source, self._identity = source, identity
        super().__init__(**options)

    def build_middleware_stack(self) -> ASGIApp:
        return guarded(super().build_middleware_stack(), self._source, identity=self._identity, api=API)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def make_app(source: Source) -> FastAPI:
    """Return the ASGI application that answers from *source*; UsageError if settings of it are wrong."""
    sessions = Sessions(source.settings)
    app = _App(
        source,
        Identity(source.settings, sessions),
        title="Deskpulse",
        version=version("deskpulse"),
        openapi_url=f"{API}/openapi.json",
        # Both pages would load their scripts from somebody else's server.
        docs_url=None,
        redoc_url=None,
        max_body_size=MOST_BODY,
    )
    app.state.at_end = source.at_end
    problems.handle(app)
    app.include_router(operations.router(source))
    app.include_router(pages.router(source))
    app.include_router(runbooks.router(source))
    app.include_router(links.joining(sessions))
    api = APIRouter(prefix=API)
    for part in _PARTS:
        api.include_router(part.router(source))
    api.include_router(links.router(source, sessions))
    app.include_router(api)
    return app
