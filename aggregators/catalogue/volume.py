"""Volume: contacts, messages, events (M70 to M74)."""

from __future__ import annotations

from aggregators import measures as m
from aggregators.metric import Metric
from aggregators.vocabulary import BY_CODE

METRICS: tuple[Metric, ...] = (
    Metric(
        suffix="events_total",
        family="total",
        kind="counter",
        unit="events",
        help="Distinct accepted events by type.",
        formula="facts of the type",
        source="M71",
        read=lambda r: {BY_CODE[k - m.EVENTS].name: n for k, n in r.sums.items() if m.EVENTS <= k < m.MESSAGES},
        extra="type",
    ),
)
