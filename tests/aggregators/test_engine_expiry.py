"""What time alone does in the engine: lives expire, timers come due."""

import pytest

from aggregators import measures as m
from aggregators.definitions import Definitions
from aggregators.engine import (
    is_expired,
)
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.panes import ALL_TIME, FINE, HOUR, QUARTER, Pane
from tests.aggregators.engines import GHOST_MS, RETENTION_MS, SILENT_MS, C, at, beat, rows
from tests.aggregators.running import DEFAULT, EVERYTHING, Counted
from tests.logs import T0, Log

# -------------------------------------------------------------------------------------------------- expiry


def expired(log: Log, after_ms: int, definitions: Definitions = DEFAULT) -> bool:
    """Tell whether the conversation `c` of *log* has expired when the watermark is so long after T0."""
    partition = Counted()
    partition.feed(log.lines)
    return is_expired(C, partition.tables.facts[C].values(), watermark=at(after_ms), definitions=definitions)


def test_a_closed_conversation_expires_after_the_retention() -> None:
    """At exactly its last event + 35 d it is there; a millisecond later it is gone."""
    log = Log().queued("00:00").accepted("01:00").closed("10:00")

    assert not expired(log, 10 * MINUTE_MS + RETENTION_MS)
    assert expired(log, 10 * MINUTE_MS + RETENTION_MS + 1)


def test_an_open_first_response_never_expires() -> None:
    """Somebody who waits for a first response waits until it comes; once it came the conversation is closed."""
    log = Log().created("00:00")

    assert not expired(log, 1000 * RETENTION_MS)
    assert expired(log.commented("01:00", "human"), MINUTE_MS + RETENTION_MS + 1)


def test_an_open_ticket_never_expires_where_the_backlog_is_counted() -> None:
    """It is open until it is solved, and that is final 7 d later; facts that went would leave it open for ever."""
    log = Log().created("00:00").commented("00:30", "human")
    assert not expired(log, 1000 * RETENTION_MS, EVERYTHING)

    log.status("01:00", "solved")
    assert not expired(log, MINUTE_MS + 7 * DAY_MS + RETENTION_MS, EVERYTHING)
    assert expired(log, MINUTE_MS + 7 * DAY_MS + RETENTION_MS + 1, EVERYTHING)


def test_a_timer_is_waited_for() -> None:
    """A leg nobody ended was lost 4 h after it opened; the retention begins there."""
    log = Log().queued("00:00")

    assert not expired(log, GHOST_MS + RETENTION_MS)
    assert expired(log, GHOST_MS + RETENTION_MS + 1)


def test_nothing_expires_without_a_watermark() -> None:
    """Before the first accepted record there is no time."""
    assert not is_expired(C, (), watermark=None, definitions=DEFAULT)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_new_life_starts_from_nothing(cut: int) -> None:
    """After it has expired an accept finds no leg, in one chunk or in several; the old life's counts stay.

    queued · · accepted  |· · · 35 d · · ·|heartbeat  accepted (of no leg)
    """
    log = Log().queued("00:00").accepted("01:00")
    lines = [*log.lines, beat(MINUTE_MS + RETENTION_MS + 1), *Log().add("chat.accepted", at(36 * DAY_MS), id="y").lines]
    partition = Counted()

    partition.feed(lines[:cut])
    partition.feed(lines[cut:])

    assert list(partition.tables.facts[C]) == ["y"]
    assert partition.cells(width=HOUR.ms)[m.ANSWERED] == 1
    assert partition.cells(width=0)[m.EVENTS + 6] == 2


def test_the_last_millisecond_of_a_life_still_belongs_to_it() -> None:
    """The watermark at exactly the last event + 35 d: what comes is added to what is known."""
    partition = Counted()
    partition.feed(Log().queued("00:00").accepted("01:00").lines)

    partition.feed([beat(MINUTE_MS + RETENTION_MS), *Log().add("chat.closed", at(30 * DAY_MS), id="y").lines])

    assert len(partition.tables.facts[C]) == 3


def test_expired_facts_are_in_no_line() -> None:
    """Whether or not anybody cleaned up: the tables' lines end with the watermark."""
    partition = Counted()
    partition.feed(Log().queued("00:00").accepted("01:00").lines)
    assert len(rows(partition, "fact")) == 2

    partition.feed([beat(MINUTE_MS + RETENTION_MS + 1)])

    assert rows(partition, "fact") == []


@pytest.mark.parametrize("last", ["00:00", "23:30:00"])
def test_by_its_day_of_expiry_a_life_has_expired(last: str) -> None:
    """Once the day is over that a clean-up looks at, nothing in it is waited for any more, timers included."""
    log = Log().queued(last)
    partition = Counted()
    (day,) = partition.feed(log.lines).expiry

    facts = partition.tables.facts[C].values()

    assert is_expired(C, facts, watermark=(day + 1) * DAY_MS + 1, definitions=DEFAULT)


def test_a_life_moves_to_another_day_of_expiry_with_its_last_event() -> None:
    """On the same day it is not named again."""
    partition = Counted()
    first = partition.feed(Log().queued("00:00").lines)
    same = partition.feed(Log().add("chat.accepted", at(HOUR_MS), id="y").lines)
    later = partition.feed(Log().add("chat.closed", at(DAY_MS), id="z").lines)

    assert [set(delta.expiry) for delta in (first, same, later)] == [
        {(T0 + RETENTION_MS + SILENT_MS) // DAY_MS},
        set(),
        {(T0 + RETENTION_MS + SILENT_MS) // DAY_MS + 1},
    ]


# -------------------------------------------------------------------------------------------------- timers


def lost(partition: Counted) -> int:
    """Return how many legs the panes count as lost."""
    return partition.cells(width=HOUR.ms).get(m.LOST, 0)


def test_a_timer_is_due_until_the_watermark_passes_it() -> None:
    """At exactly opened + 4 h it is still due; a millisecond later it is counted, at its own instant.

    opened · · · 4 h · · · |timer
    watermark              ^ due
    watermark               ^ counted
    """
    partition = Counted()
    partition.feed(Log().queued("00:00").lines)
    partition.feed([beat(GHOST_MS)])
    assert (lost(partition), [row["at"] for row in rows(partition, "due")]) == (0, [at(GHOST_MS)])

    partition.feed([beat(GHOST_MS + 1)])

    assert (lost(partition), rows(partition, "due")) == (1, [])
    assert partition.panes_with(m.LOST) == {
        Pane(FINE.ms, at(GHOST_MS)): 1,
        Pane(QUARTER.ms, at(GHOST_MS)): 1,
        Pane(HOUR.ms, at(GHOST_MS)): 1,
        ALL_TIME: 1,
    }


def test_an_event_in_time_takes_the_timer_back() -> None:
    """Answered before 4 h, the timer is gone, and nothing is ever counted as lost."""
    partition = Counted()
    partition.feed(Log().queued("00:00").lines)
    partition.feed(Log().add("chat.accepted", at(HOUR_MS), id="y").lines)
    assert rows(partition, "due") == []

    partition.feed([beat(GHOST_MS + 1)])

    assert (lost(partition), partition.cells(width=HOUR.ms)[m.ANSWERED]) == (0, 1)


def test_a_leg_that_revives_takes_the_loss_back() -> None:
    """Lost after 4 h, answered after 5: the count of the loss is taken back where it was counted."""
    partition = Counted()
    partition.feed(Log().queued("00:00").lines)
    partition.feed([beat(GHOST_MS + 1)])

    delta = partition.feed(Log().add("chat.accepted", at(5 * HOUR_MS), id="y").lines)

    assert (lost(partition), partition.cells(width=HOUR.ms)[m.ANSWERED]) == (0, 1)
    assert delta.counts["restatements"] == 0
    stops = [row for row in rows(partition, "stop") if row["kind"] == "leg"]
    assert [(row["outcome"], row["at"]) for row in stops] == [("answered", at(5 * HOUR_MS))]


def test_a_timer_may_come_and_go_again() -> None:
    """Answered by mistake under an id that turns out to be another event: due, not due, due once more, counted once."""
    partition = Counted()
    partition.feed(Log().queued("00:00").accepted("01:00", id="x").lines)
    partition.feed(Log().add("chat.held", at(0), id="x").lines)
    assert [row["number"] for row in rows(partition, "due")] == [1]

    partition.feed([beat(GHOST_MS + 1)])
    partition.feed([beat(GHOST_MS + 2)])

    assert lost(partition) == 1


def test_a_loss_that_comes_to_light_late_is_counted_at_once() -> None:
    """A chat.queued that arrives five hours late was lost an hour ago: no timer, a count."""
    partition = Counted()
    partition.feed([beat(5 * HOUR_MS)])

    delta = partition.feed(Log().queued("00:00").lines)

    assert (lost(partition), rows(partition, "due")) == (1, [])
    assert delta.counts["restatements"] == 2


def test_a_timer_exactly_at_the_watermark_is_due() -> None:
    """It has not passed: a leg opened four hours ago to the millisecond."""
    partition = Counted()
    partition.feed([beat(GHOST_MS)])

    partition.feed(Log().queued("00:00").lines)

    assert (lost(partition), len(rows(partition, "due"))) == (0, 1)


def test_a_new_engine_knows_the_timers() -> None:
    """Made anew from the tables it counts what became due, once."""
    partition = Counted()
    partition.feed(Log().queued("00:00").lines)
    partition.restart()

    partition.feed([beat(GHOST_MS + 1)])
    partition.restart()
    partition.feed([beat(GHOST_MS + 2)])

    assert lost(partition) == 1


def test_timers_are_passed_in_their_order() -> None:
    """Of three legs that opened a minute apart the watermark passes one after the other."""
    partition = Counted()
    log = Log()
    for number, clock in enumerate(("02:00", "00:00", "01:00")):
        log.of(conversation=f"c{number}").queued(clock)
    partition.feed(log.lines)

    found = []
    for minute in range(3):
        partition.feed([beat(GHOST_MS + minute * MINUTE_MS + 1)])
        found.append(lost(partition))

    assert found == [1, 2, 3]
