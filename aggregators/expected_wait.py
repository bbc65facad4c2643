"""Expected wait (M7): how long somebody who came now would wait, by simple estimators and a rolling back-test of them.

Advisory, and outside "equal": what is chosen depends on when somebody looked. Every duration is in ms.
"""

from __future__ import annotations

from collections import deque
from math import ceil, log1p
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.instants import HOUR_MS, SECOND_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

GENESYS_HANDLE_MS: Final = 90 * SECOND_MS
CCAI_EXTRA_MS: Final = 10 * SECOND_MS
SCORED: Final = 400
"""So many legs answered last are the back-test."""
ENOUGH: Final = 30
"""With fewer no estimator is chosen, and one that could say nothing for a fifth of them never is."""
NEAREST: Final = 100
"""A band is that of so many of them, for which the estimator said the nearest to what it says now."""
AIMS: Final = (0.5, 0.9)
"""The shares that are to wait at most as long as each end of the band."""
STEP: Final = 0.02
"""By how much one who waited longer, or not as long, moves the quantile that is told (Gibbs and Candès 2021)."""
STRETCH: Final = 5.0
"""Beyond the longest of the nearest, a hundredth more is so many hundredths of it more."""
SLOT_MS: Final = 10 * SECOND_MS
REMEMBERED_MS: Final = HOUR_MS
"""Who waits longer is in no back-test: what was said to them is forgotten."""

Said = tuple[int | None, ...]
"""What each of ESTIMATORS says in ms, None where it can say nothing."""
Band = tuple[float, float]


class Situation(NamedTuple):
    """What is known of a queue at an instant; None is unknown.

    `waiting` legs wait, the oldest for `oldest_ms` (0 where nobody does). `recent_ms` is the mean wait of those
    answered in the last 15 min, `last_ms` that of the last 10 s in which anybody was. Over the last hour: `handle_ms`
    and `talk_ms` (without wrap-up) of what was handled, `abandonment` the share that left. `working` agents handle
    contacts of the queue, `available` are idle, `shared` of them also work for others; `channel_…` is the same of the
    whole channel.
    """

    waiting: int
    oldest_ms: int
    recent_ms: float | None = None
    last_ms: float | None = None
    handle_ms: float | None = None
    talk_ms: float | None = None
    abandonment: float = 0.0
    working: int | None = None
    available: int | None = None
    shared: int | None = None
    channel_handle_ms: float | None = None
    channel_working: int | None = None


def by_position(s: Situation) -> float | None:
    """(a) (position × recent AHT) ÷ working agents × (1 − P(abandon))."""
    if s.handle_ms is None or not s.working:
        return None
    return (s.waiting + 1) * s.handle_ms / s.working * (1 - s.abandonment)


def by_recent_mean(s: Situation) -> float | None:
    """(b) The mean wait of those answered in the last 15 min."""
    return s.recent_ms


def by_last_answered(s: Situation) -> float | None:
    """(c) The wait of those answered last."""
    return s.last_ms


def by_head_of_line(s: Situation) -> float | None:
    """(d) The wait so far of the one who is next."""
    return float(s.oldest_ms)


def by_ccai(s: Situation) -> float | None:
    """(e) Google CCAI: (mean duration ÷ agents of the channel) · (shared ÷ agents) · (queued − available) + 10 s.

    Nobody need wait for less than nothing: as many available as queued are the 10 s.
    """
    if s.channel_handle_ms is None or not s.channel_working or not s.working:
        return None
    if s.shared is None or s.available is None:
        return None
    each = s.channel_handle_ms / s.channel_working * s.shared / s.working
    return each * max(0, s.waiting - s.available) + CCAI_EXTRA_MS


def by_genesys(s: Situation, *, efficiency: float = 1.0) -> float | None:
    """(f) Classic Genesys: AHT · callers in queue ÷ (agents · efficiency), with 90 s where the AHT is unknown."""
    if not s.working:
        return None
    return (GENESYS_HANDLE_MS if s.handle_ms is None else s.handle_ms) * s.waiting / (s.working * efficiency)


def by_talk(s: Situation) -> float | None:
    """(f) Expertflow: position · mean talk ÷ working agents."""
    if s.talk_ms is None or not s.working:
        return None
    return (s.waiting + 1) * s.talk_ms / s.working


ESTIMATORS: Final = {
    "position": by_position,
    "recent_mean": by_recent_mean,
    "last_answered": by_last_answered,
    "head_of_line": by_head_of_line,
    "ccai": by_ccai,
    "genesys": by_genesys,
    "talk": by_talk,
}
NAMES: Final = tuple(ESTIMATORS)
LAST_HOUR: Final = "last_hour"
"""Stands for an estimator while none is chosen: the waits of the last hour."""
NEXT_OPENING: Final = "next_opening"
"""Stands for one while the queue is closed."""
SILENT: Final[Said] = (None,) * len(NAMES)


def said_of(situation: Situation) -> Said:
    """Return what each estimator says; nothing where it is known that no agent works, for that has no end."""
    if situation.working == 0:
        return SILENT
    found = [estimate(situation) for estimate in ESTIMATORS.values()]
    return tuple(None if each is None else round(each) for each in found)


class Advice(NamedTuple):
    """What is told of a queue: half of those who come now wait at most `p50_ms`, nine of ten at most `p90_ms`.

    Of those told lately: `error_ms` is the mean of |wait − p50|, `within_p50` and `within_p90` are the shares that
    waited at most as long; ideally 0.5 and 0.9. None where nobody was told yet.
    """

    estimator: str
    p50_ms: float
    p90_ms: float
    error_ms: float | None = None
    within_p50: float | None = None
    within_p90: float | None = None


class _Told(NamedTuple):
    """What stood at `at`: what the estimators said, and the band that was shown, None without one."""

    at: int
    said: Said
    band: Band | None


class Backtest:
    """What was said of one queue lately, and how long those waited who came then. Instants in epoch ms."""

    def __init__(self) -> None:
        self._told: deque[_Told] = deque()
        self._scored: deque[tuple[_Told, int]] = deque()
        self._said = [0] * len(NAMES)
        self._errors_ms = [0] * len(NAMES)
        self._shown = 0
        self._shown_error_ms = 0.0
        self._within = [0, 0]
        self._levels = [*AIMS]
        self._band: tuple[int, int, Band] | None = None

    def tell(self, at: int, said: Said, band: Band | None) -> None:
        """Note what is said at *at*: once in 10 s."""
        told = self._told
        if told and at < told[-1].at:  # the clock was set back
            told.clear()
        if not told or at >= told[-1].at + SLOT_MS:
            told.append(_Told(at, said, band))
        while told[0].at < at - REMEMBERED_MS:
            told.popleft()

    def score(self, came: int, wait_ms: int) -> None:
        """Note that somebody who came at *came* was answered after *wait_ms*: against what stood then."""
        told = next((each for each in reversed(self._told) if each.at <= came), None)
        if told is None:
            return
        if len(self._scored) == SCORED:
            self._count(*self._scored.popleft(), by=-1)
        self._scored.append((told, wait_ms))
        self._count(told, wait_ms, by=1)
        if told.band is not None:
            for end, (aim, bound) in enumerate(zip(AIMS, told.band, strict=True)):
                self._levels[end] += STEP * (aim - (wait_ms <= bound))

    def chosen(self) -> int | None:
        """Return the estimator with the least mean error, by its place; None while too few were answered."""
        able = [place for place, n in enumerate(self._said) if n >= ENOUGH and 5 * n >= 4 * len(self._scored)]
        return min(able, key=lambda place: self._errors_ms[place] / self._said[place]) if able else None

    def band(self, chosen: int, said_ms: int, *, at: int) -> Band:
        """Return what is told at *at*, where *chosen* says *said_ms*: for 10 s the same, while the same one is chosen.

        It is P50 and P90 of the waits of those to whom *chosen* had said the nearest, the latest first; or other
        quantiles, as far as fewer or more than half and nine of ten have waited at most as long as they were told.
        """
        known = self._band
        if known is not None and known[0] == chosen and known[1] <= at < known[1] + SLOT_MS:
            return known[2]
        near = log1p(said_ms)
        pairs = [(each.said[chosen], wait) for each, wait in reversed(self._scored)]
        apart = [(abs(log1p(said) - near), wait) for said, wait in pairs if said is not None]
        # Of those as near, the latest: they come first, and the sort keeps it so.
        apart.sort(key=_first)
        waits = sorted(wait for _, wait in apart[:NEAREST])
        low, high = (rank(waits, level) for level in self._levels)
        band = low, max(low, high)
        self._band = chosen, at, band
        return band

    def quality(self) -> tuple[float | None, float | None, float | None]:
        """Return the mean error of the P50 in ms, and the shares within P50 and P90; None where none was told."""
        n = self._shown
        return (self._shown_error_ms / n, self._within[0] / n, self._within[1] / n) if n else (None, None, None)

    def errors_ms(self) -> dict[str, float]:
        """Return the mean error of each estimator that said anything, in ms."""
        rows = zip(NAMES, self._errors_ms, self._said, strict=True)
        return {name: total / n for name, total, n in rows if n}

    def _count(self, told: _Told, wait_ms: int, *, by: int) -> None:
        for place, said in enumerate(told.said):
            if said is not None:
                self._said[place] += by
                self._errors_ms[place] += by * abs(wait_ms - said)
        if told.band is not None:
            self._shown += by
            self._shown_error_ms += by * abs(wait_ms - told.band[0])
            for end, bound in enumerate(told.band):
                self._within[end] += by * (wait_ms <= bound)


def rank(ordered: Sequence[int], q: float) -> float:
    """Return the quantile *q* of values in order, by nearest rank; beyond the last, see STRETCH."""
    place = min(max(1, ceil(q * len(ordered) - 1e-9)), len(ordered))
    return ordered[place - 1] * max(1.0, 1 + STRETCH * (q - 1))


def _first(pair: tuple[float, int]) -> float:
    return pair[0]
