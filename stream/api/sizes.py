"""Sizes: how long the head of a request may be. A body that does not say how long it is is limited where it is read."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from stream.api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

MOST_BODY: Final = 1 << 16
MOST_ADDRESS: Final = 1 << 13
MOST_HEADERS: Final = 1 << 14
MOST_HEAD: Final = MOST_ADDRESS + 2 * MOST_HEADERS
"""So many bytes are read before it is clear what a request is."""


class Sizes:
    """Middleware: refuses addresses, headers and bodies that are too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refused = _refusal(scope) if scope["type"] == "http" else None
        await (self._app if refused is None else answer(*refused))(scope, receive, send)


def _refusal(scope: Scope) -> tuple[HTTPStatus, str] | None:
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_ADDRESS:
        return HTTPStatus.REQUEST_URI_TOO_LONG, f"path and query may have {MOST_ADDRESS} bytes"
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"headers may have {MOST_HEADERS} bytes"
    if any(name == b"content-length" and int(value) > MOST_BODY for name, value in scope["headers"]):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {MOST_BODY} bytes"
    return None
