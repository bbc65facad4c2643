"""Driving a piece of middleware by itself, without a server and without the application behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Answer(NamedTuple):
    """What was sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> Any:
        """What a problem says."""
        return json.loads(self.body)["detail"]


def scope_of(path: str = "/", *, peer: str = "127.0.0.1", **other: Any) -> Scope:
    """Return the ASGI scope of a request."""
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode()}
    return {**scope, "query_string": b"", "headers": [], "client": (peer, 50_000), **other}


async def drive(app: ASGIApp, scope: Scope) -> Answer:
    """Return what *app* answers to a request without a body."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


async def fine(_: Scope, __: Receive, send: Send) -> None:
    """Answer 200 to everything."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})
