"""Staleness: what an agent's presence says over a day, and until when it may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import samples as s
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.vocabulary import STATE, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.facts import Fact

_CHANGED: Final = code_of("agent.state_changed")
_HEARTBEAT: Final = code_of("agent.heartbeat")
_SAID: Final = {
    "available": s.AVAILABLE,
    "busy": s.BUSY,
    "acw": s.ACW,
    "break": s.ON_BREAK,
    "away": s.AWAY,
    "offline": s.OFFLINE,
    "error": s.IN_ERROR,
}
UNKNOWN: Final = 0
"""Nobody has heard of the agent for a day: it has no state."""

BEATS_MS: Final = 12 * HOUR_MS
"""So far back a heartbeat shows that the agent's connector has any; without one what was said holds as long."""
FORGOTTEN_MS: Final = DAY_MS
"""So long after its last sign an agent is counted. More than two days of signs would else decide about a day."""


class Said(NamedTuple):
    """From `start` to `end` (epoch ms) presence said a state: one of the kinds of intervals, STALE included."""

    start: int
    end: int
    state: int


def said(signs: Iterable[Fact], *, begin: int, heartbeat_ms: int) -> list[Said]:
    """Return what presence says in the UTC day from *begin* on, in order; between them it says nothing.

    A sign holds until the next one; two heartbeats without one later, or BEATS_MS later if the agent has none, it is
    stale. Offline stays offline. What is heard of states on the day and on the day before it, is all that matters.
    """
    heard = [fact for fact in signs if fact[3] in (_CHANGED, _HEARTBEAT) and begin - DAY_MS <= fact[0] < begin + DAY_MS]
    pieces: list[Said] = []
    beat = begin - DAY_MS - BEATS_MS - 1
    for place, (at, _, _, code, fields) in enumerate(heard):
        if code == _HEARTBEAT:
            beat = at
        until = at + FORGOTTEN_MS
        if place + 1 < len(heard):
            until = min(until, heard[place + 1][0])
        until = min(until, begin + DAY_MS)
        if until <= begin:
            continue
        state = _SAID.get(fields[STATE], s.CUSTOM)
        holds_ms = min(2 * heartbeat_ms, BEATS_MS) if at - beat <= BEATS_MS else BEATS_MS
        stale = until if state == s.OFFLINE else min(until, at + holds_ms)
        _add(pieces, max(at, begin), stale, state)
        _add(pieces, max(stale, begin), until, s.STALE)
    return pieces


def _add(pieces: list[Said], start: int, end: int, state: int) -> None:
    """Let *state* hold from *start* to *end*; what goes on from the last piece makes that longer."""
    if end <= start:
        return
    if pieces and pieces[-1].end == start and pieces[-1].state == state:
        pieces[-1] = Said(pieces[-1].start, end, state)
    else:
        pieces.append(Said(start, end, state))
