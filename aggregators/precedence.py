"""Precedence: which of the states that apply to an agent at one instant is its own (KPIS M21)."""

from __future__ import annotations

from typing import Final

from aggregators import samples as s

AT_WORK: Final = frozenset({s.AVAILABLE, s.BUSY, s.ACW})
"""Who says one of these may be offered conversations."""
WORKING: Final = frozenset({s.AVAILABLE, s.BUSY, s.PARTIALLY_BUSY, s.ACW, s.INCOMING})
"""Who is in one of these works through the queues it signed up for."""
OCCUPYING: Final = frozenset({s.BUSY, s.PARTIALLY_BUSY, s.ACW})
"""Contact or after-contact work."""
_GONE: Final = frozenset({0, s.OFFLINE, s.STALE})


def is_logged_in(said: int) -> bool:
    """Tell whether an agent of whom presence says *said* is there: it says anything but offline, and lately."""
    return said not in _GONE


def state_of(said: int, *, open_chats: int, wrapping: int, slots: int) -> int:
    """Return the state, a kind of interval, of an agent of whom presence says *said*; 0 for none.

    Error goes before contact, contact before after-contact work, that before whatever else is said. Who has a chat is
    busy when no slot is free, partially busy else; who says so without a chat known is busy.
    """
    if said == s.IN_ERROR:
        return said
    if open_chats:
        return s.BUSY if open_chats + wrapping >= slots else s.PARTIALLY_BUSY
    if said == s.BUSY:
        return said
    return s.ACW if wrapping else said


def with_offers(state: int, offers: int) -> int:
    """Return the state of an agent who would be in *state*, where *offers* make MISSED, REJECTED or INCOMING of it.

    What was missed or rejected goes before contact, what rings behind after-contact work; error before all.
    """
    if not offers or state == s.IN_ERROR or (offers == s.INCOMING and state in OCCUPYING):
        return state
    return offers


def slots_used(state: int, *, open_chats: int, wrapping: int, slots: int) -> int:
    """Return how many slots are taken: one for each chat, a wrap-up keeps its own.

    Who is busy has none free, whatever is known of chats; who is wrapping up has at least one taken.
    """
    used = open_chats + wrapping
    if state == s.BUSY:
        return max(used, slots)
    return max(used, 1) if state == s.ACW else used
