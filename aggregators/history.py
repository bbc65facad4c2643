"""History: what the hours of the last three months counted, and the same hours of the weeks before now.

Of MEASURES only: hours are kept for 90 days, which is twelve weeks and some days.

    as_of 10:20 on a Tuesday    |== 9:00 ==|== 10:00 ==|     the hour before as_of touches these two,
    one week before             |== 9:00 ==|== 10:00 ==|     so their like of each week is what is usual

Of what is counted in them, each hour has its part: at 10:20 a third of the hour is that from 10:00, by quarters 1 of 4.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import measures as m
from aggregators.instants import DAY_MS, HOUR_MS, SECOND_MS
from aggregators.panes import HOUR, QUARTER, Pane, is_kept
from aggregators.windows import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from aggregators.rolling import Group, Sums
    from aggregators.samples import Labels
    from aggregators.windows import Local

MEASURES: Final = (m.CSAT_RESPONSES, m.CSAT_SATISFIED, m.QUEUED)
"""What is remembered of an hour."""
WEEKS: Final = 12
QUARTERS: Final = HOUR_MS // QUARTER.ms
_WEEK_MS: Final = 7 * DAY_MS
_NOBODY: Final[Mapping[str, int]] = {}


class Demand(NamedTuple):
    """What the like of the last hour brought in one of the weeks before: so many queued, times QUARTERS.

    `starts` are the hours that it is made of. `is_known`: anything of the tenant was known when they began, and
    somebody had come to the group by then: of a queue that is new, or has another name, no weeks are known.
    """

    starts: tuple[int, ...]
    queued: int
    is_known: bool


class History:
    """The hours of any number of partitions. `local` has the zones of tenants, `grouping` says where labels count."""

    def __init__(self, *, local: Mapping[str, Local], grouping: Callable[[Labels], tuple[Group, ...]]) -> None:
        self._local = local
        self._grouping = grouping
        self._hours: dict[Labels, dict[int, dict[object, tuple[int, ...]]]] = {}
        self._members: dict[Group, list[Labels]] | None = None
        self._turned: tuple[int, ...] | None = None
        self._since: Mapping[str, int] = _NOBODY
        self._forgot = -1
        self._touched: set[Labels] = set()

    def put(self, partition: object, start: int, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Replace what an hour of a partition counts: of MEASURES those in *amounts*, and 0 of the others."""
        counted = tuple(amounts.get(measure, 0) for measure in MEASURES)
        hours = self._hours.get(labels, {})
        known = hours.get(start, {})
        if counted == known.get(partition, (0,) * len(MEASURES)):
            return
        self._touched.add(labels)
        if labels not in self._hours:
            self._hours[labels], self._members = hours, None
        hours[start] = known
        if any(counted):
            known[partition] = counted
        else:
            del known[partition]

    def regroup(self, grouping: Callable[[Labels], tuple[Group, ...]]) -> None:
        """Count every label set in other groups from now on."""
        self._grouping, self._members = grouping, None

    def changed(self, as_of: int, since: Mapping[str, int] = _NOBODY) -> set[Group]:
        """Return the groups of which, at *as_of*, another past is usual than when this was last asked.

        *since* says by tenant from which hour on anything of it is known.
        """
        self._forget(as_of)
        turned = ((as_of - HOUR_MS) // HOUR_MS, (as_of - 1) // HOUR_MS, _quarters(as_of))
        labels = self._touched
        if turned != self._turned:
            labels |= self._hours.keys()
        elif since != self._since:
            labels |= {each for each in self._hours if since.get(each.tenant) != self._since.get(each.tenant)}
        found = {group for each in labels for group in self._grouping(each)}
        self._turned, self._touched, self._since = turned, set(), since
        return found

    def same_hours(self, group: Group, as_of: int) -> list[Sums]:
        """Return what *group* counted in the same hours of each of the WEEKS before, the latest week first.

        They are those that the hour before *as_of* touches, by the clock of the tenant's zone.
        """
        local = self._local.get(group.values[0], self._local[EVERYBODY])
        touched = {(as_of - HOUR_MS) // HOUR_MS, (as_of - 1) // HOUR_MS}
        return [
            self._sum(group, {_weeks_before(hour * HOUR_MS, weeks, local.zone) for hour in touched})
            for weeks in range(1, WEEKS + 1)
        ]

    def demand(self, group: Group, as_of: int) -> list[Demand]:
        """Return what the like of the hour before *as_of* brought in each of the WEEKS before, the latest week first.

        Nothing where nothing of *group* is remembered of these weeks.
        """
        first = self._first(group, as_of - WEEKS * _WEEK_MS)
        if first is None:
            return []
        local = self._local.get(group.values[0], self._local[EVERYBODY])
        since = max(first, self._since.get(group.values[0], as_of))
        latest, quarters = (as_of - 1) // HOUR_MS, _quarters(as_of)
        parts = {latest: quarters, latest - 1: QUARTERS - quarters}
        found = []
        for weeks in range(1, WEEKS + 1):
            starts, queued = [], 0
            for hour, part in parts.items():
                if part:
                    start = _weeks_before(hour * HOUR_MS, weeks, local.zone)
                    starts.append(start)
                    queued += part * self._sum(group, {start})[m.QUEUED]
            found.append(Demand(tuple(starts), queued, is_known=min(starts) >= since))
        return found

    def _first(self, group: Group, since: int) -> int | None:
        """Return the first hour from *since* on in which *group* counted; what was taken back is nothing."""
        return min(
            (
                start
                for labels in self._of(group)
                for start, counted in self._hours[labels].items()
                if counted and start >= since
            ),
            default=None,
        )

    def _of(self, group: Group) -> Sequence[Labels]:
        if self._members is None:
            self._members = {}
            for labels in self._hours:
                for each in self._grouping(labels):
                    self._members.setdefault(each, []).append(labels)
        return self._members.get(group, ())

    def _sum(self, group: Group, starts: set[int]) -> Sums:
        total = [0] * len(MEASURES)
        for labels in self._of(group):
            hours = self._hours[labels]
            for start in starts:
                for counted in hours.get(start, {}).values():
                    for place, number in enumerate(counted):
                        total[place] += number
        return dict(zip(MEASURES, total, strict=True))

    def _forget(self, as_of: int) -> None:
        """Drop the hours that are not kept any more: once an hour."""
        if as_of // HOUR_MS == self._forgot:
            return
        self._forgot = as_of // HOUR_MS
        for labels, hours in list(self._hours.items()):
            for start in [each for each in hours if not hours[each] or not is_kept(Pane(HOUR.ms, each), as_of)]:
                del hours[start]
            if not hours:
                del self._hours[labels]
                self._members = None


def _quarters(as_of: int) -> int:
    """Return how many quarters of the hour before *as_of* lie in the latest hour it touches, to the nearest."""
    return ((as_of - 1) % HOUR_MS + 1 + QUARTER.ms // 2) // QUARTER.ms


def _weeks_before(start: int, weeks: int, zone: tzinfo) -> int:
    """Return the hour that the clocks of *zone* showed so many weeks before the hour from *start*: its start."""
    local = datetime.fromtimestamp(start // SECOND_MS, zone)
    # Between two times of one zone Python counts what clocks show, so a week may have 167 or 169 hours.
    before = local - timedelta(weeks=weeks)
    return int(before.timestamp()) * SECOND_MS // HOUR_MS * HOUR_MS
