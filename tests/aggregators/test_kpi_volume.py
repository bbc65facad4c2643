"""M12, M70 and M71 as they are shown: contacts, messages, and those nobody has answered."""

from __future__ import annotations

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


def test_a_resolve_answers() -> None:
    """M12: open only. What was resolved waits for nobody."""
    found = shown(Log().queued("00:00").customer("00:10").closed("01:00"), "02:00")

    assert (found["unanswered_conversations"], found["unanswered_messages"]) == (0, 0)
    assert "unanswered_oldest_seconds" not in found


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
