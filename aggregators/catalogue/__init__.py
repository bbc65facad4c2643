"""The catalogue: every metric of the support centre, one line each. Nobody types a metric name twice.

A metric stands at the levels queue, channel and tenant; its full name has the level in it. `formula` is what the
definitions call it (M…: `docs/definitions.md`), `read` the same as code.
"""

from __future__ import annotations

from dataclasses import replace

from aggregators.catalogue import (
    bots,
    customers,
    health,
    legs,
    people,
    resolution,
    responsiveness,
    selfservice,
    sla,
    voice,
    volume,
    work,
)
from aggregators.metric import LABELS, Family, Metric
from aggregators.reading import Value

__all__ = ["FAMILIES", "LABELS", "METRICS", "Family", "Metric", "Value"]


def _asked(family: str, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """Return *metrics* as those that the definitions have to ask for by the name of their family."""
    return tuple(replace(metric, asked=family) for metric in metrics)


FAMILIES: dict[str, tuple[Metric, ...]] = {
    "legs": legs.METRICS,
    "responsiveness": (
        *responsiveness.METRICS,
        *_asked("unanswered", responsiveness.UNANSWERED_METRICS),
        *_asked("business_time", responsiveness.BUSINESS_METRICS),
    ),
    "work": _asked("work", work.METRICS),
    "people": _asked("people", people.METRICS),
    "bots": _asked("bots", bots.METRICS),
    "resolution": _asked("resolution", resolution.METRICS),
    "sla": _asked("sla", sla.METRICS),
    "customers": _asked("customers", customers.METRICS),
    "selfservice": _asked("selfservice", selfservice.METRICS),
    "voice": voice.METRICS,
    "volume": (*_asked("volume", volume.ASKED_METRICS), *volume.METRICS),
    "health": _asked("health", health.METRICS),
}
METRICS: tuple[Metric, ...] = tuple(metric for family in FAMILIES.values() for metric in family)
