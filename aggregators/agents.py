"""An agent at one instant: what presence said of it, its chats, slots, queues and shifts, and what lasts of that."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from aggregators import samples as s
from aggregators.definitions import MOST_SLOTS
from aggregators.precedence import AT_WORK, OCCUPYING, is_logged_in, slots_used, state_of
from aggregators.vocabulary import CHANNEL, QUEUES, SLOTS, code_of

if TYPE_CHECKING:
    from aggregators.facts import Fact

CAPACITY: Final = code_of("agent.capacity_changed")
QUEUES_CHANGED: Final = code_of("agent.queues_changed")
MOST_QUEUES: Final = 100

Weights = dict[tuple[int, str], int]
"""How many of each kind of interval last, at the tenant ("") or at a desk, by its queue."""


class Agent:
    """What applies to an agent at one instant of the sweep; `scheduled` is how many of its shifts it is in."""

    __slots__ = ("_capacity", "_queues", "_slots", "open", "said", "scheduled", "wrapping")

    def __init__(self, slots: int) -> None:
        self.said = 0
        self.open = 0
        self.wrapping = 0
        self.scheduled = 0
        self._slots = slots
        self._queues: tuple[str, ...] = ()
        self._capacity: dict[str, int] = {}

    def copy(self) -> Agent:
        """Return one that changes by itself."""
        other = Agent(self._slots)
        other.said, other.open, other.wrapping, other.scheduled = self.said, self.open, self.wrapping, self.scheduled
        other._queues, other._capacity = self._queues, self._capacity
        return other

    def hear(self, fact: Fact) -> None:
        """Take in queues, or slots: what was said overall counts, else of each channel, else the usual number."""
        _, _, _, code, fields = fact
        if code == CAPACITY:
            said = max(0, min(MOST_SLOTS, fields[SLOTS]))
            self._capacity = {**self._capacity, fields.get(CHANNEL, ""): said}
            self._slots = self._capacity[""] if "" in self._capacity else sum(list(self._capacity.values()))
        elif code == QUEUES_CHANGED:
            named = dict.fromkeys(each["queue"] for each in fields[QUEUES] if each["queue"])
            self._queues = tuple(named)[:MOST_QUEUES]

    def weights(self, *, shift: bool) -> Weights:
        """Return what lasts now, on a day that has a *shift* of it or has none."""
        in_shift = self.scheduled > 0 if shift else is_logged_in(self.said)
        return _weights(self.said, self.open, self.wrapping, self._slots, in_shift, self._queues)


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
