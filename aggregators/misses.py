"""Misses: from when to when an agent is in the state of having missed or rejected an offer (KPIS M21)."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from aggregators.instants import DAY_MS
from aggregators.staleness import FORGOTTEN_MS

if TYPE_CHECKING:
    from aggregators.steps import Steps

OVER: Final = 0
"""A change of state, or another offer: what was missed before it is over."""


class Misses:
    """What was missed or rejected within the time of *steps*, or on the day before it.

    It is so until the agent's next change of state or the next offer, for a day at most. What comes at the very instant
    ends nothing: that an agent who misses an offer is taken out of the line is a change of state too.
    """

    __slots__ = ("_is_changed", "_marks", "_spans", "_steps")

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._marks: dict[tuple[int, int], int] = {}
        self._spans: set[tuple[int, int, int]] = set()
        self._is_changed = False

    def mark(self, at: int, what: int, by: int) -> None:
        """Take in *by* more of *what* at an instant: OVER, or what steps where it begins and ends."""
        if self._steps.begin - DAY_MS <= at < self._steps.end:
            number = self._marks.pop((at, what), 0) + by
            if number:
                self._marks[at, what] = number
            self._is_changed = True

    def settle(self) -> None:
        """Let the steps be those of what was taken in."""
        if not self._is_changed:
            return
        self._is_changed = False
        misses = [mark for mark in self._marks if mark[1] != OVER]
        spans: set[tuple[int, int, int]] = set()
        if misses:
            over = sorted([at for at, what in self._marks if what == OVER])
            for at, what in misses:
                place = bisect_right(over, at)
                until = at + FORGOTTEN_MS
                spans.add((at, min(until, over[place]) if place < len(over) else until, what))
        for start, end, what in self._spans - spans:
            self._steps.span(start, end, what, -1)
        for start, end, what in spans - self._spans:
            self._steps.span(start, end, what, 1)
        self._spans = spans
