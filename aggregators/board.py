"""The board: the cells, intervals and timers of any number of partitions, read as values at an instant.

`serve` and `compute` use the same board, so what a wallboard shows is what a back-test computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from aggregators import measures as m
from aggregators.advisor import Advisor
from aggregators.catalogue import METRICS, Metric, Value
from aggregators.drift import Drift
from aggregators.folding import OTHER, Caps, Folding, fold
from aggregators.history import MEASURES, History
from aggregators.identity import Identity
from aggregators.kept import KeptHours
from aggregators.leg_counts import NO_LEGS, LegCounts, leg_counts
from aggregators.month import MEASURES as OF_MONTH
from aggregators.month import Month
from aggregators.panes import ALL_TIME, FINE, HOUR, QUARTER, Pane
from aggregators.reading import Reading, State
from aggregators.rolling import EVERY_LEVEL, TOTALS, Group, Level, Rolling
from aggregators.states import States
from aggregators.top_reasons import TopReasons, spread
from aggregators.windows import IDENTITY_WINDOWS, SHIFT, WINDOWS, locals_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from aggregators.definitions import Definitions
    from aggregators.delta import Entry
    from aggregators.metric import Family
    from aggregators.samples import Labels
    from aggregators.states import Grouping

HISTORY_WINDOW = "1h"
"""The window that is set against the same hours of the weeks before."""
HISTOGRAM_PARTS = ("sum", "count")
ALL_METRICS: Mapping[Level, Sequence[Metric]] = {
    level: [metric for metric in METRICS if level in metric.every_level] for level in EVERY_LEVEL
}


_NOTHING: Mapping[int, int] = {}


class Row(NamedTuple):
    """One value: the metric, its group, the window of a rolling one, and the value of its extra label, if any."""

    metric: Metric
    group: Group
    window: str | None
    extra: str | None
    value: float | int

    @property
    def name(self) -> str:
        """The name of the sample, as the exposition format has it: histograms come in buckets, a count and a sum."""
        name = self.metric.name(self.group.level)
        if self.metric.kind != "histogram":
            return name
        return f"{name}_{self.extra}" if self.extra in HISTOGRAM_PARTS else f"{name}_bucket"

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The labels, names and values, in the order of the catalogue."""
        shown = [*self.group.values, *(each for each in (self.window, self.extra) if each is not None)]
        if self.metric.kind == "histogram" and self.extra in HISTOGRAM_PARTS:
            shown.pop()
        return tuple(zip(self.metric.labels(self.group.level), shown, strict=False))


class _Rows(NamedTuple):
    """The rows of one group and window: those that stay until something changes, and those that grow with time."""

    lasting: list[Row]
    growing: list[Row]


class Board:
    """Feed it what is stored, move it to an instant, read the rows. `zone` is that of tenants without their own."""

    def __init__(
        self,
        definitions: Definitions,
        *,
        zone: tzinfo,
        windows: Iterable[str] = WINDOWS,
        caps: Caps | None = None,
        metrics: Mapping[Level, Sequence[Metric]] = ALL_METRICS,
        states: States | None = None,
    ) -> None:
        families = ("", *definitions.families)
        self._metrics = {
            level: [each for each in metrics.get(level, ()) if each.asked in families] for level in EVERY_LEVEL
        }
        self._growing = {level: [each for each in found if each.grows] for level, found in self._metrics.items()}
        self._grows = {(level, each.family) for level, found in self._growing.items() for each in found}
        self._looks_round = any(family == "rolling" for _, family in self._grows)
        self._definitions = definitions
        self._windows = tuple(windows)
        self._caps = caps or Caps()
        self._folding = Folding()
        self._groups = cache(self._folding.groups)
        self._rolling = Rolling(self._windows, local=locals_of(definitions, zone), grouping=self._groups)
        self._identity = Identity(self._windows, grouping=self._groups)
        self._drift = Drift() if "resolution" in definitions.families else None
        self._advisor = Advisor(definitions, grouping=self._groups) if "expected_wait" in definitions.families else None
        self._reasons = TopReasons(self._rolling) if "reasons" in definitions.families else None
        self._history = (
            History(local=locals_of(definitions, zone), grouping=self._groups)
            if "baselines" in definitions.families
            else None
        )
        self._month = Month(grouping=self._groups) if "surveys" in definitions.families else None
        self._intervals = states or States(definitions)
        self._due: dict[tuple[object, int], Mapping[Entry, int]] = {}
        self._passed: dict[Entry, int] = {}
        self._ripe: dict[tuple[int, Labels], int] = {}
        self._first: dict[Labels, int] = {}
        self._hours = KeptHours()
        self._states: dict[Group, State] = {}
        self._rows: dict[Group, dict[str, _Rows]] = {}
        self._shown: set[tuple[str, Group]] = set()
        self._legs: dict[tuple[str, Group], LegCounts] = {}
        self._uncounted: set[tuple[str, Group]] = set()
        self._known: dict[Labels, int] = {}
        self._seen_anew = self._over = False
        self._channels: dict[str, tuple[str, ...]] = {}
        self._since: dict[str, int] = {}
        self.as_of = 0

    @property
    def grouping(self) -> Grouping:
        """What says where a label set counts, which may be as `other`."""
        return self._groups

    @property
    def folded(self) -> int:
        """How many names are counted as `other`."""
        return self._folding.folded

    def groups_of(self, labels: Labels) -> tuple[Group, ...]:
        """Return where *labels* count, names over the caps folded."""
        return self._groups(labels)

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Add the difference *amounts* to the cells of a pane."""
        if pane.width in (FINE.ms, QUARTER.ms) or pane == ALL_TIME:
            self._rolling.add(pane, labels, amounts)
            if self._drift is not None:
                self._drift.add(pane, labels, amounts)
            if self._advisor is not None:
                self._advisor.add(pane, labels, amounts)
            if self._month is not None:
                self._month.add(pane, labels, amounts)

    @property
    def of_hours(self) -> tuple[int, ...]:
        """The measures of hours that are to be told to `set_hour`."""
        return (*(() if self._history is None else MEASURES), *(() if self._month is None else OF_MONTH))

    def set_hour(
        self, partition: object, start: int, labels: Labels, *, filled: bool, amounts: Mapping[int, int] = _NOTHING
    ) -> None:
        """Say whether an hour of a partition holds anything of *labels*: while one does, they have rows.

        *amounts* is what it counts of the measures `of_hours`.
        """
        self._hours.put(partition, start, labels, filled=filled)
        if self._history is not None and not labels.part:
            self._history.put(partition, start, labels, amounts)
        if self._month is not None:
            self._month.put(partition, start, labels, amounts)

    def set_intervals(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Replace a bucket of intervals."""
        self._intervals.put(partition, bucket, entries)
        self._identity.put(partition, bucket, entries)
        if self._drift is not None:
            self._drift.put(partition, bucket, entries)

    def set_due(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Replace a bucket of timers."""
        if entries:
            self._due[partition, bucket] = entries
        else:
            self._due.pop((partition, bucket), None)

    def see_labels(self, first: Mapping[Labels, int]) -> None:
        """Take in label sets and their first instants."""
        for labels, at in first.items():
            if at < self._first.get(labels, at + 1):
                self._first[labels] = at
                self._seen_anew = True

    def move(self, as_of: int) -> None:
        """Let the board stand at *as_of* (epoch ms)."""
        self._pass_timers(as_of)
        self._fold(as_of)
        self.as_of = as_of
        self._rolling.move(as_of)
        self._rolling.forget(before=as_of - FINE.kept_ms)
        self._hours.forget(as_of)
        states = self._intervals.at(as_of, self._groups)
        for group in self._states.keys() | states.keys():
            # Ages go on whenever somebody waits; two ratios count those past their target.
            self._rolling.changed.add((_NOW, group))
            if _past_target(self._states.get(group)) != _past_target(states.get(group)):
                self._rolling.changed.update((window, group) for window in self._windows)
        self._states = states
        if self._history is not None:
            changed = self._history.changed(as_of, self._hours.since())
            self._rolling.changed.update((HISTORY_WINDOW, group) for group in changed)
        if self._advisor is not None:
            self._rolling.changed.update((_NOW, group) for group in self._advisor.move(as_of, states))
        if self._month is not None:
            self._rolling.changed.update((_NOW, group) for group in self._month.move(as_of))

    def rows(self) -> Iterator[Row]:
        """Yield every value there is, absent ones left out. Only what changed is computed anew.

        A label set has rows while a cell or an interval of it is kept; its counters stay for good.
        """
        if self._reasons is not None:
            self._reasons.forget()
            self._rolling.changed |= spread(self._rolling.changed, self._windows)
        present = self._present()
        if self._looks_round:
            self._look_round(present)
        shown = {(window, group) for group in present for window in (*self._windows, _NOW)}
        if SHIFT in self._windows:
            shown = {each for each in shown if each[0] != SHIFT or self._rolling.span_of(SHIFT, each[1].values[0]).end}
        # Not those whose counts were all taken back: a board made anew has never heard of them.
        shown |= {(TOTALS, group) for group in self._rolling.groups(TOTALS) if self._rolling.sums(TOTALS, group)}
        anew = (self._rolling.changed & shown) | (shown - self._shown)
        for window, group in anew:
            self._rows.setdefault(group, {})[window] = _Rows(
                list(self._rows_of(group, window, self._metrics[group.level], grow=False)),
                list(self._rows_of(group, window, self._growing[group.level], grow=True)),
            )
        # All of them: what costs so much an hour does so though nothing of it is counted within the window.
        for window, group in {each for each in shown if (each[1].level, _family(each[0])) in self._grows} - anew:
            rows = self._rows[group][window]
            rows.growing[:] = self._rows_of(group, window, self._growing[group.level], grow=True)
        gone = self._shown - shown
        for window, group in gone:
            self._rows[group].pop(window)
        self._uncounted.update(each for each in anew | gone if each[0] in self._windows)
        self._rolling.changed.clear()
        self._shown = shown
        for windows in self._rows.values():
            for lasting, growing in windows.values():
                yield from lasting
                yield from growing

    def violations(self, window: str) -> int:
        """Return in how many queues of *window* the identity does not hold; 0 for others than IDENTITY_WINDOWS."""
        if window not in IDENTITY_WINDOWS:
            return 0
        return self._identity.violations(window, self._rolling, as_of=self.as_of)

    def grown(self, window: str) -> dict[Group, int]:
        """Return by how many legs more wait at the end of *window*, one of IDENTITY_WINDOWS, than at its start.

        By the intervals, of each queue of which that is not 0.
        """
        return self._identity.grown(window, as_of=self.as_of)

    def leg_counts(self) -> dict[tuple[str, Group], LegCounts]:
        """Return by window and group what is counted of legs, as of the last look at the rows."""
        known = self._legs
        for window, group in self._uncounted:
            counts = leg_counts(self._rolling.sums(window, group))
            if counts == NO_LEGS:
                known.pop((window, group), None)
            else:
                known[window, group] = counts
        self._uncounted.clear()
        return dict(known)

    def backlog_drift(self) -> int | None:
        """Return by how many conversations the backlog by intervals and by flows differ; None if it is not counted."""
        return None if self._drift is None else self._drift.at(self.as_of, self._passed)

    def covered_s(self, window: str) -> float:
        """Return how much of *window* lies after the first instant anything was seen, in seconds."""
        start = self._rolling.span_of(window).start
        first = min(self._first.values(), default=self.as_of)
        return max(0, self.as_of - max(start, first)) / 1000

    def _fold(self, as_of: int) -> None:
        """Fold the names over the caps: of label sets that something is kept of first, then of those with counters.

        A label set that stood for a moment only, until the next event told better, is nobody's: whether it was ever
        heard of depends on how records came.
        """
        if self._seen_anew:
            self._seen_anew = False
            self._over = bool(fold(self._first, self._caps).folded)
        if not self._over:
            return
        first = self._first
        kept = self._intervals.kept(as_of).union(self._hours.labels(as_of))
        known = {labels: first[labels] + _BEHIND_ALL for labels in self._rolling.counted_for_all_time()}
        known.update((labels, first[labels]) for labels in kept)
        if known == self._known:
            return
        self._known = known
        folding = fold(known, self._caps)
        if folding != self._folding:
            self._folding, self._groups = folding, cache(folding.groups)
            self._rolling.regroup(self._groups)
            self._identity.regroup(self._groups)
            if self._advisor is not None:
                self._advisor.regroup(self._groups)
            if self._history is not None:
                self._history.regroup(self._groups)
            if self._month is not None:
                self._month.regroup(self._groups)

    def _look_round(self, present: Iterable[Group]) -> None:
        """Note which channels the tenants have, and since when anything is known."""
        channels: dict[str, list[str]] = {}
        for group in present:
            if group.level == "channel":
                channels.setdefault(group.values[0], []).append(group.values[1])
        self._channels = {tenant: tuple(sorted(names)) for tenant, names in channels.items()}
        self._since = self._hours.since()

    def _present(self) -> set[Group]:
        """Return the groups that have rows: a cell or an interval of theirs is kept."""
        present = set(self._states)
        for labels in self._intervals.kept(self.as_of).union(self._hours.labels(self.as_of)):
            present.update(self._groups(labels))
        return present

    def _pass_timers(self, as_of: int) -> None:
        """Count the timers that fall before *as_of* and are not in the panes yet; take back those that are now."""
        passed = {
            entry: number
            for (_, bucket), rows in self._due.items()
            if bucket < as_of
            for entry, number in rows.items()
            if entry.content.at < as_of  # type: ignore[union-attr]  # samples
        }
        for entry in passed.keys() | self._passed.keys():
            by = passed.get(entry, 0) - self._passed.get(entry, 0)
            if by:
                at, labels = entry.content.at, entry.content.labels  # type: ignore[union-attr]  # as above
                amounts = {
                    measure: amount * by
                    for measure, amount in m.rolling(entry.content, self._definitions)  # type: ignore[arg-type]  # as above
                }
                for width in (FINE.ms, QUARTER.ms):
                    self._rolling.add(Pane(width, at - at % width), labels, amounts)
                for_good = m.all_time(entry.content, self._definitions)  # type: ignore[arg-type]  # as above
                if for_good:
                    self._rolling.add(ALL_TIME, labels, {measure: amount * by for measure, amount in for_good})
                self._ripen(at - at % HOUR.ms, labels, by)
        self._passed = passed

    def _ripen(self, hour: int, labels: Labels, by: int) -> None:
        """Count *by* more timers that have passed in an hour: *labels* have rows of it as if their partition knew."""
        number = self._ripe.pop((hour, labels), 0) + by
        if number:
            self._ripe[hour, labels] = number
        self._hours.put(_TIMERS, hour, labels, filled=bool(number))

    def _rows_of(self, group: Group, window: str, metrics: Sequence[Metric], *, grow: bool) -> Iterator[Row]:
        if not metrics:
            return
        family = _family(window)
        if group.level == "series" and group.values[1] == OTHER:
            return  # several series are none
        reading = self._reading(group, window, is_rolling=family == "rolling")
        for metric in metrics:
            if metric.family == family and metric.grows is grow:
                yield from _read(metric, group, window if family == "rolling" else None, reading)

    def _reading(self, group: Group, window: str, *, is_rolling: bool, is_shown: bool = True) -> Reading:
        """Return what metrics of *group* read; of one that is not shown itself only what others read of it."""
        tenant = group.values[0]
        start = self._rolling.span_of(window, tenant).start if is_rolling else 0
        whole, channels = None, self._channels.get(tenant, ())
        if group.level == "channel" and is_rolling and self._looks_round:
            whole = self._reading(Group("tenant", (tenant,)), window, is_rolling=True, is_shown=False)
            channels = group.values[1:]
        top = self._reasons if is_rolling and is_shown and group.level == "tenant" else None
        past = demand = None
        if self._history is not None and window == HISTORY_WINDOW:
            past = partial(self._history.same_hours, group, self.as_of)
            demand = partial(self._history.demand, group, self.as_of)
        return Reading(
            {} if window == _NOW else self._rolling.sums(window, group),
            self._states.get(group, _NOBODY),
            self.as_of,
            start,
            self._definitions,
            level=group.level,
            window=window if is_rolling else "",
            since=max(start, min(self._since.get(tenant, self.as_of), self.as_of)),
            tenant=whole,
            channels=channels,
            past=past,
            demand=demand,
            advice=None if self._advisor is None or window != _NOW else self._advisor.advice.get(group),
            reasons={} if top is None else top.of(window, tenant),
            usual={} if top is None else top.usual(tenant),
            place=group.values,
            month=self._month.sums(group) if self._month is not None and window == _NOW else {},
        )


_NOW = "now"
_TIMERS = "timers"
"""Stands for a partition among those that fill hours: what of timers is in none of their own partitions yet."""
_BEHIND_ALL = 1 << 60
_NOBODY = State()
_FAMILIES: dict[str, Family] = {TOTALS: "total", _NOW: "state"}


def _family(window: str) -> Family:
    return _FAMILIES.get(window, "rolling")


def _past_target(state: State | None) -> tuple[int, int]:
    return (0, 0) if state is None else (state.waiting_past_target, state.response_open_past_target)


def _read(metric: Metric, group: Group, window: str | None, reading: Reading) -> Iterator[Row]:
    value: Value | Mapping[str, Value] = metric.read(reading)
    if isinstance(value, Mapping):
        for extra, each in value.items():
            if each is not None:
                yield Row(metric, group, window, extra, each)
    elif value is not None:
        yield Row(metric, group, window, None, value)
