"""M12, M70 and M71 as they are shown: contacts, messages, and those nobody has answered."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.aggregators.observed import shown
from tests.logs import Log


def test_unanswered_now() -> None:
    """M12: two messages in a row are one conversation; the oldest since 00:10; answered it is over.

    customer 00:10 · 00:40 |now| human 02:00
    """
    log = Log().queued("00:00").customer("00:10").customer("00:40")
    log.of(conversation="d").queued("00:00").customer("00:30")

    found = shown(log.human("02:00"), "01:00")
    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (2, 3)
    assert found["unanswered_oldest_seconds"] == 50

    later = shown(log, "03:00")
    assert (later["unanswered_conversations"], later["unanswered_messages"]) == (1, 1)
    assert later["unanswered_oldest_seconds"] == 150


def test_unanswered_between_two_messages() -> None:
    """M12: at an instant only what came before it waits: the second message is not there yet."""
    assert shown(Log().queued("00:00").customer("00:10").customer("00:40"), "00:30")["unanswered_messages"] == 1


def test_unanswered_again_after_a_reply() -> None:
    """M12: answered at 00:20; of the two that came since, the first waits longest. What we began waits as well."""
    log = Log().queued("00:00").customer("00:10").human("00:20").customer("00:30").customer("00:40")
    found = shown(log, "01:00")
    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (1, 2)
    assert found["unanswered_oldest_seconds"] == 30

    ours = shown(Log().started("00:00", initiated_by="agent").human("00:10").customer("00:45"), "01:00")
    assert (ours["unanswered_conversations"], ours["unanswered_messages"]) == (1, 1)
    assert ours["unanswered_oldest_seconds"] == 15


def test_unanswered_moves_with_the_queue() -> None:
    """M12: both messages stand in the queue that was named last."""
    log = Log().queued("00:00", "billing").customer("00:10").customer("00:20").queued("00:30", "sales")

    found = shown(log, "01:00", "default", "chat", "sales")
    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (1, 2)
    assert shown(log, "00:30", "default", "chat", "billing")["unanswered_messages"] == 2
    assert shown(log, "01:00", "default", "chat", "billing")["unanswered_messages"] == 0


@settings(max_examples=25, derandomize=True, database=None, deadline=None)
@given(steps=st.lists(st.sampled_from(["customer", "human", "closed", "sales", "billing"]), max_size=9))
def test_unanswered_by_force(steps: list[str]) -> None:
    """M12: what the customer wrote since the last reply or resolve, by going back from the end, a second a step."""
    log = Log().queued("00:00", "billing")
    for second, step in enumerate(steps, start=1):
        clock = f"00:{second:02}"
        match step:
            case "customer":
                log.customer(clock)
            case "human":
                log.human(clock)
            case "closed":
                log.closed(clock)
            case queue:
                log.queued(clock, queue)
    waiting: list[int] = []
    for second, step in reversed(list(enumerate(steps, start=1))):
        if step in ("human", "closed"):
            break
        if step == "customer":
            waiting.append(second)

    found = shown(log, "00:10")

    assert found["unanswered_messages"] == len(waiting)
    assert found["unanswered_conversations"] == (1 if waiting else 0)
    assert found.get("unanswered_oldest_seconds") == (10 - waiting[-1] if waiting else None)


def test_a_resolve_answers() -> None:
    """M12: open only. What was resolved waits for nobody."""
    found = shown(Log().queued("00:00").customer("00:10").closed("01:00"), "02:00")

    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (0, 0)
    assert "unanswered_oldest_seconds" not in found


def test_what_is_deleted_waits_for_nobody() -> None:
    """M12: open only. A ticket created at 0:00, written to again at 1:00, deleted at 2:00; another message at 3:00.

    Of the main job alone the first response is open still: it knows of no deletion.
    """
    log = Log().created("0:00:00").commented("1:00:00", "customer").add("ticket.deleted", "2:00:00")
    log.commented("3:00:00", "customer")
    before, found = shown(log, "1:30:00"), shown(log, "4:00:00")

    assert (before["unanswered_conversations"], before["unanswered_messages"]) == (1, 2)
    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (0, 0)
    assert "unanswered_oldest_seconds" not in found
    assert found["first_response_open"] == 1


def test_a_chat_that_was_given_up_waits_for_a_day() -> None:
    """Convention 16, M12: abandoned at 5:00 and silent since. It waits for an answer until 24:05:00, and not for ever.

    Who writes again the day after has waited all the time: two messages, the oldest 48 h old.
    """
    log = Log().queued("0:00:00").customer("0:00:00").abandoned("0:05:00")

    assert [shown(log, at)["unanswered_conversations"] for at in ("0:10:00", "24:04:59", "24:05:01", "47:00:00")] == [
        1,
        1,
        0,
        0,
    ]
    found = shown(log.customer("48:00:00"), "48:00:10")
    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (1, 2)
    assert found["unanswered_oldest_seconds"] == 48 * 3_600 + 10


def test_contacts_are_episodes_by_their_start() -> None:
    """M70: one at 00:00, one more than 24 h after the resolve; what we begin is counted apart; spam is removed."""
    log = Log().customer("0:00:00").human("0:00:30").closed("0:01:00").customer("25:00:00")
    log.of(conversation="ours").started("24:59:00", initiated_by="agent").customer("24:59:30")
    log.of(conversation="spam").customer("24:59:00").flagged("24:59:10", "spam")

    found = shown(log, "25:01:00", window="5m")
    assert (found["contacts"], found["contacts_outbound"]) == (1, 1)
    assert found["contacts_total"] == 2


def test_messages_by_who_wrote_them() -> None:
    """M71: bots apart from humans, notes apart from replies, anybody else is the system."""
    log = Log().customer("00:00").says("00:01", "bot").human("00:02").says("00:03", "human", public=False)
    log.says("00:04", "system").says("00:05", "robot").customer("00:06")

    found = shown(log, "01:00")

    assert {name: n for name, n in found.items() if name.startswith("messages_total")} == {
        "messages_total:customer": 2,
        "messages_total:bot": 1,
        "messages_total:human": 1,
        "messages_total:note": 1,
        "messages_total:system": 2,
    }


def test_messages_go_with_their_conversation() -> None:
    """M71: taken back when it turns out to be spam."""
    assert "messages_total:customer" not in shown(Log().customer("00:00").flagged("00:10", "spam"), "01:00")


def test_a_call_is_a_contact() -> None:
    """M70: nobody writes in it. It begins in its first queue, or where it started; once, whatever queues follow."""
    log = Log(channel="voice").queued("00:10").accepted("00:20").queued("00:30", "sales")
    log.of(conversation="ivr").started("00:05", bot=True).queued("00:40")
    log.of(conversation="ours").started("00:06", initiated_by="agent").accepted("00:20")

    found = shown(log, "01:00")

    assert (found["contacts"], found["contacts_outbound"]) == (2, 1)
    assert shown(log, "00:06")["contacts"] == 1
    assert shown(log, "01:00", "default", "voice", "billing")["contacts"] == 2
    assert shown(log, "01:00", "default", "voice", "sales")["contacts"] == 0


def test_a_message_left_behind_is_a_contact_of_channel_offline() -> None:
    """M70: a ticket of channel offline, and no chat: one contact there, one of the chat, nothing of it in any queue."""
    log = Log(channel="offline").created("00:10").of(conversation="chat", channel="chat").customer("00:20")

    assert shown(log, "01:00", "default", "offline", "none")["contacts"] == 1
    assert shown(log, "01:00", "default", "offline", "none")["queued"] == 0
    assert shown(log, "01:00", "default", "chat", "none")["contacts"] == 1
    assert shown(log, "01:00")["contacts"] == 2


def test_a_window_that_was_opened_is_no_contact() -> None:
    """M70: a bot greets, and nobody answers; once somebody writes, it begins there."""
    log = Log().started("00:00", bot=True).says("00:00", "bot")

    assert shown(log, "01:00")["contacts"] == 0
    assert shown(log.customer("00:30"), "01:00")["contacts"] == 1


def test_a_chat_in_which_only_the_agent_writes_is_a_contact() -> None:
    """M70: the customer has queued for it. A message later on is where it began all the same."""
    log = Log().queued("00:10").human("00:20")

    assert shown(log, "01:00")["contacts"] == 1
    assert shown(log.customer("06:00"), "05:00")["contacts"] == 1
    assert shown(log, "06:10")["contacts"] == 1
    assert shown(log, "06:10")["contacts_total"] == 1


def test_abandoned_at_every_stage() -> None:
    """M74 = M5 + M5b + M5c + M5d, stacked: in the queue one, with the bot two, before any reply one, in the chat one.

    An ended bot, an answered chat and a resolved ticket are no abandonment.
    """
    log = Log()
    log.of(conversation="q").queued("00:00").abandoned("00:30")
    for bot in ("b1", "b2"):
        log.of(conversation=bot).started("00:00", bot=True).abandoned("00:30", "bot")
    log.of(conversation="b3").started("00:00", bot=True).closed("00:30", "bot")
    log.of(conversation="t").created("00:00").status("00:30", "closed", by="customer")
    log.of(conversation="u").created("00:00").commented("00:10", "human").status("00:30", "solved", by="human")
    idle = log.of(conversation="i").queued("00:00").accepted("00:01").customer("00:02").human("00:03")
    idle.closed("40:00", resolved=False)

    found = shown(log, "41:00", window="1h")

    assert {name: n for name, n in found.items() if name.startswith("conversations_abandoned_any")} == {
        "conversations_abandoned_any:queue": 1,
        "conversations_abandoned_any:bot": 2,
        "conversations_abandoned_any:before_reply": 1,
        "conversations_abandoned_any:chat": 1,
    }


def test_a_stage_that_nobody_passed_is_absent() -> None:
    """M74: no data is not 0; nobody left the queue, nobody was with a bot."""
    found = shown(Log().queued("00:00").accepted("00:10"), "01:00")

    assert {name: n for name, n in found.items() if name.startswith("conversations_abandoned_any")} == {
        "conversations_abandoned_any:queue": 0
    }
