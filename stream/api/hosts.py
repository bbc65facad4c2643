"""Hosts: under which names `serve` may be called, and that other sites change nothing here.

A page of a stranger can have its own name point to 127.0.0.1 (DNS rebinding), and a browser then lets it read what
this machine alone may see. The browser says the stranger's name in the header Host.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

from stream.api.addresses import is_on_this_machine
from stream.api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from stream.settings import Settings

HERE: Final = ("localhost", "127.0.0.1", "::1")
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+]|[^\[\]:]+)(?::[0-9]*)?")
OTHER_SITES: Final = frozenset({"cross-site", "same-site"})


class Hosts:
    """Middleware: refuses requests to names that are not ours (421), and writing ones from other sites (403).

    Which names are ours is asked on this machine, and wherever settings name some.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names: frozenset[str] | None = None
        if settings.host_names or is_on_this_machine(settings):
            self._names = frozenset({*HERE, settings.listen_address[0].lower(), *settings.host_names})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            if self._names is not None and _name(host) not in self._names:
                detail = "this name is none of this server's; if it is, add it to DESKPULSE_HOSTS"
                await answer(HTTPStatus.MISDIRECTED_REQUEST, detail)(scope, receive, send)
                return
            if scope["method"] not in READING and _is_from_another_site(headers, host):
                await answer(HTTPStatus.FORBIDDEN, "another site asks for this")(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _name(host: str) -> str:
    """Return *host* without its port, "" if it is no host."""
    found = _HOST.fullmatch(host.lower())
    return found[1].strip("[]").removesuffix(".") if found else ""


def _is_from_another_site(headers: Headers, host: str) -> bool:
    origin = headers.get("origin")
    # Not taken apart as an address: anything may stand there.
    is_other = origin is not None and origin.partition("://")[1:] != ("://", host)
    return is_other or headers.get("sec-fetch-site") in OTHER_SITES
