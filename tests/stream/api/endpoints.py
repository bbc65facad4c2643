"""Every endpoint of an application, and how to ask it: also those that nobody has thought of here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi.routing import iter_route_contexts

from stream.wallboard.pages import PAGES
from tests.stream.api.driving import Answer, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fastapi import FastAPI
    from starlette.types import Message

OPEN = {
    **{("GET", path): "a page, which holds no number" for path in PAGES},
    ("GET", "/live"): "whether the process answers",
    ("GET", "/ready"): "whether the numbers may be believed",
    ("GET", "/api/v1/openapi.json"): "the contract, which is the same everywhere",
    ("GET", "/join/{code}"): "the code says who comes",
    ("GET", "/runbooks"): "what to do when paged, which holds no number",
}
"""What everybody may ask, and why. Beside it everything below /static/ and /runbooks/."""
SCOPES = {
    ("POST", "/api/v1/links"): "admin",
    ("DELETE", "/api/v1/given-links"): "admin",
    ("GET", "/api/v1/conversations/{conversation}"): "drill-down",
}
"""What takes another scope than `read`."""
SAMPLES: dict[str, Any] = {
    "metric": "support_queue_rolling_queued",
    "conversation": "c-1",
    "window": "1h",
    "from": "2024-03-04T00:01:00Z",
    "to": "2024-03-04T00:09:00Z",
    "since": "2024-03-04T00:00:00Z",
    "step": "60s",
    "as_of": "2024-03-04T00:09:00Z",
    "tenant": "acme",
    "channel": "chat",
    "queue": "billing",
}
"""What a parameter may be where one has to be given; they have the same names everywhere."""
_NUMBER = ("metric", "tenant", "channel", "queue", "window")
NEEDED = {
    **dict.fromkeys((("GET", f"/api/v1/{name}") for name in ("history", "conversations", "known-then")), _NUMBER),
    ("GET", "/api/v1/week"): _NUMBER[:-1],
}
"""What has to be given though the contract does not say so: labels, which depend on the metric."""
BODIES: dict[tuple[str, str], bytes] = {("POST", "/api/v1/links"): b"{}"}


class Endpoint(NamedTuple):
    """A method and a path, with names in braces where it has parameters."""

    method: str
    path: str

    @property
    def is_open(self) -> bool:
        """Whether everybody may ask it."""
        return self in OPEN or self.path.startswith(("/static/", "/runbooks/"))

    @property
    def scope(self) -> str:
        """What a caller needs."""
        return SCOPES.get(self, "read")


def endpoints(app: FastAPI) -> list[Endpoint]:
    """Return every one there is, HEAD where there is no other way only."""
    contexts = iter_route_contexts(app.routes)
    # The contract has no word for a parameter that may hold slashes.
    found = [(context.methods or set(), str(context.path).replace(":path}", "}")) for context in contexts]
    return sorted(Endpoint(method, path) for methods, path in found for method in methods - {"HEAD"})


def parameters(app: FastAPI, endpoint: Endpoint) -> Iterator[tuple[str, str, bool]]:
    """Yield name, place (query, path, ...) and whether it has to be given of every parameter in the contract."""
    operation = app.openapi()["paths"].get(endpoint.path, {}).get(endpoint.method.lower(), {})
    for each in operation.get("parameters", ()):
        yield each["name"], each["in"], each.get("required", False)


async def ask_at(
    app: FastAPI,
    endpoint: Endpoint,
    *,
    headers: Mapping[str, str] | None = None,
    peer: str = "127.0.0.1",
    body: bytes | None = None,
    values: Mapping[str, str] | None = None,
) -> Answer:
    """Ask *endpoint* with *values* for parameters, and with what has to be given beside them.

    Of a stream of events the answer is its first part.
    """
    path, query = endpoint.path, {}
    for name, place, is_needed in parameters(app, endpoint):
        is_given = is_needed or name in NEEDED.get(endpoint, ())
        value = (values or {}).get(name, SAMPLES.get(name) if is_given else None)
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif place == "query" and value is not None:
            query[name] = value
    given = {"host": "localhost", "content-type": "application/json", **(headers or {})}
    scope = scope_of(
        path,
        peer=peer,
        method=endpoint.method,
        query_string=urlencode(query).encode(),
        headers=[(name.lower().encode(), value.encode()) for name, value in given.items()],
    )
    return await _first_part(app, scope, BODIES.get(endpoint, b"") if body is None else body)


async def _first_part(app: FastAPI, scope: Any, body: bytes) -> Answer:
    sent: list[Message] = []
    is_enough, is_over = asyncio.Event(), asyncio.Event()
    bodies = iter([body])

    async def receive() -> Message:
        for each in bodies:
            return {"type": "http.request", "body": each, "more_body": False}
        await is_over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message.get("body"):
            is_enough.set()

    task = asyncio.create_task(app(scope, receive, send))
    first = asyncio.create_task(is_enough.wait())
    await asyncio.wait({task, first}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    is_stream = any(value.startswith(b"text/event-stream") for _, value in sent[0]["headers"])
    if is_stream:
        is_over.set()
    first.cancel()
    await asyncio.wait_for(task, 60)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    parts = [message["body"] for message in sent[1:] if message.get("body")]
    # Another event may have come while the first was looked at.
    return Answer(sent[0]["status"], headers, b"".join(parts[:1] if is_stream else parts))
