"""What events say of themselves: stops without a start, actors of no known kind, what came back, what is named."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from aggregators.definitions import Definitions
from tests.aggregators.observed import observed, points, shown
from tests.logs import Log

HEALTH = Definitions(families=("health",))


def orphans(log: Log) -> list[tuple[str, float, float]]:
    """Return the stops without a start: queue, second, which."""
    return [(queue, at, which) for _, queue, at, which in points(log, "orphan_stop", definitions=HEALTH)]


# -------------------------------------------------------------------- Missing start: stop without start


def test_a_stop_without_a_start_makes_no_leg_and_no_duration_and_is_counted() -> None:
    """The answer of a wait whose chat.queued was lost: no leg, no wait, one stop without a start."""
    log = Log().accepted("01:00", queue="billing").closed("02:00")

    found = shown(log, "03:00")

    assert found["orphan_stops:accepted"] == found["orphan_stops_total"] == 1
    assert (found["queued"], found["answered"]) == (0, 0)
    assert "wait_mean_seconds" not in found


def test_the_start_that_comes_late_takes_it_back() -> None:
    """With its chat.queued the answer ends a leg, whatever came first."""
    lines = Log().accepted("01:00", queue="billing").queued("00:30").lines

    assert not any(sample.kind == 80 for sample in observed(lines, HEALTH).samples)


def test_each_stop_by_its_own_name() -> None:
    """One conversation each: what stops in the queue billing had no start there."""
    stops = {
        "accepted": Log().started("00:00").accepted("01:00", queue="billing"),
        "abandoned": Log().started("00:00").abandoned("01:00", stage="ringing", queue="billing"),
        "flowed_out": Log().started("00:00").flowed_out("01:00", queue="billing"),
        "callback_requested": Log().callback("01:00", queue="billing"),
        "released": Log().started("00:00").add("chat.released", "01:00", queue="billing"),
        "wrapup_ended": Log().started("00:00").add("chat.wrapup_ended", "01:00", queue="billing"),
        "resumed": Log().started("00:00").add("chat.resumed", "01:00", queue="billing"),
        "closed": Log().closed("01:00", queue="billing"),
        "solved": Log().status("01:00", "solved", queue="billing"),
    }
    for which, (name, log) in enumerate(stops.items(), start=1):
        assert orphans(log) == [("billing", 60.0, which)], name
        assert shown(log, "02:00")[f"orphan_stops:{name}"] == 1


@pytest.mark.parametrize(
    "log",
    [
        Log().queued("00:00").accepted("00:30").add("chat.released", "01:00").add("chat.wrapup_ended", "01:30"),
        Log().queued("00:00").accepted("00:30").transferred("01:00", to_agent="b").accepted("01:10").closed("02:00"),
        Log().queued("00:00").queued("00:30", "tech").accepted("01:00").abandoned("01:10", stage="chat"),
        Log().started("00:00", bot=True).abandoned("00:30", stage="bot"),
        Log().started("00:00").abandoned("00:30", stage=None),
        Log().started("00:00", initiated_by="agent").accepted("00:10"),
        Log().started("00:00", bot=True).callback("00:30"),
        Log().queued("00:00").flowed_out("00:30"),
        Log().queued("00:00").accepted("00:10").add("chat.held", "00:20").add("chat.resumed", "00:30"),
        Log().queued("00:00").accepted("4:30:00"),
        Log().created("00:00").status("00:30", "solved").status("00:40", "closed"),
        Log().customer("00:00").closed("00:30").closed("00:40"),
        Log().status("00:00", "open"),
        Log().queued("00:00").abandoned("00:10").accepted("00:20"),
        Log().queued("00:10").accepted("00:10"),
        Log().started("00:00", initiated_by="agent").created("00:05").accepted("00:10"),
    ],
)
def test_what_began_is_no_stop_without_a_start(log: Log) -> None:
    """An agent who takes over, a move at the instant of an answer, a bot's own, our own calls, a leg that revives."""
    assert orphans(log) == []


# ------------------------------------------------------------------------------------------- Unknown actor


def test_an_unknown_actor_is_not_human_and_is_counted() -> None:
    """Who wrote as `robot` has not replied; any event may name an actor."""
    log = Log().customer("00:00", queue="billing").says("00:30", "robot").closed("01:00", actor="nobody")

    found = shown(log, "02:00")

    assert found["unknown_actors"] == found["unknown_actors_total"] == 2
    assert found["first_responses"] == 0
    assert shown(Log().customer("00:00").human("00:10").says("00:20", "bot"), "02:00")["unknown_actors"] == 0


def test_who_names_no_actor_is_not_unknown() -> None:
    """Most events name none; what is counted stands where it was said, in the queue of that instant."""
    log = Log().accepted("00:10", queue="sales").says("00:20", "robot").queued("00:30", "billing")

    assert points(log, "orphan_stop", "covered", "unknown_actor", definitions=HEALTH) == [
        ("orphan_stop", "sales", 10.0, 1),
        ("covered", "sales", 10.0, 1 + 4),
        ("unknown_actor", "sales", 20.0, 0),
    ]


# -------------------------------------------------------------------------- A later real event revives it


def test_a_leg_that_was_given_up_and_is_ended_after_all_is_revived() -> None:
    """Given up at 4 h and counted as lost; the answer at 4 h 30 min takes that back and counts as revived."""
    before, after_all = Log().queued("00:00"), Log().queued("00:00").accepted("4:30:00")

    lost, revived = (shown(log, "4:31:00", window="1h") for log in (before, after_all))

    assert (lost["lost"], lost["legs_revived"]) == (1, 0)
    assert (revived["lost"], revived["legs_revived"], revived["answered"]) == (0, 1, 1)


def test_a_leg_is_revived_at_the_very_instant_and_not_before() -> None:
    """Opened at 0, given up at 4:00:00.000: a stop at that instant revives, one a millisecond before has nothing to."""
    at_it, before = Log().queued("00:00").abandoned("4:00:00"), Log().queued("00:00").abandoned("3:59:59.999")

    assert points(at_it, "revived", definitions=HEALTH) == [("revived", "billing", 14_400.0, 1)]
    assert points(before, "revived", definitions=HEALTH) == []


def test_a_leg_that_is_lost_for_good_is_not_revived() -> None:
    """A chat.queued after the 4 h opens another leg: the first stays lost."""
    log = Log().queued("00:00").queued("5:00:00").accepted("5:01:00")

    assert points(log, "revived", definitions=HEALTH) == []


# ---------------------------------------------------------------------------------------- Coverage per field


def test_coverage_is_the_share_of_conversations_that_name_it() -> None:
    """Four begin: all name a queue but one, two a customer, one an agent: 3/4, 2/4, 1/4. Each once."""
    log = Log()
    log.of(conversation="a").queued("00:00", customer="u1").accepted("00:10", agent="ann").closed("00:20", agent="ann")
    log.of(conversation="b").queued("00:00").abandoned("00:30", customer="u2")
    log.of(conversation="d").queued("00:00", customer="").abandoned("00:30")
    log.of(conversation="e").started("00:00").closed("00:40")

    found = shown(log, "01:00")

    assert found["conversations"] == 4
    coverage = [found[f"coverage_ratio:{field}"] for field in ("customer", "agent", "queue")]
    assert coverage == [2 / 4, 1 / 4, 3 / 4]


def test_whom_it_is_passed_on_to_is_an_agent_that_is_named() -> None:
    """1 for any conversation, 2 for the agent, 4 for the queue."""
    log = Log().queued("00:00").transferred("00:10", to_agent="b")

    assert points(log, "covered", definitions=HEALTH) == [("covered", "billing", 0.0, 7)]


def test_coverage_is_of_those_begun_in_the_window_and_unknown_without_any() -> None:
    """What began an hour ago and names its customer now counts where it began; an empty window has no share."""
    log = Log().queued("00:00").accepted("59:00", customer="u")

    assert shown(log, "1:00:00", window="1h")["coverage_ratio:customer"] == 1
    assert "coverage_ratio:customer" not in shown(log, "1:00:00", window="5m")


def test_spam_says_nothing_of_the_events() -> None:
    """A conversation that is spam leaves these numbers too."""
    log = Log().accepted("00:10").says("00:20", "robot").flagged("00:30")

    assert observed(log.lines, HEALTH).samples == {}


def test_the_order_in_which_events_come_changes_nothing() -> None:
    """And neither does what comes twice."""
    lines = Log().accepted("00:10").says("00:20", "robot").queued("00:30").abandoned("5:00:00", customer="u").lines

    found = {
        json.dumps(sorted(map(repr, observed([*order, *order[:2]], HEALTH).samples))) for order in permutations(lines)
    }

    assert len(found) == 1
