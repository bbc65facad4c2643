"""The catalogue: every metric of the support centre, one line each. Nobody types a metric name twice.

A metric stands at the levels queue, channel and tenant; its full name has the level in it. `formula` is what the
definitions call it (M…: `docs/definitions.md`), `read` the same as code.
"""

from __future__ import annotations

from aggregators.catalogue import bots, legs, resolution, responsiveness, voice, volume, work
from aggregators.metric import LABELS, Family, Metric
from aggregators.reading import Value

__all__ = ["LABELS", "METRICS", "Family", "Metric", "Value"]

METRICS: tuple[Metric, ...] = (
    *legs.METRICS,
    *responsiveness.METRICS,
    *work.METRICS,
    *bots.METRICS,
    *resolution.METRICS,
    *voice.METRICS,
    *volume.METRICS,
)
