"""What lasts in a chat: parts that nobody ends, holds, idleness."""

from dataclasses import replace
from typing import Any

import pytest

from aggregators.instants import HOUR_MS, MINUTE_MS
from aggregators.samples import ACTIVE, HELD, IDLE
from tests.aggregators.observed import observed, points, spans
from tests.aggregators.running import EVERYTHING
from tests.aggregators.worked import DAY_S, HANDLED, LASTING, accepted, active, handled, parts
from tests.logs import T0, Log

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
