"""What late records reach in the engine: the panes still kept, and the restatements that are told."""

import json

import pytest

from aggregators import measures as m
from aggregators.definitions import Definitions
from aggregators.delta import Cause
from aggregators.indexing import open_bucket
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import ALL_TIME, FINE, HOUR, QUARTER
from aggregators.samples import INTERVAL_NAMES, Leg, Queued
from aggregators.vocabulary import code_of
from tests.aggregators.engines import GHOST_MS, at, beat, rows
from tests.aggregators.running import Counted
from tests.logs import T0, Log

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
    """By conversation alone, from −1 down to −64: what is stored stands there, so that there are always as many."""
    buckets = {open_bucket(f"c{number}") for number in range(2_000)}

    assert buckets == set(range(-64, 0))


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
