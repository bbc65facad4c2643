"""What machines are answered: scrapes, and whether the numbers may be believed."""

from __future__ import annotations

from stream.snapshot import OLD_SNAPSHOT_MS, Snapshot
from tests.logs import T0
from tests.stream.api.asking import ask


def test_a_scrape_may_be_compressed() -> None:
    """If the scraper takes gzip it gets it; the text is the same."""
    plain = ask("/metrics")
    small = ask("/metrics", headers={"Accept-Encoding": "gzip, deflate"})

    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) < len(plain.content)
    assert b"support_queue_waiting" in plain.content
    assert small.content == plain.content


def test_head_has_no_body() -> None:
    """It says how long one would be."""
    head = ask("/metrics", method="HEAD")

    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) > 0
    assert ask("/ready", method="HEAD").content == b""


def test_ready_until_the_snapshot_is_old() -> None:
    """To the millisecond; `/metrics` says the same in the same instant, and goes on showing the numbers.

    made_at                     + OLD_SNAPSHOT_MS
      |---------- ready ---------------|- 503 -
    """
    last, after = T0 + OLD_SNAPSHOT_MS, T0 + OLD_SNAPSHOT_MS + 1

    assert (ask("/ready", now=last).status_code, ask("/ready", now=last).text) == (200, "ready\n")
    assert (ask("/ready", now=after).status_code, ask("/ready", now=after).text) == (
        503,
        "not ready: the snapshot is 10 s old\n",
    )
    assert b"\ndeskpulse_ready 1.0\n" in ask("/metrics", now=last).content
    assert b"\ndeskpulse_ready 0.0\n" in ask("/metrics", now=after).content
    shown = b'support_queue_waiting{tenant="acme",channel="chat",queue="billing"} 3\n'
    assert shown in ask("/metrics", now=after).content


def test_not_ready_says_why() -> None:
    """The trouble of the snapshot; before the first one that nothing has been read. It is alive all the same."""
    away = Snapshot(made_at=T0, trouble="Redis does not answer: connection refused")

    assert ask("/ready", snapshot=away).text == "not ready: Redis does not answer: connection refused\n"
    assert ask("/ready", snapshot=Snapshot()).text == "not ready: nothing has been read from Redis yet\n"
    assert ask("/live", snapshot=Snapshot(), now=T0 + 10**9).status_code == 200
