"""The catalogue: every metric of the support centre, one line each. Nobody types a metric name twice.

A metric stands at the levels queue, channel and tenant, and at those that the definitions ask for; its full name has
the level in it. `formula` is what the definitions call it (M…: `docs/definitions.md`), `read` the same as code.
"""

from __future__ import annotations

from dataclasses import replace

from aggregators.catalogue import (
    baselines,
    bots,
    cost,
    customers,
    expected_wait,
    health,
    legs,
    people,
    reasons,
    resolution,
    responsiveness,
    selfservice,
    series,
    sla,
    standards,
    voice,
    volume,
    work,
)
from aggregators.metric import LABELS, Family, Metric
from aggregators.reading import Value
from aggregators.rolling import PARTS

__all__ = ["FAMILIES", "LABELS", "METRICS", "Family", "Metric", "Value"]


def _asked(family: str, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """Return *metrics* as those that the definitions have to ask for by the name of their family."""
    return tuple(replace(metric, asked=family) for metric in metrics)


def _parted(metrics: tuple[Metric, ...], *, by_agent: bool = False) -> tuple[Metric, ...]:
    """Return *metrics* of conversations with the levels of the definitions at which they stand; counters at none.

    At level agent stand those that say that they count what one agent did; all of them if *by_agent*.
    """
    return tuple(
        metric
        if metric.family == "total"
        else replace(metric, parts=PARTS if by_agent or metric.by_agent else _NAMED_BY_CONVERSATIONS)
        for metric in metrics
    )


_NAMED_BY_CONVERSATIONS = tuple(level for level in PARTS if level != "agent")
FAMILIES: dict[str, tuple[Metric, ...]] = {
    "legs": (
        *_parted(
            (
                *legs.METRICS,
                *_asked("offers", legs.OFFER_METRICS),
                *_asked("patience", legs.PATIENCE_METRICS),
            )
        ),
        *_asked("patience", legs.BEYOND_TARGET_METRICS),
    ),
    "standards": standards.METRICS,
    "responsiveness": _parted(
        (
            *responsiveness.METRICS,
            *_asked("unanswered", responsiveness.UNANSWERED_METRICS),
            *_asked("business_time", responsiveness.BUSINESS_METRICS),
        )
    ),
    "work": _parted(_asked("work", work.METRICS)),
    "people": _asked("people", people.METRICS),
    "cost": _asked("cost", cost.METRICS),
    "bots": _parted(_asked("bots", bots.METRICS)),
    "resolution": _parted(_asked("resolution", resolution.METRICS)),
    "sla": _parted(_asked("sla", sla.METRICS)),
    "customers": _asked("customers", customers.METRICS),
    "selfservice": _asked("selfservice", selfservice.METRICS),
    "voice": _parted(
        (*voice.METRICS, *_asked("surveys", (*voice.SETTLED_METRICS, *voice.MONTH_METRICS))), by_agent=True
    ),
    "volume": _parted((*_asked("volume", volume.ASKED_METRICS), *volume.METRICS)),
    "baselines": _asked("baselines", baselines.METRICS),
    "expected_wait": _asked("expected_wait", expected_wait.METRICS),
    "reasons": _asked("reasons", reasons.METRICS),
    "series": _asked("kpi", series.METRICS),
    "health": _asked("health", health.METRICS),
}
METRICS: tuple[Metric, ...] = tuple(metric for family in FAMILIES.values() for metric in family)
