"""Guards: what every request passes before the application, from the outside in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware.gzip import GZipMiddleware

from stream.api import turns
from stream.api.conditional import Conditional
from stream.api.headers import SecurityHeaders
from stream.api.hosts import Hosts
from stream.api.identity import Identifying, Identity
from stream.api.rates import Rates
from stream.api.refusals import Refusals
from stream.api.sizes import Sizes
from stream.api.times import Times
from stream.api.turns import Turns

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from stream.api.source import Source

COMPRESSION: Final = 4
"""Numbers repeat themselves: more takes longer and saves little."""


def guarded(app: ASGIApp, source: Source, *, identity: Identity, api: str) -> ASGIApp:
    """Return *app*, whose API is below the path *api*, behind all that protects it.

    Who asks is known before anything is made for them. Streams of events are not compressed: they would be held back.
    """
    app = Turns(app, prefix=api, wait_s=turns.WAIT_S)
    app = Conditional(app, source, prefix=api)
    app = GZipMiddleware(app, compresslevel=COMPRESSION)
    app = Rates(app, per_s=source.settings.rate)
    app = Identifying(app, identity)
    app = Times(app)
    app = Sizes(app)
    app = Hosts(app, source.settings)
    app = Refusals(app)
    return SecurityHeaders(app, source.settings)
