"""How long an answer may take."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from starlette.concurrency import run_in_threadpool

from stream.api.times import LONGEST_S, Times
from tests.stream.api.driving import drive, fine, scope_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SOON_S = 0.02


async def for_ever(_: Scope, __: Receive, ___: Send) -> None:
    """Answer never."""
    await asyncio.Event().wait()


class Transport:
    """A connection that may be cut."""

    def __init__(self) -> None:
        self.is_cut = False

    def abort(self) -> None:
        """Cut it."""
        self.is_cut = True


async def test_an_answer_that_takes_too_long_is_not_waited_for() -> None:
    """503, and when to try again."""
    answer = await drive(Times(for_ever, longest_s=SOON_S), scope_of())

    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert answer.detail == "this took longer than 0.02 s; ask for less, or later"


async def test_not_even_for_a_thread() -> None:
    """Which goes on until it is done; what it answers then reaches nobody."""
    go_on, is_done = threading.Event(), asyncio.Event()

    async def in_a_thread(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await run_in_threadpool(go_on.wait, 20)
        finally:
            await fine(scope, receive, send)
            is_done.set()

    answer = await drive(Times(in_a_thread, longest_s=SOON_S), scope_of())
    go_on.set()
    await asyncio.wait_for(is_done.wait(), 20)

    assert (answer.status, b"fine" in answer.body) == (503, False)


async def test_half_an_answer_is_cut() -> None:
    """The connection ends without its end, so that nobody takes the half for the whole."""
    transport = Transport()

    async def half(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.Event().wait()

    answer = await drive(Times(half, longest_s=SOON_S), scope_of(state={"transport": transport}))

    assert (answer.status, answer.body, transport.is_cut) == (200, b"half", True)


async def test_a_stream_of_events_goes_on() -> None:
    """It is meant to; when its client leaves, it ends as well."""
    is_late, is_ended = asyncio.Event(), asyncio.Event()

    async def events(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            await asyncio.sleep(5 * SOON_S)
            is_late.set()
            await asyncio.Event().wait()
        finally:
            is_ended.set()

    task = asyncio.create_task(drive(Times(events, longest_s=SOON_S), scope_of()))
    await asyncio.wait_for(is_late.wait(), 20)
    assert not task.done()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_ended.is_set()


async def test_what_goes_wrong_is_not_hidden() -> None:
    """An error behind it is the server's to answer and to log."""

    async def fails(_: Scope, __: Receive, ___: Send) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await drive(Times(fails), scope_of())
    assert (await drive(Times(fine), scope_of())).body == b"fine"
    assert LONGEST_S > 10  # what is asked of Redis has given up by then
