"""Guards: what every request passes before the application, from the outside in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.api.hosts import Hosts
from stream.api.identity import Identifying, Identity

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from stream.api.source import Source


def guarded(app: ASGIApp, source: Source, *, identity: Identity) -> ASGIApp:
    """Return *app* behind all that protects it."""
    app = Identifying(app, identity)
    return Hosts(app, source.settings)
