"""The sketch of durations: within 1 % of every value, nearest rank, and exact when something is taken back."""

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.instants import DAY_MS
from aggregators.measures import FAMILY
from aggregators.sketch import EDGES, RELATIVE_ERROR, bin_of, quantiles, value_of

EXAMPLES = settings(max_examples=300, derandomize=True, database=None, deadline=None)
DURATIONS = st.integers(0, 1_000) | st.integers(0, 100 * DAY_MS)
RANKS = (0.01, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


@EXAMPLES
@given(duration_ms=DURATIONS)
@example(duration_ms=1)
@example(duration_ms=20_000)
@example(duration_ms=100 * 365 * DAY_MS)
def test_a_bin_is_within_one_percent(duration_ms: int) -> None:
    """Of every duration it holds."""
    assert abs(value_of(bin_of(duration_ms)) - duration_ms) <= RELATIVE_ERROR * duration_ms


def test_both_ends_of_every_bin_are_within_one_percent() -> None:
    """So is everything between them; the smallest bins hold one millisecond each and are exact."""
    for index, (least, above) in enumerate(pairwise(EDGES)):
        assert [bin_of(least), bin_of(above - 1)] == [index, index]
        for end in (least, above - 1):
            assert abs(value_of(index) - end) <= RELATIVE_ERROR * end * (1 + 1e-9)


def test_no_duration_is_zero_and_zero_is_none() -> None:
    """Zero waits are zero, negative ones (clocks that disagree) count as zero."""
    assert [bin_of(ms) for ms in (-5_000, -1, 0, 1)] == [0, 0, 0, 1]
    assert [value_of(0), value_of(1)] == [0, 1]


def test_the_last_bin_is_open() -> None:
    """Longer than a century there is one bin; all of them have a place of their own in their family."""
    assert bin_of(EDGES[-1] - 1) == len(EDGES) - 2
    assert bin_of(10 * EDGES[-1]) == len(EDGES) - 1 < FAMILY
    assert value_of(len(EDGES) - 1) == EDGES[-1]


@EXAMPLES
@given(durations=st.lists(DURATIONS, min_size=1, max_size=60))
@example(durations=[1] * 9 + [1_000_000])
@example(durations=list(range(100)))
def test_quantiles_are_of_the_nearest_rank(durations: list[int]) -> None:
    """Each within 1 % of the ⌈q · n⌉-th smallest."""
    found = quantiles(Counter(map(bin_of, durations)), RANKS)

    for rank, value in zip(RANKS, found, strict=True):
        exact = sorted(durations)[math.ceil(round(rank * len(durations), 9)) - 1]
        assert abs(value - exact) <= RELATIVE_ERROR * exact, rank


def test_a_rank_that_is_a_whole_number_is_that_sample() -> None:
    """The 90th percentile of ten is the ninth, though 0.9 · 10 is a binary fraction; of 11 the tenth."""
    assert quantiles(Counter(range(10)), [0.9]) == [8]
    assert quantiles(Counter(range(11)), [0.9]) == [9]


@pytest.mark.parametrize("share", [n / 100 for n in range(1, 101)])
def test_whole_ranks_of_a_hundred(share: float) -> None:
    """Of one to a hundred milliseconds, counted by bins of one value each, the n-th percentile is the n-th."""
    exact = {bin_of(ms): 1 for ms in EDGES[1:101]}

    assert quantiles(exact, [share]) == [value_of(round(100 * share))]


@EXAMPLES
@given(stay=st.lists(DURATIONS, min_size=1, max_size=20), gone=st.lists(DURATIONS, max_size=20))
def test_what_is_taken_back_leaves_no_trace(stay: list[int], gone: list[int]) -> None:
    """Bins that are back at zero, and below it, are no samples."""
    bins = Counter(map(bin_of, [*stay, *gone]))
    bins.subtract(map(bin_of, gone))

    assert quantiles(bins, RANKS) == quantiles(Counter(map(bin_of, stay)), RANKS)
