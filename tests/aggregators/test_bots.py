"""The sweep of the bots: which conversations they begin, how their part ends, and who answers after a hand-off."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import points as p
from aggregators.instants import HOUR_MS
from aggregators.samples import IN_BOT
from tests.aggregators.observed import observed, points, spans
from tests.aggregators.running import EVERYTHING
from tests.logs import T0, Log

CONTAINED, HANDED_OFF, ABANDONED = 1, 2, 3
DAY_S = 86_400


def ends(log: Log) -> list[tuple[float, float]]:
    """Return when the bot's part ended, and how."""
    return [(row[2], row[3]) for row in points(log, "bot_ended")]


def in_bot(log: Log) -> list[tuple[float, float | None]]:
    """Return from when until when it was with the bot."""
    return [row[2:] for row in spans(log, "in_bot")]


def responses(log: Log) -> list[tuple[float, float]]:
    """Return when somebody answered after a hand-off, and after how long."""
    return [row[2:] for row in points(log, "handoff_response")]


def greeted() -> Log:
    """A conversation that a bot greets at 0 s, and to which the customer writes at 5 s."""
    return Log().started("00:00", bot=True).says("00:01", "bot").customer("00:05")


def test_who_answers_answers_where_it_stands() -> None:
    """Handed off to billing at 10 s, answered in sales at 30 s: the 20 s count in sales."""
    log = greeted().queued("00:10").human("00:30", queue="sales")

    assert points(log, "bot_ended", "handoff_response") == [
        ("bot_ended", "billing", 10, HANDED_OFF),
        ("handoff_response", "sales", 30, 20),
    ]


# -------------------------------------------------------------------------------- which conversations are a bot's


def test_a_start_with_a_bot() -> None:
    """`bot` true is enough: a telephone menu sends no messages."""
    log = Log().started("00:00", bot=True).closed("01:00", "bot")

    assert ends(log) == [(60, CONTAINED)]
    assert in_bot(log) == [(0, 60)]


def test_a_bot_that_writes_first() -> None:
    """Without a start, or with one that says nothing; its part begins with the first event, the customer's."""
    log = Log().customer("00:00").says("00:02", "bot").closed("01:00", "bot")

    assert ends(log) == [(60, CONTAINED)]
    assert in_bot(log) == [(0, 60)]
    assert ends(Log().started("00:00", bot=False).says("00:02", "bot").closed("01:00", "bot")) == [(60, CONTAINED)]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.queued", {"queue": "billing"}),
        ("chat.bot_handoff", {}),
        ("chat.accepted", {}),
        ("chat.callback_requested", {}),
        ("chat.message", {"actor": "human"}),
        ("chat.message", {"actor": "human", "public": False}),
        ("ticket.commented", {"actor": "human"}),
        ("chat.abandoned", {}),
        ("chat.closed", {}),
    ],
)
def test_a_bot_that_writes_later(kind: str, fields: dict[str, Any]) -> None:
    """After a queue, a hand-off, a human or an end it began nothing."""
    log = Log().customer("00:00").add(kind, "00:10", **fields).says("00:20", "bot").closed("01:00", "bot")

    assert ends(log) == []
    assert in_bot(log) == []
    assert responses(log.human("02:00")) == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.message", {"actor": "bot", "auto": True}),
        ("chat.message", {"actor": "system"}),
        ("chat.message", {"actor": "robot"}),
        ("chat.message", {"actor": "customer"}),
        ("chat.message", {"actor": "human", "auto": True}),
        ("ticket.commented", {"actor": "bot"}),
        ("chat.started", {}),
        ("chat.offered", {}),
    ],
)
def test_what_makes_no_bot(kind: str, fields: dict[str, Any]) -> None:
    """Autoresponders and systems are no bots, and a bot's comment on a ticket is no talk."""
    assert ends(Log().add(kind, "00:00", **fields).closed("01:00", "bot")) == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.message", {"actor": "human", "auto": True}),
        ("chat.message", {"actor": "system"}),
        ("chat.transferred", {"to_queue": "sales"}),
        ("chat.flowed_out", {}),
        ("chat.reopened", {}),
    ],
)
def test_what_a_bot_may_come_after(kind: str, fields: dict[str, Any]) -> None:
    """None of these is a human or a queue, before the bot's first message or during its part."""
    log = Log().customer("00:00").add(kind, "00:10", **fields).says("00:20", "bot").add(kind, "00:30", **fields)

    assert ends(log.closed("01:00", "bot")) == [(60, CONTAINED)]


def test_a_start_that_comes_late() -> None:
    """A source with a slow clock: it was a bot's all the same, from the first event to the queue."""
    log = Log().customer("00:00").queued("00:10").started("00:11", bot=True).closed("01:00")

    assert ends(log) == [(10, HANDED_OFF)]
    assert in_bot(log) == [(0, 10)]


# ------------------------------------------------------------------------------------------ how its part ends


@pytest.mark.parametrize(
    ("kind", "fields", "outcome"),
    [
        ("chat.bot_handoff", {}, HANDED_OFF),
        ("chat.queued", {"queue": "billing"}, HANDED_OFF),
        ("chat.accepted", {}, HANDED_OFF),
        ("chat.callback_requested", {}, HANDED_OFF),
        ("chat.message", {"actor": "human"}, HANDED_OFF),
        ("chat.message", {"actor": "human", "public": False}, HANDED_OFF),
        ("ticket.commented", {"actor": "human"}, HANDED_OFF),
        ("chat.abandoned", {"stage": "bot"}, ABANDONED),
        ("chat.abandoned", {"stage": "queue"}, ABANDONED),
        ("chat.abandoned", {}, ABANDONED),
        ("chat.closed", {"by": "customer"}, ABANDONED),
        ("chat.closed", {"by": "customer", "resolved": False}, ABANDONED),
        ("chat.closed", {"by": "customer", "resolved": True}, CONTAINED),
        ("chat.closed", {"by": "bot"}, CONTAINED),
        ("chat.closed", {"by": "bot", "resolved": False}, CONTAINED),
        ("chat.closed", {"by": "system"}, CONTAINED),
        ("chat.closed", {}, CONTAINED),
    ],
)
def test_three_outcomes(kind: str, fields: dict[str, Any], outcome: int) -> None:
    """M48: contained, handed off, abandoned; who left in the bot is not contained. Each ends it at its instant."""
    log = greeted().add(kind, "01:00", **fields)

    assert ends(log) == [(60, outcome)]
    assert in_bot(log) == [(0, 60)]


def test_the_first_outcome_counts() -> None:
    """Exactly one, whatever comes after."""
    log = greeted().abandoned("00:30", "bot").closed("00:31", "customer").queued("00:40").accepted("00:50")
    assert ends(log) == [(30, ABANDONED)]

    assert ends(greeted().closed("00:30", "bot").add("chat.bot_handoff", "00:40")) == [(30, CONTAINED)]
    assert ends(greeted().queued("00:30").abandoned("00:40").closed("00:50", "bot")) == [(30, HANDED_OFF)]


def test_where_it_ended() -> None:
    """In the queue of that instant, the one it is handed to; while it lasted it stood in none."""
    log = greeted().queued("00:30").add("chat.bot_handoff", "00:29")

    assert points(log, "bot_ended") == [("bot_ended", "billing", 29, HANDED_OFF)]
    assert spans(log, "in_bot") == [("in_bot", "none", 0, 29)]


def test_a_bot_of_a_queue() -> None:
    """Where the start names one it stands there, and moves with it."""
    log = Log().started("00:00", bot=True, queue="billing").transferred("00:10", "sales").closed("00:30", "bot")

    assert points(log, "bot_ended") == [("bot_ended", "sales", 30, CONTAINED)]
    assert spans(log, "in_bot") == [("in_bot", "billing", 0, 10), ("in_bot", "sales", 10, 30)]


def test_a_bot_that_nobody_ended() -> None:
    """In it until a day after the last event, whichever; then lost, in no ratio."""
    assert in_bot(greeted()) == [(0, 5 + DAY_S)]
    assert in_bot(greeted().add("chat.reopened", "01:00")) == [(0, 60 + DAY_S)]
    assert ends(greeted()) == []


@pytest.mark.parametrize("clock", ["24:00:05", "30:00:00"])
def test_a_customer_who_comes_back(clock: str) -> None:
    """After a day's silence it is with the bot again, and ends once."""
    log = greeted().customer(clock).closed("30:01:00", "bot")
    came = 86_405 if clock == "24:00:05" else 108_000

    assert in_bot(log) == [(0, 5 + DAY_S), (came, 108_060)]
    assert ends(log) == [(108_060, CONTAINED)]


def test_just_within_the_silence() -> None:
    """A millisecond before the day is over it goes on."""
    assert in_bot(greeted().closed("24:00:04.999", "bot")) == [(0, 86_404.999)]


def test_closed_after_the_silence() -> None:
    """The end counts; it was not in the bot until then."""
    log = greeted().closed("30:00:00", "system")

    assert in_bot(log) == [(0, 5 + DAY_S)]
    assert ends(log) == [(108_000, CONTAINED)]


def test_silence_after_the_hand_off_is_nothing_of_the_bots() -> None:
    """A day in the queue."""
    assert in_bot(greeted().queued("01:00").accepted("48:00:00")) == [(0, 60)]


def test_how_long_a_silence_is_is_of_the_definitions() -> None:
    """An hour."""
    assert spans(greeted(), "in_bot", definitions=replace(EVERYTHING, silent_ms=HOUR_MS)) == [
        ("in_bot", "none", 0, 3_605)
    ]


def test_its_age_is_from_the_first_event() -> None:
    """After a silence too."""
    log = greeted().customer("30:00:00")

    assert {each.since for each in observed(log.lines).intervals if each.kind == IN_BOT} == {T0}


# ------------------------------------------------------------------------------------- answers to a hand-off


def test_the_second_clock() -> None:
    """M10, bot first: from the hand-off at 60 s to the reply at 100 s, not from the customer's message at 5 s."""
    log = greeted().add("chat.bot_handoff", "01:00").queued("01:01").accepted("01:30").human("01:40").human("01:50")

    assert responses(log) == [(100, 40)]
    assert points(log, "handoff_response")[0][1] == "billing"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.message", {"actor": "human", "public": False}),
        ("chat.message", {"actor": "human", "auto": True}),
        ("chat.message", {"actor": "bot"}),
        ("chat.message", {"actor": "customer"}),
        ("ticket.commented", {"actor": "system"}),
        ("chat.accepted", {}),
        ("chat.closed", {}),
    ],
)
def test_what_is_no_answer(kind: str, fields: dict[str, Any]) -> None:
    """Notes, autoresponders, bots; the reply after them is."""
    log = greeted().queued("01:00").add(kind, "01:10", **fields)
    assert responses(log) == []

    assert responses(log.commented("01:30", "human")) == [(90, 30)]


def test_a_human_who_breaks_in() -> None:
    """The hand-off is the reply: 0 s. A note hands off, and the reply is counted from it."""
    assert responses(greeted().human("01:00").human("02:00")) == [(60, 0)]
    assert responses(greeted().human("01:00", public=False).human("02:00")) == [(120, 60)]


@pytest.mark.parametrize("end", ["abandoned", "closed"])
def test_only_a_hand_off_is_answered(end: str) -> None:
    """Who left the bot, or was contained, is written to later for other reasons."""
    assert responses(getattr(greeted(), end)("01:00").human("02:00")) == []


# ------------------------------------------------------------------------------------------------ properties

KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "chat.started": {"bot": st.sampled_from([None, True, False])},
    "chat.queued": {"queue": st.sampled_from(["billing", "sales"])},
    "chat.bot_handoff": {},
    "chat.accepted": {},
    "chat.abandoned": {},
    "chat.closed": {"by": st.sampled_from([None, "customer"]), "resolved": st.sampled_from([None, True])},
    "chat.reopened": {},
}
SAID = {
    "actor": st.sampled_from(["customer", "human", "bot", "bot"]),
    "public": st.sampled_from([None, None, False]),
    "auto": st.sampled_from([None, None, True]),
}


@st.composite
def logs(draw: Callable[..., Any]) -> list[bytes]:
    """A conversation of up to 12 events, most of them messages; some share an id."""
    at = T0
    lines = []
    for number in range(draw(st.integers(1, 12))):
        at += 1_000 * draw(st.sampled_from([0, 0, 1, 60, DAY_S - 1, DAY_S, DAY_S + 1]))
        kind = draw(st.sampled_from([*["chat.message"] * 9, *KINDS]))
        fields = {name: draw(value) for name, value in KINDS.get(kind, SAID).items()}
        identifier = draw(st.sampled_from([f"e{number}", f"e{number}", f"e{number}", "shared"]))
        event = {"id": identifier, "type": kind, "at": at, "conversation": "c", **fields}
        lines.append(json.dumps({name: value for name, value in event.items() if value is not None}).encode())
    return lines


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(lines=logs(), chance=st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(lines: list[bytes], chance: random.Random) -> None:
    """The same contributions from the same events in any order, some of them twice."""
    again = [*lines, *chance.choices(lines, k=len(lines) // 2)]
    chance.shuffle(again)

    assert observed(again) == observed(lines)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(lines=logs())
def test_a_bots_part_fits_together(lines: list[bytes]) -> None:
    """It ends once at most; nothing of it lasts after its end; an answer comes after a hand-off, once at most."""
    seen = observed(lines)
    ended = [each for each in seen.samples if isinstance(each, p.Point) and each.kind == p.BOT_ENDED.code]
    answers = [each for each in seen.samples if isinstance(each, p.Point) and each.kind == p.HANDOFF_RESPONSE.code]
    lasted = [each for each in seen.intervals if each.kind == IN_BOT]

    assert len(answers) <= len(ended) <= 1
    assert all(each.end is not None and each.start < each.end for each in lasted)
    assert all(each.end <= end.at for each in lasted for end in ended if each.end is not None)
    assert all(end.value == HANDED_OFF and answer.at - answer.value == end.at for answer in answers for end in ended)
