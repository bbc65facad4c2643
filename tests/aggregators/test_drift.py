"""The drift says whether the backlog by intervals is the one by what came and went, and notices each kind of loss."""

from __future__ import annotations

import pytest

from aggregators import points as p
from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS
from aggregators.panes import ALL_TIME, FINE, Pane
from aggregators.samples import Labels
from stream.offline import Offline
from stream.simulator import Centre
from tests.aggregators.observed import points, shown, spans
from tests.logs import T0, Log, after
from tests.reference import centre_lines

RESOLUTION = Definitions(families=("resolution",))
NOON = "12:00:00"


def drift(log: Log, clock: str) -> int | None:
    """Return the drift after the whole of a log at *clock*."""
    offline = Offline(definitions=RESOLUTION)
    offline.feed(log.lines)
    offline.board.move(after(clock))
    return offline.board.backlog_drift()


def test_the_adversarial_centre_does_not_drift() -> None:
    """At 60 instants while it comes in, in disorder, with transfers, merges, reopenings and late events."""
    offline, lines = Offline(definitions=RESOLUTION), centre_lines()

    for start in range(0, 6_000, 100):
        offline.feed(lines[start : start + 100])
        assert offline.tables.watermark is not None
        offline.board.move(offline.tables.watermark + 1)
        assert offline.board.backlog_drift() == 0


def test_a_simulated_day_with_lost_closes_does_not_drift() -> None:
    """One close in seventeen never comes: those chats lapse, hours after the last event of the log."""
    events = [event.value for event in Centre(seed=3, rate=60).events(T0 + 9 * HOUR_MS, T0 + 13 * HOUR_MS)]
    lines = [line for place, line in enumerate(events) if place % 17 or b'"chat.closed"' not in line]
    offline = Offline(definitions=RESOLUTION)
    offline.feed(lines)

    found = []
    for hour in range(13, 40):
        offline.board.move(T0 + hour * HOUR_MS)
        found.append(offline.board.backlog_drift())

    assert set(found) == {0}


def test_levels_of_their_own_do_not_drift() -> None:
    """Copies by team count in no cell of all time; what they are copies of is compared."""
    offline = Offline(definitions=Definitions(families=("resolution",), levels=("team",)))
    offline.feed(Log(team="blue").created("00:00", queue="a").assigned("01:00", "b").lines)
    offline.feed(Log(conversation="d", team="blue").queued("00:00").customer("00:01").lines)

    found = []
    for clock in ("00:30", "02:00", "30:00:00"):
        offline.board.move(after(clock))
        found.append(offline.board.backlog_drift())

    assert found == [0, 0, 0]


LOGS = {
    "solved": Log().created("00:00", queue="a").commented("01:00", "human").status("02:00", "solved"),
    "reopened": Log().created("00:00").status("02:00", "solved").commented("03:00", "customer"),
    "moved": Log().created("00:00", queue="a").assigned("01:00", "b").assigned("02:00", "c").status("03:00", "solved"),
    "named late": Log().created("00:00").assigned("01:00", "b").status("02:00", "solved"),
    "solved where it moved": Log().created("00:00", queue="a").status("02:00", "solved").assigned("02:00", "b"),
    "deleted": Log().created("00:00").add("ticket.deleted", "01:00"),
    "silent": Log().queued("00:00").customer("00:01"),
    "silent, then somewhere else": Log().queued("00:00").customer("00:01").sent("30:00:00", queue="b"),
    "corrected": Log().created("00:00").status("01:00", "solved", by="human").status("02:00", "open", by="human"),
    "merged": Log().created("00:00").commented("01:00", "human").add("ticket.merged", "02:00", into="d"),
}


@pytest.mark.parametrize(
    "clock", ["00:30", "01:00.001", "02:05", "03:10", "1:30:00", "24:00:05", "24:01:20", "40:00:00"]
)
@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_the_backlog_is_what_came_less_what_went(log: Log, clock: str) -> None:
    """Whatever happens to a conversation, at every instant; also for an as_of that lies before the last events."""
    assert drift(log, clock) == 0


def test_it_is_unknown_where_the_backlog_is_not_counted() -> None:
    """Without the family there is nothing to compare."""
    assert Offline().board.backlog_drift() is None


@pytest.mark.parametrize(
    "kind",
    [p.RECEIVED, p.REOPENED, p.MOVED_IN, p.RESOLVED, p.DELETED, p.LAPSED, p.MOVED_OUT],
    ids=lambda kind: kind.name,
)
def test_a_count_too_many_is_noticed(kind: p.PointKind) -> None:
    """One that the cells have and the intervals have not: 1, in whichever queue; the other way in another one: 2."""
    offline = Offline(definitions=RESOLUTION)
    offline.board.add(ALL_TIME, Labels("default", "chat", "a"), {kind.count: 1})
    offline.board.move(after(NOON))
    one = offline.board.backlog_drift()

    offline.board.add(ALL_TIME, Labels("default", "chat", "b"), {kind.count: -1})

    assert (one, offline.board.backlog_drift()) == (1, 2)


def test_an_interval_that_is_lost_is_noticed() -> None:
    """The ticket is received and in no interval: the table of intervals went back."""
    offline = Offline(definitions=RESOLUTION)
    offline.feed(Log().created("00:00").lines)
    (bucket,) = offline.tables.intervals

    offline.board.set_intervals(None, bucket, {})
    offline.board.move(after(NOON))

    assert offline.board.backlog_drift() == 1


def test_a_partition_that_is_further_ahead_does_not_drift() -> None:
    """What its cells of all time count after the instant shown is in its 10-second panes too.

    as_of 12:00:05: both are compared at 12:00:00, and the ticket of 12:00:02 is in neither.
    """
    offline = Offline(definitions=RESOLUTION)
    labels = Labels("default", "email", "none")
    for pane in (ALL_TIME, Pane(FINE.ms, after("12:00:00"))):
        offline.board.add(pane, labels, {p.RECEIVED.count: 1})
    offline.board.move(after("12:00:05"))
    before = offline.board.backlog_drift()

    offline.board.move(after("12:00:11"))

    assert (before, offline.board.backlog_drift()) == (0, 1)


# ------------------------------------------------------------------------------ what came and went, by queue


def test_a_chat_lapses_24_h_after_its_last_event() -> None:
    """M42: silent since 00:30, it leaves the backlog at 24:00:30 without a solve, and is counted as lapsed."""
    log = Log().queued("00:00").customer("00:30")

    before, then = (shown(log, clock, window="1h") for clock in ("24:00:30", "24:00:31"))

    assert (before["backlog_open"], before["lapsed"]) == (1, 0)
    assert (then["backlog_open"], then["lapsed"]) == (0, 1)


def test_an_event_that_comes_in_time_puts_the_lapse_off() -> None:
    """Silent for 23 h and then a message: it lapses 24 h after that one."""
    log = Log().queued("00:00").customer("00:30").customer("23:00:30")

    assert points(log, "lapsed") == [("lapsed", "billing", 47 * 3600 + 30.0, 0)]


def test_an_event_after_the_silence_revives_the_chat() -> None:
    """Lapsed at 24:00:30, a message at 30:00:00: it never lapsed then, counts as revived, and lapses a day later."""
    log = Log().queued("00:00").customer("00:30").customer("30:00:00")

    assert points(log, "lapsed") == [("lapsed", "billing", 54 * 3600.0, 0)]
    assert [row for row in points(log, "revived") if row[3] == 2] == [("revived", "billing", 30 * 3600.0, 2)]
    assert shown(log, "30:00:01")["chats_revived"] == 1


@pytest.mark.parametrize(
    "log",
    [
        Log().queued("00:00").accepted("00:10").human("00:20").closed("01:00").customer("30:00:00"),
        Log().created("00:00").commented("30:00:00", "customer"),
        Log().queued("00:00").customer("23:59:59.999"),
    ],
)
def test_what_did_not_leave_in_silence_is_not_revived(log: Log) -> None:
    """What was solved meanwhile, a ticket, which never lapses, and a silence a millisecond too short."""
    assert [row for row in points(log, "revived") if row[3] == 2] == []


def test_a_ticket_never_lapses_and_a_solved_chat_does_not() -> None:
    """Only a chat that is open falls silent."""
    solved = Log().queued("00:00").accepted("00:10").customer("00:20").human("00:30").closed("01:00")

    assert points(Log().created("00:00"), "lapsed") == []
    assert points(solved, "lapsed") == []


def test_an_open_conversation_moves_from_queue_to_queue() -> None:
    """Received in a at 0, named b at 60 s: out of a and into b then, as its intervals have it."""
    log = Log().created("00:00", queue="a").assigned("01:00", "b").status("03:00", "solved")

    assert points(log, "moved_out", "moved_in") == [("moved_out", "a", 60.0, 0), ("moved_in", "b", 60.0, 0)]
    assert [row[1:] for row in spans(log, "open")] == [("a", 0.0, 60.0), ("b", 60.0, 180.0)]
    found = {queue: shown(log, "02:00", "default", "email", queue) for queue in ("a", "b")}
    assert [(found[q]["moved_in"], found[q]["moved_out"], found[q]["backlog_open"]) for q in "ab"] == [
        (0, 1, 0),
        (1, 0, 1),
    ]
