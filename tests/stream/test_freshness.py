"""The instant the numbers are for, and from when on they are stale: by hand, with the time as an argument."""

from __future__ import annotations

from typing import Literal

import pytest

from stream.chunks import Partition
from stream.event_clock import PartitionHealth
from stream.freshness import APART_MS, REPORT_GOOD_FOR_MS, STALE_MS, Freshness, apart
from tests.logs import T0

UNREAD = "a partition has not been read yet"


def partition(number: int = 0, *, at: int | None, lag: int | None = 0, mark: int | None = T0) -> PartitionHealth:
    """Return what is known of a partition: reported *at*, so many records behind, read up to *mark*."""
    return PartitionHealth(Partition("support.chat", number), mark, lag, at)


def test_read_to_the_end_is_now() -> None:
    """Nothing has happened for an hour, and all of it has been read: the numbers are of this instant."""
    now = T0 + 3_600_000

    assert Freshness("wall").look([partition(at=now)], now=now) == (now, None)


def test_who_lags_is_as_far_as_its_watermark() -> None:
    """The least of all partitions counts; those that are further wait for it."""
    now = T0 + 9_000
    health = [partition(0, at=now), partition(1, at=now, lag=5, mark=T0 + 4_000), partition(2, at=now, lag=1)]

    assert Freshness("wall").look(health[:2], now=now) == (T0 + 4_000, None)
    assert Freshness("wall").look(health, now=now) == (T0, None)


def test_a_watermark_ahead_of_the_clock_is_not_believed() -> None:
    """A producer's clock is fast: the numbers are of now at most."""
    assert Freshness("wall").look([partition(at=T0, lag=1, mark=T0 + 50_000)], now=T0) == (T0, None)


def test_read_to_its_end_a_moment_ago_is_as_good_as_that_moment() -> None:
    """New records came in since: the instant stands still until they are read, it does not fall back to the watermark.

    watermark     at its end   lag    at its end
       T0 ----------- +60 ---- +61 ----- +62
    as_of             +60      +60       +62
    """
    freshness = Freshness("wall")
    looks = []
    for second, lag in ((60, 0), (61, 7), (62, 0)):
        now = T0 + second * 1000
        looks.append(freshness.look([partition(at=now, lag=lag)], now=now))

    assert looks == [(T0 + 60_000, None), (T0 + 60_000, None), (T0 + 62_000, None)]


def test_numbers_are_stale_after_half_a_minute() -> None:
    """To the millisecond; they are shown all the same."""
    last = T0 + STALE_MS

    fresh = Freshness("wall").look([partition(at=last, lag=1)], now=last)
    stale = Freshness("wall").look([partition(at=last + 1, lag=1)], now=last + 1)

    assert fresh == (T0, None)
    assert stale == (T0, "the numbers are 30 s old: workers lag behind Kafka")


def test_a_report_is_good_for_five_seconds() -> None:
    """After that nobody knows whether the partition is at its end: the instant stands where it was known."""
    freshness = Freshness("wall")
    health = [partition(at=T0)]
    last = T0 + REPORT_GOOD_FOR_MS

    assert freshness.look(health, now=last) == (last, None)
    assert freshness.look(health, now=last + 1) == (last, "no worker reports on support.chat/0")


def test_the_silent_are_counted_and_the_first_is_named() -> None:
    """Silence weighs more than age: it is its reason."""
    health = [partition(0, at=T0), partition(1, at=None), partition(2, at=T0)]

    assert Freshness("wall").look(health, now=T0 + 100_000)[1] == "no worker reports on support.chat/0 and 2 more"


def test_nothing_is_shown_before_every_partition_was_read() -> None:
    """One of two has neither a record nor a report of its end: a part is not the whole."""
    unread = partition(1, at=None, lag=None, mark=None)

    assert Freshness("wall").look([], now=T0) == (None, UNREAD)
    assert Freshness("wall").look([partition(0, at=T0), unread._replace(reported_at=T0)], now=T0) == (None, UNREAD)
    assert Freshness("wall").look([partition(0, at=T0), unread], now=T0) == (
        None,
        "no worker reports on support.chat/1",
    )


def test_an_empty_partition_is_read_to_its_end() -> None:
    """No record, no watermark; a worker has looked and there is nothing."""
    assert Freshness("wall").look([partition(at=T0, mark=None)], now=T0) == (T0, None)


def test_the_clock_of_the_events_is_the_least_watermark() -> None:
    """Whatever the wall clock says: years later it is the same instant and no reason to doubt it."""
    now = T0 + 10**12
    health = [partition(0, at=now), partition(1, at=now, mark=T0 + 1_000)]

    assert Freshness("event").look(health, now=now) == (T0, None)
    assert Freshness("event").look([], now=now) == (None, UNREAD)


def test_a_silent_worker_is_trouble_on_the_clock_of_the_events_too() -> None:
    """The instant stands; that nobody reports is said."""
    assert Freshness("event").look([partition(at=T0)], now=T0 + REPORT_GOOD_FOR_MS + 1) == (
        T0,
        "no worker reports on support.chat/0",
    )


def test_a_moment_that_has_not_come_is_not_believed() -> None:
    """The clock is set back ten minutes and a worker lags: it is as far as its watermark, not at its end.

    by the clock    -10:00   -8:00   -7:50                    0:00
                       |       |       |                        |
                   watermark  set back to here         was read to its end
    """
    freshness = Freshness("wall")
    freshness.look([partition(at=T0, mark=T0 - 1_000)], now=T0)
    mark = T0 - 600_000

    for second in (120, 130, 700):
        now = mark + second * 1000
        assert freshness.look([partition(at=now, lag=5_000, mark=mark)], now=now) == (
            mark,
            f"the numbers are {second} s old: workers lag behind Kafka",
        )


@pytest.mark.parametrize("clock", ["wall", "event"])
def test_a_report_of_the_future_is_good_for_five_seconds_too(clock: Literal["wall", "event"]) -> None:
    """The worker died, and the clock is set back ten minutes: its last word is not good until it is ten past.

    Then its instant has come, and it is no news either.
    """
    freshness = Freshness(clock)
    health = [partition(at=T0)]
    back = T0 - 600_000
    seconds = (0, 5, 6, 300, 599, 600, 603, 606)

    before = freshness.look(health, now=T0)[1]
    troubles = [freshness.look(health, now=back + second * 1000)[1] for second in seconds]

    assert before is None
    assert [trouble is None for trouble in troubles] == [second <= 5 for second in seconds]
    assert troubles[-1] == "no worker reports on support.chat/0"


def test_who_reports_after_the_clock_was_set_back_is_heard() -> None:
    """Each second a word of its own, whatever the clock says: ten minutes back, or that of a host that is ahead."""
    freshness = Freshness("wall")
    for start in (T0, T0 - 600_000):
        for second in range(20):
            now = start + second * 1000
            assert freshness.look([partition(0, at=now), partition(1, at=now + 60_000)], now=now) == (now, None)


def test_partitions_more_than_an_hour_apart_are_named() -> None:
    """The one that is ahead; whether it is behind the instant shown by more than that does not matter."""
    health = [partition(0, at=T0), partition(1, at=T0, mark=T0 + APART_MS), partition(2, at=T0, mark=None)]
    text = "support.chat/1 is 60 minutes past the instant shown: windows lack what is not kept so long"

    assert [apart(health, as_of) for as_of in (T0 - 1, T0, T0 + 10**12, None)] == [text, None, None, None]
    assert apart([partition(at=T0, mark=None)], T0) is None
    assert apart([], T0) is None
