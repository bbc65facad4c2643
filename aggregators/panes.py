"""Panes: half-open stretches of event time, `[start, start + width)`, and how long each width is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS


@dataclass(frozen=True, slots=True)
class Width:
    """Panes of `ms`, kept until the watermark is `kept_ms` past their end."""

    ms: int
    kept_ms: int


FINE: Final = Width(10 * SECOND_MS, 2 * HOUR_MS)
QUARTER: Final = Width(15 * MINUTE_MS, 8 * DAY_MS)
HOUR: Final = Width(HOUR_MS, 90 * DAY_MS)
WIDTHS: Final = (FINE, QUARTER, HOUR)
_KEPT_MS: Final = {width.ms: width.kept_ms for width in WIDTHS}

STOPS_KEPT_MS: Final = QUARTER.kept_ms
"""The index behind drill-down reaches as far back as the longest rolling window."""


class Pane(NamedTuple):
    """A pane by its width and start in ms. Width 0 stands for all time."""

    width: int
    start: int


ALL_TIME: Final = Pane(0, 0)


def is_kept(pane: Pane, watermark: int) -> bool:
    """Tell whether *pane* still counts when the watermark stands at *watermark*."""
    return not pane.width or pane.start + pane.width + _KEPT_MS[pane.width] > watermark


def bucket_of(instant: int) -> int:
    """Return the start of the quarter of an hour of *instant*: the bucket of everything indexed by time."""
    return instant - instant % QUARTER.ms


def is_bucket_kept(bucket: int, watermark: int, *, kept_ms: int) -> bool:
    """Tell whether a bucket of an index by time still counts, *kept_ms* past its end."""
    return bucket + QUARTER.ms + kept_ms > watermark
