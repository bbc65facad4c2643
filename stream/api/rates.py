"""Rates: how often a caller may ask. A bucket of tokens each: a burst is fine, going on like that is not."""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from stream.api.access import ANYBODY, CALLER, Caller
from stream.api.identity import peer_of
from stream.api.problems import answer
from stream.wallboard import runbooks
from stream.wallboard.pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

BURST_S: Final = 10
"""A bucket holds what comes into it in so long."""
MOST_BUCKETS: Final = 10_000
FREE: Final = frozenset({"/live", "/ready", *PAGES})
"""Cheap: asked by what decides whether this process lives, or sent from memory to a browser that may have no other."""
FREE_BELOW: Final = ("/static/", runbooks.BELOW)
"""What pages are made of: without one of these a screen stays empty; and what to do when somebody is paged."""


class Buckets:
    """The buckets of all callers; of more than MOST_BUCKETS the one that was not asked for longest is forgotten."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def wait_s(self, key: tuple[str, str], *, now_s: float) -> float:
        """Take one from the bucket of *key*; return 0, or in how many seconds there will be one if it is empty."""
        most = float(self._per_s * BURST_S)
        held, at_s = self._buckets.pop(key, (most, now_s))
        held = min(most, held + (now_s - at_s) * self._per_s)
        waits_s = 0.0 if held >= 1 else (1 - held) / self._per_s
        self._buckets[key] = (held if waits_s else held - 1, now_s)
        if len(self._buckets) > MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return waits_s


class Rates:
    """Middleware: refuses who asks too often (429), and says when to come back."""

    def __init__(self, app: ASGIApp, *, per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._buckets = Buckets(per_s)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not _is_free(scope["path"]):
            wait_s = self._buckets.wait_s(_key(scope), now_s=self._clock())
            if wait_s:
                later = {"Retry-After": str(math.ceil(wait_s))}
                refused = answer(HTTPStatus.TOO_MANY_REQUESTS, "you ask too often", headers=later)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_free(path: str) -> bool:
    return path in FREE or path.startswith(FREE_BELOW)


def _key(scope: Scope) -> tuple[str, str]:
    caller = scope.get(CALLER)
    if isinstance(caller, Caller) and caller is not ANYBODY:
        return caller.how, caller.key or caller.name
    return "nobody", _network(peer_of(scope))


def _network(peer: str) -> str:
    """Return what stands for all addresses that one may give oneself: of IPv6 the first half."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else peer
