"""Steps: what begins and ends within a day, and from when on that is not as it was when it was last looked at.

Two steps of one kind at one instant that cancel each other are none: the steps are a function of what is known, in
whatever order it came and however much of it was taken back.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Final

Step = tuple[Any, ...]
"""(instant, what, more): what it is that changes, and more of it where that says who or what it is."""

_FEW: Final = 16
"""So many are put in their places one by one; of more all are sorted anew."""
_NEVER: Final = 1 << 62


class Steps:
    """The steps of the time from `begin` to `end` (epoch ms): `rows` in order, `numbers` how many more there are."""

    __slots__ = ("_added", "_since", "begin", "end", "numbers", "rows")

    def __init__(self, begin: int, end: int) -> None:
        self.begin = begin
        self.end = end
        self.rows: list[Step] = []
        self.numbers: dict[Step, int] = {}
        self._added: dict[Step, int] = {}
        self._since = _NEVER

    def add(self, at: int, what: int, by: int, more: Step = ()) -> None:
        """Let there be *by* more of *what* from *at* on."""
        step: Step = (at, what, more)
        self._added[step] = self._added.get(step, 0) + by

    def span(self, start: int, end: int, what: int, by: int) -> bool:
        """Let there be *by* more of *what* in the part of [start, end) that lies within; tell whether any does."""
        start, end = max(start, self.begin), min(end, self.end)
        if start >= end:
            return False
        self.add(start, what, by)
        if end < self.end:
            self.add(end, what, -by)
        return True

    def touch(self, at: int) -> None:
        """Let nothing be as it was from *at* on."""
        self._since = min(self._since, at)

    def changed_since(self) -> int | None:
        """Return the first instant that will not be as it was, if any."""
        since = self._since
        for step, by in self._added.items():
            if by and step[0] < since:
                since = step[0]
        return since if since < _NEVER else None

    def settle(self) -> None:
        """Take in what was added since the last time."""
        rows, numbers = self.rows, self.numbers
        found: list[Step] = []
        for step, by in self._added.items():
            if not by:
                continue
            before = numbers.get(step, 0)
            if before + by:
                numbers[step] = before + by
                if not before:
                    found.append(step)
            else:
                del numbers[step]
                del rows[bisect_left(rows, step)]
        if len(found) > _FEW:
            rows += found
            rows.sort()
        else:
            for step in found:
                insort(rows, step)
        self._added.clear()
        self._since = _NEVER
