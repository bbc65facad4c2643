"""The engine record by record: lateness, wrong clocks, the watermark, expiry, timers, panes that are gone."""

import json
from dataclasses import replace

import pytest

from aggregators import measures as m
from aggregators.definitions import Definitions
from aggregators.delta import Cause, Delta, Holdings
from aggregators.engine import (
    MAX_SOURCES,
    Engine,
    Incoming,
    expires_after_ms,
    is_expired,
)
from aggregators.events import Rejected
from aggregators.facts import Key
from aggregators.indexing import OPEN_BUCKETS, change_intervals, hold_intervals, open_bucket
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import ALL_TIME, FINE, HOUR, QUARTER, Pane, bucket_of
from aggregators.samples import INTERVAL_NAMES, RESPONSE_OPEN, WAITED, Interval, Labels, Leg, Queued
from aggregators.telling import Batch
from aggregators.vocabulary import code_of
from tests.aggregators.running import DEFAULT, EVERYTHING, Counted, counted, incoming
from tests.logs import T0, Log
from tests.reference import centre_lines

RETENTION_MS = 35 * DAY_MS
GHOST_MS = 4 * HOUR_MS
SILENT_MS = 24 * HOUR_MS
"""The longest timer there is: a chat that lapses."""
C = Key("default", "c")


def at(after_ms: int) -> int:
    """Return the instant so long after T0."""
    return T0 + after_ms


def beat(after_ms: int, source: str = "s") -> bytes:
    """Return a heartbeat, which moves the watermark and nothing else."""
    return Log(conversation=None).add("source.heartbeat", at(after_ms), source=source).lines[0]


def reasons(partition: Counted) -> list[str]:
    """Return why records were rejected, in order."""
    return [why.reason for delta in partition.deltas for _, why in delta.rejected]


def rows(partition: Counted, table: str) -> list[dict[str, object]]:
    """Return the lines of one table."""
    return [row for row in map(json.loads, partition.lines()) if row["table"] == table]


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
    """It is open until it is solved; facts that went would leave it open for ever."""
    log = Log().created("00:00").commented("00:30", "human")
    assert not expired(log, 1000 * RETENTION_MS, EVERYTHING)

    assert expired(log.status("01:00", "solved"), MINUTE_MS + RETENTION_MS + 1, EVERYTHING)


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


# --------------------------------------------------------------------------------------------------- panes


@pytest.mark.parametrize(
    ("behind_ms", "widths"),
    [
        (2 * HOUR_MS + 10 * SECOND_MS - 1, [FINE.ms, QUARTER.ms, HOUR.ms]),
        (2 * HOUR_MS + 10 * SECOND_MS, [QUARTER.ms, HOUR.ms]),
        (8 * DAY_MS + 15 * MINUTE_MS - 1, [QUARTER.ms, HOUR.ms]),
        (8 * DAY_MS + 15 * MINUTE_MS, [HOUR.ms]),
    ],
)
def test_what_comes_late_goes_to_the_panes_still_kept(behind_ms: int, widths: list[int]) -> None:
    """10-second panes for 2 h, 15-minute panes for 8 d, hours for 90 d past their end, each to the millisecond."""
    partition = Counted()
    partition.feed([beat(behind_ms)])

    partition.feed(Log().queued("00:00").lines)

    assert [pane.width for pane in partition.panes_with(m.QUEUED)] == widths


def test_totals_of_all_time_are_in_no_pane() -> None:
    """Events, histograms and their sums have one place, however late they come."""
    partition = Counted()
    partition.feed([beat(9 * DAY_MS)])

    partition.feed(Log().queued("00:00").accepted("00:30").lines)

    assert partition.panes_with(m.WAIT_TOTAL_MS) == {ALL_TIME: 30_000}
    assert partition.panes_with(m.EVENTS + 3) == {ALL_TIME: 1}


def test_stops_are_kept_for_eight_days() -> None:
    """The index of what was counted reaches as far back as 15-minute panes."""
    partition = Counted()
    partition.feed([beat(8 * DAY_MS + 15 * MINUTE_MS - 1)])
    partition.feed(Log(conversation="in").queued("00:00").lines)
    assert [row["conversation"] for row in rows(partition, "stop")] == ["in"] * 2

    partition.feed([beat(8 * DAY_MS + 15 * MINUTE_MS)])
    partition.feed(Log(conversation="out").queued("00:00").lines)

    stops = [(entry.conversation, entry.content[1]) for index in partition.tables.stops.values() for entry in index]
    assert sorted(stops) == [("in", T0), ("in", at(GHOST_MS)), ("out", at(GHOST_MS))]
    assert [(row["conversation"], row["at"]) for row in rows(partition, "stop")] == [
        ("in", at(GHOST_MS)), ("out", at(GHOST_MS))
    ]  # fmt: skip


def test_an_interval_is_kept_for_two_hours_past_its_end() -> None:
    """A leg that ended is still in the picture of the past two hours, and then in no line."""
    partition = Counted()
    partition.feed(Log().queued("00:00").abandoned("01:00").lines)
    partition.feed([beat(2 * HOUR_MS + 15 * MINUTE_MS - 1)])
    assert [row["kind"] for row in rows(partition, "interval")] == ["waited"]

    partition.feed([beat(2 * HOUR_MS + 15 * MINUTE_MS)])

    assert rows(partition, "interval") == []


def test_an_interval_that_comes_too_late_is_not_stored() -> None:
    """Its bucket is gone already."""
    partition = Counted()
    partition.feed([beat(2 * HOUR_MS + 15 * MINUTE_MS)])

    delta = partition.feed(Log().queued("00:00").abandoned("01:00").lines)

    assert (delta.intervals, delta.lasting) == ({}, {})


def test_an_open_interval_has_a_bucket_below_zero() -> None:
    """The same for a conversation whatever else it has, and it goes when the response comes."""
    partition = Counted()
    partition.feed(Log().created("00:00").lines)
    row = next(row for row in rows(partition, "interval") if row["kind"] == INTERVAL_NAMES[3])
    assert (row["kind"], row["bucket"], row["bucket"] < 0) == (INTERVAL_NAMES[3], open_bucket("c"), True)  # type: ignore[operator]  # an int

    partition.feed(Log().add("ticket.commented", at(MINUTE_MS), actor="human", id="y").lines)

    found = [row for row in rows(partition, "interval") if row["kind"] == INTERVAL_NAMES[3]]
    assert [(row["start"], row["end"]) for row in found] == [(T0, at(MINUTE_MS))]


def test_open_intervals_are_spread_over_their_buckets() -> None:
    """By conversation alone, from −1 down to −64."""
    buckets = {open_bucket(f"c{number}") for number in range(2_000)}

    assert buckets == set(range(-OPEN_BUCKETS, 0))


# -------------------------------------------------------------------------------------------- restatements


def test_a_restatement_is_logged() -> None:
    """What changes over ten minutes behind the watermark is a restatement; at exactly ten minutes it is none."""
    partition = Counted()
    partition.feed([*Log().queued("00:00").lines, beat(10 * MINUTE_MS)])
    assert partition.feed(Log(conversation="d").queued("00:00").lines).log == []
    partition.feed([beat(10 * MINUTE_MS + 1)])

    delta = partition.feed(Log().add("chat.flagged", at(MINUTE_MS), flag="spam", id="y").lines)

    (restated,) = delta.log
    assert restated[:3] == (at(10 * MINUTE_MS + 1), "default", "c")
    assert restated.number == -1
    assert isinstance(restated.sample, Queued)
    assert restated.cause == Cause(code_of("chat.flagged"), "y")
    assert delta.counts["restatements"] == 1


def test_a_run_that_hides_what_came_late_says_so() -> None:
    """Late by what came before it in the same run, or a run that goes over more than ten minutes: not logged."""
    hour, late = beat(HOUR_MS), Log().queued("00:00").lines
    in_two, in_one, quick = Counted(), Counted(), Counted()

    assert not in_two.feed([hour]).is_coarse
    caught = in_two.feed(late)
    hidden = in_one.feed([hour, *late])
    quick.feed([beat(10 * MINUTE_MS)])

    assert (len(caught.log), caught.is_coarse) == (1, False)
    assert (len(hidden.log), hidden.is_coarse) == (0, True)
    assert not quick.feed([beat(11 * MINUTE_MS), beat(21 * MINUTE_MS)]).is_coarse
    assert quick.feed([beat(31 * MINUTE_MS), beat(41 * MINUTE_MS + 1)]).is_coarse


def test_the_cause_is_the_earliest_of_what_came_at_once() -> None:
    """An abandonment and a rating of before come in one run: the abandonment lies further back."""
    partition = Counted()
    partition.feed([*Log().queued("00:00").lines, beat(HOUR_MS)])

    late = Log().add("survey.responded", "02:00", kind="csat", score=5, id="b").add("chat.abandoned", "01:00", id="a")
    delta = partition.feed(late.lines)

    assert {row.cause for row in delta.log} == {Cause(code_of("chat.abandoned"), "a")}


def test_the_counts_of_all_time_are_never_restated() -> None:
    """Events have no instant, so that they are in nobody's past."""
    partition = Counted()
    partition.feed([beat(HOUR_MS)])

    delta = partition.feed(Log().add("chat.offered", "00:00").lines)

    assert (delta.counts["late_applied"], delta.counts["restatements"]) == (1, 0)


def test_two_of_one_kind_count_twice() -> None:
    """Two surveys sent at one instant are one sample with the number 2."""
    partition = Counted()

    partition.feed(Log(queue="q").sent("00:00", "s1").sent("00:00", "s2").lines)

    assert partition.cells(width=FINE.ms)[m.SURVEYS_SENT] == 2
    assert [row["number"] for row in rows(partition, "stop")] == [2]


def test_labels_are_known_by_the_first_instant_of_who_brought_them() -> None:
    """The first event of the conversation; an earlier one moves it back, a later conversation does not move it on."""
    partition = Counted()
    first = partition.feed(Log(queue="billing").closed("01:00").queued("02:00").lines)
    same = partition.feed(Log(conversation="d").queued("05:00").lines)
    back = partition.feed(Log(conversation="e").queued("00:30").lines)

    assert [list(delta.labels.values()) for delta in (first, same, back)] == [
        [at(MINUTE_MS)], [], [at(30 * SECOND_MS)]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "kind", "fields"),
    [
        ("people", "agent.heartbeat", {"agent": "a", "state": "available"}),
        ("selfservice", "selfservice.viewed", {"session": "s"}),
        ("cost", "cost.recorded", {"amount": 5}),
        ("kpi", "kpi.sample", {"name": "esat", "value": 4}),
    ],
)
def test_what_no_family_counts_is_not_kept(family: str, kind: str, fields: dict[str, object]) -> None:
    """Without its family the event is one of its type, twice if it comes twice; with it a fact, and then a repeat."""
    lines = Log(conversation=None).add(kind, at(0), id="h", **fields).lines
    without, with_it = Counted(), Counted(definitions=Definitions(families=(family,)))

    for partition, facts, repeats in ((without, 0, 0), (with_it, 1, 1)):
        found = [partition.feed(lines), partition.feed(lines)]

        assert len(partition.tables.facts) == facts
        assert [delta.counts[kind] for delta in found] == [1, 1]
        assert sum(delta.counts["duplicates"] for delta in found) == repeats
    assert {row["table"] for row in map(json.loads, without.lines())} == {"position"}


def test_a_loss_is_a_leg_at_its_timer() -> None:
    """What stands in the index of timers is the whole sample, ready to be counted."""
    partition = Counted()

    delta = partition.feed(Log().queued("00:00").lines)

    ((bucket, entries),) = delta.due.items()
    (entry,) = entries
    assert bucket == at(GHOST_MS)
    assert isinstance(entry.content, Leg)
    assert (entry.conversation, entry.content.at, entry.content.opened) == ("c", at(GHOST_MS), T0)


# ------------------------------------------------------------------------------------------ chunk by chunk


def test_a_rejected_record_holds_nothing_up() -> None:
    """What follows one that is bad, in the future or late counts, and each is counted as often as it comes."""
    good = [Log().add("chat.queued", at(RETENTION_MS + 1), queue="q", id=f"g{number}").lines[0] for number in range(4)]
    early, ahead = Log().queued("00:00").lines[0], Log().add("chat.queued", at(RETENTION_MS), queue="q").lines[0]
    records = incoming([beat(RETENTION_MS + 1), good[0], b"{}", good[1], early, good[2], ahead, good[3]])
    records[6] = records[6]._replace(timestamp=records[6].timestamp - DAY_MS - 1)
    partition = Counted()

    delta = partition.take(records)

    assert [index for index, _ in delta.rejected] == [2, 4, 6]
    assert (reasons(partition)[1:], delta.counts["chat.queued"]) == (["late", "in_the_future"], 4)


def test_everything_is_counted_each_time() -> None:
    """Two clamped, three applied late, two duplicates, two replaced, in one chunk."""
    hours = 2 * HOUR_MS
    log = Log().add("chat.held", at(hours - 3), id="a").add("chat.held", at(hours - 3), id="b")
    log.add("chat.held", at(hours), id="a").add("chat.held", at(hours), id="b")
    log.add("chat.held", T0, id="a").add("chat.held", T0, id="b").add("chat.held", T0, id="c")
    log.add("chat.held", at(hours + 1), id="d").add("chat.held", at(hours + 1), id="e")
    records = incoming(log.lines)
    records[7:] = [record._replace(timestamp=record.timestamp - HOUR_MS) for record in records[7:]]

    counts = Counted().take(records).counts

    assert (counts["duplicates"], counts["replaced"], counts["late_applied"]) == (2, 2, 5)
    assert counts["clamped"] == 2


def put(partition: Counted, *instants: str) -> list[str] | None:
    """Let holds begin at these instants, named by the letters in front; return the ids that are written, None: all."""
    log = Log()
    for each in instants:
        log.add("chat.held", each[1:], id=each[0])
    added = partition.feed(log.lines).facts[C].added
    return None if added is None else [fact.id for fact in added]


def test_a_chunk_puts_the_facts_that_are_new() -> None:
    """All there are, and by name those that are not stored yet: new ones, and the later form of what was replaced."""
    partition = Counted()

    assert put(partition, "a10:00") == ["a"]
    assert put(partition, "b11:00", "c12:00") == ["b", "c"]
    assert put(partition, "b10:30", "d13:00") == ["b", "d"]
    assert list(partition.tables.facts[C]) == ["a", "b", "c", "d"]


def test_what_was_replaced_is_written_over_once_there_is_more_of_it_than_of_the_rest() -> None:
    """Two facts: stored are a, b, then two more forms of b; with the next one all is written, and it begins anew."""
    partition = Counted()

    assert put(partition, "a10:00", "b11:00") == ["a", "b"]
    assert [put(partition, f"b10:{minute}") for minute in (50, 40, 30, 20)] == [["b"], ["b"], None, ["b"]]


def test_where_nobody_knows_how_much_was_replaced_all_is_written() -> None:
    """An engine made anew has read what counts only: it adds what is new, and at a replacement writes all."""
    partition = Counted()
    put(partition, "a10:00", "b11:00")
    put(partition, "b10:50")
    partition.restart()

    assert put(partition, "c12:00") == ["c"]
    assert put(partition, "b10:40") is None
    assert put(partition, "b10:30") == ["b"]


def test_the_day_of_expiry_names_its_owners() -> None:
    """For whoever cleans up."""
    assert list(Counted().feed(Log().queued("00:00").lines).expiry.values()) == [{C}]


def of_old_kinds(holdings: Holdings) -> list[list[int]]:
    """Return for each bucket the numbers of waits for a first response or of samples with a shape of their own."""
    return [
        [
            number
            for content, number in held
            if (content.kind == RESPONSE_OPEN if isinstance(content, Interval) else content.kind < 20)
        ]
        for owners in holdings.values()
        for held in owners.values()
    ]


@pytest.mark.parametrize("restarts", [False, True])
def test_only_the_difference_is_written(*, restarts: bool) -> None:
    """A bucket in which all stays is in no delta; one in which anything changes is there whole, or with nothing."""
    partition = Counted()
    partition.feed(Log(channel="chat").customer("00:00", id="a").sent("00:00", "s1", id="b").lines)
    if restarts:
        partition.restart()

    same = partition.feed(Log(channel="chat").add("chat.offered", "00:01", id="c").lines)
    assert not any(of_old_kinds(same.lasting))
    assert (same.stopped, same.stops, same.due) == ({}, {}, {})
    assert list(same.cells) == [ALL_TIME]

    if restarts:
        partition.restart()
    moved = partition.feed(Log(channel="chat").sent("00:00", "s2", id="d").human("00:30", id="e", queue="q").lines)

    # The wait for a first response has ended; two surveys of one instant, the first response and the reply.
    assert sorted(map(sorted, of_old_kinds(moved.lasting))) == [[], [1]]
    assert [sorted(numbers) for numbers in of_old_kinds(moved.stopped)] == [[1, 1, 2]]
    events = {labels.queue: cells for labels, cells in partition.tables.cells[ALL_TIME].items()}
    assert not any(events["none"].values())
    assert events["q"][m.EVENTS + code_of("survey.sent")] == 2
    assert partition.cells(width=FINE.ms)[m.SURVEYS_SENT] == 2


def test_timers_that_go_are_put_out_with_zero() -> None:
    """In the index of timers and, once lost, in that of stops."""
    partition = Counted()
    partition.feed(Log().queued("00:00", id="a").lines)
    passed = partition.feed([beat(GHOST_MS + 1)])
    assert [list(rows.values()) for rows in passed.due.values()] == [[0]]
    assert [list(rows.values()) for rows in passed.stops.values()] == [[1]]

    revived = partition.feed(Log().add("chat.closed", at(GHOST_MS + HOUR_MS), id="b").lines)

    assert [list(rows.values()) for rows in revived.stops.values()] == [[0]]
    # The leg ends and the wait with it, an hour after the loss.
    ((bucket, owners),) = revived.stopped.items()
    assert (bucket, [number for _, number in owners[C]]) == (at(GHOST_MS + HOUR_MS), [1, 1])


@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize("warm_owners", [0, 3, 1_000])
def test_what_the_engine_remembers_changes_nothing(size: int, warm_owners: int) -> None:
    """Owners lately touched are remembered whole, or looked up: the tables are those of one chunk."""
    records = incoming(centre_lines()[3_000:3_200])
    cuts = range(size, len(records), size)
    whole = counted(records).lines()

    assert counted(records, cuts=cuts, warm_owners=warm_owners).lines() == whole
    assert counted(records, cuts=cuts, restarts=True, warm_owners=warm_owners).lines() == whole


def test_what_is_remembered_is_bounded() -> None:
    """The owners touched last are; nobody has to look them up."""
    partition = Counted(warm_owners=2)
    for name in "abc":
        partition.feed(Log(conversation=name).queued("00:00").lines)

    assert [partition.engine.is_warm(Key("default", name)) for name in "abc"] == [False, True, True]


def test_a_new_engine_knows_the_watermark() -> None:
    """A late record is late for it as well."""
    partition = Counted()
    partition.feed([beat(RETENTION_MS + 1)])
    partition.restart()

    partition.feed(Log().queued("00:00").lines)

    assert reasons(partition) == ["late"]


def test_one_more_of_the_same_is_one_more() -> None:
    """A second survey sent at the same instant, in a chunk of its own."""
    partition = Counted()
    partition.feed(Log(queue="q").sent("00:00", "s1", id="a").lines)

    delta = partition.feed(Log(queue="q").sent("00:00", "s2", id="b").lines)

    assert partition.cells(width=FINE.ms)[m.SURVEYS_SENT] == 2
    assert [[number for _, number in held] for owners in delta.stopped.values() for held in owners.values()] == [[2]]


def test_a_chunk_of_repeats_writes_nothing() -> None:
    """But counts and the watermark: no fact, no cell, no day of expiry."""
    partition = Counted()
    lines = Log().queued("00:00").lines
    partition.feed(lines)

    delta = partition.feed(lines * 2)

    assert (delta.facts, delta.cells, dict(delta.expiry), delta.counts["duplicates"]) == ({}, {}, {}, 2)


def test_whose_facts_are_looked_up_and_what_is_no_event() -> None:
    """One look-up for each owner; what was told elsewhere is of no type that is known here."""
    lines = Log().customer("00:00").human("00:10").of(conversation="d").customer("00:20").lines
    records = [*incoming(lines), Incoming(0, Rejected("invalid_json")), Incoming(0, Batch(1, T0, []))]

    assert Engine(DEFAULT).owners(records) == {Key("default", "c"), Key("default", "d")}
    assert Engine(DEFAULT).run(records, lambda _: None).rejected == [
        (3, Rejected("invalid_json")),
        (4, Rejected("unknown_type")),
    ]


def test_what_ended_long_ago_is_not_put_and_hides_nothing() -> None:
    """Ten days after T0: what ended at T0 is left out, what lasts and what ended just now is put, what is gone is 0."""
    now, labels = T0 + 10 * DAY_MS, Labels("acme", "chat", "billing")
    old, new, gone = (Interval(WAITED, labels, T0 - 1, end, T0 - 1) for end in (T0, now - 1, now - 2))
    lasting = Interval(RESPONSE_OPEN, labels, T0, None, T0)
    delta = Delta()

    change_intervals(Key("acme", "c"), {gone: 1, lasting: 1}, {old: 1, new: 2, lasting: 2}, delta, watermark=now)

    assert {(bucket, *entry): number for bucket, rows in delta.intervals.items() for entry, number in rows.items()} == {
        (bucket_of(now - 1), "acme", "c", new): 2,
        (open_bucket("c"), "acme", "c", lasting): 2,
        (bucket_of(now - 2), "acme", "c", gone): 0,
    }


def test_what_is_held_is_put_whole_where_anything_has_changed() -> None:
    """A bucket in which all stays is left out, and so is what is long past; what is left of one comes with the new."""
    now, labels, other = T0 + 10 * DAY_MS, Labels("acme", "chat", "billing"), Labels("acme", "chat", "sales")
    end = bucket_of(now) - 1
    old, stays, gone, before = (
        Interval(WAITED, labels, T0 - 1, at_ms, T0 - 1) for at_ms in (T0, end, end - 1, end - QUARTER.ms)
    )
    new, lasting = Interval(WAITED, other, T0, end, T0), Interval(RESPONSE_OPEN, labels, T0, None, T0)
    key, delta = Key("acme", "c"), Delta()

    came = hold_intervals(
        key, {stays: 1, gone: 1, before: 1, lasting: 1}, {old: 1, stays: 1, new: 2, before: 1}, delta, watermark=now
    )

    assert came == {labels, other}
    assert delta.lasting == {bucket_of(end): {key: [(stays, 1), (new, 2)]}, open_bucket("c"): {key: []}}


def test_how_long_an_owner_is_kept_at_the_most() -> None:
    """35 d, and the longest that any timer may lie ahead: silence, surveys and returns where they are counted."""
    base = Definitions(families=(), retention_ms=35 * DAY_MS, silent_ms=2 * DAY_MS, ghost_ms=DAY_MS)
    surveys = replace(base, families=("surveys",), survey_settle_ms=9 * DAY_MS)
    customers = replace(base, families=("customers",), repeat_ms=3 * DAY_MS, settle_ms=DAY_MS)

    assert expires_after_ms(base) == 37 * DAY_MS
    assert expires_after_ms(replace(base, ghost_ms=4 * DAY_MS)) == 39 * DAY_MS
    assert expires_after_ms(surveys) == 44 * DAY_MS
    assert expires_after_ms(customers) == 39 * DAY_MS
    assert expires_after_ms(replace(customers, settle_ms=5 * DAY_MS)) == 41 * DAY_MS
    assert expires_after_ms(replace(customers, silent_ms=8 * DAY_MS)) == 43 * DAY_MS
