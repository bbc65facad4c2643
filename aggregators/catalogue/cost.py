"""Cost: what was spent, and what a resolution costs (M50).

Definitions to the letter: `docs/definitions-people.md#cost-m50`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators import samples as s
from aggregators.costs import MICROS
from aggregators.instants import HOUR_MS
from aggregators.metric import Metric, count, rolling
from aggregators.points import COST, COST_LEFT_OUT, EFFORT, EFFORT_BEFORE, RECEIVED, RESOLVED
from aggregators.spells import lasted_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.reading import Reading, Value
    from aggregators.rolling import Level

_LEVELS: Final[tuple[Level, ...]] = ("channel", "tenant")
NO_CURRENCY: Final = "none"


def _effort_ms(r: Reading) -> int:
    return r[EFFORT.total] + r[EFFORT_BEFORE.total]


def _shared(r: Reading) -> int:
    """Return what the agents of a tenant and all that stands beside them cost, in millionths."""
    wages = lasted_ms(r, s.LOGGED_IN) * r.definitions.agent_hour_micros
    return (wages + r.definitions.fixed_hour_micros * (r.as_of - r.since)) // HOUR_MS


def cost_micros(r: Reading) -> int | None:
    """Return what was spent in the window, in millionths; None where nobody said what anything costs."""
    definitions = r.definitions
    named = sum(definitions.hour_micros(channel) for channel in r.channels)
    if not (r[COST.count] or named or definitions.agent_hour_micros or definitions.fixed_hour_micros):
        return None
    own = r[COST.total] + named * (r.as_of - r.since) // HOUR_MS
    if r.tenant is None:
        return own + _shared(r)
    effort_ms = _effort_ms(r.tenant)
    return own + _shared(r.tenant) * _effort_ms(r) // effort_ms if effort_ms else own


def _money(r: Reading, by: int) -> Mapping[str, Value]:
    micros = cost_micros(r)
    return {r.definitions.currency or NO_CURRENCY: None if micros is None or not by else micros / by / MICROS}


def _per(measure: int) -> Callable[[Reading], Mapping[str, Value]]:
    return lambda r: _money(r, r[measure])


METRICS: tuple[Metric, ...] = (
    *(
        replace(metric, levels=_LEVELS, grows=True)
        for metric in (
            rolling(
                "cost",
                "money",
                "What was spent within the window.",
                "recorded + hours logged in × rate + fixed per hour + of the channel per hour",
                "M50",
                read=lambda r: _money(r, 1),
                extra="currency",
                edges="A recorded amount is spread over its period. A channel has its share of agents and of what is "
                "fixed by the effort in it. Amounts in another currency are left out.",
            ),
            rolling(
                "cost_per_resolution",
                "money",
                "What a resolution cost.",
                "Σ cost in the window / resolved in the window",
                "M50",
                read=_per(RESOLVED.count),
                extra="currency",
                edges="Nothing resolved: absent. Needs the family resolution.",
            ),
            rolling(
                "cost_per_received",
                "money",
                "What an episode received cost.",
                "Σ cost in the window / received in the window",
                "M50",
                read=_per(RECEIVED.count),
                extra="currency",
                edges="The variant of those who divide by what came in. Needs the family resolution.",
            ),
        )
    ),
    replace(
        count(
            "cost_left_out",
            "Recorded costs that are not counted: of another currency, or above a billion",
            "M50",
            COST_LEFT_OUT.count,
            unit="events",
            edges="Without a currency in the definitions those count that name none.",
        ),
        levels=_LEVELS,
    ),
)
