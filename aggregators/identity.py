"""The identity: in each queue, legs queued are legs ended and legs still waiting. The counts against the intervals.

waiting at the window's start + queued = answered + abandoned + short + flowed out + callback + agent-closed + lost +
waiting at its end. The counts come from the cells, what waits from the intervals; both are written by one commit, but
by different code. What waits more at the end than at the start is what began less what ended in between, so the
intervals are rolled like cells: +1 in the 10-second pane of a start, -1 in that of an end.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aggregators import measures as m
from aggregators.panes import FINE, Pane
from aggregators.rolling import Rolling
from aggregators.samples import WAITED, WAITING, Interval, Labels
from aggregators.windows import EVERYBODY, IDENTITY_WINDOWS, UTC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregators.delta import Entry
    from aggregators.rolling import Group
    from aggregators.states import Grouping, Place

    Flow = Counter[tuple[int, Labels]]

_ENDED = (
    m.ANSWERED,
    m.ABANDONED,
    m.SHORT_ABANDONED,
    m.FLOWED_OUT,
    m.CALLBACK,
    m.AGENT_CLOSED,
    m.LOST,
)
_BEGAN = 0


class Identity:
    """The legs that began less those that ended in each of IDENTITY_WINDOWS, by the intervals."""

    def __init__(self, windows: Iterable[str], *, grouping: Grouping) -> None:
        self._rolling = Rolling(
            [window for window in windows if window in IDENTITY_WINDOWS],
            local={EVERYBODY: UTC},
            grouping=_queues(grouping),
        )
        self._new: dict[Place, Mapping[Entry, int]] = {}
        self._flows: dict[Place, Flow] = {}
        self._timed: dict[Place, list[tuple[int, Labels, int]]] = {}
        self._passed: Flow = Counter()

    def put(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Replace a bucket of intervals; nothing is done with it before somebody looks."""
        if bucket >= 0:
            self._new[partition, bucket] = entries

    def regroup(self, grouping: Grouping) -> None:
        """Count every label set in other groups from now on."""
        self._rolling.regroup(_queues(grouping))

    def grown(self, window: str, *, as_of: int) -> dict[Group, int]:
        """Return by how many legs more each queue has waiting at the end of *window* than at its start, if not 0."""
        self._move(as_of)
        found = {group: self._rolling.sums(window, group).get(_BEGAN, 0) for group in self._rolling.groups(window)}
        return {group: number for group, number in found.items() if number}

    def violations(self, window: str, counts: Rolling, *, as_of: int) -> int:
        """Return in how many queues of *window*, one of IDENTITY_WINDOWS, it does not hold. *counts* are at *as_of*."""
        self._move(as_of)
        groups = {group for group in counts.groups(window) if group.level == "queue"}
        groups.update(self._rolling.groups(window))
        return sum(1 for group in groups if self._balance(window, group, counts))

    def _balance(self, window: str, group: Group, counts: Rolling) -> int:
        sums = counts.sums(window, group)
        grown = sums.get(m.QUEUED, 0) - sum([sums.get(outcome, 0) for outcome in _ENDED])
        return grown - self._rolling.sums(window, group).get(_BEGAN, 0)

    def _move(self, as_of: int) -> None:
        for place, entries in self._new.items():
            flow, timed = _flow_of(entries)
            self._add(flow, self._flows.pop(place, Counter()))
            self._timed.pop(place, None)
            if flow:
                self._flows[place] = flow
            if timed:
                self._timed[place] = timed
        self._new.clear()
        # Until its timer has passed a leg that nobody ended still waits: it is not counted as lost either.
        passed: Flow = Counter()
        for (_, bucket), timed in self._timed.items():
            if bucket < as_of:
                for end, labels, number in timed:
                    if end < as_of:
                        passed[end - end % FINE.ms, labels] -= number
        self._add(passed, self._passed)
        self._passed = passed
        self._rolling.move(as_of)
        self._rolling.forget(before=as_of - FINE.kept_ms)
        self._rolling.changed.clear()

    def _add(self, new: Flow, old: Flow) -> None:
        for start, labels in new.keys() | old.keys():
            by = new[start, labels] - old[start, labels]
            if by:
                self._rolling.add(Pane(FINE.ms, start), labels, {_BEGAN: by})


def _flow_of(entries: Mapping[Entry, int]) -> tuple[Flow, list[tuple[int, Labels, int]]]:
    """Return what began less what ended by (pane, labels), and apart the (end, labels, number) of those timed."""
    flow: Flow = Counter()
    timed = []
    for entry, number in entries.items():
        interval: Interval = entry.content  # type: ignore[assignment]  # never a sample here
        kind, labels, start, end, _ = interval
        if kind not in (WAITED, WAITING) or end is None or labels[3]:
            continue
        flow[start - start % FINE.ms, labels] += number
        if kind == WAITING:
            timed.append((end, labels, number))
        else:
            flow[end - end % FINE.ms, labels] -= number
    return flow, timed


def _queues(grouping: Grouping) -> Grouping:
    def queues(labels: Labels) -> tuple[Group, ...]:
        return grouping(labels)[:1]

    return queues
