"""Identity: who asks is found before anything else is done, and left in the ASGI scope for whatever needs it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stream.api.access import ANEW, ANYBODY, CALLER, SCOPES, Caller, Unknown, WrongToken
from stream.api.problems import Wrong
from stream.api.proxy import Proxy
from stream.api.sessions import Sessions, cookie_name
from stream.api.tokens import Tokens
from stream.scopes import digest, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from stream.api.sessions import Grant
    from stream.settings import Settings

BEARER = "bearer"
KEY_CHARS = 16
"""Of the hash of a session: enough to tell it from all others, and not what it is found by."""


class Identity:
    """By what callers are known: tokens, a proxy, links; or by nothing, where everybody is anybody."""

    def __init__(self, settings: Settings, sessions: Sessions | None = None) -> None:
        self._tokens = Tokens(settings.tokens) if settings.tokens else None
        self._proxy = Proxy(settings) if settings.proxy_peers else None
        self._sessions = sessions or Sessions(settings)
        self._is_asked_for = settings.asks_who

    async def caller(self, scope: Scope) -> Caller:
        """Return who asks; raises Unknown if nobody says so, or with a token that is none.

        A token wins over what a proxy says, as its bearer has chosen it, and that over the cookie of a session.
        """
        headers = defaultdict[str, list[str]](list)
        for name, value in scope["headers"]:
            headers[name.decode("latin-1").lower()].append(value.decode("latin-1"))
        if self._proxy is not None and self._proxy.does_tls(headers, peer=peer_of(scope)):
            scope["scheme"] = "https"
        if not self._is_asked_for:
            return ANYBODY
        for value in headers.get("authorization", ()):
            scheme, _, token = value.partition(" ")
            if scheme.lower() == BEARER and self._tokens is not None:
                return self._of_token(token.strip())
        found = self._proxy.whose(headers, peer=peer_of(scope)) if self._proxy is not None else None
        if found is None:
            found = await self._of_session(headers.get("cookie", ()), is_secure=scope["scheme"] == "https")
        if found is None:
            raise Unknown
        return found

    def _of_token(self, token: str) -> Caller:
        found = self._tokens.whose(token) if self._tokens else None
        if found is None:
            raise WrongToken
        return found

    async def _of_session(self, cookies: Sequence[str], *, is_secure: bool) -> Caller | None:
        """Return who has a session; what it was given ends with the token that gave it.

        A browser has one cookie of the name. Of several none is believed, and what cannot be one is not looked for: a
        request makes one question to Redis at most.
        """
        given = set(_values(cookies, cookie_name(is_secure=is_secure)))
        secret = given.pop() if len(given) == 1 else ""
        grant = await self._sessions.of(secret) if is_secret(secret) else None
        return None if grant is None else grant.caller(self._creator(grant), key=digest(secret).hex()[:KEY_CHARS])

    def _creator(self, grant: Grant) -> Caller | None:
        if grant.how == "token":
            return self._tokens.named(grant.by) if self._tokens else None
        # What a proxy would say of its user now is not known; what nobody in particular gave is nothing here.
        return Caller(grant.by, frozenset(SCOPES), None, "proxy") if grant.how == "proxy" and self._proxy else None


class Identifying:
    """Middleware: leaves who asks in the scope, or why that is not known, which whoever needs a caller answers with."""

    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            scope[ANEW] = lambda: self._identity.caller(scope)
            try:
                scope[CALLER] = await self._identity.caller(scope)
            except Wrong as error:
                scope[CALLER] = error
        await self._app(scope, receive, send)


def _values(cookies: Sequence[str], name: str) -> Iterator[str]:
    for cookie in cookies:
        for each in cookie.split(";"):
            key, _, value = each.partition("=")
            if key.strip() == name:
                yield value.strip()


def peer_of(scope: Scope) -> str:
    """Return the address from which a request comes, as the socket says; "" if it says none."""
    client = scope.get("client")
    return client[0] if client else ""
