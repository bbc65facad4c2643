"""Hindsight: what the board shows at an instant gone by, with everything that is known now - where that can be told.

Panes are kept for a while, and so are intervals. Two boards are made of what is kept:

    fine      of everything, as the live one: right as far back as 10-second panes and intervals go, about two hours
    coarse    of 15-minute panes alone: right at multiples of 15 min for windows that are multiples of it, for days, and
              of no state: what depends on who waited is unknown there

Everything else is unknown, and it is said why; nothing is put together from what happens to be left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from aggregators.board import Board, Row
from aggregators.catalogue.voice import MONTH_METRICS
from aggregators.instants import MINUTE_MS, rfc3339
from aggregators.panes import FINE, QUARTER, Pane
from aggregators.rolling import EVERY_LEVEL
from aggregators.unknown import UnknownStates, careful
from aggregators.week import MEASURES
from aggregators.windows import EVERYBODY, MONTH, WINDOWS, locals_of, span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from aggregators.definitions import Definitions
    from aggregators.delta import Entry
    from aggregators.folding import Caps
    from aggregators.metric import Metric
    from aggregators.rolling import Group, Level
    from aggregators.samples import Labels
    from aggregators.windows import Span

Way = Literal["fine", "coarse"]
_WEEK: Final = WINDOWS[-1]
_TOLD: Final = "expected_wait"
"""A family of estimates that are tried against what came."""
_OF_WEEKS: Final = "baselines"
"""A family that compares with twelve weeks, of which some are gone for instants gone by."""
_OF_A_WEEK: Final = "reasons"
"""A family that compares with the last 7 d, whatever the window."""
_OF_A_MONTH: Final = frozenset(metric.suffix for metric in MONTH_METRICS)
"""Metrics of whole hours of 30 d, and of the 10-second panes of the hour that goes on."""
_SHORT: Final = {"5m": 5 * MINUTE_MS}
"""Windows that are no multiples of 15 min."""


class Recorded:
    """What is stored, as it is shown to a board, to be shown to any number of them. `watermark` is the greatest.

    `of_hours` are the measures of hours that are kept: those a board asks for, and week.MEASURES.
    """

    def __init__(self, *, of_hours: tuple[int, ...] = ()) -> None:
        self.of_hours = (*dict.fromkeys((*of_hours, *MEASURES.values())),)
        self.watermark: int | None = None
        self.first: dict[Labels, int] = {}
        self._cells: list[tuple[Pane, Labels, Mapping[int, int]]] = []
        self._hours: list[tuple[object, int, Labels, bool, Mapping[int, int]]] = []
        self._intervals: list[tuple[object, int, Mapping[Entry, int]]] = []
        self._due: list[tuple[object, int, Mapping[Entry, int]]] = []

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Keep the cells of a pane, unless they are of all time."""
        if pane.width:
            self._cells.append((pane, labels, dict(amounts)))

    def set_hour(
        self, partition: object, start: int, labels: Labels, *, filled: bool, amounts: Mapping[int, int]
    ) -> None:
        """Keep whether an hour holds anything."""
        self._hours.append((partition, start, labels, filled, amounts))

    def hours(self) -> Iterator[tuple[int, Labels, Mapping[int, int]]]:
        """Yield start, label set and the measures `of_hours` of every hour of every partition."""
        for _, start, labels, _, amounts in self._hours:
            yield start, labels, amounts

    def set_intervals(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Keep a bucket of intervals."""
        self._intervals.append((partition, bucket, entries))

    def set_due(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Keep a bucket of timers."""
        self._due.append((partition, bucket, entries))

    def see_labels(self, first: Mapping[Labels, int]) -> None:
        """Keep label sets and their first instants."""
        for labels, at in first.items():
            self.first[labels] = min(at, self.first.get(labels, at))

    def show(self, board: Board, wanted: Callable[[Labels], bool], *, coarse: bool) -> None:
        """Bring onto *board* what is wanted; onto a coarse one only 15-minute panes, each of them as a fine one too."""
        board.see_labels({labels: at for labels, at in self.first.items() if wanted(labels)})
        for pane, labels, amounts in self._cells:
            if not wanted(labels) or (coarse and pane.width != QUARTER.ms):
                continue
            board.add(pane, labels, amounts)
            if coarse:
                # Windows of 30 min and 1 h are read from fine panes. At a multiple of 15 min all of a pane is in it.
                board.add(Pane(FINE.ms, pane.start), labels, amounts)
        for partition, start, labels, filled, amounts in self._hours:
            if wanted(labels):
                board.set_hour(partition, start, labels, filled=filled, amounts=amounts)
        for put, buckets in ((board.set_intervals, self._intervals), (board.set_due, self._due)):
            for partition, bucket, entries in buckets:
                mine = {entry: number for entry, number in entries.items() if wanted(entry.content.labels)}
                if mine:
                    put(partition, bucket, mine)


class Kept(NamedTuple):
    """How far back what is stored goes where the greatest watermark is `watermark` (epoch ms)."""

    watermark: int

    @property
    def fine_from(self) -> int:
        """Where the first 10-second pane begins that is kept."""
        return _first_kept(self.watermark - FINE.kept_ms, FINE.ms)

    @property
    def quarters_from(self) -> int:
        """Where the first 15-minute pane begins that is kept."""
        return _first_kept(self.watermark - QUARTER.kept_ms, QUARTER.ms)

    @property
    def states_from(self) -> int:
        """The first instant whose intervals are all kept."""
        return _first_kept(self.watermark - FINE.kept_ms, QUARTER.ms)


def _first_kept(passed: int, width: int) -> int:
    """Return the start of the first pane that ends after *passed*."""
    return passed - passed % width


class Hindsight:
    """Shows rows of *metrics* at instants gone by, each later than the one before.

    `stateful` tells of a metric which extras depend on the state, None where any may (`unknown.unknown_of`).
    """

    def __init__(
        self,
        recorded: Recorded,
        definitions: Definitions,
        *,
        zone: tzinfo,
        windows: Sequence[str],
        caps: Caps,
        metrics: Collection[Metric],
        stateful: Callable[[Metric], Collection[str | None] | None],
        wanted: Callable[[Labels], bool] = lambda _: True,
    ) -> None:
        self._recorded, self._wanted = recorded, wanted
        # What those who come are told depends on when somebody looked: nothing of it is shown, so nobody looks.
        families = tuple(family for family in definitions.families if family != _TOLD)
        self._definitions, self._zone = replace(definitions, families=families), zone
        self._windows, self._caps = tuple(windows), caps
        self._metrics = metrics
        self._stateful = stateful
        self._local = locals_of(definitions, zone)
        self._kept = Kept(recorded.watermark or 0)
        self._boards: dict[Way, Board] = {}
        self._own: dict[int, Metric] = {}
        self._first: dict[Group, int] | None = None

    def rows(self, at: int) -> list[Row]:
        """Return the rows that the board shows at *at* (epoch ms), but those of which `why_not` says something."""
        found: list[Row] = []
        ways: dict[tuple[int, str | None, str, str | None], Way | str] = {}
        for way in ("fine", "coarse"):
            if way == "coarse" and at % QUARTER.ms:
                continue
            if way == "fine" and at < self._kept.states_from:
                continue
            board = self._board(way)
            board.move(at)
            for row in board.rows():
                metric = self._own.get(id(row.metric), row.metric)
                key = (id(metric), row.window, row.group.values[0], row.extra)
                right = ways.get(key)
                if right is None:
                    right = ways[key] = self._way(metric, row.extra, row.window, tenant=row.group.values[0], at=at)
                if right == way and self._is_known(board, row.group, at):
                    found.append(row._replace(metric=metric))
        return found

    def why_not(self, metric: Metric, extra: str | None, window: str | None, *, tenant: str, at: int) -> str | None:
        """Return why it cannot be told what was shown of *metric* at *at*; None if it can."""
        way = self._way(metric, extra, window, tenant=tenant, at=at)
        return None if way in ("fine", "coarse") else way

    def _way(self, metric: Metric, extra: str | None, window: str | None, *, tenant: str, at: int) -> str:
        """Return the way by which it can be told, or why it cannot."""
        if metric.family == "total":
            return "counters are of all time: what they were is not kept"
        if metric.advisory or metric.asked == _TOLD:
            return "an estimate depends on when somebody looked: what was shown is not kept"
        has_states = at >= self._kept.states_from
        if window is None and metric.suffix in _OF_A_MONTH and not self._has_fine(span(MONTH, at)):
            return f"10-second panes of the hour are kept from {rfc3339(self._kept.fine_from)} on"
        if window is None:
            return "fine" if has_states else f"who was there before {rfc3339(self._kept.states_from)} is not kept"
        if metric.asked == _OF_WEEKS and not has_states:
            return "what was usual then is not kept"
        local = self._local.get(tenant, self._local[EVERYBODY])
        needed = [span(each, at, local) for each in (window, *((_WEEK,) if metric.asked == _OF_A_WEEK else ()))]
        if any(each.start < each.middle and each.start < self._kept.quarters_from for each in needed):
            return f"15-minute panes are kept from {rfc3339(self._kept.quarters_from)} on"
        if has_states and all(self._has_fine(each) for each in needed):
            return "fine"
        return self._coarse(metric, extra, window, needed, at)

    def _coarse(self, metric: Metric, extra: str | None, window: str, needed: Sequence[Span], at: int) -> str:
        """Return "coarse" if that is a way, or why it is not."""
        if at % QUARTER.ms:
            return f"10-second panes are kept from {rfc3339(self._kept.fine_from)} on; before, only multiples of 15 min"
        if window in _SHORT:
            return f"10-second panes are kept from {rfc3339(self._kept.fine_from)} on, and {window} is of no others"
        if any(each.start < self._kept.quarters_from for each in needed):
            return f"15-minute panes are kept from {rfc3339(self._kept.quarters_from)} on"
        stateful = self._stateful(metric)
        if stateful is None or extra in stateful or metric.grows:
            return f"it depends on who was there, which is kept from {rfc3339(self._kept.states_from)} on"
        return "coarse"

    def _has_fine(self, needed: Span) -> bool:
        return needed.middle >= needed.end or needed.middle >= self._kept.fine_from

    def _is_known(self, board: Board, group: Group, at: int) -> bool:
        """Tell whether anything of *group* had happened before *at*."""
        if self._first is None:
            self._first = {}
            for labels, first in self._recorded.first.items():
                for each in board.groups_of(labels):
                    self._first[each] = min(first, self._first.get(each, first))
        return self._first.get(group, at) < at

    def _board(self, way: Way) -> Board:
        if way not in self._boards:
            metrics: Iterable[Metric] = self._metrics
            if way == "coarse":
                made = {id(metric): careful(metric) for metric in metrics if not metric.grows}
                self._own = {id(made[id(metric)]): metric for metric in metrics if id(metric) in made}
                metrics = made.values()
            by_level: dict[Level, list[Metric]] = {
                level: [metric for metric in metrics if level in metric.every_level] for level in EVERY_LEVEL
            }
            board = Board(
                self._definitions,
                zone=self._zone,
                windows=self._windows,
                caps=self._caps,
                metrics=by_level,
                states=UnknownStates(self._definitions) if way == "coarse" else None,
            )
            self._recorded.show(board, self._wanted, coarse=way == "coarse")
            self._boards[way] = board
        return self._boards[way]
