"""How long panes and buckets are kept, to the millisecond."""

import pytest

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import (
    ALL_TIME,
    FINE,
    HOUR,
    QUARTER,
    STOPS_KEPT_MS,
    Pane,
    Width,
    bucket_of,
    is_bucket_kept,
    is_kept,
)
from tests.logs import T0


@pytest.mark.parametrize(
    ("width", "kept_ms"), [(FINE, 2 * HOUR_MS), (QUARTER, 8 * DAY_MS), (HOUR, 90 * DAY_MS)], ids=["10s", "15m", "1h"]
)
def test_a_pane_is_kept_past_its_end(width: Width, kept_ms: int) -> None:
    """While the watermark is less than so much past its end.

    [start · end) · · · kept · · · |watermark: gone
    """
    pane = Pane(width.ms, T0)
    gone = T0 + width.ms + kept_ms

    assert [is_kept(pane, watermark) for watermark in (0, T0, gone - 1, gone, gone + 1)] == [True] * 3 + [False] * 2


def test_all_time_is_kept_for_ever() -> None:
    """However far the watermark goes."""
    assert is_kept(ALL_TIME, T0 + 10_000 * DAY_MS)


def test_widths_fit_into_each_other() -> None:
    """A quarter is whole 10-second panes, an hour whole quarters, a day whole hours."""
    assert [QUARTER.ms % FINE.ms, HOUR.ms % QUARTER.ms, DAY_MS % HOUR.ms] == [0, 0, 0]


@pytest.mark.parametrize("after_ms", [0, 1, 15 * MINUTE_MS - 1])
def test_a_bucket_is_a_quarter_of_an_hour(after_ms: int) -> None:
    """Named by its start; half-open."""
    assert bucket_of(T0 + after_ms) == T0
    assert bucket_of(T0 + after_ms + 15 * MINUTE_MS) == T0 + 15 * MINUTE_MS


@pytest.mark.parametrize("kept_ms", [0, 10 * SECOND_MS, STOPS_KEPT_MS])
def test_a_bucket_is_kept_past_its_end(kept_ms: int) -> None:
    """Its last entry may be a millisecond before that."""
    gone = T0 + 15 * MINUTE_MS + kept_ms

    assert [is_bucket_kept(T0, watermark, kept_ms=kept_ms) for watermark in (gone - 1, gone)] == [True, False]
