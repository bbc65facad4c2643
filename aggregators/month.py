"""The last 30 days of what is answered seldom, to the hour: recommendations (M63).

    hours                |=====|=====| . . . |=====|
    10-second panes                                |--|--|--|
    30 days              [from . . . . . . . . . . . . . . to)
                                                           as_of stands in the last pane

Of MEASURES only. Hours are kept for 90 days, so that nothing more is stored; the hour that goes on is taken from
10-second panes, and counts up to as_of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import measures as m
from aggregators.panes import FINE, HOUR, QUARTER, Pane
from aggregators.rolling import Rolling
from aggregators.windows import EVERYBODY, MONTH, UTC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.rolling import Group, Sums
    from aggregators.samples import Labels

MEASURES: Final = (m.NPS_RESPONSES, m.NPS_PROMOTERS, m.NPS_DETRACTORS)


class Month:
    """The last 30 days of any number of partitions; `grouping` says where labels count."""

    def __init__(self, *, grouping: Callable[[Labels], tuple[Group, ...]]) -> None:
        self._rolling = Rolling([MONTH], local={EVERYBODY: UTC}, grouping=grouping)
        self._hours: dict[int, dict[tuple[object, Labels], Sums]] = {}
        self._since = 0

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Add the difference *amounts* to the cells of a pane."""
        if pane.width == FINE.ms:
            counted = {measure: amounts[measure] for measure in MEASURES if measure in amounts}
            if counted:
                self._rolling.add(pane, labels, counted)

    def put(self, partition: object, start: int, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Replace what an hour of a partition counts."""
        if start < self._since:
            return
        hour = self._hours.get(start, {})
        before = hour.get((partition, labels), {})
        counted = {measure: amounts[measure] for measure in MEASURES if amounts.get(measure)}
        if counted == before:
            return
        self._hours[start] = hour
        hour[partition, labels] = counted
        by = {measure: counted.get(measure, 0) - before.get(measure, 0) for measure in counted.keys() | before.keys()}
        # A wide pane is a wide pane to what adds them up: it asks only where one starts.
        self._rolling.add(Pane(QUARTER.ms, start), labels, by)

    def regroup(self, grouping: Callable[[Labels], tuple[Group, ...]]) -> None:
        """Count every label set in other groups from now on."""
        self._rolling.regroup(grouping)

    def move(self, as_of: int) -> set[Group]:
        """Stand at *as_of* (epoch ms); return the groups of which another month is counted than before."""
        self._rolling.move(as_of)
        self._rolling.forget(before=as_of - HOUR.ms - FINE.ms)
        self._since = self._rolling.span_of(MONTH).start
        for start in [each for each in self._hours if each < self._since]:
            del self._hours[start]
        changed = {group for _, group in self._rolling.changed}
        self._rolling.changed.clear()
        return changed

    def sums(self, group: Group) -> Sums:
        """Return what *group* counts of MEASURES."""
        return self._rolling.sums(MONTH, group)
