"""Turns: what reads all that is kept is done a few at a time, so that everything else is answered meanwhile.

Who waits for a turn holds no thread: scrapes, the latest numbers and sessions need those.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import QueryParams

from stream.api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

AT_ONCE: Final = 4
WAIT_S: Final = 5.0
RETRY_S: Final = "2"
LOOKING_BACK: Final = frozenset({"/conversations", "/known-then", "/restatements", "/history"})
BELOW: Final = "/conversations/"
NUMBERS: Final = "/values"


class Turns:
    """Middleware: lets AT_ONCE requests below *prefix* look back; others wait up to *wait_s*, and are answered 503."""

    def __init__(self, app: ASGIApp, *, prefix: str, wait_s: float = WAIT_S) -> None:
        self._app = app
        self._prefix = prefix
        self._wait_s = wait_s
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not self._looks_back(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            detail = f"{AT_ONCE} requests look back already; come back in a moment"
            refused = answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": RETRY_S})
            await refused(scope, receive, send)
            return
        try:
            # Of one that took too long this comes back when its thread does, and not before.
            await self._app(scope, receive, send)
        finally:
            self._free.release()

    def _looks_back(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if not path.startswith(self._prefix):
            return False
        path = path.removeprefix(self._prefix)
        if path == NUMBERS:
            return "as_of" in QueryParams(scope["query_string"])
        return path in LOOKING_BACK or path.startswith(BELOW)
