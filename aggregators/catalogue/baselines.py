"""Baselines: what chance alone would allow, and what is usual at this hour of the week (M64, M60, M6).

Definitions to the letter: `docs/definitions-baselines.md`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from aggregators import measures as m
from aggregators.baseline import DOWN, UP, Share, Verdict, count_change, share_change, wilson
from aggregators.calendars import business_ms
from aggregators.formulas import all_abandoned
from aggregators.history import QUARTERS
from aggregators.instants import HOUR_MS
from aggregators.metric import Metric, rolling

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.reading import Reading, Value

MIN_N: Final = 10
"""Fewer responses, now or in all weeks before, are no jump."""
SIGNIFICANCE: Final = 0.01
FEWEST_WEEKS: Final = 3
"""Of so many of the weeks before there are responses in the same hours, or nothing is said."""
_SIGNS: Final = {UP: 1, DOWN: -1, None: 0}


def _jump(r: Reading) -> Verdict | None:
    """Return how satisfaction compares with the same hours of the weeks before, None where too little is known."""
    if r.past is None or r[m.CSAT_RESPONSES] < MIN_N:
        return None
    weeks = [Share(week[m.CSAT_RESPONSES], week[m.CSAT_SATISFIED]) for week in r.past()]
    held = [week for week in weeks if week.n > 0]
    if len(held) < FEWEST_WEEKS:
        return None
    now = Share(r[m.CSAT_RESPONSES], r[m.CSAT_SATISFIED])
    return share_change(now, held, min_n=MIN_N, significance=SIGNIFICANCE)


def _of_jump(read: Callable[[Verdict], float]) -> Callable[[Reading], Value]:
    def of_jump(r: Reading) -> Value:
        verdict = _jump(r)
        return None if verdict is None else read(verdict)

    return of_jump


def _weeks(r: Reading) -> list[Fraction] | None:
    """Return how many queue in the like of this hour, of the weeks that are known; None where that is not counted.

    A week in which the queue was closed all the while, as on a holiday, says nothing of one in which it is open.
    """
    if r.demand is None:
        return None
    schedule = r.definitions.calendar_of(*r.place) if r.level == "queue" else None
    weeks = r.demand()
    return (
        [
            Fraction(week.queued, QUARTERS)
            for week in weeks
            if week.is_known and any(business_ms(schedule, start, start + HOUR_MS) for start in week.starts)
        ]
        if weeks
        else None
    )


def _usual(r: Reading) -> Value:
    weeks = _weeks(r)
    return None if weeks is None or len(weeks) < FEWEST_WEEKS else float(sum(weeks, Fraction(0)) / len(weeks))


def _weeks_known(r: Reading) -> Value:
    weeks = _weeks(r)
    return None if weeks is None else len(weeks)


def _of_demand(read: Callable[[Verdict], float]) -> Callable[[Reading], Value]:
    def of_demand(r: Reading) -> Value:
        weeks = _weeks(r)
        if weeks is None or len(weeks) < FEWEST_WEEKS:
            return None
        verdict = count_change(r[m.QUEUED], weeks, min_n=MIN_N, significance=SIGNIFICANCE)
        return None if verdict is None else read(verdict)

    return of_demand


def _bound(end: int, successes: Callable[[Reading], int], n: Callable[[Reading], int]) -> Callable[[Reading], Value]:
    def bound(r: Reading) -> Value:
        found = wilson(successes(r), n(r)) if n(r) > 0 else None
        return None if found is None else found[end]

    return bound


def _interval(name: str, text: str, source: str, *of: Callable[[Reading], int]) -> tuple[Metric, ...]:
    """Return the two ends of the Wilson interval of a share: its successes, its whole."""
    ends = (("low", "Least"), ("high", "Greatest"))
    return tuple(
        rolling(
            f"{name}_{end}_ratio",
            "ratio",
            f"{most} {text} that the numbers of the window agree with, at 95 %.",
            "Wilson's score interval",
            f"{source}, conventions 7",
            read=_bound(place, *of),
            edges="With few samples it is wide: two good ones of two may be a share of 0.34.",
        )
        for place, (end, most) in enumerate(ends)
    )


_EDGES: Final = (
    "Window 1h only. Unknown with fewer than 10 responses now, or with responses in the same hours of fewer than three "
    "of the twelve weeks before: a new centre has no jumps."
)
_OF_DEMAND: Final = (
    "Window 1h only. The like of the last hour is made of the whole hours that it touches, each with its part, to the "
    "quarter. Unknown with fewer than three of the twelve weeks before: those before anything of the tenant was known, "
    "and of a queue with a calendar those in which it was closed, do not count; a week in which nobody came does."
)
_OF_JUMPS: Final = f"{_OF_DEMAND} Unknown where fewer than 10 queue, both now and usually."
METRICS: tuple[Metric, ...] = (
    rolling(
        "queued_usual",
        "legs",
        "How many legs open in such an hour of the week.",
        "Σ legs opened in the same hours of the weeks before / weeks",
        "M8",
        read=_usual,
        edges=_OF_DEMAND,
    ),
    rolling(
        "queued_usual_weeks",
        "weeks",
        "Of how many weeks before the same hours are known, 12 at most; with fewer than three nothing is usual.",
        "weeks whose same hours are known",
        "M8",
        read=_weeks_known,
        edges=_OF_DEMAND,
    ),
    rolling(
        "queued_jump",
        "sign",
        "Whether more or fewer queue than is usual at this hour of the week: −1 fewer, 1 more, 0 neither.",
        "legs opened against the same hours of the weeks before, p ≤ 0.01",
        "M8",
        read=_of_demand(lambda verdict: _SIGNS[verdict.direction]),
        edges=_OF_JUMPS,
    ),
    rolling(
        "queued_jump_sigmas",
        "standard errors",
        "By how many standard errors more queue than is usual at this hour of the week.",
        "(queued − usual) / its standard error if nothing had changed",
        "M8",
        read=_of_demand(lambda verdict: verdict.z),
        edges=_OF_JUMPS,
    ),
    rolling(
        "csat_jump",
        "sign",
        "Whether satisfaction differs from what is usual at this hour of the week: −1 below, 1 above, 0 neither.",
        "share of satisfied against the same hours of the weeks before, p ≤ 0.01",
        "M64",
        read=_of_jump(lambda verdict: _SIGNS[verdict.direction]),
        edges=_EDGES,
    ),
    rolling(
        "csat_jump_sigmas",
        "standard errors",
        "By how many standard errors satisfaction is above what is usual at this hour of the week.",
        "(share − usual share) / its standard error if nothing had changed",
        "M64",
        read=_of_jump(lambda verdict: verdict.z),
        edges=_EDGES,
    ),
    rolling(
        "csat_usual_ratio",
        "ratio",
        "Share of satisfied responses in the same hours of the weeks before.",
        "Σ satisfied / Σ responses over the weeks",
        "M64",
        read=_of_jump(lambda verdict: verdict.baseline),
        edges=_EDGES,
    ),
    *_interval(
        "csat_satisfied",
        "share of satisfied responses",
        "M60",
        lambda r: r[m.CSAT_SATISFIED],
        lambda r: r[m.CSAT_RESPONSES],
    ),
    *_interval(
        "service_level",
        "service level (SL3)",
        "M6",
        lambda r: r[m.ANSWERED_WITHIN],
        lambda r: r[m.ANSWERED] + all_abandoned(r) - r[m.ABANDONED_WITHIN],
    ),
)
