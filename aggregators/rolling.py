"""Rolling sums: for every window and level the measures, kept up to date by what changes and by what rolls out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from aggregators.panes import ALL_TIME, FINE, QUARTER, Pane
from aggregators.windows import EVERYBODY, Local, Span, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aggregators.samples import Labels

Level = Literal["queue", "channel", "tenant", "desk", "priority", "team", "language", "agent", "reason", "series"]
LEVELS: tuple[Level, ...] = ("queue", "channel", "tenant")
"""Where a conversation counts."""
PARTS: tuple[Level, ...] = ("priority", "team", "language", "agent")
"""Where a conversation counts as well, if the definitions ask for it."""
NAMED: tuple[Level, ...] = ("reason", "series")
"""What has a name of its own and counts nowhere else: reasons of contacts, series computed elsewhere."""
EVERY_LEVEL: tuple[Level, ...] = (*LEVELS, "desk", *PARTS, *NAMED)
"""A desk is a queue of a tenant over all channels: what agents sign up for. Nothing of a desk adds up to its tenant."""


class Group(NamedTuple):
    """A label set at a level: `values` are those of tenant, or tenant and channel, or all three; of others two."""

    level: Level
    values: tuple[str, ...]


Sums = dict[int, int]
TOTALS = "all"
"""Stands for a window in `sums`: everything there ever was, for counters and histograms."""
_NONE: Sums = {}
_NOTHING = Span(0, 0, 0)
_LEVEL_OF: dict[str, Level] = {str(level): level for level in (*PARTS, *NAMED)}


def groups_of(labels: Labels) -> tuple[Group, ...]:
    """Return the group of *labels* at each level at which they stand, the finest first.

    Without a queue they stand at channel and tenant, without a channel either at tenant; with a queue and without a
    channel only at desk. With a part they stand at its level alone.
    """
    tenant, channel, queue, part = labels
    if part:
        level, _, name = part.partition("=")
        return (Group(_LEVEL_OF[level], (tenant, name)),)
    if not channel:
        return (Group("desk", (tenant, queue)) if queue else Group("tenant", (tenant,)),)
    above = (Group("channel", (tenant, channel)), Group("tenant", (tenant,)))
    return (Group("queue", (tenant, channel, queue)), *above) if queue else above


class Rolling:
    """Sums of the 10-second and 15-minute panes of any number of partitions over each window.

    `grouping` says where a label set counts, which may fold it into `other`; `local`, by tenant or for EVERYBODY else,
    where days and shifts begin. So one window may be of other panes for each tenant.
    """

    def __init__(
        self,
        windows: Iterable[str],
        *,
        local: Mapping[str, Local],
        grouping: Callable[[Labels], tuple[Group, ...]] = groups_of,
    ) -> None:
        self._windows = tuple(windows)
        self._grouping = grouping
        self._panes: dict[Pane, dict[Labels, Sums]] = {}
        self._local = local
        self._spans: dict[Local, dict[str, Span]] = {
            each: dict.fromkeys(self._windows, _NOTHING) for each in (local[EVERYBODY], *local.values())
        }
        self._sums: dict[str, dict[Group, Sums]] = {window: {} for window in (*self._windows, TOTALS)}
        self.changed: set[tuple[str, Group]] = set()
        """Windows of groups whose sums are not those of the last look; whoever looks clears it."""

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Add *amounts* to a pane, and to every window that holds it now."""
        known = self._panes.setdefault(pane, {}).setdefault(labels, {})
        _add(known, amounts, 1)
        for window in self._windows_of(pane, labels[0]):
            self._spread(window, labels, amounts, 1)

    def move(self, as_of: int) -> None:
        """Let every window stand at *as_of*; panes that leave are taken out, panes that enter are added."""
        for window in self._windows:
            moves: dict[tuple[Span, Span], set[Local]] = {}
            for local, spans in self._spans.items():
                old, new = spans[window], span(window, as_of, local)
                if old != new:
                    spans[window] = new
                    moves.setdefault((old, new), set()).add(local)
            for (old, new), movers in moves.items():
                self._swap(window, QUARTER.ms, (old.start, old.middle), (new.start, new.middle), movers)
                self._swap(window, FINE.ms, (old.middle, old.end), (new.middle, new.end), movers)

    def regroup(self, grouping: Callable[[Labels], tuple[Group, ...]]) -> None:
        """Count every label set in other groups from now on."""
        self._grouping = grouping
        for window, groups in self._sums.items():
            self.changed.update((window, group) for group in groups)
            groups.clear()
        for pane, known in self._panes.items():
            for labels, amounts in known.items():
                for window in self._windows_of(pane, labels[0]):
                    self._spread(window, labels, amounts, 1)

    def sums(self, window: str, group: Group) -> Sums:
        """Return the measures of *group* in *window*."""
        return self._sums[window].get(group, _NONE)

    def has(self, window: str) -> bool:
        """Tell whether *window* is one of those that are summed up."""
        return window in self._sums

    def groups(self, window: str) -> Iterable[Group]:
        """Return the groups that ever had anything in *window*."""
        return self._sums[window].keys()

    def counted_for_all_time(self) -> list[Labels]:
        """Return the label sets of which anything is counted for all time."""
        return [labels for labels, amounts in self._panes.get(ALL_TIME, {}).items() if amounts]

    def span_of(self, window: str, tenant: str = EVERYBODY) -> Span:
        """Return the panes of *window* now, of *tenant*."""
        return self._spans_of(tenant)[window]

    def forget(self, *, before: int) -> None:
        """Drop 10-second panes that begin before *before*, and 15-minute ones before the longest window."""
        held = [each for spans in self._spans.values() for each in spans.values() if each != _NOTHING]
        oldest = min((each.start for each in held), default=0)
        for pane in [p for p in self._panes if p.start < (before if p.width == FINE.ms else oldest)]:
            if pane != ALL_TIME and not any(_holds(each, pane) for each in held):
                del self._panes[pane]

    def _spans_of(self, tenant: str) -> dict[str, Span]:
        local = self._local
        return self._spans[local[tenant if tenant in local else EVERYBODY]]

    def _windows_of(self, pane: Pane, tenant: str) -> list[str]:
        if pane == ALL_TIME:
            return [TOTALS]
        return [window for window, held in self._spans_of(tenant).items() if _holds(held, pane)]

    def _swap(self, window: str, width: int, old: tuple[int, int], new: tuple[int, int], movers: set[Local]) -> None:
        """Take out the panes of *old* that are not in *new*, and the other way round, for the tenants of *movers*."""
        for start in _outside(old, new, width):
            self._spread_pane(window, Pane(width, start), movers, -1)
        for start in _outside(new, old, width):
            self._spread_pane(window, Pane(width, start), movers, 1)

    def _spread_pane(self, window: str, pane: Pane, movers: set[Local], sign: int) -> None:
        local, all_move = self._local, len(movers) == len(self._spans)
        for labels, amounts in self._panes.get(pane, {}).items():
            tenant = labels[0]
            if all_move or local[tenant if tenant in local else EVERYBODY] in movers:
                self._spread(window, labels, amounts, sign)

    def _spread(self, window: str, labels: Labels, amounts: Mapping[int, int], sign: int) -> None:
        sums = self._sums[window]
        for group in self._grouping(labels):
            known = sums.get(group)
            if known is None:
                known = sums[group] = {}
            _add(known, amounts, sign)
            self.changed.add((window, group))


def _add(known: Sums, amounts: Mapping[int, int], sign: int) -> None:
    for measure, amount in amounts.items():
        total = known.get(measure, 0) + sign * amount
        if total:
            known[measure] = total
        else:
            known.pop(measure, None)


def _holds(held: Span, pane: Pane) -> bool:
    if pane.width == FINE.ms:
        return held.middle <= pane.start < held.end
    return pane.width == QUARTER.ms and held.start <= pane.start < held.middle


def _outside(ours: tuple[int, int], theirs: tuple[int, int], width: int) -> Iterable[int]:
    """Return the pane starts of [ours) that do not lie in [theirs)."""
    low, high = ours
    if theirs[0] >= theirs[1] or theirs[1] <= low or theirs[0] >= high:
        return range(low, high, width)
    return [*range(low, min(high, theirs[0]), width), *range(max(low, theirs[1]), high, width)]
