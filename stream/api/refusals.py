"""Refusals in the log: who was refused what, by names alone; of a flood only how many there were."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog

from stream.api.access import CALLER, Caller
from stream.api.identity import peer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

LOGGED: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        HTTPStatus.MISDIRECTED_REQUEST,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
EVERY_S: Final = 1.0
NOT_LOGGED: Final = frozenset({"/ready"})
"""It says 503 of the numbers, and says so all the time."""


class Refusals:
    """Middleware: logs a refusal, at most one each second, with how many were not since the last one.

    Neither the address asked for is in it, in which ids may stand, nor anything that was sent.
    """

    def __init__(self, app: ASGIApp, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._next_s = 0.0
        self._unsaid = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in LOGGED:
                self._tell(scope, message["status"])
            await send(message)

        await self._app(scope, receive, sending)

    def _tell(self, scope: Scope, status: int) -> None:
        if scope["path"] in NOT_LOGGED:
            return
        now_s = self._clock()
        if now_s < self._next_s:
            self._unsaid += 1
            return
        caller = scope.get(CALLER)
        log.warning(
            "request_refused",
            status=int(status),
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            caller=caller.name if isinstance(caller, Caller) else None,
            peer=peer_of(scope),
            unsaid=self._unsaid,
        )
        self._next_s, self._unsaid = now_s + EVERY_S, 0
