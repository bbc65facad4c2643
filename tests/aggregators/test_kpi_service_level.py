"""M6: the service level in its variants, which share their counters and never their names."""

from fractions import Fraction

import pytest

from aggregators.definitions import Definitions
from stream.offline import Offline
from tests.logs import Log, after, expects


def contacts(*, answered: dict[str, int], abandoned: dict[str, int], channel: str = "voice") -> Log:
    """A log with so many answered and so many abandoned legs of each wait, all queued at 00:00."""
    log = Log(channel=channel)
    for end, waits in (("accepted", answered), ("abandoned", abandoned)):
        for wait, number in waits.items():
            for n in range(number):
                getattr(log.of(conversation=f"{end}-{wait}-{n}").queued("00:00"), end)(wait)
    return log


def in_percent(value: Fraction) -> float:
    """To one decimal, as the write-ups print it."""
    return round(float(100 * value), 1)


GOLDEN = contacts(answered={"00:20": 860, "00:20.001": 140}, abandoned={"00:05": 10, "00:20": 10, "00:50": 40})
"""A = 1000, 860 of them within 20 s; B = 60, 20 of them within 20 s, 10 of those short."""


@pytest.mark.parametrize(
    ("column", "right", "percent"),
    [
        ("sl1_5m", Fraction(860, 1000), 86.0),
        ("sl2_5m", Fraction(860, 1060), 81.1),
        ("sl3_5m", Fraction(860, 1040), 82.7),
        ("sl4_5m", Fraction(880, 1060), 83.0),
        ("sl5_5m", Fraction(870, 1060), 82.1),
        ("sl6_5m", Fraction(880, 1060), 83.0),
    ],
)
def test_golden_numbers(column: str, right: Fraction, percent: float) -> None:
    """The numbers of the trade's write-ups: A=1000, B=60, A≤20=860, B≤20=20, S=10."""
    assert in_percent(right) == percent
    expects(GOLDEN, "05:00", answered_5m=1000, abandoned_5m=50, short_abandoned_5m=10, **{column: right})


@pytest.mark.parametrize(
    ("column", "percent"),
    [("sl3_5m", 77.8), ("sl2_5m", 70.0), ("sl4_5m", 80.0)],
    ids=["ignore", "negative", "positive"],
)
def test_three_ways_to_treat_abandoned_calls(column: str, percent: float) -> None:
    """70 answered in the threshold, 10 abandoned in it, 20 exceeded it: ignored 77.8, negative 70, positive 80."""
    log = contacts(answered={"00:10": 70, "00:30": 20}, abandoned={"00:10": 10})
    right = {"sl3_5m": Fraction(70, 90), "sl2_5m": Fraction(70, 100), "sl4_5m": Fraction(80, 100)}[column]

    assert in_percent(right) == percent
    expects(log, "05:00", **{column: right})


def test_abandoned_within_the_target_taken_off() -> None:
    """200 of 300 answered in time, 50 of 100 abandoned in time: 200 / (300 + 100 − 50) = 57.14 %."""
    log = contacts(answered={"00:20": 200, "00:40": 100}, abandoned={"00:10": 50, "00:40": 50})

    assert round(100 * 200 / 350, 2) == 57.14
    expects(log, "05:00", sl3_5m=Fraction(200, 350))


@pytest.mark.parametrize(
    ("channel", "at_target", "beyond"),
    [
        ("voice", "00:20", "00:20.001"),
        ("chat", "01:00", "01:00.001"),
        ("web", "01:00", "01:00.001"),
        ("sms", "01:00", "01:00.001"),
        ("social", "1:00:00", "1:00:00.001"),
        ("email", "3:59:59.999", "4:00:00.001"),
        ("offline", "4:00:00", "4:00:00.001"),
        ("whatsapp", "01:00", "01:00.001"),
    ],
)
def test_the_target_is_within(channel: str, at_target: str, beyond: str) -> None:
    """A wait of exactly the target is within it, a millisecond more is not; answered and abandoned alike."""
    log = contacts(channel=channel, answered={at_target: 1, beyond: 1}, abandoned={at_target: 1, beyond: 1})

    expects(log, "4:10:00", sl1_today=Fraction(1, 2), sl2_today=Fraction(1, 4), sl3_today=Fraction(1, 3))
    expects(log, "4:10:00", sl4_today=Fraction(2, 4))


def test_short_abandons_count_in_b() -> None:
    """One answered in time and one short abandon: SL2 1/2, SL3 takes it off B and B≤T alike, SL4 and SL5 credit it."""
    log = contacts(answered={"00:10": 1}, abandoned={"00:03": 1})

    expects(log, "01:00", short_abandoned_5m=1, abandoned_5m=0, sl1_5m=1, sl2_5m=Fraction(1, 2), sl3_5m=1, sl4_5m=1)
    expects(log, "01:00", sl5_5m=1)


def test_who_waits_too_long_lowers_the_live_one() -> None:
    """SL_live counts those who are past the target now, in every window: 1 / (1 + 2); SL3 does not know of them.

    Exactly at the target they are not past it yet.
    """
    log = contacts(answered={"00:10": 1}, abandoned={})
    log.of(conversation="w1").queued("00:00").of(conversation="w2").queued("00:00")

    expects(log, "00:20", sl_live_5m=1, sl3_5m=1, waiting_past_target=0)
    expects(log, "00:30", sl_live_5m=Fraction(1, 3), sl_live_7d=Fraction(1, 3), sl3_5m=1, waiting_past_target=2)
    expects(log, "10:00", sl_live_5m=0, sl3_5m=None, sl1_5m=None)


def test_only_waiting_ones() -> None:
    """Nobody has ended: within the target there is no SL_live, beyond it is 0."""
    log = Log(channel="voice").queued("00:00")

    expects(log, "00:20", sl_live_5m=None)
    expects(log, "00:30", sl_live_5m=0, sl3_5m=None)


def test_each_leg_has_the_target_of_its_channel() -> None:
    """30 s is in time for a chat and late for a call: 1 of 2 at the tenant, 1 and 0 at the channels."""
    log = Log()
    log.of(conversation="a", channel="chat").queued("00:00").accepted("00:30")
    log.of(conversation="b", channel="voice").queued("00:00").accepted("00:30")

    expects(log, "01:00", "default", sl1_5m=Fraction(1, 2))
    expects(log, "01:00", "default", "chat", sl1_5m=1)
    expects(log, "01:00", "default", "voice", sl1_5m=0)


def test_sl6_is_over_the_queued() -> None:
    """SL6: answered, abandoned and callbacks within the target, over those queued in the window, one of whom waits."""
    log = Log(channel="voice")
    log.of(conversation="a").queued("00:00").accepted("00:10")
    log.of(conversation="b").queued("00:00").abandoned("00:03")
    log.of(conversation="c").queued("00:00").callback("00:20")
    log.of(conversation="d").queued("00:00").callback("00:20.001")
    log.of(conversation="e").queued("00:00")

    expects(log, "01:00", sl6_5m=Fraction(3, 5))


def genesys(log: Log, *switches: str) -> float | None:
    """Return SLg in percent to two decimals, as it is shown with the switches."""
    offline = Offline(definitions=Definitions(genesys=switches))
    offline.feed(log.lines)
    labels = (("tenant", "default"), ("window", "5m"), ("variant", "SLg"))
    value = offline.values(after("05:00")).get(("support_tenant_rolling_service_level_ratio", labels))
    return None if value is None else round(100 * value, 2)


def test_the_example_of_genesys() -> None:
    """200 / (300 + 100 − 50) = 57.14 %: A = 300, 200 of them within 20 s; B = 100, 50 of them short; 40 flow out."""
    log = contacts(answered={"00:10": 200, "00:30": 100}, abandoned={"00:05": 50, "00:30": 50})
    for number in range(40):
        log.of(conversation=f"out-{number}").queued("00:00").flowed_out("00:30")

    assert genesys(log, "short_out") == 57.14
    assert genesys(log) == 50.0  # 200 / 400
    assert genesys(log, "abandoned_out") == 66.67  # 200 / 300
    assert genesys(log, "flow_outs_in") == 45.45  # 200 / 440
    assert genesys(log, "flow_outs_in", "short_out") == 51.28  # 200 / 390
    assert genesys(log, "flow_outs_in", "abandoned_out") == 58.82  # 200 / 340


def test_slg_needs_its_switches() -> None:
    """Without any in the definitions there is no such variant; with them and nothing answered it is absent too."""
    offline = Offline()
    offline.feed(contacts(answered={"00:10": 1}, abandoned={}).lines)

    assert not [pairs for _, pairs in offline.values(after("05:00")) if ("variant", "SLg") in pairs]
    assert genesys(contacts(answered={}, abandoned={"00:05": 1}), "short_out") is None


def test_sl6_is_not_capped() -> None:
    """Queued before the window and answered in it: more than those queued in it, SL6 is 2."""
    log = Log(channel="voice")
    log.of(conversation="a").queued("04:59").accepted("05:01")
    log.of(conversation="b").queued("04:59").accepted("05:02")
    log.of(conversation="c").queued("05:00")

    expects(log, "10:00", sl6_5m=2)
