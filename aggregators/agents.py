"""An agent at one instant: what presence said of it, its chats, slots, queues and shifts, and what lasts of that."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from aggregators import samples as s
from aggregators.precedence import AT_WORK, OCCUPYING, WORKING, is_logged_in, slots_used, state_of, with_offers


class Weights(NamedTuple):
    """How many of each kind of interval last, at the tenant and at each of the agent's desks."""

    at_tenant: dict[int, int]
    at_desks: dict[int, int]


class Agent:
    """What applies to an agent after an instant of the sweep; `scheduled` is how many of its shifts it is in.

    `missed`, `rejected` and `ringing` are how many offers make that state now.
    Slots are what was said overall, else of each channel, else the usual number.
    """

    __slots__ = (
        "_capacity",
        "_slots",
        "missed",
        "open",
        "queues",
        "rejected",
        "ringing",
        "said",
        "scheduled",
        "wrapping",
    )

    def __init__(self, slots: int) -> None:
        self.said = 0
        self.open = 0
        self.wrapping = 0
        self.scheduled = 0
        self.missed = 0
        self.rejected = 0
        self.ringing = 0
        self.queues: dict[str, None] = {}
        self._slots = slots
        self._capacity: dict[str, int] = {}

    def copy(self) -> Agent:
        """Return one that changes by itself."""
        other = Agent(self._slots)
        other.said, other.open, other.wrapping, other.scheduled = self.said, self.open, self.wrapping, self.scheduled
        other.missed, other.rejected, other.ringing = self.missed, self.rejected, self.ringing
        other.queues, other._capacity = self.queues, self._capacity
        return other

    def has(self, channel: str, slots: int) -> None:
        """Take in what was said of its slots, overall (channel "") or of a channel."""
        self._capacity = {**self._capacity, channel: slots}
        self._slots = self._capacity[""] if "" in self._capacity else sum(list(self._capacity.values()))

    def weights(self, *, shift: bool, sharing: bool) -> Weights:
        """Return what lasts now, on a day that has a *shift* of it or has none.

        With *sharing* also whether it works in several queues.
        """
        in_shift = self.scheduled > 0 if shift else is_logged_in(self.said)
        offers = s.MISSED if self.missed else s.REJECTED if self.rejected else s.INCOMING if self.ringing else 0
        shared = sharing and len(self.queues) > 1
        return _weights(self.said, self.open, self.wrapping, self._slots, in_shift, offers, shared)


_BEFORE_CONTACT: Final = frozenset({s.IN_ERROR, s.MISSED, s.REJECTED})


@lru_cache(maxsize=8_192)
def _weights(  # noqa: PLR0917 - a cache is asked by position
    said: int,
    open_chats: int,
    wrapping: int,
    slots: int,
    in_shift: bool,  # noqa: FBT001 - as above
    offers: int,
    shared: bool,  # noqa: FBT001 - as above
) -> Weights:
    """Return what lasts of such an agent; the same object for the same one.

    Contact and work that follow from the states are not said again: only where they do not.
    """
    state = state_of(said, open_chats=open_chats, wrapping=wrapping, slots=slots)
    used = slots_used(state, open_chats=open_chats, wrapping=wrapping, slots=slots)
    state = with_offers(state, offers)
    logged_in, at_work = is_logged_in(said), said in AT_WORK
    weights = {s.CHATS: open_chats, s.SHIFT: int(in_shift)}
    desks: dict[int, int] = {}
    if state:
        weights[state] = desks[state] = 1
    if shared and state in WORKING:
        desks[s.AGENTS_SHARED] = 1
    if logged_in:
        weights[s.LOGGED_IN] = 1
        weights[s.SLOTS] = max(slots, used) if at_work else used
        weights[s.SLOTS_USED] = used
    if state in OCCUPYING:
        weights[s.OCCUPIED_OUTSIDE] = int(not logged_in)
        weights[s.WORKED_OUTSIDE] = int(not logged_in and not in_shift)
    weights[s.BUSY_WITHOUT_CHAT] = int(state == s.BUSY and not open_chats)
    weights[s.CHAT_IN_ERROR] = int(state in _BEFORE_CONTACT and open_chats > 0)
    if at_work:
        desks[s.SLOTS] = max(slots, used)
        desks[s.SLOTS_USED] = used
        if used < slots:
            weights[s.AGENTS_FREE] = desks[s.AGENTS_FREE] = 1
    return Weights(*({kind: number for kind, number in each.items() if number} for each in (weights, desks)))


NOTHING_LASTS: Final = Weights({}, {})
