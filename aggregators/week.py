"""The hours of the week: how many came in each of them, by the clock of the tenant's zone (M70).

    hours of UTC     |==|==|==| . . . |==|==|      since the later of: so many weeks ago, the first full hour known
    by local clocks  Mon 9:00 ────────────────── Mon 9:00 of the next week, and of the one after it

An hour of UTC belongs to the local hour in which it begins. Hours are kept for 90 days, which is twelve weeks and some.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import measures as m
from aggregators import points
from aggregators.instants import DAY_MS, HOUR_MS, SECOND_MS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

MEASURES: Final[Mapping[str, int]] = {"contacts": points.CONTACT.choice(1), "queued": m.QUEUED}
"""What is told by hours of the week, by the name of its metric in windows."""
DAYS: Final = 7
HOURS: Final = 24
MOST_WEEKS: Final = 12


class Cell(NamedTuple):
    """An hour of the week: how many came in all, in how many such hours."""

    total: int
    hours: int

    @property
    def mean(self) -> float | None:
        """How many come in such an hour; None where none is known."""
        return self.total / self.hours if self.hours else None


def span_of_weeks(weeks: int, *, as_of: int, first: int) -> tuple[int, int]:
    """Return [from, to) in epoch ms: full hours of the last *weeks* before *as_of*, all of them after *first*.

    *first* is the first instant that is known. Both are the same where there is no full hour.
    """
    until = as_of - as_of % HOUR_MS
    return min(until, max(until - weeks * DAYS * DAY_MS, first + -first % HOUR_MS)), until


def hours_of_week(counts: Mapping[int, int], *, since: int, until: int, zone: tzinfo) -> list[list[Cell]]:
    """Return the cells of Monday to Sunday, each of 24 hours, of the hours of [*since*, *until*).

    *counts* says how many came by the start of the hour (epoch ms); in those that it does not name nobody did. Where
    clocks are set back an hour comes twice, where they are set forward one is missing.
    """
    totals = [[0] * HOURS for _ in range(DAYS)]
    numbers = [[0] * HOURS for _ in range(DAYS)]
    for start in range(since, until, HOUR_MS):
        local = datetime.fromtimestamp(start // SECOND_MS, zone)
        totals[local.weekday()][local.hour] += counts.get(start, 0)
        numbers[local.weekday()][local.hour] += 1
    return [[*map(Cell, *of_day)] for of_day in zip(totals, numbers, strict=True)]
