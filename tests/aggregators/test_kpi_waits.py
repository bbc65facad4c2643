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


def shown(log: Log, clock: str, metric: str, **labels: str) -> float | None:
    """Return a number of the tenant at a clock reading, None where it is absent."""
    values = offline(log.lines, after(clock)).values(after(clock))
    wanted = {"tenant": "default", **labels}
    found = [x for (name, pairs), x in values.items() if name == f"support_tenant_{metric}" and dict(pairs) == wanted]
    return next(iter(found), None)


def of_5m(log: Log, clock: str, metric: str, **labels: str) -> float | None:
    """Return a number of the five minutes before a clock reading."""
    return shown(log, clock, f"rolling_{metric}", window="5m", **labels)


def test_who_entered_a_queue_and_how_it_ended() -> None:
    """M5's twin: a short one and who still waits are in neither part, a callback and an agent's close are in the whole.

    a left after 30 s; b left after 5 s (short, at most 10 s); c waits: 1 of 1. With d, who is to be called back, 1 of
    2; with e, closed by an agent, 1 of 3.
    """
    log = Log()
    log.of(conversation="a").queued("00:00").abandoned("00:30")
    log.of(conversation="b").queued("00:00").abandoned("00:05")
    log.of(conversation="c").queued("00:00")
    log.of(conversation="d").queued("00:00").callback("00:50")
    log.of(conversation="e").queued("00:00").closed("01:10")

    assert of_5m(log, "00:40", "conversation_abandonment_ratio") == 1
    assert of_5m(log, "01:00", "conversation_abandonment_ratio") == pytest.approx(1 / 2)
    assert of_5m(log, "01:20", "conversation_abandonment_ratio") == pytest.approx(1 / 3)


def test_whose_last_leg_was_lost_neither_left_nor_stayed() -> None:
    """M5's twin: a left; b was answered; c gave one queue up and was lost in the next after 4 h: 1 of 2, c in neither.

    d was lost at 4:00:00; what it queues for at 5:00 is another wait, which it left: 2 of 3.
    """
    log = Log()
    log.of(conversation="a").queued("0:00:00").abandoned("0:00:30")
    log.of(conversation="b").queued("0:00:00").accepted("0:00:30")
    log.of(conversation="c").queued("0:00:00").abandoned("0:00:30").queued("0:01:00", "sales")
    log.of(conversation="d").queued("0:00:00").queued("5:00:00").abandoned("5:00:30")

    assert shown(log, "4:30:00", "rolling_lost", window="today") == 2
    assert shown(log, "4:30:00", "rolling_conversation_abandonment_ratio", window="today") == pytest.approx(1 / 2)
    assert shown(log, "5:01:00", "rolling_conversation_abandonment_ratio", window="today") == pytest.approx(2 / 3)


def test_a_call_that_was_answered_was_spoken_to() -> None:
    """M5's twin: nobody writes in a call. Who hung up in a second queue had talked; who never got through had not."""
    log = Log()
    pen = log.of(conversation="a", channel="voice").queued("00:00").accepted("00:10")
    pen.queued("00:40").abandoned("01:00")
    assert of_5m(log, "01:10", "conversation_abandonment_ratio") == 0

    log.of(conversation="b", channel="voice").queued("00:00").abandoned("01:00")
    assert of_5m(log, "01:10", "conversation_abandonment_ratio") == pytest.approx(1 / 2)


def test_variants_of_abandonment() -> None:
    """M5 of three answered, one who left after 30 s, one after 5 s, and one who waits: six queued.

    Without short ones, as Google's CCAI Platform has it, 1 of 4; with them 2 of 5; over those queued, as Amazon has it,
    2 of 6.
    """
    log = Log()
    for name in "abc":
        log.of(conversation=name).queued("00:00").accepted("00:20")
    log.of(conversation="d").queued("00:00").abandoned("00:30")
    log.of(conversation="e").queued("00:00").abandoned("00:05")
    log.of(conversation="f").queued("00:00")

    assert of_5m(log, "01:00", "abandonment_ratio") == pytest.approx(1 / 4)
    assert of_5m(log, "01:00", "abandonment_with_short_ratio") == pytest.approx(2 / 5)
    assert of_5m(log, "01:00", "abandonment_of_queued_ratio") == pytest.approx(2 / 6)


def test_waits_of_all_and_of_a_customer() -> None:
    """M2, M3, M4: answered after 10 s in billing, and queued again for sales at 0:20, left after 30 s there.

    The mean wait of all legs is (10 + 30) / 2 = 20, the customer's 10 + 30 = 40; who gives up does so after 30 s,
    within the 1 % of a bin. At 0:45 the leg is 25 s old, the customer 45 s.
    """
    log = Log().queued("00:00").accepted("00:10").queued("00:20", queue="sales").abandoned("00:50")
    waiting = Log().queued("00:00").accepted("00:10").queued("00:20", queue="sales")

    assert of_5m(log, "01:00", "wait_all_mean_seconds") == pytest.approx(20)
    assert of_5m(log, "01:00", "customer_wait_mean_seconds") == pytest.approx(40)
    assert of_5m(log, "01:00", "wait_mean_seconds") == pytest.approx(10)
    assert of_5m(log, "01:00", "abandon_wait_seconds", q="0.5") == pytest.approx(30, rel=0.01)
    assert shown(waiting, "00:45", "oldest_wait_seconds") == 25
    assert shown(waiting, "00:45", "oldest_customer_wait_seconds") == 45


def test_a_lost_leg_is_in_no_wait_of_the_customer() -> None:
    """M3, presumed lost: queued at 0:00, given up at 4:00, queued again at 5:00 and accepted 30 s later: 30 s."""
    log = Log().queued("0:00:00").queued("5:00:00")

    assert shown(log, "5:00:10", "oldest_customer_wait_seconds") == 10
    assert of_5m(log.accepted("5:00:30"), "5:01:00", "customer_wait_mean_seconds") == pytest.approx(30)


def test_a_room_that_is_used_again_is_another_wait() -> None:
    """M2, M3: closed, and queued ten days later for 40 s: of those alone. Within the episode gap of 24 h it goes on.

    First 10 s, then 40 s: the first wait stays where it was, 10 s at 0:10 of the first day.
    """
    log = Log().queued("00:00").accepted("00:10").human("00:20").closed("02:00").queued("240:00:00")

    assert of_5m(log, "01:00", "customer_wait_mean_seconds") == pytest.approx(10)
    assert shown(log, "240:00:30", "oldest_customer_wait_seconds") == 30
    log.abandoned("240:00:40")
    assert of_5m(log, "240:01:00", "customer_wait_mean_seconds") == pytest.approx(40)
    # The reply of ten days ago is none to this one.
    assert of_5m(log, "240:01:00", "conversation_abandonment_ratio") == 1
    assert shown(log, "240:01:00", "rolling_customer_wait_mean_seconds", window="7d") == pytest.approx(40)

    soon = (
        Log().queued("00:00").accepted("00:10").human("00:20").closed("02:00").queued("23:00:00").abandoned("23:00:40")
    )
    assert of_5m(soon, "23:01:00", "customer_wait_mean_seconds") == pytest.approx(50)
    assert of_5m(soon, "23:01:00", "conversation_abandonment_ratio") == 0


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


def test_legs_by_how_they_ended_of_all_time() -> None:
    """M8: one of each way and two answered; who still waits at 0:01 is given up 4 h after the queueing.

    Its end that comes later takes that back: a callback more, and nobody lost.
    """
    log = Log()
    for number, end in enumerate(("accepted", "accepted", "abandoned", "flowed_out", "callback", "closed")):
        getattr(log.of(conversation=f"c{number}").queued("00:00"), end)("00:30")
    log.of(conversation="short").queued("00:00").abandoned("00:01")
    still = log.of(conversation="still").queued("00:00")

    def ended(clock: str) -> dict[str, float]:
        values = offline(log.lines, after(clock)).values(after(clock))
        rows = [(dict(pairs), value) for (name, pairs), value in values.items() if name == "support_tenant_legs_total"]
        return {labels["outcome"]: value for labels, value in rows}

    ways = {"answered": 2, "abandoned": 1, "short_abandoned": 1, "flowed_out": 1, "callback_requested": 1}
    assert ended("01:00") == ways | {"agent_closed": 1}
    assert ended("5:00:00") == ways | {"agent_closed": 1, "lost": 1}
    still.callback("5:30:00")
    assert ended("6:00:00") == ways | {"agent_closed": 1, "callback_requested": 2}
