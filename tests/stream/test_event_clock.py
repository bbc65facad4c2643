"""The clock of the events does not run ahead of a partition whose records are on their way."""

from __future__ import annotations

from stream.chunks import Partition
from stream.event_clock import EventClock, PartitionHealth

READ = PartitionHealth(Partition("support.chat", 0), 60_000, 0, 1)


def blank(*, lag: int | None, reported_at: int | None) -> PartitionHealth:
    """Return a partition without a watermark."""
    return PartitionHealth(Partition("support.chat", 1), None, lag, reported_at)


def test_it_shows_the_least_watermark() -> None:
    """Of partitions that have one each, at once, forwards and (after a roll-back) backwards."""
    clock, other = EventClock(), READ._replace(partition=Partition("support.chat", 1))

    shown = [clock.as_of([READ, other._replace(watermark=at)], silent=()) for at in (50_000, 70_000, 40_000)]

    assert shown == [50_000, 60_000, 40_000]


def test_there_is_no_instant_before_the_first_event() -> None:
    """Nothing is read, or nothing is there."""
    assert EventClock().as_of([], silent=()) is None
    assert EventClock().as_of([blank(lag=0, reported_at=1)], silent=()) is None


def test_a_partition_whose_records_are_not_applied_yet_holds_it_back() -> None:
    """However often a worker says so; it goes on with the partition's own watermark."""
    clock = EventClock()

    waiting = [clock.as_of([READ, blank(lag=7, reported_at=at)], silent=()) for at in range(5)]

    assert waiting == [None] * 5
    assert clock.as_of([READ, blank(lag=0, reported_at=6)._replace(watermark=50_000)], silent=()) == 50_000


def test_a_partition_is_empty_by_the_second_report_after() -> None:
    """The first may have asked Kafka before the others were so far. Until then the instant before is shown."""
    clock, said = EventClock(), [0]

    def shown(watermark: int, *, reports: int) -> int | None:
        said.append(said[-1] + reports)
        return clock.as_of([READ._replace(watermark=watermark), blank(lag=0, reported_at=said[-1])], silent=())

    assert [shown(60_000, reports=n) for n in (0, 1, 0, 1)] == [None, None, None, 60_000]
    assert [shown(70_000, reports=n) for n in (0, 1)] == [60_000, 60_000]
    assert [shown(80_000, reports=1), shown(80_000, reports=0)] == [70_000, 70_000]
    assert [shown(80_000, reports=n) for n in (1, 1)] == [70_000, 80_000]


def test_without_a_worker_its_last_word_has_to_do() -> None:
    """Tables can be looked at when nobody counts; a partition known to hold records still holds it back."""
    empty, unread = blank(lag=0, reported_at=1), blank(lag=3, reported_at=1)

    assert EventClock().as_of([READ, empty], silent=[empty]) == 60_000
    assert EventClock().as_of([READ, unread], silent=[unread]) is None
