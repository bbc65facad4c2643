"""The sweep of one day of an agent: its state, slots and shift (KPIS M21 to M25), from presence and from its chats.

All there is to know are a few step functions of time. Between two instants at which any of them steps everything is
constant; what lasts over several such pieces is one interval, and what is added up over windows turns at its ends.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from aggregators import effort
from aggregators import samples as s
from aggregators.definitions import MOST_SLOTS
from aggregators.instants import DAY_MS, instant_ms
from aggregators.points import Point
from aggregators.precedence import AT_WORK, OCCUPYING, is_logged_in, slots_used, state_of
from aggregators.samples import SPELLS, Interval, Labels
from aggregators.staleness import said
from aggregators.vocabulary import CHANNEL, QUEUES, SHIFT_END, SHIFT_START, SLOTS, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.samples import Sample
    from aggregators.told import AgentDay

_CAPACITY: Final = code_of("agent.capacity_changed")
_QUEUES: Final = code_of("agent.queues_changed")
_SCHEDULED: Final = code_of("agent.scheduled")

MOST_QUEUES: Final = 100

Weights = dict[tuple[int, str], int]
"""How many of each kind of interval last, at the tenant ("") or at a desk, by its queue."""


class _Agent:
    """What applies to an agent at one instant of the sweep."""

    __slots__ = ("_capacity", "_usual_slots", "open", "queues", "said", "scheduled", "shift", "wrapping")

    def __init__(self, usual_slots: int) -> None:
        self.said = 0
        self.open = 0
        self.wrapping = 0
        self.scheduled = 0  # how many of its shifts it is in
        self.shift = False  # whether the day has any
        self.queues: tuple[str, ...] = ()
        self._capacity: dict[str, int] = {}
        self._usual_slots = usual_slots

    @property
    def slots(self) -> int:
        """What was said overall, else of each channel, else the usual number."""
        if "" in self._capacity:
            return self._capacity[""]
        return sum(self._capacity.values()) if self._capacity else self._usual_slots

    def hear(self, fact: Fact) -> None:
        """Take in slots or queues."""
        _, _, _, code, fields = fact
        if code == _CAPACITY:
            self._capacity[fields.get(CHANNEL, "")] = max(0, min(MOST_SLOTS, fields[SLOTS]))
        elif code == _QUEUES:
            named = dict.fromkeys(each["queue"] for each in fields[QUEUES] if each["queue"])
            self.queues = tuple(named)[:MOST_QUEUES]

    def weights(self) -> Weights:
        """Return what lasts now."""
        in_shift = self.scheduled > 0 if self.shift else is_logged_in(self.said)
        return _weights(self.said, self.open, self.wrapping, self.slots, in_shift, self.queues)


@lru_cache(maxsize=8_192)
def _weights(said: int, open_chats: int, wrapping: int, slots: int, in_shift: bool, queues: tuple[str, ...]) -> Weights:  # noqa: FBT001, PLR0917 - a cache is asked by position
    """Return what lasts of such an agent; the same object for the same one.

    Contact and work that follow from the states are not said again: only where they do not.
    """
    state = state_of(said, open_chats=open_chats, wrapping=wrapping, slots=slots)
    used = slots_used(state, open_chats=open_chats, wrapping=wrapping, slots=slots)
    logged_in, at_work = is_logged_in(said), said in AT_WORK
    weights: Weights = {(s.CHATS, ""): open_chats, (s.SHIFT, ""): int(in_shift)}
    if state:
        weights[state, ""] = 1
    if logged_in:
        weights[s.LOGGED_IN, ""] = 1
        weights[s.SLOTS, ""] = max(slots, used) if at_work else used
        weights[s.SLOTS_USED, ""] = used
    if state in OCCUPYING:
        weights[s.OCCUPIED_OUTSIDE, ""] = int(not logged_in)
        weights[s.WORKED_OUTSIDE, ""] = int(not logged_in and not in_shift)
    weights[s.BUSY_WITHOUT_CHAT, ""] = int(state == s.BUSY and not open_chats)
    weights[s.CHAT_IN_ERROR, ""] = int(state == s.IN_ERROR and open_chats > 0)
    for queue in queues:
        if state:
            weights[state, queue] = 1
        if at_work:
            weights[s.SLOTS, queue] = max(slots, used)
            weights[s.SLOTS_USED, queue] = used
    if at_work and used < slots:
        for queue in ("", *queues):
            weights[s.AGENTS_FREE, queue] = 1
    return {key: number for key, number in weights.items() if number}


class _Spells:
    """What lasts, by kind and queue: so many since an instant."""

    def __init__(self, tenant: str, samples: list[Sample], intervals: list[Interval]) -> None:
        self._tenant = tenant
        self._samples = samples
        self._intervals = intervals
        self._lasting: dict[tuple[int, str], tuple[int, int]] = {}
        self._weights: Weights = {}
        self._known: dict[str, Labels] = {}

    def change(self, at: int, weights: Weights) -> None:
        """Let *weights* last from *at* on, and what they do not have no longer."""
        if weights is self._weights:
            return
        self._weights = weights
        lasting = self._lasting
        for key, (number, start) in list(lasting.items()):
            now = weights.get(key, 0)
            if now != number:
                kind, queue = key
                self._intervals += [Interval(kind, self._labels(queue), start, at, start)] * number
                self._turn(key, at, now - number)
                if now:
                    lasting[key] = (now, at)
                else:
                    del lasting[key]
        for key, number in weights.items():
            if key not in lasting:
                lasting[key] = (number, at)
                self._turn(key, at, number)

    def _turn(self, key: tuple[int, str], at: int, by: int) -> None:
        """Let so many more, or less, of a kind last from *at* on; at a desk nothing is added up over windows."""
        kind, queue = key
        if not queue and kind in SPELLS:
            self._samples.append(Point(SPELLS[kind], at, self._labels(queue), by))

    def _labels(self, queue: str) -> Labels:
        labels = self._known.get(queue)
        if labels is None:
            labels = self._known[queue] = Labels(self._tenant, "", queue)
        return labels


def observe(day: AgentDay, definitions: Definitions, samples: list[Sample], intervals: list[Interval]) -> None:
    """Add what lasts of an agent within its UTC day; days that follow each other add up without gap or overlap."""
    effort.observe(day, samples)
    begin = day.day * DAY_MS
    end = begin + DAY_MS
    agent = _Agent(max(0, min(MOST_SLOTS, definitions.slots)))
    told: list[Fact] = []
    steps: dict[int, list[tuple[int, int]]] = {}
    for fact in day.signs:
        at, _, _, code, _ = fact
        if code == _SCHEDULED:
            if _step(steps, _SCHEDULED_STEP, _shift(fact), begin=begin):
                agent.shift = True
        elif code in (_CAPACITY, _QUEUES) and begin - DAY_MS <= at < end:
            told.append(fact)
            steps.setdefault(max(begin, at), [])
    for piece in said(day.signs, begin=begin, heartbeat_ms=definitions.heartbeat_ms):
        _step(steps, piece.state, (piece.start, piece.end), begin=begin)
    for shares in day.shares.values():
        for share in shares:
            _step(steps, _OPEN_STEP, (share.opened, share.ended), begin=begin)
            _step(steps, _WRAPPING_STEP, (share.ended, share.wrapped), begin=begin)
    _sweep(agent, told, steps, _Spells(day.tenant, samples, intervals), end=end)


_OPEN_STEP: Final = -1
_WRAPPING_STEP: Final = -2
_SCHEDULED_STEP: Final = -3


def _shift(fact: Fact) -> tuple[int, int]:
    start, end = instant_ms(fact[4][SHIFT_START]), instant_ms(fact[4][SHIFT_END])
    return (0, 0) if start is None or end is None else (start, end)


def _step(steps: dict[int, list[tuple[int, int]]], what: int, span: tuple[int, int], *, begin: int) -> bool:
    """Let *what* begin and end with the part of *span* that lies in the day from *begin* on; tell whether any does."""
    start, end = max(span[0], begin), min(span[1], begin + DAY_MS)
    if start >= end:
        return False
    steps.setdefault(start, []).append((what, 1))
    steps.setdefault(end, []).append((what, -1))
    return True


def _sweep(
    agent: _Agent, told: Iterable[Fact], steps: dict[int, list[tuple[int, int]]], spells: _Spells, *, end: int
) -> None:
    """Let the steps and what was told of slots and queues change the agent, one instant after the other."""
    rest = list(told)
    place = 0
    for at in sorted(steps):
        if at >= end:
            break
        while place < len(rest) and rest[place][0] <= at:
            agent.hear(rest[place])
            place += 1
        for what, by in steps[at]:
            if what == _OPEN_STEP:
                agent.open += by
            elif what == _WRAPPING_STEP:
                agent.wrapping += by
            elif what == _SCHEDULED_STEP:
                agent.scheduled += by
            else:
                agent.said += by * what  # what was said ends where the next begins
        spells.change(at, agent.weights())
    spells.change(end, {})
