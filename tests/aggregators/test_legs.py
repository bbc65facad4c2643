"""The sweep of the legs row by row, where what is shown does not tell two rows apart."""

import pytest

from aggregators.events import Event
from aggregators.facts import Fact
from aggregators.instants import HOUR_MS
from aggregators.legs import TYPES, LegRow, sweep
from aggregators.samples import ABANDONED, AGENT_CLOSED, ANSWERED, CALLBACK, FLOWED_OUT, LOST
from tests.aggregators.running import incoming
from tests.logs import T0, Log, after

GHOST_MS = 4 * HOUR_MS


def legs(log: Log) -> list[LegRow]:
    """Return the legs of *log*."""
    events = [record.content for record in incoming(log.lines) if isinstance(record.content, Event)]
    facts = sorted(Fact(each.at, each.type.rank, each.id, each.type.code, each.fields) for each in events)
    return sweep([fact for fact in facts if fact.type in TYPES], ghost_ms=GHOST_MS)


def test_nothing_has_no_legs() -> None:
    """Of no facts, and of facts that open none."""
    assert legs(Log()) == []
    assert legs(Log().accepted("00:00")) == []


@pytest.mark.parametrize(
    ("log", "outcome"),
    [
        (Log().queued("00:00").accepted("00:10"), ANSWERED),
        (Log().queued("00:00").abandoned("00:10"), ABANDONED),
        (Log().queued("00:00").closed("00:10", by="customer"), ABANDONED),
        (Log().queued("00:00").closed("00:10", by="system"), AGENT_CLOSED),
        (Log().queued("00:00").closed("00:10", by=None), AGENT_CLOSED),
        (Log().queued("00:00").flowed_out("00:10"), FLOWED_OUT),
        (Log().queued("00:00").transferred("00:10", "sales"), FLOWED_OUT),
        (Log().queued("00:00").callback("00:10"), CALLBACK),
    ],
)
def test_what_ends_a_leg(log: Log, outcome: int) -> None:
    """Who closes while waiting has left if it is the customer, else was closed."""
    assert legs(log) == [LegRow("billing", T0, after("00:10"), outcome)]


def test_an_open_leg_has_no_outcome_and_a_lost_one_has() -> None:
    """Queued again after four hours: lost for good; the one that is open ends where its timer would end it."""
    assert legs(Log().queued("0:00:00").queued("5:00:00")) == [
        LegRow("billing", T0, after("4:00:00"), LOST),
        LegRow("billing", after("5:00:00"), after("9:00:00"), None),
    ]


@pytest.mark.parametrize("stage", ["bot", "chat"])
@pytest.mark.parametrize(("clock", "outcome"), [("3:59:59.999", ABANDONED), ("4:00:00", None), ("4:00:00.001", None)])
def test_leaving_elsewhere_does_not_revive(clock: str, stage: str, outcome: int | None) -> None:
    """From 4 h on the leg is over: who leaves the bot or the chat then has not left the queue.

    opened · · · · · · · · · · |4:00:00 (the timer)
                      left ^   ^ not
    """
    (leg,) = legs(Log().queued("0:00:00").abandoned(clock, stage))

    assert leg.outcome == outcome


def test_what_ends_nothing_hides_nothing() -> None:
    """A transfer to the leg's own queue, at the instant of the close: the close ends the leg."""
    log = Log().queued("00:00").transferred("00:10", "billing").closed("00:10")

    assert legs(log) == [LegRow("billing", T0, after("00:10"), AGENT_CLOSED)]


def test_an_answer_goes_before_the_next_queue() -> None:
    """At one instant accepted and queued elsewhere: what was open is answered, then the new leg opens."""
    log = Log().queued("00:00").accepted("00:10").queued("00:10", "sales")

    assert legs(log) == [
        LegRow("billing", T0, after("00:10"), ANSWERED),
        LegRow("sales", after("00:10"), after("4:00:10"), None),
    ]


def test_only_the_first_outcome_overtakes() -> None:
    """Accepted and closed beside a chat.queued elsewhere: answered, and the new leg is closed at once."""
    log = Log().queued("00:00").accepted("00:10").closed("00:10").queued("00:10", "sales")

    assert legs(log) == [
        LegRow("billing", T0, after("00:10"), ANSWERED),
        LegRow("sales", after("00:10"), after("00:10"), AGENT_CLOSED),
    ]


def test_nothing_overtakes_what_is_lost() -> None:
    """At 4 h exactly the leg is over, so that the accept is of the new leg."""
    log = Log().queued("0:00:00").accepted("4:00:00").queued("4:00:00", "sales")

    assert legs(log) == [
        LegRow("billing", T0, after("4:00:00"), LOST),
        LegRow("sales", after("4:00:00"), after("4:00:00"), ANSWERED),
    ]


def test_in_the_same_queue_nothing_is_overtaken() -> None:
    """Queued where it is and accepted: one leg. Elsewhere, then back, then accepted: the accept goes first."""
    assert legs(Log().queued("00:00").queued("00:10").accepted("00:10")) == [
        LegRow("billing", T0, after("00:10"), ANSWERED)
    ]
    log = Log().queued("00:00").queued("00:10", "sales").queued("00:10", "billing").accepted("00:10")
    assert legs(log) == [
        LegRow("billing", T0, after("00:10"), ANSWERED),
        LegRow("sales", after("00:10"), after("00:10"), FLOWED_OUT),
        LegRow("billing", after("00:10"), after("4:00:10"), None),
    ]
