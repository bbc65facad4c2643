"""Times: how long an answer may take. What is behind it may go on a little; nobody waits for it any more."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from stream.api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_S: Final = 30.0
RETRY_S: Final = "10"
EVENTS: Final = "text/event-stream"


class Times:
    """Middleware: answers 503 after `longest_s`, or cuts an answer under way. A stream of events may go on."""

    def __init__(self, app: ASGIApp, *, longest_s: float = LONGEST_S) -> None:
        self._app = app
        self._longest_s = longest_s
        self._left: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = _Sender(send)
        # A task of its own, as a thread cannot be cancelled, and is waited for by whoever started it.
        task = asyncio.create_task(_run(self._app, scope, receive, sender))
        try:
            await asyncio.wait({task}, timeout=self._longest_s)
            if sender.is_endless:
                await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        if task.done():
            task.result()
            return
        sender.is_over = True
        task.cancel()
        self._left.add(task)
        task.add_done_callback(self._forget)
        if sender.is_begun:
            await _cut(scope)
            return
        detail = f"this took longer than {self._longest_s:g} s; ask for less, or later"
        refused = answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": RETRY_S})
        await refused(scope, receive, send)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()


class _Sender:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_begun = self.is_endless = self.is_over = False

    async def __call__(self, message: Message) -> None:
        if self.is_over:
            return
        if message["type"] == "http.response.start":
            self.is_begun = True
            kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
            self.is_endless = any(kind.startswith(EVENTS.encode()) for kind in kinds)
        await self._send(message)


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


async def _cut(scope: Scope) -> None:
    """Cut the connection: half an answer that ends well would pass for a whole one."""
    transport = scope.get("state", {}).get("transport")
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0)
