"""Windows: which panes a rolling window is put together from, at an instant.

    15-minute panes      |=======|=======|=======|
    10-second panes                              |--|--|--|
    window               [from . . . . . . . . . . . . . . to)
                                                           as_of stands in the last pane

The last pane is the one that holds as_of - 1 ms, so a new answer shows at once; at multiples of 10 s a window is
exactly [as_of - W, as_of).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import FINE, QUARTER

if TYPE_CHECKING:
    from datetime import tzinfo

_FIXED_MS = {"5m": 5 * MINUTE_MS, "30m": 30 * MINUTE_MS, "1h": HOUR_MS}
WINDOWS = ("5m", "30m", "1h", "today", "7d")
IDENTITY_WINDOWS = tuple(_FIXED_MS)
"""The identity is checked for these: intervals are kept as long as 10-second panes."""
_WEEK_MS = 7 * DAY_MS


class Span(NamedTuple):
    """The panes of a window: 15-minute ones in [start, middle), 10-second ones in [middle, end)."""

    start: int
    middle: int
    end: int


def span(window: str, as_of: int, zone: tzinfo = timezone.utc) -> Span:  # noqa: UP017 - a default, not a call
    """Return the panes of *window* at *as_of* (epoch ms). *today* begins at midnight in *zone*."""
    end = as_of + (-as_of) % FINE.ms
    if window in _FIXED_MS:
        start = as_of - _FIXED_MS[window]
        start -= start % FINE.ms
        return Span(start, start, end)
    middle = as_of - as_of % QUARTER.ms
    start = midnight(as_of - 1, zone) if window == "today" else as_of - _WEEK_MS
    start -= start % QUARTER.ms
    return Span(start, max(start, middle), end)


def midnight(instant: int, zone: tzinfo) -> int:
    """Return the last local midnight in *zone* at or before *instant*, in epoch ms.

    Where a day begins without a midnight (the clock goes forward at 24:00), its first instant is taken.
    """
    local = datetime.fromtimestamp(instant // SECOND_MS, zone)
    day = datetime(local.year, local.month, local.day, tzinfo=zone)
    start = int(day.timestamp()) * SECOND_MS
    if start > instant:  # the hour was repeated across midnight; the day began a day earlier
        start = int((day - timedelta(days=1)).timestamp()) * SECOND_MS
    return start
