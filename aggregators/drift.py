"""The drift of the backlog (M42): open conversations by their intervals, against what came less what went, ever.

Both are written by one commit, but by different code, and must be the same for every label set. They are compared at
the last multiple of 10 s, which every partition's panes tell of: partitions that are further ahead count nothing extra.

    all time            |=================================>|   less the 10-second panes from here on
    panes                                 |--|--|--|--|--|
                                             ^ floor(as_of, 10 s)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from aggregators import points as p
from aggregators.instants import HOUR_MS
from aggregators.panes import ALL_TIME, FINE, Pane
from aggregators.samples import OPEN, Interval, Labels, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.delta import Entry

_SIGNS: Final = {
    p.RECEIVED.count: 1,
    p.REOPENED.count: 1,
    p.MOVED_IN.count: 1,
    p.RESOLVED.count: -1,
    p.SOLVE.choice(1): -1,
    p.SOLVE.choice(2): -1,
    p.DELETED.count: -1,
    p.LAPSED.count: -1,
    p.MOVED_OUT.count: -1,
}
"""What is counted of the backlog, and which way it goes."""
_LAST_SOLVES: Final = p.SOLVED.bins
"""In panes last solves are counted by how long they took, not once more as resolved."""


class _Flow:
    """Amounts by 10-second pane and label set: their sum over all panes that lie before an instant."""

    def __init__(self) -> None:
        self.total: Counter[Labels] = Counter()
        self.panes: dict[int, Counter[Labels]] = {}

    def later(self, start: int, labels: Labels, by: int) -> None:
        """Note that *by* of the total lies in the pane from *start*."""
        self.panes.setdefault(start, Counter())[labels] += by

    def before(self, instant: int) -> Counter[Labels]:
        """Return what lies before *instant*, a multiple of 10 s that goes back by less than an hour."""
        for start in [each for each in self.panes if each < instant - HOUR_MS]:
            del self.panes[start]
        sums = Counter(self.total)
        for start, amounts in self.panes.items():
            if start >= instant:
                sums.subtract(amounts)
        return sums


class Drift:
    """Feed it the cells and intervals of any number of partitions; it compares the two."""

    def __init__(self) -> None:
        self._flows = _Flow()
        self._states = _Flow()
        self._known: dict[tuple[object, int], Counter[tuple[int, Labels]]] = {}

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Add the difference *amounts* to the cells of a pane."""
        # Copies that count at a level of their own are not counted for all time.
        if labels.part or (pane != ALL_TIME and pane.width != FINE.ms):
            return
        by = 0
        for measure, sign in _SIGNS.items():
            by += sign * amounts.get(measure, 0)
        for measure, number in amounts.items():
            if _LAST_SOLVES <= measure < _LAST_SOLVES + p.FAMILY:
                by -= number
        if not by:
            return
        if pane == ALL_TIME:
            self._flows.total[labels] += by
        else:
            self._flows.later(pane.start, labels, by)

    def put(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Replace a bucket of intervals."""
        new = _ends_of(entries)
        old = self._known.pop((partition, bucket), Counter())
        if new:
            self._known[partition, bucket] = new
        for start, labels in new.keys() | old.keys():
            by = new[start, labels] - old[start, labels]
            if by:
                self._states.total[labels] += by
                self._states.later(start, labels, by)

    def at(self, as_of: int, passed: Mapping[Entry, int]) -> int:
        """Return by how many conversations the two differ, over all label sets, at the last 10 s before *as_of*.

        *passed* are the timers before *as_of* that the cells do not count yet.
        """
        instant = as_of - as_of % FINE.ms
        apart = self._states.before(instant)
        apart.subtract(self._flows.before(instant))
        for entry, number in passed.items():
            sample: Sample = entry.content  # type: ignore[assignment]  # never an interval here
            if sample[0] == p.LAPSED.code and sample[1] < instant and not sample[2].part:
                apart[sample[2]] += number
        return sum(abs(number) for number in apart.values())


def _ends_of(entries: Mapping[Entry, int]) -> Counter[tuple[int, Labels]]:
    """Return by (pane, labels) how many open conversations began there, less those that ended there."""
    ends: Counter[tuple[int, Labels]] = Counter()
    for entry, number in entries.items():
        interval: Interval = entry.content  # type: ignore[assignment]  # never a sample here
        kind, labels, start, end, _ = interval
        if kind == OPEN and not labels.part:
            ends[start - start % FINE.ms, labels] += number
            if end is not None:
                ends[end - end % FINE.ms, labels] -= number
    return ends
