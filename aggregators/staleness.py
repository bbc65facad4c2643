"""Staleness: what an agent's presence says over a day, and until when it may be believed."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import samples as s
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.vocabulary import STATE, code_of

if TYPE_CHECKING:
    from aggregators.facts import Fact
    from aggregators.steps import Steps

CHANGED: Final = code_of("agent.state_changed")
HEARTBEAT: Final = code_of("agent.heartbeat")
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

_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""

BEATS_MS: Final = 12 * HOUR_MS
"""So far back a heartbeat shows that the agent's connector has any; without one what was said holds as long."""
FORGOTTEN_MS: Final = DAY_MS
"""So long after its last sign an agent is counted. More than two days of signs would else decide about a day."""


class _Sign(NamedTuple):
    """What was heard of a state: instant, rank and id are the order of the sweep."""

    at: int
    rank: int
    id: str
    beats: bool
    state: int


class _Says(NamedTuple):
    """What a sign says: `state` from `start` to `turn`, from there to `until` STALE. `beat` is the last heartbeat."""

    start: int
    turn: int
    until: int
    state: int
    beat: int


_NOTHING: Final = _Says(0, 0, 0, 0, -1)
"""A sign that nobody has looked at."""
_NOWHERE: Final = 1 << 62


class Signs:
    """What presence says within the time of *steps*: at each instant one of the kinds of intervals, or nothing.

    A sign holds until the next one; two heartbeats without one later, or BEATS_MS later if the agent has none, it is
    stale. Offline stays offline. What is heard of states within that time and on the day before it, is all that
    matters. So a sign that comes or goes changes what it says itself, what the one before it says, and, as far as the
    last heartbeat is another, what those behind it say.
    """

    __slots__ = ("_changed", "_holds_ms", "_never", "_says", "_signs", "_steps", "_until")

    def __init__(self, steps: Steps, heartbeat_ms: int) -> None:
        self._steps = steps
        self._holds_ms = min(2 * heartbeat_ms, BEATS_MS)
        self._never = steps.begin - DAY_MS - BEATS_MS - 1
        self._signs: list[_Sign] = []
        self._says: list[_Says] = []
        # From the first of these places on, at the last one at least, something came or went.
        self._changed, self._until = _NOWHERE, -1

    def change(self, fact: Fact, by: int) -> None:
        """Take in an event (*by* is 1), or take it back (-1)."""
        at, rank, identifier, code, fields = fact
        if not self._steps.begin - DAY_MS <= at < self._steps.end:
            return
        sign: _Sign = _new(_Sign, (at, rank, identifier, code == HEARTBEAT, _SAID.get(fields[STATE], s.CUSTOM)))
        place = bisect_left(self._signs, sign)
        if by > 0:
            self._signs.insert(place, sign)
            self._says.insert(place, _NOTHING)
        else:
            del self._signs[place]
            self._put(self._says.pop(place), -1)
        self._changed = min(self._changed, place)
        self._until = max(self._until + by if place <= self._until else self._until, place)

    def settle(self) -> None:
        """Let the steps be those of what was taken in: of what came or went, of the sign before, and what follows."""
        at = max(0, self._changed - 1)
        beat = self._says[at - 1].beat if 0 < at <= len(self._says) else self._never
        while at < len(self._signs):
            known, says = self._says[at], self._at(at, beat)
            if says != known:
                self._put(known, -1)
                self._put(says, 1)
                self._says[at] = says
            elif at > self._until:
                break
            beat = says.beat
            at += 1
        self._changed, self._until = _NOWHERE, -1

    def _at(self, place: int, beat: int) -> _Says:
        """Return what a sign says, where the last heartbeat before it was at *beat*."""
        at, _, _, beats, state = self._signs[place]
        if beats:
            beat = at
        until = min(at + FORGOTTEN_MS, self._steps.end)
        if place + 1 < len(self._signs):
            until = min(until, self._signs[place + 1][0])
        if until <= self._steps.begin:
            return _new(_Says, (0, 0, 0, 0, beat))
        holds_ms = self._holds_ms if at - beat <= BEATS_MS else BEATS_MS
        stale = until if state == s.OFFLINE else min(until, at + holds_ms)
        start = max(at, self._steps.begin)
        return _new(_Says, (start, max(start, stale), until, state, beat))

    def _put(self, says: _Says, by: int) -> None:
        start, turn, until, state, _ = says
        if start < turn:
            self._steps.span(start, turn, state, by)
        if turn < until:
            self._steps.span(turn, until, s.STALE, by)
