"""M1–M5: who waits, how long the answered and the abandoned waited, and how many left."""

from fractions import Fraction

import pytest

from tests.logs import Log, after, expects, offline

WAIT_TARGETS = {
    "voice": 20,
    "chat": 60,
    "web": 60,
    "sms": 60,
    "social": 3_600,
    "email": 14_400,
    "offline": 14_400,
    "whatsapp": 60,
}


def clock(seconds: float) -> str:
    """Clock reading of seconds after T0."""
    return f"0:00:{seconds:.3f}"


def test_zero_waits_are_answers() -> None:
    """M3: an answer after no wait counts in the mean: (0 + 10) / 2."""
    log = Log()
    log.of(conversation="a").queued("00:00").accepted("00:00")
    log.of(conversation="b").queued("00:00").accepted("00:10")

    expects(log, "00:20", answered_5m=2, asa_s_5m=5, wait_p50_s_5m=0, wait_p90_s_5m=10)


def test_asa_is_of_the_answered() -> None:
    """M3, M4: the wait of somebody who left is in no ASA, and has a mean of its own, short ones included."""
    log = Log()
    log.of(conversation="a").queued("00:00").accepted("00:20")
    log.of(conversation="b").queued("00:00").abandoned("01:40")
    log.of(conversation="c").queued("00:00").abandoned("00:08")

    expects(log, "05:00", asa_s_5m=20, abandoned_5m=1, short_abandoned_5m=1, abandon_wait_mean_s_5m=54)


def test_ringing_is_waiting() -> None:
    """M1: an offer that is not taken up continues the same leg: in the queue all the time, answered after 30 s."""
    log = Log().queued("00:00")
    log.add("chat.offered", "00:05").add("chat.offer_missed", "00:15").add("chat.offered", "00:16").accepted("00:30")

    expects(log, "00:20", waiting=1, oldest_wait_s=20)
    expects(log, "00:40", waiting=0, queued_5m=1, answered_5m=1, asa_s_5m=30)


def test_talking_to_a_bot_is_not_waiting() -> None:
    """M1: a conversation in the bot is in no queue."""
    log = Log().started("00:00", bot=True).customer("00:01").says("00:02", "bot")

    expects(log, "01:00", waiting=0, queued_5m=0, oldest_wait_s=None)


def test_a_second_stay_is_a_second_leg() -> None:
    """M3: back in the queue a millisecond after the answer is a new leg, with its own wait."""
    log = Log().queued("00:00").accepted("00:10").queued("00:10.001")

    expects(log, "00:20", queued_5m=2, answered_5m=1, waiting=1, oldest_wait_s=Fraction("9.999"))


def test_state_is_that_just_before() -> None:
    """Neither an opening nor an end at t is in the state at t; oldest is the earliest opening of those who wait.

    00:00   00:10   00:20   00:30
    b ────────────────────── answered
            a ────── answered
    """
    log = Log()
    log.of(conversation="b").queued("00:00").accepted("00:30")
    log.of(conversation="a").queued("00:10").accepted("00:20")

    expects(log, "00:00", waiting=0, oldest_wait_s=None)
    expects(log, "00:10", waiting=1, oldest_wait_s=10)
    expects(log, "00:20", waiting=2, oldest_wait_s=20, answered_5m=0)
    expects(log, "00:30", waiting=1, oldest_wait_s=30, answered_5m=1)
    expects(log, "00:40", waiting=0, oldest_wait_s=None, answered_5m=2)


@pytest.mark.parametrize(("channel", "target_s"), WAIT_TARGETS.items())
def test_past_target_is_beyond_the_target(channel: str, target_s: int) -> None:
    """M2: who has waited exactly the target is not past it; the target is that of the channel."""
    log = Log(channel=channel).queued(clock(0))

    expects(log, clock(target_s), waiting=1, waiting_past_target=0)
    if target_s < 14_400:
        expects(log, clock(target_s + 10), waiting=1, waiting_past_target=1)


def test_quantiles_are_nearest_ranks() -> None:
    """Of waits of 1 … 10 s: the median is the 5th, p90 the 9th."""
    log = Log()
    for wait_s in range(1, 11):
        log.of(conversation=f"c{wait_s}").queued("00:00").accepted(clock(wait_s))

    expects(log, "01:00", wait_p50_s_5m=5, wait_p90_s_5m=9, asa_s_5m=Fraction("5.5"))


def test_a_sample_belongs_to_its_end() -> None:
    """Queued in one window and answered in a later one.

    5m:  [00:00 ── queued ── 05:00) [05:00 ── answered ── 10:00)
    """
    log = Log().queued("04:59.999").accepted("05:00")

    expects(log, "05:00", queued_5m=1, answered_5m=0, asa_s_5m=None)
    expects(log, "10:00", queued_5m=0, answered_5m=1, asa_s_5m=Fraction("0.001"))
    expects(log, "10:10", queued_5m=0, answered_5m=0, asa_s_5m=None, answered_30m=1, answered_7d=1)


def test_no_data_is_no_number() -> None:
    """An empty window has counts of 0 and no mean, quantile or ratio."""
    log = Log().queued("00:00")

    expects(log, "01:00", answered_5m=0, asa_s_5m=None, wait_p50_s_5m=None, wait_p90_s_5m=None)
    expects(log, "01:00", abandonment_5m=None, sl1_5m=None, sl3_5m=None, sl_live_5m=None, csat_mean_5m=None)


def test_today_begins_at_midnight() -> None:
    """At midnight sharp it is still the day that ends; ten seconds later a new one."""
    log = Log().queued("0:00").accepted("0:05").of(conversation="d").queued("23:59:50").accepted("23:59:59.999")

    expects(log, "24:00:00", answered_today=2)
    expects(log, "24:00:10", answered_today=0, asa_s_today=None, answered_7d=2, answered_5m=1)


def test_seven_days_begin_at_a_quarter_of_an_hour() -> None:
    """7d is floored: at 7 d 00:29:50 it begins at 00:15, at 7 d 00:30 at 00:30."""
    log = Log()
    log.of(conversation="a").queued("14:00").accepted("14:59.999")
    log.of(conversation="b").queued("14:00").accepted("15:00")

    expects(log, "168:14:50", answered_7d=2, queued_7d=2)
    expects(log, "168:29:50", answered_7d=1, queued_7d=0, asa_s_7d=60)
    expects(log, "168:30:00", answered_7d=0)


def test_means_are_of_sums() -> None:
    """Levels above add sums and counts: (1 × 10 s + 3 × 50 s) / 4 is 40 s, not the mean of 10 and 50."""
    log = Log()
    log.of(conversation="a").queued("00:00", "sales").accepted("00:10")
    for name in ("b", "c", "d"):
        log.of(conversation=name).queued("00:00").accepted("00:50")

    expects(log, "01:00", "default", "chat", "sales", asa_s_5m=10)
    expects(log, "01:00", "default", "chat", "billing", asa_s_5m=50)
    expects(log, "01:00", "default", "chat", asa_s_5m=40)
    expects(log, "01:00", "default", asa_s_5m=40)


@pytest.mark.parametrize(("channel", "limit_s"), [("voice", 5), ("chat", 10), ("web", 10), ("sms", 10)])
def test_short_abandons(channel: str, limit_s: int) -> None:
    """M5: leaving within the limit, which is in it, is a short abandon; by hanging up or by closing."""
    log = Log(channel=channel)
    log.of(conversation="a").queued("00:00").abandoned(clock(limit_s))
    log.of(conversation="b").queued("00:00").closed(clock(limit_s), by="customer")
    log.of(conversation="c").queued("00:00").abandoned(clock(limit_s + 0.001))
    log.of(conversation="d").queued("00:00").closed(clock(limit_s + 0.001), by="customer")

    expects(log, "01:00", short_abandoned_5m=2, abandoned_5m=2)


@pytest.mark.parametrize("channel", ["social", "email", "offline", "whatsapp"])
def test_no_short_abandons_elsewhere(channel: str) -> None:
    """M5: the other channels have no short abandons: who leaves at once has left."""
    log = Log(channel=channel).queued("00:00").abandoned("00:00")

    expects(log, "01:00", short_abandoned_5m=0, abandoned_5m=1, abandonment_5m=1)


def test_abandonment_leaves_out_the_short_ones() -> None:
    """M5: 3 answered, 1 abandoned, 1 short: 1/4; its twin with the short ones is 2/5."""
    log = Log()
    for name in ("a", "b", "c"):
        log.of(conversation=name).queued("00:00").accepted("00:20")
    log.of(conversation="d").queued("00:00").abandoned("00:20")
    log.of(conversation="e").queued("00:00").abandoned("00:02")

    expects(log, "01:00", abandonment_5m=Fraction(1, 4), abandonment_with_short_5m=Fraction(2, 5))


def test_only_short_abandons_have_no_abandonment() -> None:
    """M5: nobody answered and only short abandons: no denominator, no ratio; with the short ones it is 1."""
    log = Log().queued("00:00").abandoned("00:02")

    expects(log, "01:00", abandonment_5m=None, abandonment_with_short_5m=1)


def test_other_ends_are_in_no_abandonment() -> None:
    """M5: flow-outs, callbacks, closes by agents and lost legs have counts of their own and are in no ratio."""
    log = Log()
    log.of(conversation="a").queued("3:00:00").accepted("3:00:20")
    log.of(conversation="b").queued("3:00:00").flowed_out("3:00:20")
    log.of(conversation="c").queued("3:00:00").callback("3:00:20")
    log.of(conversation="d").queued("3:00:00").closed("3:00:20")
    log.of(conversation="e").queued("0:00:00")

    expects(log, "4:00:10", flowed_out_today=1, callback_today=1, agent_closed_today=1, lost_today=1, answered_today=1)
    expects(log, "4:00:10", abandonment_today=0, sl1_today=1, sl2_today=1, sl3_today=1, asa_s_today=20)


def test_abandonment_is_of_legs_by_queue() -> None:
    """M5: who flows out of one queue and leaves the next has abandoned the next one only."""
    log = Log().queued("00:00", "billing").queued("01:00", "sales").abandoned("02:00")

    expects(log, "05:00", "default", "chat", "billing", flowed_out_5m=1, abandoned_5m=0, abandonment_5m=None)
    expects(log, "05:00", "default", "chat", "sales", flowed_out_5m=0, abandoned_5m=1, abandonment_5m=1)


def test_abandoned_conversations() -> None:
    """M5's twin: of the conversations that entered a queue, those whose last leg was abandoned and nobody replied to.

    a was answered, b left, c left after a flow-out, d left its second leg but had a reply: 2 of 4.
    """
    log = Log()
    log.of(conversation="a").queued("00:00").accepted("00:20")
    log.of(conversation="b").queued("00:00").abandoned("00:20")
    log.of(conversation="c").queued("00:00").queued("00:10", "sales").abandoned("00:30")
    log.of(conversation="d").queued("00:00").accepted("00:10").human("00:12").queued("00:20").abandoned("00:40")

    values = offline(log.lines, after("01:00")).values(after("01:00"))

    series = ("support_tenant_rolling_conversation_abandonment_ratio", (("tenant", "default"), ("window", "5m")))
    assert values[series] == pytest.approx(0.5)


def test_the_identity() -> None:
    """M8: queued is what has ended, each in one way, and what still waits."""
    log = Log()
    ends = ("accepted", "abandoned", "flowed_out", "callback", "closed")
    for number, end in enumerate(ends):
        getattr(log.of(conversation=f"c{number}").queued("00:00"), end)("00:30")
    log.of(conversation="short").queued("00:00").abandoned("00:01")
    log.of(conversation="still").queued("00:00")

    expects(log, "01:00", queued_5m=7, waiting=1, answered_5m=1, abandoned_5m=1, short_abandoned_5m=1)
    expects(log, "01:00", flowed_out_5m=1, callback_5m=1, agent_closed_5m=1, lost_5m=0)
