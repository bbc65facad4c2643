"""Looking back a few at a time."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from stream.api.access import CALLER, Caller, Unknown
from stream.api.app import make_app
from stream.api.source import Source
from stream.api.turns import AT_ONCE, OF_ONE, Turns
from stream.past import NotNowError
from stream.settings import load
from tests.logs import T0
from tests.stream.api.asking import FRESH
from tests.stream.api.driving import drive, fine, scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Receive, Scope, Send

    from stream.conversation import Owned
    from stream.settings import Settings

API = "/api/v1"


def test_while_some_look_back_everything_else_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four readers that hang: scrapes and the latest numbers are answered, the next who looks back is told to wait."""
    monkeypatch.setattr("stream.api.turns.WAIT_S", 0.1)
    hanging, goes_on = threading.Semaphore(0), threading.Event()

    def hang(_: Settings, __: Sequence[str], ___: str) -> Owned:
        hanging.release()
        goes_on.wait(60)
        message = "not now"
        raise NotNowError(message)

    source = Source(load({}), lambda: FRESH, clock=lambda: T0, read_facts=hang)
    with TestClient(make_app(source), "http://127.0.0.1:8420") as client, ThreadPoolExecutor(AT_ONCE) as threads:
        try:
            reading = [threads.submit(client.get, f"{API}/conversations/c-1") for _ in range(AT_ONCE)]
            assert all(hanging.acquire(timeout=30) for _ in range(AT_ONCE))

            others = [client.get(path).status_code for path in ("/metrics", f"{API}/values", f"{API}/catalogue")]
            fifth = client.get(f"{API}/history?metric=support_queue_waiting")
        finally:
            goes_on.set()
        answers = [*(each.result() for each in reading), client.get(f"{API}/conversations/c-1")]

    assert others == [200] * 3
    assert (fifth.status_code, fifth.headers["Retry-After"]) == (503, "2")
    assert fifth.json()["detail"] == "4 requests look back already; come back in a moment"
    assert not [each.text for each in answers if "look back already" in each.text]


@pytest.mark.parametrize(
    ("path", "query", "waits"),
    [
        ("/conversations", b"", True),
        ("/conversations/c-1", b"", True),
        ("/known-then", b"", True),
        ("/restatements", b"", True),
        ("/history", b"metric=a", True),
        ("/values", b"as_of=0", True),
        ("/values", b"metric=a&as%5Fof=0", True),
        ("/values", b"metric=as_of", False),
        ("/changes", b"", False),
        ("/trust", b"", False),
    ],
)
async def test_what_looks_back_takes_turns(path: str, query: bytes, waits: bool) -> None:  # noqa: FBT001
    """However it is written; who waits long enough gets one, and nothing else waits."""
    goes_on, inside = asyncio.Event(), 0

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal inside
        inside += 1
        await goes_on.wait()
        await fine(scope, receive, send)

    app = Turns(slow, prefix=API, wait_s=30)
    scope = scope_of(API + path, query_string=query)
    tasks = [asyncio.create_task(drive(app, scope)) for _ in range(AT_ONCE + 1)]
    for _ in range(5):
        await asyncio.sleep(0)

    assert inside == AT_ONCE + (not waits)
    goes_on.set()
    assert [(await each).status for each in tasks] == [200] * (AT_ONCE + 1)


def by(name: str) -> Scope:
    """Return a request of somebody that looks back."""
    return {**scope_of(f"{API}/history"), CALLER: Caller(name, frozenset({"read"}), None, "token", name)}


async def test_one_caller_leaves_turns_to_others() -> None:
    """Of ann's ten requests two go at a time; ben's come after, and need not wait; next is who has the fewest."""
    goes_on: dict[str, asyncio.Semaphore] = {name: asyncio.Semaphore(0) for name in ("ann", "ben", "cy")}
    inside: list[str] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope[CALLER].name
        inside.append(name)
        await goes_on[name].acquire()
        await fine(scope, receive, send)

    async def settled() -> list[str]:
        for _ in range(10):
            await asyncio.sleep(0)
        return inside

    app = Turns(slow, prefix=API, wait_s=30)
    tasks = [asyncio.create_task(drive(app, by("ann"))) for _ in range(10)]
    assert await settled() == ["ann"] * OF_ONE

    tasks += [asyncio.create_task(drive(app, by("ben"))) for _ in range(5)]
    assert await settled() == ["ann", "ann", "ben", "ben"]

    tasks.append(asyncio.create_task(drive(app, by("cy"))))
    goes_on["ann"].release()
    assert (await settled())[4:] == ["cy"]

    for each in goes_on.values():
        for _ in range(10):
            each.release()
    assert [(await each).status for each in tasks] == [200] * 16
    assert not list(app._held)  # nobody who ever asked is remembered


async def test_who_waits_for_too_long_is_told_whose_they_are() -> None:
    """Two of one's own; and who gave up holds no turn afterwards."""
    goes_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await goes_on.wait()
        await fine(scope, receive, send)

    app = Turns(slow, prefix=API, wait_s=0.05)
    first = [asyncio.create_task(drive(app, by("ann"))) for _ in range(OF_ONE)]
    await asyncio.sleep(0)

    refused = await drive(app, by("ann"))

    assert (refused.status, refused.detail) == (503, "2 requests of yours look back already; come back in a moment")
    assert not app._waiting  # who gave up is nobody who waits
    goes_on.set()
    assert [(await each).status for each in first] == [200] * OF_ONE
    assert [(await drive(app, by("ann"))).status for _ in range(5)] == [200] * 5


async def test_who_is_refused_anyway_needs_no_turn() -> None:
    """All turns are taken, and somebody without a token hears at once that they need one."""
    goes_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(scope.get(CALLER), Caller):
            await goes_on.wait()
        await fine(scope, receive, send)

    app = Turns(slow, prefix=API, wait_s=0.05)
    taken = [asyncio.create_task(drive(app, by(name))) for name in ("ann", "ben", "cy", "di")]
    await asyncio.sleep(0)

    answer = await drive(app, {**scope_of(f"{API}/history"), CALLER: Unknown()})

    assert answer.status == 200
    goes_on.set()
    assert [(await each).status for each in taken] == [200] * AT_ONCE
