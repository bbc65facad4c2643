"""Patience by Kaplan and Meier: against a published curve, and against what it is where nobody is answered."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.instants import DAY_MS
from aggregators.kaplan_meier import Curve, curve, mean_s, quantile_s, share_beyond
from aggregators.sketch import RELATIVE_ERROR, bin_of
from stream.offline import Offline
from tests.logs import T0, Log, after
from tests.oracle import instant
from tests.reference import REAL_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLES = settings(max_examples=300, derandomize=True, database=None, deadline=None)
WAITS = st.lists(st.integers(0, 2_000) | st.integers(0, DAY_MS), min_size=1, max_size=50)

# The patients of Freireich et al. (1963) on 6-mercaptopurine, as every textbook has them, with 10 s for a week: 21 of
# them, nine of which had a relapse (here: gave up), the others were followed for no longer (here: were answered).
#
#   gave up after   60 60 60 70 100 130 160 220 230
#   answered after  60 90 100 110 170 190 200 250 320 320 340 350
#
#   at      there  gave up  wait for longer
#    60 s     21      3      18/21                = 0.857
#    70 s     17      1      0.857 · 16/17        = 0.807
#   100 s     15      1      0.807 · 14/15        = 0.753
#   130 s     12      1      0.753 · 11/12        = 0.690
#   160 s     11      1      0.690 · 10/11        = 0.627
#   220 s      7      1      0.627 ·  6/7         = 0.538
#   230 s      6      1      0.538 ·  5/6         = 0.448
#
# The area up to 350 s, as R prints it for weeks (23.29): 60 + 10·0.857143 + 30·0.806723 + 30·0.752941 + 30·0.690196
# + 60·0.627451 + 10·0.537815 + 120·0.448179 = 232.874 s.
GAVE_UP_S = (60, 60, 60, 70, 100, 130, 160, 220, 230)
ANSWERED_S = (60, 90, 100, 110, 170, 190, 200, 250, 320, 320, 340, 350)
SHARES = {60: 0.857, 70: 0.807, 100: 0.753, 130: 0.690, 160: 0.627, 220: 0.538, 230: 0.448}
AREA_S = 232.874


def bins(waits_ms: Iterable[int]) -> Counter[int]:
    """Return waits as a sketch keeps them."""
    return Counter(map(bin_of, waits_ms))


def textbook() -> Curve:
    """Return the curve of the patients."""
    return curve(bins(1_000 * s for s in GAVE_UP_S), bins(1_000 * s for s in ANSWERED_S))


def test_the_textbooks_curve() -> None:
    """M4: after each wait at which somebody gave up the share that the textbooks have, and the same until the next."""
    for wait_s, share in SHARES.items():
        assert share_beyond(textbook(), 1_000 * wait_s) == pytest.approx(share, abs=0.0005)
    assert share_beyond(textbook(), 59_000) == 1
    assert share_beyond(textbook(), 97_000) == share_beyond(textbook(), 70_000)
    assert share_beyond(textbook(), 350_000) == share_beyond(textbook(), 230_000)


def test_the_textbooks_median_and_mean() -> None:
    """M4: half have given up by 230 s, though the median of those who did is 100 s; three quarters never."""
    assert quantile_s(textbook(), 0.5) == pytest.approx(230, rel=RELATIVE_ERROR)
    assert quantile_s(textbook(), 0.25) == pytest.approx(130, rel=RELATIVE_ERROR)
    assert quantile_s(textbook(), 0.75) is None
    assert mean_s(textbook()) == pytest.approx(AREA_S / (1 - 0.448179), rel=RELATIVE_ERROR)


def test_nothing_is_known_beyond_the_longest_wait() -> None:
    """At 360 s nobody was watched any more; where all had given up before, nobody waits for longer."""
    assert share_beyond(textbook(), 360_000) is None
    assert share_beyond(curve(bins([10_000, 20_000]), {}), 360_000) == 0
    assert share_beyond(curve({}, {}), 0) is None


def test_who_is_answered_at_the_same_wait_was_still_there() -> None:
    """Two waited 10 s, one of them was answered: a half gave up, not all of one."""
    assert share_beyond(curve(bins([10_000]), bins([10_000])), 10_000) == 0.5


def test_where_nobody_gives_up_no_patience_is_known() -> None:
    """Not 0: all of them would have waited for longer."""
    answered = curve({}, bins([5_000, 60_000]))

    assert (quantile_s(answered, 0.5), mean_s(answered)) == (None, None)
    assert share_beyond(answered, 60_000) == 1


# Up to 50 ms a bin is one millisecond: what is computed of it has no error of a sketch, and bin 10 holds 10 ms.


def test_quantile_and_mean_to_the_microsecond() -> None:
    """Of 10, 20, 30 and 40 ms: half have given up by 20 ms, and on average they wait 25 ms."""
    four = curve({10: 1, 20: 1, 30: 1, 40: 1}, {})

    assert four == Curve(((10, 0.75), (20, 0.5), (30, 0.25), (40, 0)), 40)
    assert [quantile_s(four, q) for q in (0.25, 0.5, 0.51, 1)] == [0.01, 0.02, 0.03, 0.04]
    assert mean_s(four) == pytest.approx(0.025, rel=1e-9)


def test_what_is_answered_stretches_the_mean() -> None:
    """Gave up after 10 and 30 ms, answered after 20 and 40: 3/4 wait longer than 10 ms, 3/4 · 1/2 longer than 30.

    The area is 10 · 1 + 20 · 3/4 + 10 · 3/8 = 28.75 ms; 5/8 are gone by then: 28.75 ÷ 5/8 = 46 ms.
    """
    found = curve({10: 1, 30: 1}, {20: 1, 40: 1})

    assert found == Curve(((10, 0.75), (30, 0.375)), 40)
    assert found.end == 0.375
    assert mean_s(found) == pytest.approx(0.046, rel=1e-9)


def test_a_half_is_a_half_though_thirds_are_multiplied() -> None:
    """Of six one after another two have given up, of the four that are left one: 2/3 · 3/4, a half to rounding."""
    found = curve({10: 2, 20: 1, 30: 3}, {})

    assert quantile_s(found, 0.5) == 0.02
    assert quantile_s(Curve(((20, 0.5 + 1e-12), (30, 0.25)), 40), 0.5) == 0.02


def test_bins_that_hold_nobody_are_none() -> None:
    """What was taken back leaves a 0 behind, that is no longest wait; and of nobody there is none."""
    assert curve({10: 2, 40: 0}, {20: 1, 50: 0}) == curve({10: 2}, {20: 1}) == Curve(((10, 1 / 3),), 20)
    assert curve({10: 0}, {}) == curve({}, {}) == Curve((), -1)
    assert curve({}, {}).end == 1


def test_who_all_gave_up_at_once_waits_for_no_longer() -> None:
    """Within the millisecond of the queueing."""
    assert share_beyond(curve({0: 2}, {}), 10_000) == 0
    assert share_beyond(curve({1: 2}, {}), 0) == 1


@EXAMPLES
@given(waits=WAITS)
@example(waits=[0])
@example(waits=[10_000, 20_000])
def test_without_an_answer_it_is_what_was_seen(waits: list[int]) -> None:
    """The ⌈n/2⌉-th smallest is the median, the mean the mean, each within 1 %, and the share beyond a count."""
    found = curve(bins(waits), {})
    ordered = sorted(waits)
    median = ordered[math.ceil(len(ordered) / 2) - 1]
    mean = math.fsum(waits) / len(waits)
    beyond = sum(bin_of(wait) > bin_of(median) for wait in waits) / len(waits)

    assert quantile_s(found, 0.5) == pytest.approx(median / 1_000, rel=RELATIVE_ERROR)
    assert mean_s(found) == pytest.approx(mean / 1_000, rel=RELATIVE_ERROR, abs=1e-9)
    assert share_beyond(found, median) == pytest.approx(beyond, abs=1e-9)


@EXAMPLES
@given(gone=WAITS, answered=WAITS)
def test_the_curve_only_falls_and_answers_only_raise_it(gone: list[int], answered: list[int]) -> None:
    """A customer who is answered would have waited for longer: nowhere fewer are left than if that were giving up."""
    found, without = curve(bins(gone), bins(answered)), curve(bins([*gone, *answered]), {})
    shares = [1.0, *(share for _, share in found.falls)]

    assert shares == sorted(shares, reverse=True)
    assert shares[-1] >= 0
    for index, share in found.falls:
        least = next((left for at, left in reversed(without.falls) if at <= index), 1.0)
        assert share >= least - 1e-9


def shown(log: Log, definitions: Definitions) -> dict[tuple[str, str], float]:
    """Return what is shown of patience in 30 min at 00:30:00, by level and metric, a quantile as `name:q`."""
    made = Offline(definitions=definitions)
    made.feed(log.lines)
    found = {}
    for (name, pairs), value in made.values(after("30:00")).items():
        labels = dict(pairs)
        _, level, *words = name.split("_")
        if "patience" in name and labels["window"] == "30m":
            found[level, ":".join(["_".join(words), *([labels["q"]] if "q" in labels else [])])] = value
    return found


def patients() -> Log:
    """Return a chat for each of the patients. The target of a chat is 60 s."""
    log = Log()
    for number, wait_s in enumerate(GAVE_UP_S):
        log.of(conversation=f"gone-{number}").queued("00:00").abandoned(T0 + 1_000 * wait_s)
    for number, wait_s in enumerate(ANSWERED_S):
        log.of(conversation=f"answered-{number}").queued("00:00").accepted(T0 + 1_000 * wait_s)
    return log


def test_the_board_shows_it() -> None:
    """M4: at queue, channel and tenant; a tenant has no one target. Quantiles that are not reached are absent."""
    found = shown(patients(), Definitions(families=("patience",)))

    assert found == {
        **{
            (level, f"rolling_patience_{name}"): pytest.approx(value, rel=RELATIVE_ERROR)
            for level in ("queue", "channel", "tenant")
            for name, value in (("seconds:0.5", 230), ("mean_seconds", AREA_S / (1 - 0.448179)))
        },
        ("queue", "rolling_patience_beyond_target_ratio"): pytest.approx(18 / 21),
        ("channel", "rolling_patience_beyond_target_ratio"): pytest.approx(18 / 21),
    }


def test_the_target_is_that_of_the_queue_where_it_has_one() -> None:
    """Of billing it is 70 s: 18/21 · 16/17 wait for longer; the channel keeps its own."""
    definitions = Definitions(families=("patience",), queue_wait_target_ms={"billing": 70_000})
    found = shown(patients(), definitions)

    assert found["queue", "rolling_patience_beyond_target_ratio"] == pytest.approx(18 / 21 * 16 / 17)
    assert found["channel", "rolling_patience_beyond_target_ratio"] == pytest.approx(18 / 21)


@pytest.mark.skipif(not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl")
def test_on_a_real_day_it_is_that_of_the_calls_one_by_one() -> None:
    """1,174 of 2,755 callers gave up, half of those within 21 s; half of all would not wait for longer than 90 s."""
    begun: dict[str, int] = {}
    waits: list[tuple[int, bool]] = []
    lines = REAL_DAY.read_bytes().splitlines()
    for line in lines:
        event = json.loads(line)
        at = instant(event["at"]) or 0
        if event["type"] == "chat.queued":
            begun[event["conversation"]] = at
        elif event["type"] in ("chat.abandoned", "chat.accepted"):
            waits.append((at - begun.pop(event["conversation"]), event["type"] == "chat.accepted"))
    waits.sort()
    left, area, before, median = 1.0, 0.0, 0, 0
    for there, (wait, answered) in zip(range(len(waits), 0, -1), waits, strict=True):
        area += left * (wait - before)
        before = wait
        left *= 1 if answered else 1 - 1 / there
        median = median or (wait if left <= 0.5 else 0)

    made = Offline(definitions=Definitions(families=("patience",)))
    made.feed(lines)
    values = made.values(instant("1999-05-24T12:00:00Z") or 0)
    found = {
        (name, dict(pairs).get("q")): value
        for (name, pairs), value in values.items()
        if dict(pairs).get("window") == "7d"
    }

    assert (len(waits), median) == (2_755, 90_000)
    assert found["support_tenant_rolling_patience_seconds", "0.5"] == pytest.approx(90, rel=0.01)
    mean = area / (1 - left) / 1_000
    assert found["support_tenant_rolling_patience_mean_seconds", None] == pytest.approx(mean, rel=0.01)


def test_nobody_who_has_not_asked_sees_it() -> None:
    """It is in a family of its own."""
    assert shown(patients(), Definitions()) == {}
