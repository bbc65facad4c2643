"""Series computed elsewhere: the last value of each, as `kpi.sample` has it (ESAT, churn, revenue, review scores)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.events import exact
from aggregators.levels import part_of
from aggregators.samples import SERIES, Interval, Labels
from aggregators.vocabulary import VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.facts import Fact

LEVEL: Final = "series"
MICROS: Final = 1_000_000
_GREATEST: Final = 9_000_000_000_000
_KIND: Final = "kpi:"


def observe(tenant: str, name: str, facts: Sequence[Fact], intervals: list[Interval], *, kept_ms: int) -> None:
    """Add what the samples of one series on one UTC day contribute. `facts` are in the order of the sweep.

    Each holds until the next of its day, or for `kept_ms`: of days that overlap the later sample counts. The value, in
    millionths, stands where the instant of other intervals' age does. One beyond 9·10^12 is none.
    """
    labels = Labels(tenant, "", "", part_of(LEVEL, name))
    for place, fact in enumerate(facts):
        at, value = fact.at, exact(fact.fields[VALUE])
        until = at + kept_ms
        if place + 1 < len(facts):
            until = min(until, facts[place + 1].at)
        if until > at and abs(value) <= _GREATEST:
            intervals.append(Interval(SERIES, labels, at, until, round(value * MICROS)))


def is_series(kind: str) -> bool:
    """Tell whether an owner of this kind is a series on a UTC day (`facts.key_of`)."""
    return kind.startswith(_KIND)
