"""The changes: server-sent events, each second what is new of the numbers that somebody follows."""

from __future__ import annotations

import asyncio
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from stream.api.access import ANEW, ANYBODY, Reader, Unknown
from stream.api.hub import Hub
from stream.api.numbers import windows_of
from stream.api.problems import Wrong, responses
from stream.api.selecting import UNKNOWN, Chosen, Selection, choose

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from stream.api.access import Caller
    from stream.api.hub import Client, Who
    from stream.api.source import Source

    IsStill = Callable[[], Awaitable[bool]]

QUIET_S: Final = 15.0
"""After so long without an event a comment says that the connection lives."""
LASTS_S: Final = 900.0
"""A stream ends after so long; whoever follows comes back, and is asked again who they are."""
ANEW_S: Final = 5.0
"""So often who follows is asked anew whether they still may: what took that away ends their stream."""
MOST_VALUES: Final = 50_000
MOST_CLIENTS: Final = 2_000
MOST_OF_ONE: Final = 200
MOST_SELECTIONS_OF_ONE: Final = 50
"""Each is worked out by itself; streams of one selection share what is sent."""
BUFFER_BYTES: Final = 1 << 16
"""So much is written ahead for a client that does not read, in this process and by the kernel each."""
COME_BACK: Final = b"retry: 1000\n\n"
ALIVE: Final = b": nothing new\n\n"


class Events(StreamingResponse):
    """What a client is sent, until it leaves, is dropped, or has been there for long enough."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, client: Client, first: bytes, *, is_still: IsStill) -> None:
        self._hub, self._client = hub, client
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(_events(client, first, is_still=is_still), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them; whatever ends it, nobody follows after it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.leave(self._client)


class EventStream(StreamingResponse):
    """What the contract calls them."""

    media_type = "text/event-stream"


def router(source: Source) -> APIRouter:
    """Return the route of the changes."""
    routes = APIRouter(tags=["numbers"])
    hub = Hub(source.latest, source.indexes)
    source.listen(hub.tell)
    source.at_end.append(hub.close)

    def chosen(query: Selection, caller: Caller) -> Chosen:
        snapshot = source.latest()
        index = source.indexes.of(snapshot)
        found = choose(
            query,
            caller,
            windows=windows_of(source, snapshot),
            index=None if snapshot.as_of is None else index,
        )
        number = len(found.rows(index))
        if number > MOST_VALUES:
            detail = f"these are {number} values, and at most {MOST_VALUES} can be followed: name metrics or labels"
            raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter="metric")
        return found

    @routes.get(
        "/changes",
        response_class=EventStream,
        responses=responses(*UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    async def changes(
        query: Annotated[Selection, Query()],
        caller: Reader,
        request: Request,
        last_event_id: Annotated[str | None, Header(description="The last id that was received.")] = None,
    ) -> Events:
        """Follow the numbers: server-sent events.

        The first is `whole`, the same as /values. Then with each snapshot, about once a second, comes `changed`:
        `as_of`, `made_at`, `trouble`, `generation`, `values` with those that are new or changed, and `gone` with those
        that are no more. Who comes back with Last-Event-ID gets one `changed` with what was missed, or `whole` if that
        is not known any more. A comment comes after 15 s without an event. Who does not read is dropped; all streams
        end after 15 minutes, and may be resumed. One ends within seconds of what took its caller's right away.
        """
        if hub.clients >= MOST_CLIENTS:
            detail = f"{MOST_CLIENTS} follow already"
            raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "10"})
        selected = await run_in_threadpool(chosen, query, caller)
        who = None if caller is ANYBODY else (caller.how, caller.key or caller.name)
        # Nothing comes between this and their being one of those who follow.
        _leave_room(hub, who, selected)
        joined = await hub.join(selected, known=last_event_id, cut=_cut(request), who=who)
        return Events(hub, *joined, is_still=lambda: _is_still(request, caller))

    return routes


async def _events(client: Client, first: bytes, *, is_still: IsStill, quiet_s: float = QUIET_S) -> AsyncIterator[bytes]:
    yield COME_BACK + first
    loop = asyncio.get_running_loop()
    said = looked = loop.time()
    end = said + LASTS_S
    while (now := loop.time()) < end:
        if now - looked >= ANEW_S:
            if not await is_still():
                return
            looked = now
        try:
            async with asyncio.timeout_at(min(said + quiet_s, looked + ANEW_S)):
                event = await client.events.get()
        except TimeoutError:
            if loop.time() >= said + quiet_s:
                said = loop.time()
                yield ALIVE
            continue
        if event is None:
            return
        said = loop.time()
        yield event


async def _is_still(request: Request, caller: Caller) -> bool:
    """Tell whether who asks is still *caller*. While Redis is away nobody's session has ended."""
    try:
        now: Caller = await request.scope[ANEW]()
    except Unknown:
        return False
    except Wrong:
        return True
    return (now, now.key) == (caller, caller.key)


def _leave_room(hub: Hub, who: Who, selected: Chosen) -> None:
    """Refuse one of those who follow what would be another's.

    Where nobody says who they are, which is on this machine alone, nobody is one: all come from one address, also whom
    a proxy lets in here, and to count that would let one screen shut out all others.
    """
    if who is None:
        return
    held = hub.followed_by(who)
    if held.total() >= MOST_OF_ONE:
        detail = f"you follow by {MOST_OF_ONE} streams already; end some"
    elif selected not in held and len(held) >= MOST_SELECTIONS_OF_ONE:
        detail = f"you follow {MOST_SELECTIONS_OF_ONE} selections already; end some, or name in one what several do"
    else:
        return
    raise Wrong(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": "10"})


def _cut(request: Request) -> Callable[[], None] | None:
    """Return what cuts the connection of *request*, which from now on holds little that nobody reads."""
    transport: asyncio.Transport | None = getattr(request.state, "transport", None)
    if transport is None:
        return None
    transport.set_write_buffer_limits(high=BUFFER_BYTES)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    return transport.abort
