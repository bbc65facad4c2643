"""Conditional requests: who has the answer of this very snapshot already is told so, and nothing is made again.

A tag stands for the snapshot, the caller and the question. It is keyed by a secret of this process, so nobody has one
but who was given that answer before; another replica gives another one, and its answer whole.
"""

from __future__ import annotations

import hashlib
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from stream.api.access import CALLER, Caller
from stream.snapshot import ready_trouble

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stream.api.source import Source

KEPT: Final = "private, no-cache"
"""A browser may keep it, and asks whether it still holds."""
NEVER_KEPT: Final = "no-store"
PERSONAL: Final = ("/conversations", "/restatements", "/restated-numbers", "/known-then")
"""Below these the ids of conversations stand, for who may see them: no browser keeps those."""
READING: Final = frozenset({"GET", "HEAD"})
_VARY: Final = ("Authorization", "Cookie", "Accept")


class Conditional:
    """Middleware: tags answers below *prefix*, and answers 304 to who brings the tag of the answer it would be.

    Left as they are: errors, what is never to be kept, and what has a tag of its own.
    """

    def __init__(self, app: ASGIApp, source: Source, *, prefix: str) -> None:
        self._app = app
        self._source = source
        self._prefix = prefix
        self._key = secrets.token_bytes(32)
        settings = source.settings
        proxy = (settings.proxy_user_header, settings.proxy_scopes_header, settings.proxy_tenants_header)
        self._headers = {
            "Cache-Control": KEPT,
            "Vary": ", ".join((*_VARY, *(map(str, proxy) if settings.proxy_user_header else ()))),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in READING or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        caller = scope.get(CALLER)
        if not isinstance(caller, Caller):
            await self._app(scope, receive, send)
            return
        if "drill-down" in caller.scopes and scope["path"].removeprefix(self._prefix).startswith(PERSONAL):
            await self._app(scope, receive, _never_keeping(send))
            return
        headers = Headers(scope=scope)
        tag = self._tag(scope, caller, accept=headers.get("accept", ""))
        if tag in (each.strip() for each in headers.get("if-none-match", "").split(",")):
            unchanged = Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag, **self._headers})
            await unchanged(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.OK:
                answered = MutableHeaders(scope=message)
                if NEVER_KEPT not in answered.get("cache-control", "") and "etag" not in answered:
                    answered["ETag"] = tag
                    for name, value in self._headers.items():
                        answered.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)

    def _tag(self, scope: Scope, caller: Caller, *, accept: str) -> str:
        snapshot = self._source.latest()
        trouble = ready_trouble(snapshot, self._source.clock())
        version = (snapshot.made_at, snapshot.refreshes, snapshot.generation, trouble)
        whose = (caller.how, caller.name, sorted(caller.scopes), caller.tenants and sorted(caller.tenants))
        asked = (scope["path"], scope["query_string"], accept)
        digest = hashlib.blake2b(repr((version, whose, asked)).encode(), key=self._key, digest_size=16)
        # Weak: compressed or not, it says the same.
        return f'W/"{digest.hexdigest()}"'


def _never_keeping(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = NEVER_KEPT
        await send(message)

    return sending
