"""The engine record by record: lateness, wrong clocks, the watermark."""

import pytest

from aggregators.engine import (
    MAX_SOURCES,
    Incoming,
)
from aggregators.events import Rejected
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from tests.aggregators.engines import RETENTION_MS, C, at, beat, reasons
from tests.aggregators.running import Counted, incoming
from tests.logs import T0, Log

# -------------------------------------------------------------------------------------------- late records


def test_a_record_is_late_beyond_the_retention() -> None:
    """At exactly watermark − 35 d it counts; a millisecond older it is rejected as late.

    |·late·)[· counts · · · · · · · · · · watermark
           35 d
    """
    partition = Counted()
    partition.feed([beat(RETENTION_MS)])

    partition.feed(
        [*Log(conversation="exact").queued("00:00").lines, *Log().add("chat.queued", at(-1), queue="q").lines]
    )

    assert reasons(partition) == ["late"]
    assert [key.subject for key in partition.tables.facts] == ["exact"]


def test_a_late_record_is_late_by_the_records_before_it() -> None:
    """Within one chunk as well: before the record that moved the watermark it counts, after it it is late."""
    early = Log().queued("00:00").lines[0]
    partition = Counted()

    partition.feed([early, beat(RETENTION_MS + 1), early])

    assert reasons(partition) == ["late"]
    assert [index for index, _ in partition.deltas[0].rejected] == [2]


def test_ten_minutes_behind_counts_as_applied_late() -> None:
    """At exactly ten minutes it does not, a millisecond more it does; duplicates are counted beside it."""
    partition = Counted()
    partition.feed([beat(10 * MINUTE_MS)])

    on_time = partition.feed(Log().add("chat.queued", at(0), queue="q").lines)
    late = partition.feed(Log().add("chat.queued", at(-1), queue="q").lines)

    assert on_time.counts["late_applied"] == 0
    assert late.counts["late_applied"] == 1


# -------------------------------------------------------------------------------------------- wrong clocks


@pytest.mark.parametrize(
    ("ahead_ms", "clamped"), [(-DAY_MS, 0), (0, 0), (MINUTE_MS, 0), (MINUTE_MS + 1, 1), (DAY_MS, 1)]
)
def test_a_stamp_over_a_minute_ahead_is_clamped(ahead_ms: int, clamped: int) -> None:
    """60 s ahead of the record's timestamp it is taken as it is; from there to a day ahead the timestamp counts."""
    partition = Counted()

    delta = partition.take(incoming(Log().queued("00:00").lines, timestamp=lambda event: event.at - ahead_ms))

    expected = T0 - ahead_ms if clamped else T0
    assert (delta.counts["clamped"], partition.tables.watermark) == (clamped, expected)
    assert [fact.at for fact in partition.tables.facts[C].values()] == [expected]


def test_a_stamp_over_a_day_ahead_is_rejected() -> None:
    """It is in the future, moves no watermark and is no fact."""
    partition = Counted()

    partition.take(incoming(Log().queued("00:00").lines, timestamp=lambda event: event.at - DAY_MS - 1))

    assert (reasons(partition), partition.tables.watermark, partition.tables.facts) == (["in_the_future"], None, {})


def test_a_clamped_stamp_may_be_late() -> None:
    """What a stamp is clamped to is what lateness is decided by."""
    partition = Counted()
    partition.feed([beat(RETENTION_MS + 1)])

    partition.take(incoming(Log().queued("02:00").lines, timestamp=lambda event: event.at - 2 * MINUTE_MS))

    assert reasons(partition) == ["late"]
    assert partition.deltas[-1].counts["clamped"] == 1


# ------------------------------------------------------------------------------------------- the watermark


def test_the_watermark_never_goes_back() -> None:
    """It is the greatest accepted instant; earlier and rejected records leave it where it is."""
    partition = Counted()
    partition.feed([beat(HOUR_MS)])

    partition.feed([beat(0), b"{}", *Log().queued("00:00").lines])

    assert partition.tables.watermark == at(HOUR_MS)


def test_a_duplicate_moves_the_watermark() -> None:
    """The same id with a later stamp is no fact, but it was accepted."""
    partition = Counted()

    delta = partition.feed(Log().queued("00:00", id="x").queued("00:10", id="x").lines)

    assert (delta.counts["duplicates"], partition.tables.watermark) == (1, at(10 * SECOND_MS))
    assert [fact.at for fact in partition.tables.facts[C].values()] == [T0]


def test_nothing_has_no_watermark() -> None:
    """Of rejected records alone there is none."""
    partition = Counted()

    partition.take([Incoming(T0, Rejected("invalid_json"))])

    assert partition.engine.watermark is None
    assert reasons(partition) == ["invalid_json"]


def test_accepted_records_are_counted_by_type() -> None:
    """Duplicates among them, rejected ones not; what took another's place is counted too."""
    log = Log().queued("00:10", id="x").queued("00:10", id="x").queued("00:00", id="x").accepted("00:20").raw(b"{}")

    counts = Counted().feed(log.lines).counts

    assert (counts["chat.queued"], counts["chat.accepted"]) == (3, 1)
    assert (counts["duplicates"], counts["replaced"]) == (1, 1)


def test_sources_are_remembered_by_their_latest_instant() -> None:
    """Up to a hundred of them; an earlier instant changes nothing, and neither does the hundred and first source."""
    partition = Counted()
    partition.feed([beat(MINUTE_MS, f"s{number}") for number in range(MAX_SOURCES)])

    delta = partition.feed([beat(0, "s0"), beat(MINUTE_MS, "s2"), beat(HOUR_MS, "s1"), beat(HOUR_MS, "another")])

    assert delta.sources == {"s1": at(HOUR_MS)}
