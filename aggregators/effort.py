"""Effort: the handle time of an agent's parts, with each millisecond divided by the parts it had in hand (KPIS M26).

A part is in hand from its accept to the end of its wrap-up, on hold too. What it took on the day of its end is dated
at its end; what it took on a day before, at the midnight that ends that day. A part that nobody ended has no effort,
yet while it was there the others had their agent for a share of the time only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.points import EFFORT, EFFORT_BEFORE, Point

if TYPE_CHECKING:
    from aggregators.samples import Labels


class InHand:
    """How long so many parts were in hand, up to an instant that moves on."""

    __slots__ = ("_lasted", "_since")

    def __init__(self, since: int, lasted: dict[int, int]) -> None:
        self._since = since
        self._lasted = lasted

    def copy(self) -> InHand:
        """Return one that moves on by itself."""
        return InHand(self._since, self._lasted.copy())

    def move(self, at: int, number: int) -> None:
        """Go on to *at*; *number* were in hand until then."""
        if number:
            self._lasted[number] = self._lasted.get(number, 0) + at - self._since
        self._since = at

    def lasted(self) -> dict[int, int]:
        """Return how many ms so many were in hand by now."""
        return self._lasted.copy()

    def took_ms(self, before: dict[int, int]) -> int:
        """Return what a part took of its agent since so many were in hand for so long *before*.

        Rounded down for each number of parts, so that no order of adding up can change it.
        """
        took_ms = 0
        for number, ms in self._lasted.items():
            took_ms += (ms - before.get(number, 0)) // number
        return took_ms


def effort(labels: Labels, *, wrapped: int, end: int, took_ms: int) -> Point:
    """Return what is counted of a part that is wrapped up at *wrapped*, on the day that ends at *end*."""
    ended = wrapped <= end
    return Point(EFFORT.code if ended else EFFORT_BEFORE.code, wrapped if ended else end, labels, took_ms)
