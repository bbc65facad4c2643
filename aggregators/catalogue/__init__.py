"""The catalogue: every metric of the support centre, one line each. Nobody types a metric name twice.

A metric stands at the levels queue, channel and tenant; its full name has the level in it. `formula` is what the
definitions call it (M…: `docs/definitions.md`), `read` the same as code.
"""

from __future__ import annotations

from aggregators.catalogue import bots, legs, resolution, responsiveness, voice, volume, work
from aggregators.metric import LABELS, Family, Metric
from aggregators.reading import Value

__all__ = ["FAMILIES", "LABELS", "METRICS", "Family", "Metric", "Value"]

FAMILIES: dict[str, tuple[Metric, ...]] = {
    "legs": legs.METRICS,
    "responsiveness": responsiveness.METRICS,
    "work": work.METRICS,
    "bots": bots.METRICS,
    "resolution": resolution.METRICS,
    "voice": voice.METRICS,
    "volume": volume.METRICS,
}
METRICS: tuple[Metric, ...] = tuple(metric for family in FAMILIES.values() for metric in family)
