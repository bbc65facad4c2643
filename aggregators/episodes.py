"""Resolution episodes: from what a customer wants to its last solve, with all the reopenings in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import points
from aggregators.points import Point, PointKind
from aggregators.samples import OPEN, SOLVED, LastSolve
from aggregators.tells import Solved

if TYPE_CHECKING:
    from aggregators.places import Places
    from aggregators.samples import Interval, Labels, Sample

_new: Final = tuple.__new__
"""As in observe: a named tuple in half the time."""
Spans = list[tuple[int, int | None]]
"""From when until when, in order; None is without an end."""


class Solve(NamedTuple):
    """A solve at `at` by the fact at `place`. `stop` is where clocks stop: earlier where time ran out (`by_timeout`).

    `alone`: the customer wrote and nobody replied; `withdrawn`: and it was no human of the centre who ended it.
    `replies` is -1 where the customer did not write. `is_human`: a human had it, as far as anything says so.
    """

    place: int
    at: int
    stop: int
    by_timeout: bool
    alone: bool
    withdrawn: bool
    replies: int
    touches: int
    owners: int
    is_human: bool


class Pauses:
    """When the status was pending or on hold. Pauses begin and end in the order of time."""

    def __init__(self) -> None:
        self._ended: list[tuple[int, int]] = []
        self._since = -1

    def begin(self, at: int) -> None:
        """Pause from *at*, if it is not paused yet."""
        if self._since < 0:
            self._since = at

    def end(self, at: int) -> None:
        """Go on from *at*, if it is paused."""
        if self._since >= 0:
            self._ended.append((self._since, at))
            self._since = -1

    @property
    def spans(self) -> Spans:
        """All pauses."""
        return [*self._ended, *([(self._since, None)] if self._since >= 0 else [])]

    def between(self, start: int, end: int) -> int:
        """Return for how many of the ms from *start* to *end* it was paused."""
        if self._since < 0 and not self._ended:
            return 0
        paused = max(0, end - max(self._since, start)) if self._since >= 0 else 0
        for since, until in self._ended:
            paused += max(0, min(until, end) - max(since, start))
        return paused


class Episode:
    """One episode, received at `received`; its durations count from `clock`, and are final `settle_ms` after its solve.

    `before` is the last solve of the episode before it. Since `taken_up_at` it has been open without a break.

    A solve is pending until it is known that nobody corrects it. `ends` collects, over all episodes of a conversation,
    the first end of each with its outcome: 2 where it was withdrawn before a reply, else 1. `stays` is when it was open
    and anybody could solve it: not while it is solved, nor after it was closed without being solved; `solved_at` is the
    last solve.
    """

    def __init__(
        self,
        places: Places,
        samples: list[Sample],
        intervals: list[Interval],
        *,
        received: int,
        clock: int,
        before: int | None,
        settle_ms: int,
        ends: list[tuple[int, int]],
        solved: list[Solved],
    ) -> None:
        self._solved = solved
        self._settle_ms = settle_ms
        self._before = before
        self._undone: Solve | None = None
        self._places = places
        self._samples = samples
        self._intervals = intervals
        self._received = self._opened = received
        self.clock = self.taken_up_at = clock
        self._ends = ends
        self.pending: Solve | None = None
        self._closed_at = -1
        self._solves = self._taken_up = 0
        self._is_shut = False
        self._ended = self._left_alone = self._deleted = False
        self.stays: Spans = []
        self.solved_at: int | None = None
        self._stays_since = clock

    def solve(self, solve: Solve) -> None:
        """Be solved, until the next reopening."""
        self.pending = solve
        self._closed_at = -1

    def correct(self) -> None:
        """Be open as if the pending solve had not been."""
        self.pending = None

    def halt(self, at: int) -> None:
        """Be closed without being solved, until it is taken up again."""
        if self._stays_since >= 0:
            self._leave(at)

    def shut(self, at: int, *, alone: bool, withdrawn: bool) -> None:
        """Be closed without being solved."""
        self._is_shut = True
        self.end_at(at, alone=alone, withdrawn=withdrawn)
        self.halt(at)

    def resume(self, at: int) -> None:
        """Be taken up again, if it was closed without being solved."""
        if self._is_shut:
            self._is_shut = False
            self._taken_up += 1
        if self._stays_since < 0:
            self._stays_since = self.taken_up_at = at

    def close(self, at: int) -> None:
        """Be closed too, where it is solved; only the first time counts."""
        if self._closed_at < 0:
            self._closed_at = at

    def reopen(self, solve: Solve, at: int, *, by_customer: bool) -> None:
        """Be open again after *solve*, the pending one: what it was the last of does not count."""
        self._undo(solve, outcome=2 if by_customer else 1)
        self.pending = None
        self._add(points.REOPENED, at)
        if by_customer or self._undone is not None:
            self._undone = solve
        self._is_shut = False
        self._opened = self._stays_since = self.taken_up_at = at

    def delete(self, at: int) -> None:
        """Leave the backlog."""
        if self.pending is None:
            self._deleted = True
            self.halt(at)
            self._add(points.DELETED, at)
            self._last_until(at)

    def end_at(self, at: int, *, alone: bool, withdrawn: bool) -> None:
        """Count the first end, and the first without a reply."""
        if not self._ended:
            self._ended = True
            self._ends.append((at, 2 if withdrawn else 1))
        if alone and not self._left_alone:
            self._left_alone = True
            self._add(points.NO_REPLY_CLOSED, at)

    def finish(self, pauses: Pauses, *, silent_at: int | None) -> None:
        """Count the episode as it stands. One that is open is so until *silent_at* (None: until an event ends it)."""
        solve = self.pending
        if solve is not None:
            self._keep(solve, pauses)
            self.solved_at = solve.at
            self._tell(solve, closes=self._solves + self._taken_up)
        elif self._undone is not None:
            # What the customer opened again was solved, and at first contact it was not: whoever solves it anew.
            self._tell(self._undone, closes=self._solves + self._taken_up + 1)
        if solve is None and not self._deleted:
            if self._stays_since >= 0:
                self._leave(silent_at)
            self._last_until(silent_at)
            if silent_at is not None:
                self._add(points.LAPSED, silent_at)
        self._add(points.RECEIVED, self._received, 1 if solve is None else 2)

    def _tell(self, solve: Solve, *, closes: int) -> None:
        told = (solve.is_human, solve.owners, solve.replies, self._undone is not None, closes)
        self._solved.append(Solved(self._before, solve.at, *told))

    def _undo(self, solve: Solve, *, outcome: int) -> None:
        """Count a solve that nobody corrected and that is not the last; *outcome* 2 is that the customer came back."""
        self._settle(solve)
        self._add(points.SOLVE, solve.at, outcome)
        if self._solves == 1:
            self._add(points.FIRST_SOLVED, solve.at, solve.stop - self.clock)
        if solve.by_timeout:
            self._add(points.AUTO_CLOSED, solve.at)

    def _last_until(self, end: int | None) -> None:
        """Be open until *end* (None: until an event ends it), queue by queue, and count the moves between them."""
        places = self._places
        if not places.named:
            self._intervals += places.pieces(OPEN, self._opened, end, self._opened)
            return
        where = places.at(self._opened)
        for piece in places.pieces(OPEN, self._opened, end, self._opened):
            self._intervals.append(piece)
            where = self._move(where, piece[1], piece[2])
        if end is not None:
            self._move(where, places.at(end), end)

    def _move(self, old: Labels, new: Labels, at: int) -> Labels:
        if new != old:
            self._samples.append(_new(Point, (points.MOVED_OUT.code, at, old, 0)))
            self._samples.append(_new(Point, (points.MOVED_IN.code, at, new, 0)))
        return new

    def _keep(self, solve: Solve, pauses: Pauses) -> None:
        """Count the last solve."""
        self._settle(solve)
        at, clock, closed_at = solve.at, self.clock, self._closed_at
        took_ms = solve.stop - clock
        paused_ms = pauses.between(clock, solve.stop)
        first, closed = int(self._solves == 1), int(closed_at == at)
        late_ms = at - solve.stop if solve.by_timeout else -1
        done = (first, closed, late_ms, solve.replies, solve.touches, solve.owners)
        labels = self._places.at(at)
        self._samples.append(_new(LastSolve, (SOLVED, at, labels, took_ms, paused_ms, *done)))
        self._samples.append(_new(Point, (points.SOLVED_SETTLED.code, at + self._settle_ms, labels, took_ms)))
        if closed_at > at:
            self._add(points.CLOSED, closed_at, closed_at - clock)

    def _settle(self, solve: Solve) -> None:
        self._solves += 1
        self.halt(solve.stop)
        self._last_until(solve.at)
        self.end_at(solve.at, alone=solve.alone, withdrawn=solve.withdrawn)

    def _leave(self, at: int | None) -> None:
        if at is None or at > self._stays_since:
            self.stays.append((self._stays_since, at))
        self._stays_since = -1

    def _add(self, kind: PointKind, at: int, value: int = 0) -> None:
        self._samples.append(_new(Point, (kind.code, at, self._places.at(at), value)))
