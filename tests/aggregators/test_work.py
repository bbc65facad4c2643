"""The sweep of the work: parts of agents, what lasts within them, transfers, escalations, missed offers."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import points as p
from aggregators import work
from aggregators.instants import HOUR_MS, MINUTE_MS
from aggregators.observe import Observation
from aggregators.places import Places
from aggregators.samples import ACTIVE, HELD, IDLE, Handled, Interval, Labels, Sample
from aggregators.samples import HANDLED as HANDLED_PART
from aggregators.tells import Part
from aggregators.vocabulary import QUEUE
from tests.aggregators.observed import Row, Span, facts_of, observed, points, points_of, spans
from tests.aggregators.running import EVERYTHING
from tests.logs import T0, Log

if TYPE_CHECKING:
    from aggregators.levels import Credit

DAY_S = 86_400
HANDLED = ("handled", "handled_active", "after_work")
LASTING = ("active", "held", "idle")


def handled(log: Log) -> list[Row]:
    """Return the handle times and wrap-ups."""
    return points(log, *HANDLED)


def parts(log: Log) -> list[tuple[str, float, float]]:
    """Return the handle times alone: queue, when, how long."""
    return [row[1:] for row in points(log, "handled")]


def active(log: Log) -> list[Span]:
    """Return when parts were active."""
    return spans(log, "active")


def accepted(agent: str | None = "a-1") -> Log:
    """A chat that was queued at 0 s and accepted at 10 s."""
    return Log().queued("00:00").accepted("00:10", agent=agent)


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


# ------------------------------------------------------------------------------------------------ silence


def test_a_part_that_nobody_ended() -> None:
    """Active until a day after the last event, and then lost, without a handle time."""
    log = accepted().add("chat.offered", "01:00")

    assert active(log) == [("active", "billing", 10, 60 + DAY_S)]
    assert handled(log) == []


@pytest.mark.parametrize("clock", ["24:00:10", "30:00:00"])
def test_an_event_after_the_silence_revives_nothing(clock: str) -> None:
    """The close a day after the accept, or later, ends nothing; nor does a wrap-up."""
    log = accepted().closed(clock).add("chat.wrapup_ended", "30:00:10")

    assert active(log) == [("active", "billing", 10, 10 + DAY_S)]
    assert handled(log) == []


def test_just_within_the_silence() -> None:
    """A millisecond less is a part of a day less a millisecond."""
    assert parts(accepted().closed("24:00:09.999")) == [("billing", 86_409.999, 86_399.999)]


def test_every_event_of_the_chat_breaks_the_silence() -> None:
    """20 h and 20 h are no day; surveys, flags and statuses say nothing of the chat."""
    log = accepted().add("chat.offered", "20:00:00").closed("40:00:00")
    assert parts(log) == [("billing", 144_000, 143_990)]

    for kind, fields in (
        ("survey.sent", {"survey": "s", "kind": "csat"}),
        ("chat.flagged", {"flag": "vip"}),
        ("ticket.status_changed", {"status": "open"}),
    ):
        log = accepted().add(kind, "20:00:00", **fields).closed("40:00:00")
        assert parts(log) == []


def test_a_lost_part_is_followed_by_another() -> None:
    """The accept after the silence begins a part, of the same agent too."""
    log = accepted().accepted("30:00:00", agent="a-1").closed("30:01:00")

    assert active(log) == [("active", "billing", 10, 10 + DAY_S), ("active", "billing", 108_000, 108_060)]
    assert parts(log) == [("billing", 108_060, 60)]


def test_silence_without_a_part_is_nothing() -> None:
    """A day in the queue is the queue's."""
    assert parts(Log().queued("0:00:00").accepted("48:00:00").closed("48:01:00")) == [("billing", 172_860, 60)]


def test_how_long_a_silence_is_is_of_the_definitions() -> None:
    """An hour: lost at 1:00:10."""
    definitions = replace(EVERYTHING, silent_ms=HOUR_MS)

    assert spans(accepted(), "active", definitions=definitions) == [("active", "billing", 10, 3_610)]
    assert points(accepted().closed("1:00:10"), *HANDLED, definitions=definitions) == []


# --------------------------------------------------------------------------------------------- held, idle


def test_on_hold() -> None:
    """M20, on hold is apart: active before and after, held in between; the handle time has all of it.

    accepted 00:10 ── active ── 00:30 held ════ 01:10 resumed ── active ── 02:00 closed
    """
    log = accepted().add("chat.held", "00:30").add("chat.resumed", "01:10").closed("02:00")

    assert spans(log, *LASTING) == [
        ("active", "billing", 10, 30),
        ("held", "billing", 30, 70),
        ("active", "billing", 70, 120),
    ]
    assert handled(log) == [("handled", "billing", 120, 110), ("handled_active", "billing", 120, 110)]


def test_held_and_resumed_twice() -> None:
    """The second hold, and the second resumption, change nothing."""
    log = accepted().add("chat.resumed", "00:20").add("chat.held", "00:30").add("chat.held", "00:40")
    log.add("chat.resumed", "01:00").add("chat.resumed", "01:10").closed("02:00")

    assert spans(log, *LASTING) == [
        ("active", "billing", 10, 30),
        ("held", "billing", 30, 60),
        ("active", "billing", 60, 120),
    ]


def test_a_hold_ends_with_the_part() -> None:
    """The next part is not on hold."""
    log = accepted().add("chat.held", "00:30").queued("01:00").accepted("01:10").closed("02:00")

    assert spans(log, *LASTING) == [
        ("active", "billing", 10, 30),
        ("held", "billing", 30, 60),
        ("active", "billing", 70, 120),
    ]


def test_a_hold_that_nobody_ended() -> None:
    """Until the silence."""
    assert spans(accepted().add("chat.held", "00:30"), *LASTING) == [
        ("active", "billing", 10, 30),
        ("held", "billing", 30, 30 + DAY_S),
    ]


def test_a_hold_without_a_part_is_none() -> None:
    """Before the accept nobody holds anything: the part begins active."""
    assert spans(Log().add("chat.held", "00:00").accepted("00:10").closed("01:00"), *LASTING) == [
        ("active", "none", 10, 60)
    ]


def test_ages_of_what_lasts() -> None:
    """Of the part from its accept, of a hold from its beginning, of idleness from the last message."""
    log = accepted().human("00:20").add("chat.held", "00:30").add("chat.resumed", "01:10").closed("40:00")

    ages = {(each.kind, each.start - T0): each.since - T0 for each in observed(log.lines).intervals if each.kind > 5}

    assert ages == {
        (ACTIVE, 10_000): 10_000,
        (HELD, 30_000): 30_000,
        (ACTIVE, 70_000): 10_000,
        (IDLE, 1_820_000): 20_000,
    }


def test_idle_half_an_hour_after_the_last_message() -> None:
    """M20, no message for 30 minutes: from then on until the next message, and again until the part ends.

    accepted 00:10 · message 01:00 ──30 min── 31:00 idle ──── message 41:00 ──30 min── 71:00 idle ── closed 80:00
    """
    log = accepted().human("01:00").customer("41:00").closed("80:00")

    assert spans(log, "idle") == [("idle", "billing", 1_860, 2_460), ("idle", "billing", 4_260, 4_800)]
    assert spans(log, "active") == [("active", "billing", 10, 4_800)]


def test_gaps_are_in_no_active_handle_time() -> None:
    """M26, its twin: of 4,790 s the gaps of 2,400 s and 2,340 s are left out whole, 50 s are left."""
    log = accepted().human("01:00").customer("41:00").closed("80:00")

    assert handled(log) == [("handled", "billing", 4_800, 4_790), ("handled_active", "billing", 4_800, 50)]


def test_half_an_hour_exactly_is_not_idle() -> None:
    """A gap longer than 30 minutes is one; that of 30 minutes and a millisecond is idle for the millisecond."""
    log = accepted().human("00:10").closed("30:10")
    assert spans(log, "idle") == []
    assert points(log, "handled_active") == [("handled_active", "billing", 1_810, 1_800)]

    log = accepted().human("00:10").closed("30:10.001")
    assert spans(log, "idle") == [("idle", "billing", 1_810, 1_810.001)]
    assert points(log, "handled_active") == [("handled_active", "billing", 1_810.001, 0)]


def test_idle_from_the_accept_when_nobody_writes_after_it() -> None:
    """The customer wrote in the queue, the agent accepted and said nothing for 40 minutes: idle for ten."""
    log = Log().customer("00:00").queued("00:00").accepted("00:10").human("40:10").closed("41:10")

    assert spans(log, "idle") == [("idle", "billing", 1_810, 2_410)]
    assert points(log, "handled_active") == [("handled_active", "billing", 2_470, 60)]


def test_a_call_is_never_idle() -> None:
    """Where nobody has written there are no messages to miss: 50 minutes of talk are 50 minutes."""
    log = accepted().closed("50:10")

    assert spans(log, "idle") == []
    assert points(log, "handled_active") == [("handled_active", "billing", 3_010, 3_000)]


def test_what_came_before_the_first_message_of_all_is_no_gap() -> None:
    """Forty minutes after the accept somebody writes: from here on it could be idle, and 40 minutes later it is."""
    log = accepted().human("40:10").closed("80:10")

    assert spans(log, "idle") == [("idle", "billing", 4_210, 4_810)]
    assert points(log, "handled_active") == [("handled_active", "billing", 4_810, 2_400)]


@pytest.mark.parametrize(
    ("fields", "idle"),
    [
        ({"actor": "customer"}, 0),
        ({"actor": "human"}, 0),
        ({"actor": "human", "public": False}, 0),
        ({"actor": "customer", "auto": True}, 0),
        ({"actor": "human", "auto": True}, 1),
        ({"actor": "bot"}, 1),
        ({"actor": "system"}, 1),
    ],
)
@pytest.mark.parametrize("kind", ["chat.message", "ticket.commented"])
def test_who_breaks_idleness(kind: str, fields: dict[str, Any], idle: int) -> None:
    """Customers and agents, notes too; bots, systems and autoresponders do not."""
    log = accepted().human("00:10").add(kind, "20:10", **fields).closed("40:10")

    assert len(spans(log, "idle")) == idle
    assert points(log, "handled_active")[0][3] == (0 if idle else 2_400)


@pytest.mark.parametrize("fields", [{"actor": "bot"}, {"actor": "human", "auto": True}])
def test_automatic_messages_alone_make_nobody_idle(fields: dict[str, Any]) -> None:
    """A telephone menu that speaks is no chat."""
    assert spans(Log().says("00:00", **fields).accepted("00:10").closed("60:00"), "idle") == []


def test_holds_are_signs_of_life_and_no_messages() -> None:
    """Held after 20 minutes, resumed after 40: no gap is long enough, yet nobody has written for 30 minutes.

    message 00:10 ─ 20 min ─ held 20:10 ─ 20 min ─ resumed 40:10 ─ 20 min ─ closed 60:10; idle from 30:10
    """
    log = accepted().human("00:10").add("chat.held", "20:10").add("chat.resumed", "40:10").closed("60:10")

    assert spans(log, *LASTING) == [
        ("active", "billing", 10, 1_210),
        ("held", "billing", 1_210, 2_410),
        ("idle", "billing", 1_810, 3_610),
        ("active", "billing", 2_410, 3_610),
    ]
    assert points(log, "handled_active") == [("handled_active", "billing", 3_610, 3_600)]


def test_a_long_hold_is_a_gap() -> None:
    """Forty minutes between hold and resumption, without a message, are in no active handle time."""
    log = accepted().human("00:10").add("chat.held", "01:10").add("chat.resumed", "41:10").closed("42:10")

    assert points(log, "handled", "handled_active") == [
        ("handled", "billing", 2_530, 2_520),
        ("handled_active", "billing", 2_530, 120),
    ]


def test_a_wrap_up_is_work() -> None:
    """Forty minutes of it are no gap."""
    log = accepted().human("00:20").closed("01:00").add("chat.wrapup_ended", "41:00")

    assert points(log, "handled_active") == [("handled_active", "billing", 2_460, 2_450)]


def test_idle_until_it_is_lost() -> None:
    """The last event a minute after the message: idle from 30 minutes after the message to a day after the event."""
    log = accepted().human("00:10").add("chat.offered", "01:10")

    assert spans(log, "idle") == [("idle", "billing", 1_810, 70 + DAY_S)]


def test_how_long_idle_is_is_of_the_definitions() -> None:
    """A minute."""
    definitions = replace(EVERYTHING, idle_ms=MINUTE_MS)
    log = accepted().human("00:10").closed("02:10")

    assert spans(log, "idle", definitions=definitions) == [("idle", "billing", 70, 130)]
    assert points(log, "handled_active", "chat_ended", definitions=definitions) == [
        ("handled_active", "billing", 130, 0),
        ("chat_ended", "billing", 130, 2),
    ]


# ------------------------------------------------------------------- transfers, escalations, missed offers

MOVES = ("transferred_out", "transferred_in", "escalated", "offer_missed")


def moves(log: Log) -> list[Row]:
    """Return transfers, escalations and missed offers."""
    return points(log, *MOVES)


def test_a_transfer_leaves_one_queue_for_another() -> None:
    """Out where it stood, in where it goes."""
    assert moves(accepted().transferred("01:00", "sales")) == [
        ("transferred_out", "billing", 60, 0),
        ("transferred_in", "sales", 60, 0),
    ]


@pytest.mark.parametrize("kind", [None, "transfer", "warm"])
def test_a_transfer_to_an_agent_is_out_only(kind: str | None) -> None:
    """No queue is named that it goes to."""
    assert moves(accepted().transferred("01:00", to_agent="a-2", kind=kind)) == [("transferred_out", "billing", 60, 0)]


def test_a_reassignment_is_no_transfer() -> None:
    """M27, automatic reassignment after a missed offer: the missed offer counts, the move does not."""
    log = Log().queued("00:00").add("chat.offer_missed", "00:20", agent="a-1")
    log.transferred("00:21", "sales", to_agent="a-2", kind="reassignment")

    assert moves(log) == [("offer_missed", "billing", 20, 0)]


def test_the_queue_left_is_that_before_the_instant() -> None:
    """Some systems stamp the move and the queueing it causes alike, and the queueing comes first by rank."""
    log = accepted().transferred("01:00", "sales").queued("01:00", "sales")

    assert moves(log)[0] == ("transferred_out", "billing", 60, 0)


def test_the_last_queue_named_before_it() -> None:
    """Whichever event named it."""
    log = accepted().add("chat.offered", "00:30", queue="vip").transferred("01:00", "sales")

    assert moves(log)[0] == ("transferred_out", "vip", 60, 0)


@pytest.mark.parametrize(("queue", "left"), [(None, "none"), ("billing", "billing")])
def test_no_queue_was_named_before_it(queue: str | None, left: str) -> None:
    """The one the transfer names besides, else none: never that it goes to."""
    log = Log().accepted("00:00").transferred("00:10", "sales", queue=queue).queued("00:10", "sales")

    assert moves(log) == [("transferred_out", left, 10, 0), ("transferred_in", "sales", 10, 0)]


def test_a_transfer_to_an_agent_before_any_other_queue() -> None:
    """It went nowhere, so it stood where it stands at that instant."""
    assert moves(Log().queued("00:00").accepted("00:00").transferred("00:00", to_agent="a-2")) == [
        ("transferred_out", "billing", 0, 0)
    ]


def test_transfers_count_without_a_part() -> None:
    """Queue to queue before the answer, each time."""
    log = Log().queued("00:00").transferred("00:10", "sales").transferred("00:20", "billing")

    assert moves(log) == [
        ("transferred_out", "billing", 10, 0),
        ("transferred_in", "sales", 10, 0),
        ("transferred_out", "sales", 20, 0),
        ("transferred_in", "billing", 20, 0),
    ]


def test_an_escalation_is_a_transfer_as_well() -> None:
    """M28: in the queue it left, and once per conversation."""
    log = accepted().transferred("01:00", "second line", kind="escalation")
    log.transferred("02:00", "third line", kind="escalation").add("ticket.escalated", "03:00")

    assert points(log, "escalated") == [("escalated", "billing", 60, 0)]
    assert [row[1] for row in points(log, "transferred_out")] == ["billing", "second line"]


def test_a_ticket_is_escalated_where_it_stands() -> None:
    """The first of two counts; what the ticket is assigned to at that instant is where it goes."""
    log = Log().created("00:00", queue="billing").assigned("01:00", "second line").add("ticket.escalated", "01:00")

    assert moves(log.add("ticket.escalated", "02:00")) == [("escalated", "billing", 60, 0)]
    assert moves(Log().created("00:00", queue="billing").add("ticket.escalated", "00:00")) == [
        ("escalated", "billing", 0, 0)
    ]


def test_each_missed_offer_counts() -> None:
    """M9: one leg may have several; each in the queue of its instant."""
    log = Log().queued("00:00").add("chat.offer_missed", "00:20").add("chat.offer_missed", "00:40")
    log.queued("01:00", "sales").add("chat.offer_missed", "01:10")

    assert moves(log) == [
        ("offer_missed", "billing", 20, 0),
        ("offer_missed", "billing", 40, 0),
        ("offer_missed", "sales", 70, 0),
    ]


# -------------------------------------------------------------------------------------- how chats end (M5d)


def ends(log: Log) -> list[tuple[float, float]]:
    """Return when answered chats ended, and how."""
    return [(row[2], row[3]) for row in points(log, "chat_ended")]


def test_a_customer_who_fell_silent() -> None:
    """M5d: half an hour after the agent's message, and nobody resolved it; a millisecond less is any end."""
    assert ends(accepted().customer("00:20").human("01:00").closed("31:00")) == [(1_860, 2)]
    assert ends(accepted().customer("00:20").human("01:00").closed("30:59.999")) == [(1_859.999, 1)]


@pytest.mark.parametrize(("by", "fields"), [("system", {}), ("customer", {}), ("human", {"resolved": False})])
def test_whoever_closes_it(by: str, fields: dict[str, Any]) -> None:
    """Unless it is said to be resolved it is not."""
    log = accepted().human("01:00").closed("40:00", by, **fields)

    assert ends(log) == [(2_400, 2)]


def test_resolved_in_silence() -> None:
    """The customer had what there was to have."""
    assert ends(accepted().human("01:00").closed("40:00", resolved=True)) == [(2_400, 1)]


def test_the_customer_has_the_last_word() -> None:
    """Then it is not the customer who fell silent, even with the same stamp as the agent's message before."""
    assert ends(accepted().human("01:00").customer("01:01").closed("40:00")) == [(2_400, 1)]
    assert ends(accepted().customer("00:50").customer("01:00", id="z").human("01:00", id="a").closed("40:00")) == [
        (2_400, 2)
    ]


@pytest.mark.parametrize(
    "fields",
    [{"actor": "human", "public": False}, {"actor": "human", "auto": True}, {"actor": "bot"}, {"actor": "system"}],
)
def test_what_is_no_message_between_the_two(fields: dict[str, Any]) -> None:
    """A note, or "are you still there?" by a bot: the agent's message is the last, and alone none is."""
    assert ends(accepted().human("01:00").add("chat.message", "20:00", **fields).closed("31:00")) == [(1_860, 2)]
    assert ends(accepted().add("chat.message", "01:00", **fields).closed("40:00")) == [(2_400, 1)]


def test_a_chat_that_nobody_answered_does_not_end() -> None:
    """Written to, but never accepted."""
    assert ends(Log().queued("00:00").human("01:00").closed("40:00")) == []


def test_the_close_says_how_a_chat_ended() -> None:
    """Left after ten minutes, closed after forty: one end, at the close; without the close at the leaving, the first.

    message 01:00 ── left 11:00 ── left 12:00 ──────── closed 41:00
    """
    log = accepted().human("01:00").abandoned("11:00", "chat").abandoned("12:00", "chat")
    assert ends(log) == [(660, 1)]

    assert ends(log.closed("41:00", "system")) == [(2_460, 2)]


def test_left_in_silence() -> None:
    """Leaving after half an hour of silence is the same, without a close."""
    assert ends(accepted().human("01:00").abandoned("31:00", "chat")) == [(1_860, 2)]


def test_a_chat_ends_once_for_each_answer() -> None:
    """Closed, corrected and closed again days later: the first close; accepted again it ends again."""
    log = accepted().human("01:00").closed("01:10").add("chat.reopened", "01:20").closed("48:00:00")
    assert ends(log) == [(70, 1)]

    log.accepted("48:10:00").human("48:10:10").closed("48:50:10", "system")

    assert ends(log) == [(70, 1), (175_810, 2)]


def test_left_and_answered_again() -> None:
    """The leaving was an end; so is the end of the second answer, by a close or not."""
    for end in ("closed", "abandoned"):
        log = getattr(accepted().human("01:00").abandoned("02:00", "chat").accepted("03:00"), end)("04:00")

        assert ends(log) == [(120, 1), (240, 1)]


def test_who_waits_in_a_queue_has_not_fallen_silent() -> None:
    """Queued again and left after 40 minutes: the queue's abandonment, not one of the chat."""
    assert ends(accepted().human("01:00").queued("02:00").abandoned("42:00")) == [(2_520, 1)]


def test_what_was_said_before_the_close_is_past() -> None:
    """Accepted again a day later, and closed without a word."""
    assert ends(accepted().human("01:00").closed("02:00").accepted("24:00:00").closed("24:01:00")) == [
        (120, 1),
        (86_460, 1),
    ]


def test_a_chat_ends_after_the_silence_too() -> None:
    """The part is lost, the chat was answered, and two days after the agent's message it was closed."""
    log = accepted().human("01:00").closed("48:00:00", "system")

    assert handled(log) == []
    assert ends(log) == [(172_800, 2)]


# --------------------------------------------------------------------------------------------- properties

AGENTS = st.sampled_from([None, "a-1", "a-2"])
QUEUES = st.sampled_from([None, "billing", "sales"])
KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "chat.queued": {"queue": st.sampled_from(["billing", "sales"])},
    "chat.offer_missed": {},
    "chat.accepted": {"agent": AGENTS},
    "chat.message": {
        "actor": st.sampled_from(["customer", "human", "bot"]),
        "auto": st.sampled_from([None, None, True]),
    },
    "chat.transferred": {
        "to_queue": QUEUES,
        "to_agent": AGENTS,
        "kind": st.sampled_from([None, "escalation", "reassignment"]),
    },
    "chat.abandoned": {},
    "chat.closed": {"resolved": st.sampled_from([None, True])},
    "chat.held": {},
    "chat.resumed": {},
    "chat.released": {"agent": AGENTS},
    "chat.wrapup_ended": {"agent": AGENTS},
    "ticket.escalated": {},
}
PAUSES_S = (0, 0, 1, 10, 60, 1_799, 1_800, 1_801, 3_600, DAY_S - 1, DAY_S, DAY_S + 1)


@st.composite
def logs(draw: Callable[..., Any]) -> list[bytes]:
    """A conversation of up to 16 events, half of them accepts, messages and holds; some share an id."""
    at = T0
    lines = []
    for number in range(draw(st.integers(1, 16))):
        at += 1_000 * draw(st.sampled_from(PAUSES_S))
        kind = draw(st.sampled_from(["chat.accepted", "chat.message", "chat.held", *KINDS]))
        fields = {name: draw(value) for name, value in KINDS[kind].items()}
        identifier = draw(st.sampled_from([f"e{number}", f"e{number}", f"e{number}", "shared"]))
        event = {"id": identifier, "type": kind, "at": at, "conversation": "c", **fields}
        lines.append(json.dumps({name: value for name, value in event.items() if value is not None}).encode())
    return lines


def few(examples: int) -> settings:
    """Return the settings of one property: always the same examples, bounded in number."""
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None)


@few(150)
@given(lines=logs(), chance=st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(lines: list[bytes], chance: random.Random) -> None:
    """The same contributions from the same events in any order, some of them twice."""
    again = [*lines, *chance.choices(lines, k=len(lines) // 2)]
    chance.shuffle(again)

    assert observed(again) == observed(lines)


@few(150)
@given(lines=logs())
def test_what_lasts_fits_together(lines: list[bytes]) -> None:
    """Nothing is active and on hold at once, or twice; all of it ends; idle is within, and later by the idle time.

    A handle time and its active twin come in pairs, and what is handled was active or on hold for that long.
    """
    seen = observed(lines)
    lasting = [each for each, number in seen.intervals.items() for _ in range(number) if each.kind in (ACTIVE, HELD)]
    stretches = sorted((each.start, each.end or 0) for each in lasting)
    idle = [each for each in seen.intervals if each.kind == IDLE]
    took, worked, after_work = (values(seen, kind) for kind in (p.HANDLED, p.HANDLED_ACTIVE, p.AFTER_WORK))

    assert all(start < end for start, end in stretches)
    assert all(before[1] <= then[0] for before, then in pairwise(stretches))
    assert all(each.start - each.since == 30 * MINUTE_MS for each in idle)
    assert all(each.end is not None for each in idle)
    assert len(took) == len(worked) >= len(after_work)
    assert 0 <= sum(worked) <= sum(took)
    assert sum(took) - sum(after_work) <= sum(end - start for start, end in stretches)


def values(seen: Observation, kind: p.PointKind) -> list[int]:
    """Return the values of the points of a kind."""
    return [point.value for point in points_of(seen) if point.kind == kind.code]


# -------------------------------------------------------------------------- the same by another road, by force

ENDING = ("chat.queued", "chat.closed", "chat.abandoned")


def lasts(events: list[dict[str, Any]], t: int) -> bool:
    """Tell whether some agent has a part just before *t*: an accept that nothing since has ended, nor a silence.

    Of events at instants of their own, with agents that are always named.
    """
    known = [event for event in events if event["at"] < t]
    return any(
        event["type"] == "chat.accepted"
        and not any(ends_part(other, event["agent"]) for other in known[place + 1 :])
        and all(then - before < DAY_S * 1_000 for before, then in pairwise([each["at"] for each in known[place:]]))
        and t <= known[-1]["at"] + DAY_S * 1_000
        for place, event in enumerate(known)
    )


def ends_part(event: dict[str, Any], agent: str) -> bool:
    """Tell whether *event* ends a part of *agent*."""
    kind = event["type"]
    if kind == "chat.accepted":
        return bool(event["agent"] != agent)
    if kind == "chat.transferred":
        return bool(event["to_agent"] != agent)
    return kind in ENDING or (kind == "chat.released" and event["agent"] == agent)


@st.composite
def plain_logs(draw: Callable[..., Any]) -> list[dict[str, Any]]:
    """A conversation of up to 20 events at instants of their own, of two agents."""
    at = T0
    events = []
    for number in range(draw(st.integers(1, 20))):
        at += 1_000 * draw(st.sampled_from(PAUSES_S[2:]))
        kind = draw(
            st.sampled_from([*["chat.accepted"] * 3, "chat.transferred", "chat.released", "chat.held", *ENDING])
        )
        event = {"id": f"e{number}", "type": kind, "at": at, "conversation": "c", "queue": "billing"}
        event["agent"] = draw(st.sampled_from(["a-1", "a-2"]))
        if kind == "chat.transferred":
            event["to_agent"] = draw(st.sampled_from(["a-1", "a-2"]))
        events.append(event)
    return events


@few(120)
@given(events=plain_logs())
def test_parts_by_force(events: list[dict[str, Any]]) -> None:
    """Around every event, and where a silence after it would end, a part lasts when the definition says so."""
    lines = [json.dumps(event).encode() for event in events]
    whole = observed(lines).intervals
    for at in [event["at"] for event in events]:
        for t in (at, at + 1, at + DAY_S * 1_000, at + DAY_S * 1_000 + 1):
            seen = observed([line for line, event in zip(lines, events, strict=True) if event["at"] < t]).intervals

            expected = lasts(events, t)

            assert holds(seen, t) == expected
            assert holds(whole, t) == expected


def holds(intervals: Iterable[Interval], t: int) -> bool:
    """Tell whether a part is active or on hold at *t*."""
    return any(each.kind in (ACTIVE, HELD) and each.start < t <= (each.end or 0) for each in intervals)
