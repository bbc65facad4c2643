"""Costs: what a recorded amount comes to over its period, and what work costs by the hour (KPIS M50).

Money is counted in whole millionths of the currency of the definitions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, instant_ms
from aggregators.points import COST, COST_LEFT_OUT, Point
from aggregators.samples import Labels
from aggregators.vocabulary import AMOUNT, CHANNEL, CURRENCY, PERIOD_END, PERIOD_START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.samples import Sample

_KIND: Final = "cost:"
MICROS: Final = 1_000_000
MOST: Final = 10**9
"""A greater amount is a mistake: sums of millionths have to fit into 64 bits."""
_STEPS_MS: Final = (5 * MINUTE_MS, HOUR_MS, DAY_MS)
_MOST_PIECES: Final = 750


def is_cost(kind: str) -> bool:
    """Tell whether an owner of this kind is a recorded cost."""
    return kind.startswith(_KIND)


def observe(tenant: str, facts: Iterable[Fact], definitions: Definitions, samples: list[Sample]) -> None:
    """Add what recorded costs contribute, each spread evenly over its period.

    It counts in the channel that it names, without one for the tenant alone. One in another currency, or of more than
    MOST, is left out and counted as such.
    """
    for fact in facts:
        at, _, _, _, fields = fact
        labels = Labels(tenant, fields.get(CHANNEL, ""), "")
        amount = fields[AMOUNT]
        if fields.get(CURRENCY, definitions.currency) != definitions.currency or abs(amount) > MOST:
            samples.append(Point(COST_LEFT_OUT.code, at, labels, 0))
            continue
        micros = round(Fraction(amount) * MICROS)
        start = _instant(fields.get(PERIOD_START), at)
        end = _instant(fields.get(PERIOD_END), at)
        for until, part in _pieces(micros, start, end):
            samples.append(Point(COST.code, until, labels, part))


def _instant(value: object, otherwise: int) -> int:
    found = instant_ms(value)
    return otherwise if found is None else found


def _pieces(micros: int, start: int, end: int) -> list[tuple[int, int]]:
    """Return (end, millionths) of the pieces of an amount over [start, end); as one at its end where that is no period.

    Pieces end at whole 5 minutes, hours or days, as coarse as the period is long; they add up to the amount.
    """
    for step_ms in _STEPS_MS:
        if 0 < end - start <= _MOST_PIECES * step_ms:
            break
    else:
        return [(end, micros)]
    pieces = []
    spent = 0
    until = start
    while until < end:
        until = min(end, until + step_ms - until % step_ms)
        upto = micros * (until - start) // (end - start)
        pieces.append((until, upto - spent))
        spent = upto
    return pieces
