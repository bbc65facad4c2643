"""The application: every route there is, what guards them, and the contract they keep."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from stream.api import catalogue, numbers, operations, problems

if TYPE_CHECKING:
    from stream.api.source import Source

API = "/api/v1"
_PARTS = (catalogue, numbers)
"""The modules of the API: each has a `router`."""


def make_app(source: Source) -> FastAPI:
    """Return the ASGI application that answers from *source*."""
    app = FastAPI(
        title="Deskpulse",
        version=version("deskpulse"),
        openapi_url=f"{API}/openapi.json",
        # Both pages would load their scripts from somebody else's server.
        docs_url=None,
        redoc_url=None,
    )
    problems.handle(app)
    app.include_router(operations.router(source))
    api = APIRouter(prefix=API)
    for part in _PARTS:
        api.include_router(part.router(source))
    app.include_router(api)
    return app
