"""Turns: what reads all that is kept is done a few at a time, so that everything else is answered meanwhile.

Who waits for a turn holds no thread: scrapes, the latest numbers and sessions need those.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import QueryParams

from stream.api.access import ANYBODY, CALLER, Caller
from stream.api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

AT_ONCE: Final = 4
OF_ONE: Final = 2
"""So many of them may be one caller's. Where nobody says who they are, all may be anybody's."""
WAIT_S: Final = 5.0
RETRY_S: Final = "2"
LOOKING_BACK: Final = frozenset(
    {"/conversations", "/known-then", "/restatements", "/restated-numbers", "/history", "/week"}
)
BELOW: Final = "/conversations/"
NUMBERS: Final = "/values"


Who = tuple[str, str] | None


class Turns:
    """Middleware: lets AT_ONCE requests below *prefix* look back; others wait up to *wait_s*, and are answered 503.

    Whose turn it is next: of those who wait one of the caller who has the fewest, of these who came first.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, wait_s: float = WAIT_S) -> None:
        self._app = app
        self._prefix = prefix
        self._wait_s = wait_s
        self._held: Counter[Who] = Counter()
        self._waiting: list[tuple[Who, asyncio.Future[None]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # Who is nobody we know is refused at once, and has no turn for that.
        if scope["type"] != "http" or not self._looks_back(scope) or isinstance(scope.get(CALLER), Exception):
            await self._app(scope, receive, send)
            return
        who = _who(scope)
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turn(who)
        except TimeoutError:
            number = AT_ONCE if self._held.total() >= AT_ONCE else OF_ONE
            whose = "requests" if number == AT_ONCE else "requests of yours"
            detail = f"{number} {whose} look back already; come back in a moment"
            refused = answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": RETRY_S})
            await refused(scope, receive, send)
            return
        try:
            # Of one that took too long this comes back when its thread does, and not before.
            await self._app(scope, receive, send)
        finally:
            self._give_back(who)
            self._next()

    async def _turn(self, who: Who) -> None:
        """Return when it is *who*'s turn, which they then have."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((who, mine))
        self._next()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._give_back(who)
            else:
                self._waiting.remove((who, mine))
            self._next()
            raise

    def _give_back(self, who: Who) -> None:
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]  # else everybody who ever asked is remembered

    def _next(self) -> None:
        """Give away the turns that are free."""
        while self._held.total() < AT_ONCE:
            # Who gives up at this moment is done, and leaves by themselves.
            allowed = [
                (who, turn)
                for who, turn in self._waiting
                if not turn.done() and (who is None or self._held[who] < OF_ONE)
            ]
            if not allowed:
                return
            first = min(allowed, key=lambda each: self._held[each[0]])
            self._waiting.remove(first)
            self._held[first[0]] += 1
            first[1].set_result(None)

    def _looks_back(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if not path.startswith(self._prefix):
            return False
        path = path.removeprefix(self._prefix)
        if path == NUMBERS:
            return "as_of" in QueryParams(scope["query_string"])
        return path in LOOKING_BACK or path.startswith(BELOW)


def _who(scope: Scope) -> Who:
    caller = scope.get(CALLER)
    if not isinstance(caller, Caller) or caller is ANYBODY:
        return None
    return caller.how, caller.key or caller.name
