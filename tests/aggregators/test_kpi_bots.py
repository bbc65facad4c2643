"""M5b, M48 and the second clock of M10 as they are shown: by queue, channel and tenant, now and over windows."""

import pytest

from tests.aggregators.observed import shown
from tests.logs import Log

BILLING = ("default", "chat", "billing")


def greeted(log: Log, conversation: str, clock: str = "00:00") -> Log:
    """Let a bot greet *conversation* at *clock*; return a pen for it."""
    return log.of(conversation=conversation).started(clock, bot=True).says(clock, "bot")


def test_with_a_bot_now() -> None:
    """Who talks to a bot is not in a queue (M1): two in the bot, until one is queued and one has left."""
    log = Log()
    greeted(log, "c").queued("00:30")
    greeted(log, "d", "00:10").abandoned("00:40", "bot")

    seen = [shown(log, clock) for clock in ("00:10", "00:30", "00:40", "00:40.001")]

    assert [(now["in_bot"], now["waiting"]) for now in seen] == [(1, 0), (2, 0), (1, 1), (0, 1)]


def test_three_outcomes() -> None:
    """M48 and M5b: of eight, three contained, three handed off, two abandoned: 3/8, 3/8, 2/8; the ninth goes on.

    Who abandoned the bot is not contained, and has abandoned no queue (M5); nobody else's chat is a bot's.
    """
    log = Log()
    greeted(log, "c1").closed("00:30", "bot")
    greeted(log, "c2").closed("00:30", "system")
    greeted(log, "c3").closed("00:30", "customer", resolved=True)
    greeted(log, "h1").add("chat.bot_handoff", "00:30")
    greeted(log, "h2").queued("00:30").abandoned("01:00")
    greeted(log, "h3").human("00:30").closed("00:40", "bot")
    greeted(log, "a1").abandoned("00:30", "bot")
    greeted(log, "a2").closed("00:30", "customer")
    greeted(log, "on")
    log.of(conversation="none").queued("00:00").accepted("00:30").human("00:30").says("00:31", "bot").closed("00:32")

    now = shown(log, "02:00")

    assert now["bot_conversations"] == 8
    assert now["bot_containment_ratio"] == 0.375
    assert now["bot_handoff_ratio"] == 0.375
    assert now["bot_abandonment_ratio"] == 0.25
    assert now["in_bot"] == 1
    assert now["abandoned"] == 1


def test_dated_at_the_end_of_the_bots_part() -> None:
    """At the hand-off, not at the close.

    5m: [00:00 ── handed off 04:50 ── 05:00) [05:00 ── closed 05:10 ── 10:00)
    """
    log = greeted(Log(), "c", "04:00").queued("04:50").accepted("05:00").closed("05:10")

    assert shown(log, "05:00")["bot_conversations"] == 1
    assert shown(log, "10:00").get("bot_conversations") == 0


def test_the_clock_from_the_hand_off() -> None:
    """M10, bot first: never mixed. The customer wrote at 00:05, was handed off at 01:00 and answered at 01:40.

    First response 95 s, as ever; hand-off response 40 s; with a second one of 20 s the mean is 30 s.
    """
    log = Log()
    greeted(log, "c").customer("00:05").add("chat.bot_handoff", "01:00").queued("01:00").accepted("01:30").human(
        "01:40"
    )
    now = shown(log, "02:00", *BILLING)
    assert (now["first_response_mean_seconds"], now["handoff_response_mean_seconds"]) == (95, 40)

    greeted(log, "d").queued("01:20").human("01:40")

    now = shown(log, "02:00")
    assert (now["handoff_responses"], now["handoff_response_mean_seconds"]) == (2, 30)
    assert now["handoff_response_seconds:0.5"] == pytest.approx(20, rel=0.01)
    assert now["handoff_response_seconds:0.99"] == pytest.approx(40, rel=0.01)


def test_a_bot_that_nobody_ended() -> None:
    """KPIS 0.16: a day after its last event it is in the bot no more, and in no ratio."""
    log = greeted(Log(), "c")

    assert shown(log, "24:00:00")["in_bot"] == 1
    late = shown(log, "24:00:10")
    assert late["in_bot"] == 0
    assert "bot_containment_ratio" not in late


def test_of_nothing() -> None:
    """Counts are 0, means, quantiles and ratios absent."""
    now = shown(Log().queued("00:00"), "01:00")

    assert [now[name] for name in ("in_bot", "bot_conversations", "handoff_responses")] == [0, 0, 0]
    assert not {name for name in now if name.startswith(("bot_", "handoff_")) and name.endswith(("ratio", "seconds"))}
    assert "handoff_response_seconds:0.5" not in now


def test_spam_takes_it_all_back() -> None:
    """KPIS 0.13: flagged, it has left every metric."""
    log = greeted(Log(), "c").queued("00:30").human("00:40")
    assert [shown(log, "01:00")[name] for name in ("bot_conversations", "handoff_responses")] == [1, 1]

    now = shown(log.flagged("01:00"), "01:10")

    assert [now.get(name, 0) for name in ("bot_conversations", "handoff_responses", "in_bot")] == [0, 0, 0]
