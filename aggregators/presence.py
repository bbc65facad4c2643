"""The sweep of one day of an agent: its state, slots and shift (KPIS M21 to M25), from presence and from its chats.

All there is to know are a few step functions of time. Between two instants at which any of them steps everything is
constant; what lasts over several such pieces is one interval, and what is added up over windows turns at its ends.

What a day comes to is a function of what is known of it. It is swept from the first instant on that is not as it was:
every few instants is a station, where all that applies is noted, and what is swept from it to the next.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.agents import CAPACITY, QUEUES_CHANGED, Agent
from aggregators.definitions import MOST_SLOTS
from aggregators.effort import InHand, effort
from aggregators.instants import DAY_MS, instant_ms
from aggregators.points import Point
from aggregators.samples import SPELLS, Interval, Labels
from aggregators.staleness import CHANGED, HEARTBEAT, Signs
from aggregators.steps import Steps
from aggregators.vocabulary import SHIFT_END, SHIFT_START, code_of

if TYPE_CHECKING:
    from aggregators.agents import Weights
    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.samples import Sample
    from aggregators.steps import Step
    from aggregators.told import AgentDay, Share

_SCHEDULED: Final = code_of("agent.scheduled")
A_STATION: Final = 8
"""So many instants are swept from one station."""

# What steps, beside what presence says, which is a kind of interval.
_OPEN: Final = -1
_WRAPPING: Final = -2
_IN_SHIFT: Final = -3
_TOLD: Final = -4
_PART_BEGINS: Final = -5
_PART_ENDS: Final = -6

_new: Final = tuple.__new__


class Swept(NamedTuple):
    """Samples and intervals, each with how often."""

    samples: dict[Sample, int]
    intervals: dict[Interval, int]


class _Station:
    """An instant of the sweep, what applied up to there, and what was swept from there on."""

    __slots__ = ("agent", "at", "in_hand", "intervals", "lasting", "samples", "weights")

    def __init__(
        self, at: int, agent: Agent, in_hand: InHand, lasting: dict[tuple[int, str], tuple[int, int]], weights: Weights
    ) -> None:
        self.at = at
        self.agent = agent
        self.in_hand = in_hand
        self.lasting = lasting
        self.weights = weights
        self.samples: dict[Sample, int] = {}
        self.intervals: dict[Interval, int] = {}


class Day:
    """What is known of an agent on a UTC day (days since 1970), told bit by bit."""

    def __init__(self, tenant: str, day: int, definitions: Definitions) -> None:
        begin = day * DAY_MS
        self._tenant = tenant
        self._end = begin + DAY_MS
        self._steps = Steps(begin, self._end)
        self._signs = Signs(self._steps, definitions.heartbeat_ms)
        self._told: dict[str, Fact] = {}
        self._shifts = 0
        self._labels: dict[tuple[str, str], Labels] = {}
        self._lasted: dict[int, dict[int, int]] = {}  # how long so many parts were in hand where a part begins
        slots = max(0, min(MOST_SLOTS, definitions.slots))
        self._stations = [_Station(begin, Agent(slots), InHand(begin, {}), {}, {})]
        self._starts = [begin]

    def sign(self, fact: Fact, by: int) -> None:
        """Take in an event of the agent (*by* is 1), or take it back (-1)."""
        at, rank, identifier, code, _ = fact
        steps = self._steps
        if code in (CHANGED, HEARTBEAT):
            self._signs.change(fact, by)
        elif code == _SCHEDULED:
            start, end = _shift(fact)
            if steps.span(start, end, _IN_SHIFT, by):
                self._shifts += by
                if self._shifts == max(0, by):  # the first one, or the last one is gone
                    steps.touch(steps.begin)
        elif code in (CAPACITY, QUEUES_CHANGED) and steps.begin - DAY_MS <= at < self._end:
            since = max(at, steps.begin)
            steps.add(since, _TOLD, by, (at, rank, identifier))
            steps.touch(since)
            if by > 0:
                self._told[identifier] = fact

    def share(self, share: Share, by: int) -> None:
        """Take in a part of the agent in a conversation, or take it back."""
        channel, queue, opened, ended, wrapped, lapsed = share
        steps = self._steps
        begin, end = steps.begin, self._end
        steps.span(opened, ended, _OPEN, by)
        steps.span(ended, wrapped, _WRAPPING, by)
        if not lapsed and opened < end and (wrapped > begin or opened == begin):
            start, until = max(begin, opened), max(begin, min(end, wrapped))
            if start < until:
                steps.add(start, _PART_BEGINS, by)
            steps.add(until, _PART_ENDS, by, (start, channel, queue, wrapped))

    def settle(self) -> tuple[Swept, Swept]:
        """Take in what was told since the last time; return what that changes: what was so before, and what is now."""
        since = self._steps.settle()
        if since is None:
            return _NONE, _NONE
        stations, starts = self._stations, self._starts
        place = bisect_right(starts, since) - 1
        before = stations[place:]
        del stations[place:]
        del starts[place:]
        self._sweep(before[0])
        return _all(before), _all(stations[place:])

    def _sweep(self, station: _Station) -> None:
        """Go through the steps from *station* on."""
        rows, end = self._steps.rows, self._end
        numbers = self._steps.numbers
        agent, in_hand, lasting = station.agent.copy(), station.in_hand.copy(), station.lasting.copy()
        weights = station.weights
        station = self._put(_Station(station.at, station.agent, station.in_hand, station.lasting, weights))
        left = A_STATION
        shift = self._shifts > 0
        place, behind = bisect_left(rows, (station.at,)), len(rows)
        while place < behind:
            at: int = rows[place][0]
            if not left:
                station = self._put(_Station(at, agent.copy(), in_hand.copy(), lasting.copy(), weights))
                left = A_STATION
            left -= 1
            in_hand.move(at, agent.open + agent.wrapping)
            while place < behind and rows[place][0] == at:
                step = rows[place]
                what: int = step[1]
                by = numbers[step]
                place += 1
                if what > 0:
                    agent.said += by * what  # what was said ends where the next begins
                elif what == _OPEN:
                    agent.open += by
                elif what == _WRAPPING:
                    agent.wrapping += by
                elif what == _IN_SHIFT:
                    agent.scheduled += by
                elif what == _TOLD:
                    agent.hear(self._told[step[2][2]])
                elif what == _PART_BEGINS:
                    self._lasted[at] = in_hand.lasted()
                else:
                    self._end_part(step, by, in_hand, station)
            if at < end:
                now = agent.weights(shift=shift)
                if now is not weights:
                    self._change(station, lasting, at, now)
                    weights = now
        self._change(station, lasting, end, {})

    def _put(self, station: _Station) -> _Station:
        self._stations.append(station)
        self._starts.append(station.at)
        return station

    def _end_part(self, step: Step, number: int, in_hand: InHand, to: _Station) -> None:
        """Count the effort of *number* parts that are alike."""
        until: int = step[0]
        start, channel, queue, wrapped = step[2]
        took_ms = in_hand.took_ms(self._lasted[start]) if start < until else 0
        point = effort(self._at(channel, queue), wrapped=wrapped, end=self._end, took_ms=took_ms)
        to.samples[point] = to.samples.get(point, 0) + number

    def _change(
        self, station: _Station, lasting: dict[tuple[int, str], tuple[int, int]], at: int, weights: Weights
    ) -> None:
        """Let *weights* last from *at* on, and what they do not have no longer."""
        for key, (number, start) in list(lasting.items()):
            now = weights.get(key, 0)
            if now != number:
                kind, queue = key
                interval: Interval = _new(Interval, (kind, self._at("", queue), start, at, start))
                station.intervals[interval] = number
                self._turn(station, key, at, now - number)
                if now:
                    lasting[key] = (now, at)
                else:
                    del lasting[key]
        for key, number in weights.items():
            if key not in lasting:
                lasting[key] = (number, at)
                self._turn(station, key, at, number)

    def _turn(self, station: _Station, key: tuple[int, str], at: int, by: int) -> None:
        """Let so many more, or less, of a kind last from *at* on; at a desk nothing is added up over windows."""
        kind, queue = key
        if not queue and kind in SPELLS:
            point: Point = _new(Point, (SPELLS[kind], at, self._at("", queue), by))
            station.samples[point] = 1

    def _at(self, channel: str, queue: str) -> Labels:
        labels = self._labels.get((channel, queue))
        if labels is None:
            labels = self._labels[channel, queue] = Labels(self._tenant, channel, queue)
        return labels


_NONE: Final = Swept({}, {})


def _all(stations: list[_Station]) -> Swept:
    """Return what was swept from *stations* on: nothing from one of them is the same as from another."""
    if len(stations) == 1:
        return Swept(stations[0].samples, stations[0].intervals)
    swept = Swept({}, {})
    for each in stations:
        swept.samples.update(each.samples)
        swept.intervals.update(each.intervals)
    return swept


def _shift(fact: Fact) -> tuple[int, int]:
    start, end = instant_ms(fact[4][SHIFT_START]), instant_ms(fact[4][SHIFT_END])
    return (0, 0) if start is None or end is None else (start, end)


def observe(known: AgentDay, definitions: Definitions) -> Swept:
    """Return what lasts of an agent within its UTC day; days that follow each other add up without gap or overlap."""
    day = Day(known.tenant, known.day, definitions)
    for fact in known.signs:
        day.sign(fact, 1)
    for shares in known.shares.values():
        for share in shares:
            day.share(share, 1)
    return day.settle()[1]
