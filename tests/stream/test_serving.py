"""What the web side answers, at which instant, and where it listens."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aggregators.board import Row
from aggregators.catalogue import METRICS
from aggregators.rolling import Group
from stream.errors import UsageError
from stream.serving import _listen, end, web
from stream.settings import load
from stream.snapshot import OLD_SNAPSHOT_MS, Snapshot
from tests.logs import T0

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING = next(each for each in METRICS if each.suffix == "waiting")
ROW = Row(WAITING, Group("queue", ("acme", "chat", "billing")), None, None, 3)
FRESH = Snapshot(rows=(ROW,), made_at=T0, as_of=T0, trouble=None, redis_up=True, generation="abc")


def get(
    path: str, *, method: str = "GET", snapshot: Snapshot = FRESH, now: int = T0, **headers: str
) -> tuple[str, dict[str, str], bytes]:
    """Return what is answered: status, headers, body."""
    answer: list[Any] = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method} | headers
    application = web(lambda: snapshot, clock=lambda: now)
    body = b"".join(application(environ, lambda *given: answer.extend(given)))
    return answer[0], dict(answer[1]), body


def test_a_scrape_may_be_compressed() -> None:
    """If the scraper takes gzip it gets it; the text is the same."""
    plain = get("/metrics")
    small = get("/metrics", HTTP_ACCEPT_ENCODING="gzip, deflate")

    assert plain[1]["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert small[1]["Content-Encoding"] == "gzip"
    assert int(small[1]["Content-Length"]) == len(small[2])
    assert b"support_queue_waiting" in plain[2]
    assert gzip.decompress(small[2]) == plain[2]


def test_head_has_no_body() -> None:
    """It says how long one would be."""
    status, headers, body = get("/metrics", method="HEAD")

    assert (status, body) == ("200 OK", b"")
    assert int(headers["Content-Length"]) > 0
    assert get("/ready", method="HEAD")[2] == b""


def test_ready_until_the_snapshot_is_old() -> None:
    """To the millisecond; `/metrics` says the same in the same instant, and goes on showing the numbers.

    made_at                     + OLD_SNAPSHOT_MS
      |---------- ready ---------------|- 503 -
    """
    last, after = T0 + OLD_SNAPSHOT_MS, T0 + OLD_SNAPSHOT_MS + 1

    assert get("/ready", now=last)[::2] == ("200 OK", b"ready\n")
    assert get("/ready", now=after)[::2] == ("503 Service Unavailable", b"not ready: the snapshot is 10 s old\n")
    assert b"\ndeskpulse_ready 1.0\n" in get("/metrics", now=last)[2]
    assert b"\ndeskpulse_ready 0.0\n" in get("/metrics", now=after)[2]
    assert b'support_queue_waiting{tenant="acme",channel="chat",queue="billing"} 3\n' in get("/metrics", now=after)[2]


def test_not_ready_says_why() -> None:
    """The trouble of the snapshot; before the first one that nothing has been read. It is alive all the same."""
    away = Snapshot(made_at=T0, trouble="Redis does not answer: connection refused")

    assert get("/ready", snapshot=away)[2] == b"not ready: Redis does not answer: connection refused\n"
    assert get("/ready", snapshot=Snapshot())[2] == b"not ready: nothing has been read from Redis yet\n"
    assert get("/live", snapshot=Snapshot(), now=T0 + 10**9)[0] == "200 OK"


def test_other_paths_and_methods_are_refused_in_words() -> None:
    """The front page says what there is; so does what is not found."""
    assert get("/")[0] == "200 OK"
    assert get("/metrics/")[::2] == ("404 Not Found", b"not found; " + get("/")[2])
    assert get("/metrics", method="POST")[::2] == ("405 Method Not Allowed", b"only GET and HEAD\n")


async def test_a_task_that_swallows_a_cancellation_is_ended() -> None:
    """As a read of Redis does now and then, whose answer has just come: `serve` would not end on SIGTERM."""
    swallowed = 0

    async def goes_on() -> None:
        nonlocal swallowed
        while swallowed < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.sleep(60)

    task = asyncio.create_task(goes_on())
    await asyncio.sleep(0)

    await end(task)

    assert (swallowed, task.cancelled()) == (2, True)


@contextmanager
def taken() -> Iterator[str]:
    """Give an address on which somebody listens already."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield "{}:{}".format(*other.getsockname())


def test_an_address_that_is_taken_is_named() -> None:
    """One line with the variable, the address, and what is wrong with it."""
    with taken() as address, pytest.raises(UsageError) as caught:
        _listen(load({"listen": address}), web(lambda: FRESH))

    assert str(caught.value) == f"DESKPULSE_LISTEN: {address} cannot be listened on (Address already in use)"


def test_scrapes_are_answered_side_by_side() -> None:
    """A scrape that hangs holds nobody up: each has a thread of its own."""
    hanging, go_on = threading.Event(), threading.Event()
    calls = iter([True, False])

    def latest() -> Snapshot:
        if next(calls):
            hanging.set()
            assert go_on.wait(20)
        return FRESH

    server = _listen(load({"listen": "127.0.0.1:0"}), web(latest, clock=lambda: T0))
    url = f"http://127.0.0.1:{server.server_port}/ready"
    serving = threading.Thread(target=server.serve_forever)
    slow = threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=30).close())
    serving.start()
    slow.start()
    assert hanging.wait(20)

    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.read() == b"ready\n"

    go_on.set()
    slow.join(20)
    server.shutdown()
    serving.join(20)
    server.server_close()
