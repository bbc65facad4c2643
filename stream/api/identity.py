"""Identity: who asks is found before anything else is done, and left in the ASGI scope for whatever needs it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stream.api.access import ANYBODY, CALLER, Caller, Unknown, WrongToken
from stream.api.proxy import Proxy
from stream.api.tokens import Tokens

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from stream.settings import Settings

BEARER = "bearer"


class Identity:
    """By what callers are known: tokens, a proxy, or neither, where everybody is anybody."""

    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens(settings.tokens) if settings.tokens else None
        self._proxy = Proxy(settings) if settings.proxy_user_header else None
        self._is_asked_for = settings.asks_who

    async def caller(self, scope: Scope) -> Caller:
        """Return who asks; raises Unknown if nobody says so, or with a token that is none.

        A token wins over what a proxy says, as its bearer has chosen it.
        """
        if not self._is_asked_for:
            return ANYBODY
        headers = defaultdict[str, list[str]](list)
        for name, value in scope["headers"]:
            headers[name.decode("latin-1").lower()].append(value.decode("latin-1"))
        for value in headers.get("authorization", ()):
            scheme, _, token = value.partition(" ")
            if scheme.lower() == BEARER and self._tokens is not None:
                return self._of_token(token.strip())
        found = self._proxy.whose(headers, peer=peer_of(scope)) if self._proxy is not None else None
        if found is None:
            raise Unknown
        return found

    def _of_token(self, token: str) -> Caller:
        found = self._tokens.whose(token) if self._tokens else None
        if found is None:
            raise WrongToken
        return found


class Identifying:
    """Middleware: leaves who asks in the scope, or why that is not known, which whoever needs a caller answers with."""

    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            try:
                scope[CALLER] = await self._identity.caller(scope)
            except Unknown as error:
                scope[CALLER] = error
        await self._app(scope, receive, send)


def peer_of(scope: Scope) -> str:
    """Return the address from which a request comes, as the socket says; "" if it says none."""
    client = scope.get("client")
    return client[0] if client else ""
