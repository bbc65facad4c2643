"""The estimators of the expected wait, each by hand, and the back-test that chooses between them."""

from __future__ import annotations

import pytest

from aggregators.expected_wait import (
    ENOUGH,
    NAMES,
    REMEMBERED_MS,
    SCORED,
    SILENT,
    SLOT_MS,
    Backtest,
    Situation,
    by_genesys,
    rank,
    said_of,
)
from tests.logs import T0

BUSY = Situation(
    waiting=3,
    oldest_ms=45_000,
    recent_ms=30_000,
    last_ms=20_000,
    handle_ms=200_000,
    talk_ms=160_000,
    abandonment=0.25,
    working=4,
    available=1,
    shared=2,
    channel_handle_ms=300_000,
    channel_working=10,
)
"""Three wait, the first for 45 s; four handle contacts of 200 s, 160 s of them talk; one in four leaves."""
HEAD, RECENT = NAMES.index("head_of_line"), NAMES.index("recent_mean")


def says(situation: Situation) -> dict[str, float | None]:
    """Return what the estimators say, in seconds."""
    said = zip(NAMES, said_of(situation), strict=True)
    return {name: None if ms is None else ms / 1000 for name, ms in said}


def of(head: int | None = None, recent: int | None = None) -> tuple[int | None, ...]:
    """Return what is said when only these two say anything."""
    said = [*SILENT]
    said[HEAD], said[RECENT] = head, recent
    return tuple(said)


def back_tested(*rows: tuple[int | None, int | None, int]) -> Backtest:
    """Return the back-test of a queue: what two estimators said and the wait, one every 10 s."""
    test = Backtest()
    for place, (head, recent, wait) in enumerate(rows):
        test.tell(T0 + place * SLOT_MS, of(head, recent), None)
        test.score(T0 + place * SLOT_MS, wait)
    return test


def test_each_estimator_by_hand() -> None:
    """M7, (a) to (f).

    position (3 + 1) · 200 / 4 · (1 − 0.25) = 150 · ccai 300 / 10 · 2 / 4 · (3 − 1) + 10 = 40
    genesys 200 · 3 / 4 = 150 · talk (3 + 1) · 160 / 4 = 160
    """
    assert says(BUSY) == {
        "position": 150,
        "recent_mean": 30,
        "last_answered": 20,
        "head_of_line": 45,
        "ccai": 40,
        "genesys": 150,
        "talk": 160,
    }


def test_genesys_with_an_efficiency_and_without_a_handle_time() -> None:
    """AHT 90 s where it is unknown: 90 · 3 / 4 = 67.5; at an efficiency of 0.8, 200 · 3 / (4 · 0.8) = 187.5."""
    assert says(BUSY._replace(handle_ms=None))["genesys"] == 67.5
    assert by_genesys(BUSY, efficiency=0.8) == 187_500


def test_as_many_available_as_wait_is_ten_seconds() -> None:
    """Google CCAI never goes below its 10 s."""
    assert says(BUSY._replace(available=7))["ccai"] == 10


def test_no_working_agents_is_unknown_not_for_ever() -> None:
    """M7: 0 working agents ⇒ unknown, whatever was recent."""
    assert said_of(BUSY._replace(working=0)) == SILENT


def test_what_is_not_known_is_not_said() -> None:
    """Without agents, handle times and answers only the wait of the first in line is known; nobody in line is 0."""
    unknown = dict.fromkeys(NAMES)

    assert says(Situation(waiting=2, oldest_ms=7_000)) == {**unknown, "head_of_line": 7}
    assert says(Situation(waiting=0, oldest_ms=0)) == {**unknown, "head_of_line": 0}


def test_the_estimator_with_the_least_error_is_chosen() -> None:
    """30 waits of 20 s: the head of the line said 25 (error 5), the recent mean 10 (error 10); and the other way."""
    assert back_tested(*[(25_000, 10_000, 20_000)] * ENOUGH).chosen() == HEAD
    assert back_tested(*[(35_000, 10_000, 20_000)] * ENOUGH).chosen() == RECENT
    assert back_tested(*[(25_000, 10_000, 20_000)] * ENOUGH).errors_ms() == {
        "head_of_line": 5_000,
        "recent_mean": 10_000,
    }


def test_with_too_few_answered_none_is_chosen() -> None:
    """29 are not 30."""
    assert back_tested(*[(25_000, 10_000, 20_000)] * (ENOUGH - 1)).chosen() is None


def test_one_that_is_often_silent_is_not_chosen() -> None:
    """Exact 70 times of 100 is not four fifths; 80 of 100 is."""
    rows: list[tuple[int | None, int | None, int]] = [(5_000, 1_000, 1_000)] * 70 + [(5_000, None, 1_000)] * 20
    more: list[tuple[int | None, int | None, int]] = [(5_000, None, 1_000)] * 10

    assert back_tested(*rows, *more).chosen() == HEAD
    assert back_tested(*rows, *[(5_000, 1_000, 1_000)] * 10).chosen() == RECENT


def test_only_the_last_ones_count() -> None:
    """400 on which the recent mean was right make 400 before, on which it was not, forgotten."""
    before, then = [(0, 100_000, 0)] * SCORED, [(100_000, 0, 0)] * SCORED

    assert back_tested(*before).chosen() == HEAD
    assert back_tested(*before, *then).errors_ms() == {"head_of_line": 100_000, "recent_mean": 0}


def test_a_wait_is_scored_against_what_stood_when_it_began() -> None:
    """Told 1 s at T0, 2 s at T0 + 10 s: who came at T0 + 9.999 s was told 1 s; who came before T0, nothing."""
    test = Backtest()
    test.tell(T0, of(head=1_000), None)
    test.tell(T0 + SLOT_MS, of(head=2_000), None)

    test.score(T0 + 9_999, 5_000)
    test.score(T0 - 1, 77_000)

    assert test.errors_ms() == {"head_of_line": 4_000}


def test_it_is_noted_once_in_ten_seconds_and_for_an_hour() -> None:
    """What is told a second later is not; after an hour nobody is scored against it any more."""
    test = Backtest()
    test.tell(T0, of(head=1_000), None)
    test.tell(T0 + 1_000, of(head=9_000), None)
    test.score(T0 + 5_000, 1_000)
    noted = test.errors_ms()

    test.tell(T0 + REMEMBERED_MS + 1, of(head=3_000), None)
    test.score(T0 + 5_000, 50_000)

    assert noted == test.errors_ms() == {"head_of_line": 0}


def test_the_band_is_that_of_those_who_were_told_the_like() -> None:
    """100 were told 10 s and waited 1 to 100 s, 100 were told 1000 s and waited 901 to 1000 s: who is told 10 s now.

    By nearest rank the 50th and the 90th of the hundred nearest: 50 s and 90 s.
    """
    rows = [(10_000, None, wait * 1_000) for wait in range(1, 101)]
    rows += [(1_000_000, None, wait * 1_000) for wait in range(901, 1_001)]
    test = back_tested(*rows)

    assert test.band(HEAD, 10_000, at=T0) == (50_000, 90_000)
    assert test.band(HEAD, 1_000_000, at=T0 + SLOT_MS) == (950_000, 990_000)


def test_a_band_stands_for_ten_seconds() -> None:
    """While the same estimator is chosen; a second look need not sort anything."""
    test = back_tested(*[(10_000, 500, wait * 1_000) for wait in range(1, 101)])
    first = test.band(HEAD, 10_000, at=T0)
    for _ in range(20):
        test.score(T0 + REMEMBERED_MS, 500_000)

    assert test.band(HEAD, 10_000, at=T0 + SLOT_MS - 1) == first == (50_000, 90_000)
    # The latest hundred: waits of 21 to 100 s, and twenty of 500 s.
    assert test.band(HEAD, 10_000, at=T0 + SLOT_MS) == (70_000, 500_000)


def test_the_error_and_the_coverage_are_those_of_what_was_told() -> None:
    """Told 10 to 30 s: waits of 5, 20, 30 and 50 s err by 5, 10, 20, 40; one of four within P50, three within P90."""
    test = Backtest()
    test.tell(T0, of(head=0), (10_000.0, 30_000.0))
    for wait in (5_000, 20_000, 30_000, 50_000):
        test.score(T0, wait)

    assert test.quality() == (18_750, 1 / 4, 3 / 4)


def test_nobody_told_is_no_quality() -> None:
    """Those who came while no band was told are in the choice, and in no coverage."""
    assert back_tested(*[(1_000, None, 1_000)] * ENOUGH).quality() == (None, None, None)


def test_a_band_that_is_too_narrow_widens() -> None:
    """Ten who waited longer than they were told: P90 goes from 0.9 by ten times 0.018 beyond the longest.

    1.08: the longest of the hundred, 100 s, and 5 · 0.08 more of it, 140 s. P50 goes from 0.5 by ten times 0.01: 60 s.
    """
    test = back_tested(*[(10_000, None, wait * 1_000) for wait in range(1, 101)])
    test.tell(T0 + 200 * SLOT_MS, of(recent=0), (1.0, 2.0))
    for _ in range(10):
        test.score(T0 + 200 * SLOT_MS, 100_000)

    low, high = test.band(HEAD, 10_000, at=T0)

    assert low == pytest.approx(60_000)
    assert high == pytest.approx(140_000)


def test_a_band_that_is_too_wide_narrows_and_never_crosses() -> None:
    """Two hundred who waited not as long as told: P90 goes down by 0.002 each to 0.5, P50 to the least there is."""
    test = back_tested(*[(10_000, None, wait * 1_000) for wait in range(1, 101)])
    test.tell(T0 + 200 * SLOT_MS, of(recent=0), (600_000.0, 900_000.0))
    for _ in range(200):
        test.score(T0 + 200 * SLOT_MS, 0)

    low, high = test.band(HEAD, 10_000, at=T0)

    assert low == 1_000
    assert high == pytest.approx(50_000, abs=1_000)


def test_a_clock_that_was_set_back_forgets() -> None:
    """What was told after the instant it is now says nothing of now."""
    test = Backtest()
    test.tell(T0 + REMEMBERED_MS, of(head=1_000), None)
    test.tell(T0, of(head=2_000), None)
    test.score(T0 + REMEMBERED_MS, 2_000)

    assert test.errors_ms() == {"head_of_line": 0}


def test_ranks() -> None:
    """Nearest rank, by hand: of ten the fifth and the ninth; never before the first; 1.02 is 1.1 times the last."""
    values = [*range(1, 11)]

    assert [rank(values, q) for q in (0.5, 0.9, 1.0, 0.0, -1.0)] == [5, 9, 10, 1, 1]
    assert rank(values, 1.02) == pytest.approx(11)
