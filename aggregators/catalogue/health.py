"""Health of the numbers, by queue and window: what the events say of themselves (KPIS, conventions 11, 16, 17; §7).

Definitions to the letter: `docs/definitions-health.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import points as p
from aggregators.health import CHAT_REVIVED, COVERED_BY, LEG_REVIVED, ORPHANS
from aggregators.metric import Metric, count, counter, rolling
from aggregators.reading import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.reading import Reading, Value

_ORPHAN: Final = (
    "A start that comes late takes it back. An answer without a queue is one too, unless we began it: its wait is not "
    "known."
)
_NOT_HUMAN: Final = "Each is taken as not human. Who names no actor is not among them."


def _orphans(r: Reading) -> Mapping[str, Value]:
    return {name: r[p.ORPHAN_STOP.choice(choice)] for choice, name in ORPHANS.items()}


def _coverage(r: Reading) -> Mapping[str, Value]:
    total = r[p.COVERED.count]
    return {
        field: ratio(sum(r[p.COVERED.choice(1 + named)] for named in range(8) if named & bit), total)
        for field, bit in COVERED_BY.items()
    }


METRICS: tuple[Metric, ...] = (
    rolling(
        "orphan_stops",
        "events",
        "Stops without a start in the window, by the stop: they make no leg and no duration.",
        "stops whose start is not known",
        "§7, conventions 17",
        read=_orphans,
        extra="stop",
        edges=_ORPHAN,
    ),
    counter(
        "orphan_stops_total",
        "Stops without a start",
        "§7, conventions 17",
        p.ORPHAN_STOP.count,
        unit="events",
        edges=_ORPHAN,
    ),
    count(
        "unknown_actors",
        "Events with an unknown actor: none of customer, human, bot, system",
        "§7, conventions 11",
        p.UNKNOWN_ACTOR.count,
        unit="events",
        edges=_NOT_HUMAN,
    ),
    counter(
        "unknown_actors_total",
        "Events with an unknown actor: none of customer, human, bot, system",
        "§7, conventions 11",
        p.UNKNOWN_ACTOR.count,
        unit="events",
        edges=_NOT_HUMAN,
    ),
    count(
        "legs_revived",
        "Legs that had been given up and were then ended after all",
        "§7, conventions 16",
        p.REVIVED.choice(LEG_REVIVED),
        edges="By the event that revived it; it is no longer among the `lost`.",
    ),
    count(
        "chats_revived",
        "Chats that had left the backlog in silence and then went on",
        "§7, conventions 16",
        p.REVIVED.choice(CHAT_REVIVED),
        unit="chats",
        edges="Counted where the family `resolution` is; it is no longer among the `lapsed`.",
    ),
    count(
        "conversations",
        "Conversations whose first event lies",
        "§7",
        p.COVERED.count,
        unit="conversations",
        edges="What the coverage is the share of.",
    ),
    rolling(
        "coverage_ratio",
        "ratio",
        "Share of the conversations begun in the window that name a customer, an agent, a queue by now.",
        "conversations that name it / conversations",
        "§7",
        read=_coverage,
        extra="field",
        edges="Any event may name it. What nobody answered names no agent.",
    ),
)
