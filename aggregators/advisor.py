"""The advisor: feeds the estimators of the expected wait from what a board has, queue by queue, at each look (M7).

A cell tells when somebody was answered to 10 s, and how long they had waited to 1 %: so when they came, and what was
said then. What came from before the first look is not scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import measures as m
from aggregators.calendars import is_open, next_opening
from aggregators.expected_wait import LAST_HOUR, NAMES, NEXT_OPENING, SILENT, Advice, Backtest, Situation, said_of
from aggregators.instants import MINUTE_MS
from aggregators.panes import FINE, Pane
from aggregators.points import AFTER_WORK, HANDLED
from aggregators.precedence import WORKING
from aggregators.rolling import Group, Rolling, Sums
from aggregators.samples import ACTIVE, AGENTS_FREE, AGENTS_SHARED, INCOMING, MISSED, OFFLINE, STALE
from aggregators.sketch import EDGES, quantiles, value_of
from aggregators.windows import EVERYBODY, UTC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.definitions import Definitions
    from aggregators.reading import State
    from aggregators.samples import Labels
    from aggregators.states import Grouping

_RECENT: Final = "15m"
_HOUR: Final = "1h"
_PLAIN: Final = frozenset({m.ANSWERED, m.WAIT_MS, m.ABANDONED, HANDLED.total, AFTER_WORK.total})
_STATES: Final = (*range(OFFLINE, STALE + 1), *range(MISSED, INCOMING + 1))
FEWEST: Final = 10
"""With fewer answered in the last hour its quantiles are no band."""


class Advisor:
    """What is told of each queue. Feed it cells, move it to an instant along with the states of then, read `advice`."""

    def __init__(self, definitions: Definitions, *, grouping: Grouping) -> None:
        self._definitions = definitions
        self._counts_work = "work" in definitions.families
        self._grouping = grouping
        self._rolling = Rolling([_RECENT, _HOUR], local={EVERYBODY: UTC}, grouping=grouping)
        self._ended: list[tuple[int, Labels, int, int]] = []
        self._tests: dict[Group, Backtest] = {}
        self._last: dict[Group, tuple[int, int]] = {}
        self._open: dict[Group, tuple[int, int | None]] = {}
        self.advice: dict[Group, Advice] = {}

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int]) -> None:
        """Add the difference *amounts* to the cells of a pane."""
        if pane.width != FINE.ms:
            return
        kept: dict[int, int] = {}
        handled = 0
        for measure, amount in amounts.items():
            if m.WAIT_BIN <= measure < m.WAIT_BIN + m.FAMILY:
                kept[measure] = amount
                if amount > 0:
                    self._ended.append((pane.start, labels, measure - m.WAIT_BIN, amount))
            elif HANDLED.bins <= measure < HANDLED.bins + m.FAMILY:
                handled += amount
            elif measure in _PLAIN:
                kept[measure] = amount
        if handled:
            kept[HANDLED.count] = handled
        if kept:
            self._rolling.add(pane, labels, kept)

    def regroup(self, grouping: Grouping) -> None:
        """Count every label set in other groups from now on."""
        self._grouping = grouping
        self._rolling.regroup(grouping)

    def move(self, as_of: int, states: Mapping[Group, State]) -> set[Group]:
        """Stand at *as_of*; return the queues of which something else is told than before."""
        self._score()
        self._rolling.move(as_of)
        self._rolling.forget(before=as_of - FINE.kept_ms)
        self._rolling.changed.clear()
        groups = {group for group in self._rolling.groups(_HOUR) if group.level == "queue"}
        groups.update(group for group in states if group.level == "queue")
        told = {}
        for group in groups:
            advice = self._advise(group, as_of, states)
            if advice is not None:
                told[group] = advice
        changed = {group for group in told.keys() | self.advice.keys() if told.get(group) != self.advice.get(group)}
        self.advice = told
        return changed

    def errors_ms(self, group: Group) -> dict[str, float]:
        """Return the mean error of each estimator in a queue, in ms."""
        test = self._tests.get(group)
        return {} if test is None else test.errors_ms()

    def _score(self) -> None:
        for start, labels, index, number in sorted(self._ended):
            group = self._grouping(labels)[0]
            if group.level != "queue":
                continue
            wait_ms = round(value_of(index))
            last = self._last.get(group)
            if last is None or start >= last[0]:
                self._last[group] = (start, wait_ms)
            test = self._tests.get(group)
            if test is not None:
                # The earliest they may have come: what was said later might know of them.
                came = start - EDGES[index + 1]
                for _ in range(number):
                    test.score(came, wait_ms)
        self._ended.clear()

    def _advise(self, group: Group, as_of: int, states: Mapping[Group, State]) -> Advice | None:
        test = self._tests.get(group)
        if test is None:
            test = self._tests[group] = Backtest()
        opening = self._opening(group, as_of)
        if opening != as_of:
            test.tell(as_of, SILENT, None)
            return None if opening is None else Advice(NEXT_OPENING, opening - as_of, opening - as_of)
        hour = self._rolling.sums(_HOUR, group)
        situation = self._situation(group, hour, as_of, states)
        said = said_of(situation)
        chosen = test.chosen()
        now = None if chosen is None else said[chosen]
        band = None
        name = LAST_HOUR
        if chosen is not None and now is not None:
            name, band = NAMES[chosen], test.band(chosen, now, at=as_of)
        elif situation.working != 0 and hour.get(m.ANSWERED, 0) >= FEWEST:
            bins = {measure - m.WAIT_BIN: n for measure, n in hour.items() if 0 <= measure - m.WAIT_BIN < m.FAMILY}
            low, high = quantiles(bins, (0.5, 0.9))
            band = low, high
        test.tell(as_of, said, band)
        return None if band is None else Advice(name, *band, *test.quality())

    def _situation(self, group: Group, hour: Sums, as_of: int, states: Mapping[Group, State]) -> Situation:
        recent = self._rolling.sums(_RECENT, group)
        state = states.get(group)
        oldest = None if state is None else state.oldest_wait
        handled, after = _mean(hour, HANDLED.total, HANDLED.count), hour.get(AFTER_WORK.total, 0)
        above = Group("channel", group.values[:2])
        last = self._last.get(group)
        desk = _desk(states.get(Group("desk", (group.values[0], group.values[2]))))
        return Situation(
            waiting=0 if state is None else state.waiting,
            oldest_ms=0 if oldest is None else as_of - oldest,
            recent_ms=_mean(recent, m.WAIT_MS, m.ANSWERED),
            last_ms=None if last is None else last[1],
            handle_ms=handled,
            talk_ms=None if handled is None else handled - after / hour[HANDLED.count],
            abandonment=(_mean(hour, m.ABANDONED, m.ANSWERED, m.ABANDONED) or 0.0),
            working=self._working(state) if desk is None else desk[0],
            available=None if desk is None else desk[1],
            shared=None if desk is None else desk[2],
            channel_handle_ms=_mean(self._rolling.sums(_HOUR, above), HANDLED.total, HANDLED.count),
            channel_working=self._working(states.get(above)),
        )

    def _working(self, state: State | None) -> int | None:
        """Return how many places serve a queue of which no agents are known: its active chats. None where none is.

        Nobody active says nothing of who is idle.
        """
        if not self._counts_work or state is None:
            return None
        return state.lasting.get(ACTIVE, 0) or None

    def _opening(self, group: Group, as_of: int) -> int | None:
        """Return *as_of* where the queue is open, else when it opens; None if never. Looked up once a minute."""
        known = self._open.get(group)
        if known is not None and known[0] == as_of // MINUTE_MS and (known[1] is None or known[1] >= as_of):
            return known[1]
        tenant, channel, queue = group.values
        schedule = self._definitions.calendar_of(tenant, channel, queue)
        if schedule is None or is_open(schedule, as_of):
            return as_of
        opening = next_opening(schedule, as_of)
        self._open[group] = (as_of // MINUTE_MS, opening)
        return opening


def _desk(state: State | None) -> tuple[int, int, int] | None:
    """Return how many of the agents who signed up for a queue work, have a slot free, and work elsewhere too.

    None where nobody signed up.
    """
    if state is None or not any(state.lasting.get(kind) for kind in _STATES):
        return None
    working = sum(state.lasting.get(kind, 0) for kind in WORKING)
    return working, state.lasting.get(AGENTS_FREE, 0), state.lasting.get(AGENTS_SHARED, 0)


def _mean(sums: Sums, total: int, *counts: int) -> float | None:
    n = sum(sums.get(count, 0) for count in counts)
    return sums.get(total, 0) / n if n > 0 else None
