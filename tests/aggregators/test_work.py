"""The sweep of the work: parts of agents from accept to wrap-up, and whom they are told to."""

from typing import TYPE_CHECKING, Any

import pytest

from aggregators import points as p
from aggregators import work
from aggregators.places import Places
from aggregators.samples import ACTIVE, HELD, Handled, Interval, Labels, Sample
from aggregators.samples import HANDLED as HANDLED_PART
from aggregators.tells import Part
from aggregators.vocabulary import QUEUE
from tests.aggregators.observed import facts_of, points, spans
from tests.aggregators.running import EVERYTHING
from tests.aggregators.worked import DAY_S, HANDLED, LASTING, accepted, active, handled, parts
from tests.logs import T0, Log

if TYPE_CHECKING:
    from aggregators.levels import Credit


# --------------------------------------------------------------------------------------- what it tells of whom


def told(log: Log) -> tuple[list[Part], list[tuple[str, Sample | Interval]]]:
    """Return the parts that a conversation tells its agents of, and what each is credited with."""
    facts = sorted(fact for fact in facts_of(log.lines).values() if fact.type in work.TYPES)
    places = Places("default")
    for fact in facts:
        if QUEUE in fact.fields:
            places.name(fact.at, fact.fields[QUEUE])
    found: list[Part] = []
    deeds: list[Credit] = []
    work.observe(facts, places, EVERYTHING, [], [], parts=found, deeds=deeds)
    return found, [(credit.agent, credit.content) for credit in deeds]


def test_each_agent_is_credited_with_its_own() -> None:
    """A missed offer, two transfers, two parts with what lasted in them; the second was on hold and wrapped up.

    00:01 a-4 to billing   00:05 a-3 misses it   00:10 a-1 accepts   00:40 to sales and a-2, nobody says by whom
    00:50 a-2 accepts      00:55 on hold         00:57 goes on       01:00 released      01:10 wrapped up
    """
    log = Log().queued("00:00").transferred("00:01", "billing", agent="a-4")
    log.add("chat.offer_missed", "00:05", agent="a-3").accepted("00:10", agent="a-1")
    log.transferred("00:40", "sales", to_agent="a-2").queued("00:41", "sales")
    log.accepted("00:50", agent="a-2").add("chat.held", "00:55").add("chat.resumed", "00:57")
    log.add("chat.released", "01:00", agent="a-2").add("chat.wrapup_ended", "01:10", agent="a-2")
    billing, sales = Labels("default", "", "billing"), Labels("default", "", "sales")
    at = {second: T0 + second * 1000 for second in (1, 5, 10, 40, 50, 55, 57, 60, 70)}

    parts, deeds = told(log)

    assert parts == [
        Part("a-1", billing, at[10], at[40], at[40], lapsed=False),
        Part("a-2", sales, at[50], at[60], at[70], lapsed=False),
    ]
    assert deeds == [
        ("a-4", p.Point(p.TRANSFERRED_OUT.code, at[1], billing, 0)),
        ("a-3", p.Point(p.OFFER_MISSED.code, at[5], billing, 0)),
        ("a-1", p.Point(p.TRANSFERRED_OUT.code, at[40], billing, 0)),
        ("a-2", p.Point(p.TRANSFERRED_IN.code, at[40], sales, 0)),
        ("a-1", Interval(ACTIVE, billing, at[10], at[40], at[10])),
        ("a-1", Handled(HANDLED_PART, at[40], billing, 30_000, 0, -1)),
        ("a-2", Interval(ACTIVE, sales, at[50], at[55], at[50])),
        ("a-2", Interval(HELD, sales, at[55], at[57], at[55])),
        ("a-2", Interval(ACTIVE, sales, at[57], at[60], at[50])),
        ("a-2", Handled(HANDLED_PART, at[70], sales, 20_000, 0, 10_000)),
    ]


def test_a_part_that_nobody_ends_lapses_and_what_lasted_in_it_is_credited() -> None:
    """Silent since the accept at 10 s, active for 24 h; somebody unnamed is told of nothing."""
    parts, deeds = told(accepted())

    assert [(part.agent, part.opened, part.lapsed) for part in parts] == [("a-1", T0 + 10_000, True)]
    since, until = T0 + 10_000, T0 + 10_000 + DAY_S * 1000
    assert deeds == [("a-1", Interval(ACTIVE, Labels("default", "", "billing"), since, until, since))]
    assert told(accepted(None)) == ([], [])
    assert told(accepted(None).closed("01:00")) == ([], [])


def test_what_is_passed_on_before_any_queue_is_named_goes_out_of_the_first() -> None:
    """To an agent at 5 s; billing is named at 10 s, sales at 20 s."""
    log = Log().transferred("00:05", to_agent="a-1").queued("00:10").queued("00:20", "sales")

    assert points(log, "transferred_out") == [("transferred_out", "billing", 5, 0)]


# --------------------------------------------------------------------------------------- beginning and end


def test_a_part_and_its_wrap_up() -> None:
    """From the accept to the end of the wrap-up, dated there; the wrap-up alone from the release.

    accepted 00:10 ──── part 80 s ──── released 01:30 ── wrap-up 30 s ── 02:00
    """
    log = accepted().add("chat.released", "01:30", agent="a-1").add("chat.wrapup_ended", "02:00", agent="a-1")

    assert handled(log) == [
        ("handled", "billing", 120, 110),
        ("handled_active", "billing", 120, 110),
        ("after_work", "billing", 120, 30),
    ]
    assert spans(log, *LASTING) == [("active", "billing", 10, 90)]


def test_a_part_without_a_wrap_up() -> None:
    """Dated where it ended, and no wrap-up of nothing."""
    log = accepted().add("chat.released", "01:30", agent="a-1")

    assert handled(log) == [("handled", "billing", 90, 80), ("handled_active", "billing", 90, 80)]


def test_nobody_accepted() -> None:
    """No part, whatever else happens."""
    log = Log().queued("00:00").human("00:10").add("chat.held", "00:20").add("chat.resumed", "00:25")
    log.add("chat.released", "00:30").add("chat.wrapup_ended", "00:40").closed("00:50")

    assert handled(log) == []
    assert spans(log, *LASTING) == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.released", {"agent": "a-1"}),
        ("chat.released", {}),
        ("chat.transferred", {"to_queue": "sales"}),
        ("chat.transferred", {"to_agent": "a-2"}),
        ("chat.transferred", {"to_queue": "billing", "to_agent": "a-2"}),
        ("chat.transferred", {"to_queue": "sales", "to_agent": "a-1"}),
        ("chat.transferred", {"to_agent": "a-2", "kind": "reassignment"}),
        ("chat.queued", {"queue": "sales"}),
        ("chat.queued", {"queue": "billing"}),
        ("chat.accepted", {"agent": "a-2"}),
        ("chat.closed", {"by": "customer"}),
        ("chat.closed", {}),
        ("chat.abandoned", {"stage": "chat"}),
        ("chat.abandoned", {"stage": "queue"}),
    ],
)
def test_what_ends_a_part(kind: str, fields: dict[str, Any]) -> None:
    """Each ends it at its instant, 50 s after the accept, in the queue accepted in."""
    log = accepted().add(kind, "01:00", **fields)

    assert parts(log) == [("billing", 60, 50)]
    assert active(log)[0] == ("active", "billing", 10, 60)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.released", {"agent": "a-2"}),
        ("chat.transferred", {}),
        ("chat.transferred", {"to_queue": "billing"}),
        ("chat.transferred", {"to_agent": "a-1"}),
        ("chat.accepted", {"agent": "a-1"}),
        ("chat.accepted", {}),
        ("chat.wrapup_ended", {"agent": "a-1"}),
        ("chat.offered", {"agent": "a-2"}),
        ("chat.offer_missed", {"agent": "a-2"}),
        ("chat.flowed_out", {}),
        ("chat.callback_requested", {}),
        ("chat.bot_handoff", {}),
        ("chat.reopened", {}),
        ("chat.started", {}),
        ("chat.message", {"actor": "human", "agent": "a-2"}),
        ("ticket.escalated", {}),
        ("ticket.status_changed", {"status": "closed"}),
    ],
)
def test_what_does_not_end_a_part(kind: str, fields: dict[str, Any]) -> None:
    """It goes on until the close: one part of 110 s, without a wrap-up."""
    log = accepted().add(kind, "01:00", **fields).closed("02:00")

    assert handled(log) == [("handled", "billing", 120, 110), ("handled_active", "billing", 120, 110)]
    assert active(log) == [("active", "billing", 10, 120)]


def test_several_agents_have_a_part_each() -> None:
    """M26, several agents: one sample per agent; both in the queue each was accepted in.

    a-1 in billing 00:10 ─── 01:00 transferred · sales 01:05 · a-2 01:20 ──────── 03:00 closed
    """
    log = (
        accepted().transferred("01:00", "sales").queued("01:05", "sales").accepted("01:20", agent="a-2").closed("03:00")
    )

    assert parts(log) == [("billing", 60, 50), ("sales", 180, 100)]
    assert active(log) == [("active", "billing", 10, 60), ("active", "sales", 80, 180)]


def test_the_time_in_queue_again_is_in_no_handle_time() -> None:
    """M26, minus queue re-entries: 50 s and 60 s, the 40 s in between are the queue's. The same agent has two parts."""
    log = accepted().queued("01:00").accepted("01:40", agent="a-1").closed("02:40")

    assert parts(log) == [("billing", 60, 50), ("billing", 160, 60)]


def test_handed_over_at_once_from_agent_to_agent() -> None:
    """The accept of the other ends the part, to the millisecond; the transfer of that instant finds it done."""
    log = accepted().transferred("01:00", to_agent="a-2").accepted("01:00", agent="a-2").closed("02:00")

    assert parts(log) == [("billing", 60, 50), ("billing", 120, 60)]


def test_an_agent_named_later_is_the_same() -> None:
    """Somebody unnamed may be anybody; once named it is this one, so that another's accept ends the part."""
    log = accepted(None).accepted("00:20", agent="a-1").accepted("00:50", agent="a-2").closed("01:50")

    assert parts(log) == [("billing", 50, 40), ("billing", 110, 60)]


def test_who_is_known_stays_known() -> None:
    """An accept without a name changes nothing: the release by another is still another's."""
    log = accepted().accepted("00:20").add("chat.released", "00:30", agent="a-2").closed("01:00")

    assert parts(log) == [("billing", 60, 50)]


def test_a_release_of_the_unnamed() -> None:
    """A part without an agent is released by anybody."""
    assert parts(accepted(None).add("chat.released", "00:30", agent="a-7")) == [("billing", 30, 20)]


def test_a_transfer_to_an_agent_ends_the_part_of_somebody_unnamed() -> None:
    """Nobody transfers to oneself."""
    assert parts(accepted(None).transferred("00:30", to_agent="a-7")) == [("billing", 30, 20)]


def test_a_part_of_no_length() -> None:
    """Zero seconds are a handle time, and nothing lasted."""
    log = accepted().closed("00:10")

    assert parts(log) == [("billing", 10, 0)]
    assert active(log) == []


def test_an_accept_without_a_queue() -> None:
    """It stands where the conversation will stand, as everywhere."""
    log = Log().accepted("00:10").closed("01:00")
    assert parts(log) == [("none", 60, 50)]

    assert parts(log.queued("02:00", "sales")) == [("sales", 60, 50)]


# ------------------------------------------------------------------------------------------------ wrap-up


@pytest.mark.parametrize(("released_by", "wrapped_by"), [("a-1", None), (None, "a-1"), (None, None), ("a-1", "a-1")])
def test_the_wrap_up_is_of_the_same_agent(released_by: str | None, wrapped_by: str | None) -> None:
    """Or of somebody unnamed, on either side."""
    log = accepted(released_by).add("chat.released", "01:00", agent=released_by)

    assert points(log.add("chat.wrapup_ended", "01:30", agent=wrapped_by), "after_work") == [
        ("after_work", "billing", 90, 30)
    ]


def test_the_wrap_up_of_another_agent() -> None:
    """It is none of this part; a later one of its agent is."""
    log = accepted().closed("01:00").add("chat.wrapup_ended", "01:30", agent="a-2")
    assert handled(log) == [("handled", "billing", 60, 50), ("handled_active", "billing", 60, 50)]

    log.add("chat.wrapup_ended", "01:40", agent="a-1")

    assert points(log, "handled", "after_work") == [("handled", "billing", 100, 90), ("after_work", "billing", 100, 40)]


def test_a_wrap_up_ends_once() -> None:
    """The first end counts."""
    log = accepted().closed("01:00").add("chat.wrapup_ended", "01:30").add("chat.wrapup_ended", "01:40")

    assert points(log, "handled", "after_work") == [("handled", "billing", 90, 80), ("after_work", "billing", 90, 30)]


def test_the_next_accept_cuts_the_wrap_up_off() -> None:
    """What ends after it is the wrap-up of nobody: the first part has none, and the second has ended without one."""
    log = accepted().closed("01:00").accepted("02:00", agent="a-2").add("chat.wrapup_ended", "02:10", agent="a-1")

    assert handled(log) == [("handled", "billing", 60, 50), ("handled_active", "billing", 60, 50)]
    assert points(log.closed("03:00"), *HANDLED)[2:] == [
        ("handled", "billing", 180, 60),
        ("handled_active", "billing", 180, 60),
    ]


def test_other_events_leave_the_wrap_up_alone() -> None:
    """Queued again, written, closed: until somebody accepts it goes on."""
    log = accepted().add("chat.released", "01:00", agent="a-1").closed("01:05").queued("01:10").customer("01:20")

    assert points(log.add("chat.wrapup_ended", "01:30", agent="a-1"), "handled", "after_work") == [
        ("handled", "billing", 90, 80),
        ("after_work", "billing", 90, 30),
    ]


@pytest.mark.parametrize(("released", "wrapped"), [("1", "2"), ("2", "1")])
def test_released_and_wrapped_up_at_once(released: str, wrapped: str) -> None:
    """A wrap-up of no length, whatever the ids of the two: it counts as 0 s."""
    log = accepted().add("chat.wrapup_ended", "01:00", id=wrapped).add("chat.released", "01:00", id=released)

    assert handled(log) == [
        ("handled", "billing", 60, 50),
        ("handled_active", "billing", 60, 50),
        ("after_work", "billing", 60, 0),
    ]


def test_another_agents_wrap_up_at_that_instant() -> None:
    """It is not that of the part."""
    log = accepted().add("chat.wrapup_ended", "01:00", id="1", agent="a-2").add("chat.released", "01:00", id="2")

    assert points(log, "after_work") == []


def test_a_wrap_up_may_take_long() -> None:
    """A conversation in wrap-up is not silent: 25 hours are 25 hours."""
    log = accepted().closed("01:00").add("chat.wrapup_ended", "25:01:00")

    assert points(log, "after_work") == [("after_work", "billing", 90_060, 90_000)]
