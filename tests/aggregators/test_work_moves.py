"""Transfers, escalations and missed offers; how chats end."""

from typing import Any

import pytest

from aggregators.work import HANDLED_TOO, UNHANDLED
from tests.aggregators.observed import Row, points
from tests.aggregators.worked import accepted, handled
from tests.logs import Log

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

    assert points(log, "escalated") == [("escalated", "billing", 60, HANDLED_TOO)]
    assert [row[1] for row in points(log, "transferred_out")] == ["billing", "second line"]


def test_a_ticket_is_escalated_where_it_stands() -> None:
    """The first of two counts; what the ticket is assigned to at that instant is where it goes."""
    log = Log().created("00:00", queue="billing").assigned("01:00", "second line").add("ticket.escalated", "01:00")

    assert moves(log.add("ticket.escalated", "02:00")) == [("escalated", "billing", 60, UNHANDLED)]
    assert moves(Log().created("00:00", queue="billing").add("ticket.escalated", "00:00")) == [
        ("escalated", "billing", 0, UNHANDLED)
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
