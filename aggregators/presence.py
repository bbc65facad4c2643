"""The sweep of one day of an agent: its state, slots and shift (KPIS M21 to M25), from presence and from its chats.

All there is to know are a few step functions of time. Between two instants at which any of them steps everything is
constant; what lasts over several such pieces is one interval, and what is added up over windows turns at its ends.

What a day comes to is a function of what is known of it, yet it is swept only from the first instant on that is not as
it was: what applied before each of the last instants is remembered, and what was swept there.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from aggregators.agents import NOTHING_LASTS, Agent
from aggregators.definitions import MOST_SLOTS
from aggregators.effort import effort, longer, took_ms
from aggregators.instants import DAY_MS, instant_ms
from aggregators.lasting import Desks, Lasting, Swept
from aggregators.misses import OVER, Misses
from aggregators.staleness import CHANGED, HEARTBEAT, Signs
from aggregators.steps import Steps
from aggregators.vocabulary import CHANNEL, QUEUES, SHIFT_END, SHIFT_START, SLOTS, code_of

if TYPE_CHECKING:
    from aggregators.definitions import Definitions
    from aggregators.effort import InHand
    from aggregators.facts import Fact
    from aggregators.steps import Step
    from aggregators.told import AgentDay, Offer, Share

_CAPACITY: Final = code_of("agent.capacity_changed")
_QUEUES_CHANGED: Final = code_of("agent.queues_changed")
_SCHEDULED: Final = code_of("agent.scheduled")

MOST_QUEUES: Final = 100
REMEMBERED: Final = 128
"""So many instants of a day are remembered at least: what changes before them makes the whole day be swept."""

# What steps, beside what presence says, which is a kind of interval.
_OPEN: Final = -1
_WRAPPING: Final = -2
_IN_SHIFT: Final = -3
_HAS_SLOTS: Final = -4
_HAS_QUEUES: Final = -5
_PART_BEGINS: Final = -6
_PART_ENDS: Final = -7
_MISSED: Final = -8
_REJECTED: Final = -9
_RINGING: Final = -10
_WAYS: Final = {1: _MISSED, 2: _REJECTED}


class _Moment:
    """What applies from an instant on: the agent, what lasts, and how long so many parts were in hand by then."""

    __slots__ = ("agent", "at", "in_hand", "lasting")

    def __init__(self, at: int, agent: Agent, lasting: Lasting, in_hand: InHand) -> None:
        self.at = at
        self.agent = agent
        self.lasting = lasting
        self.in_hand = in_hand


class Day:
    """What is known of an agent on a UTC day (days since 1970), told bit by bit."""

    def __init__(self, tenant: str, day: int, definitions: Definitions, *, remembered: int = REMEMBERED) -> None:
        begin = day * DAY_MS
        self._end = begin + DAY_MS
        self._steps = Steps(begin, self._end)
        self._signs = Signs(self._steps, definitions.heartbeat_ms)
        self._misses = Misses(self._steps)
        self._shares = "expected_wait" in definitions.families
        self._hears_of_offers = "offers" in definitions.families
        self._shifts = 0
        self._has_shift = False  # as swept
        self._desks = Desks(tenant)
        slots = max(0, min(MOST_SLOTS, definitions.slots))
        self._first = self._last = _Moment(begin, Agent(slots), Lasting(self._desks, NOTHING_LASTS), {})
        self._part_began: dict[int, InHand] = {}
        self._remembered = remembered
        self._since = begin  # all instants from there on are remembered: with what applied before, and what was swept
        self._instants: list[int] = []
        self._before: list[_Moment] = []
        self._swept: list[Swept] = []

    def sign(self, fact: Fact, by: int) -> None:
        """Take in an event of the agent (*by* is 1), or take it back (-1)."""
        at, rank, identifier, code, fields = fact
        steps = self._steps
        if code in (CHANGED, HEARTBEAT):
            self._signs.change(fact, by)
            if code == CHANGED and self._hears_of_offers:
                self._misses.mark(at, OVER, by)
        elif code == _SCHEDULED:
            start, end = _shift(fact)
            if steps.span(start, end, _IN_SHIFT, by):
                self._shifts += by
                if self._shifts == max(0, by):  # the first one, or the last one is gone
                    steps.touch(steps.begin)
        elif steps.begin - DAY_MS <= at < self._end:
            since = max(at, steps.begin)
            if code == _CAPACITY:
                slots = max(0, min(MOST_SLOTS, fields[SLOTS]))
                steps.add(since, _HAS_SLOTS, by, (at, rank, identifier, fields.get(CHANNEL, ""), slots))
            elif code == _QUEUES_CHANGED:
                named = dict.fromkeys(each["queue"] for each in fields[QUEUES] if each["queue"])
                steps.add(since, _HAS_QUEUES, by, (at, rank, identifier, *named))

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

    def offer(self, offer: Offer, by: int) -> None:
        """Take in an offer that rang at the agent, or take it back."""
        start, end, how = offer
        self._steps.span(start, end, _RINGING, by)
        self._misses.mark(start, OVER, by)
        if how:
            self._misses.mark(end, _WAYS[how], by)

    def settle(self) -> tuple[Swept, Swept]:
        """Take in what was told since the last time; return what that changes: what was so before, and what is now."""
        before, after = Swept({}, {}), Swept({}, {})
        self._signs.settle()
        self._misses.settle()
        since = self._steps.changed_since()
        if since is None:
            return before, after
        if since < self._since:
            self._forget(0)
            self._last, self._since = self._first, self._steps.begin
            self._sweep(self._since)
        old = self._last
        self._steps.settle()
        self._has_shift = self._shifts > 0
        place = bisect_left(self._instants, since)
        _add(self._swept, place, before)
        self._forget(place)
        self._sweep(since)
        _add(self._swept, place, after)
        old.lasting.close(self._end, self._last.lasting, before)
        self._last.lasting.close(self._end, old.lasting, after)
        if len(self._instants) > 2 * self._remembered:
            self._since = self._instants[-self._remembered]
            for each in (self._instants, self._before, self._swept):
                del each[: -self._remembered]
        return before, after

    def _forget(self, place: int) -> None:
        """Go back to what applied before the instant at *place* of those that are remembered."""
        if place < len(self._instants):
            self._last = self._before[place]
            for each in (self._instants, self._before, self._swept):
                del each[place:]

    def _sweep(self, since: int) -> None:
        """Go through the steps from *since* on, from what applies now."""
        rows, numbers, end = self._steps.rows, self._steps.numbers, self._end
        last, shift = self._last, self._has_shift
        place, behind = bisect_left(rows, (since,)), len(rows)
        while place < behind:
            at: int = rows[place][0]
            agent, swept = last.agent.copy(), Swept({}, {})
            in_hand = longer(last.in_hand, agent.open + agent.wrapping, at - last.at)
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
                elif what == _RINGING:
                    agent.ringing += by
                elif what == _MISSED:
                    agent.missed += by
                elif what == _REJECTED:
                    agent.rejected += by
                elif what == _PART_BEGINS:
                    self._part_began[at] = in_hand
                elif what == _PART_ENDS:
                    self._end_part(step, by, in_hand, swept)
                else:
                    _hear(agent, step)
            lasting = last.lasting
            if at < end:
                lasting = lasting.turned(at, agent.weights(shift=shift, sharing=self._shares), agent.queues, swept)
            self._instants.append(at)
            self._before.append(last)
            self._swept.append(swept)
            last = _Moment(at, agent, lasting, in_hand)
        self._last = last

    def _end_part(self, step: Step, number: int, in_hand: InHand, swept: Swept) -> None:
        """Count the effort of *number* parts that are alike."""
        until: int = step[0]
        start, channel, queue, wrapped = step[2]
        took = took_ms(self._part_began[start], in_hand) if start < until else 0
        point = effort(self._desks.at(queue, channel), wrapped=wrapped, end=self._end, took=took)
        swept.samples[point] = swept.samples.get(point, 0) + number


def _hear(agent: Agent, step: Step) -> None:
    """Take in what was said of slots or queues."""
    if step[1] == _HAS_SLOTS:
        _, _, _, channel, slots = step[2]
        agent.has(channel, slots)
    else:
        agent.queues = dict.fromkeys(step[2][3 : 3 + MOST_QUEUES])


def _add(swept: list[Swept], place: int, to: Swept) -> None:
    """Add what was swept from *place* on: nothing of one instant is the same as of another."""
    for samples, intervals in swept[place:]:
        to.samples.update(samples)
        to.intervals.update(intervals)


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
    for offer in known.offers:
        day.offer(offer, 1)
    return day.settle()[1]
