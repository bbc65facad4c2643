"""The Prometheus exporter: a collector that reads one snapshot, and nothing else, on whatever thread it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.samples import Sample

from aggregators import pipeline_metrics as p
from aggregators.catalogue import METRICS
from aggregators.rolling import LEVELS
from stream.clock import now_ms
from stream.snapshot import Snapshot, ready_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_COUNTED = {
    "duplicates": p.DUPLICATES,
    "replaced": p.REPLACED,
    "clamped": p.CLAMPED,
    "late_applied": p.LATE_APPLIED,
    "restatements": p.RESTATEMENTS,
}
_REJECTED = "rejected:"


class Exporter:
    """Yields the metric families of the latest snapshot. Counters never fall while this process lives."""

    def __init__(self, latest: Callable[[], Snapshot]) -> None:
        self._latest = latest
        self._high_water: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def collect(self) -> Iterator[Metric]:
        """Yield every family; called by prometheus_client on the thread of the scrape."""
        snapshot = self._latest()
        yield from self._centre(snapshot)
        yield from _pipeline(snapshot)

    def _centre(self, snapshot: Snapshot) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for metric in METRICS:
            for level in LEVELS:
                name = metric.name(level)
                families[name] = Metric(name.removesuffix("_total"), metric.help, metric.kind)
        for row in snapshot.rows:
            value = float(row.value)
            if row.metric.family == "total":
                key = (row.name, row.pairs)
                # Redis may lower what it counted when an event is corrected; a counter of Prometheus must not fall.
                value = self._high_water[key] = max(value, self._high_water.get(key, value))
            family = families[row.metric.name(row.group.level)]
            family.samples.append(Sample(row.name, dict(row.pairs), value))
        yield from (family for family in families.values() if family.samples)


def registry(latest: Callable[[], Snapshot]) -> CollectorRegistry:
    """Return a registry of its own with the exporter in it."""
    made = CollectorRegistry()
    made.register(Exporter(latest))
    return made


def _pipeline(snapshot: Snapshot) -> Iterator[Metric]:
    trouble = ready_trouble(snapshot, now_ms())
    yield from _one(p.READY, float(trouble is None))
    yield from _one(p.REDIS_UP, float(snapshot.redis_up))
    if snapshot.made_at:
        yield from _one(p.SNAPSHOT_TIME, snapshot.made_at / 1000)
        yield from _one(p.SNAPSHOT_SECONDS, snapshot.took_s)
        yield from _one(p.SERIES, len(snapshot.rows))
        yield from _one(p.FOLDED, snapshot.folded)
    if snapshot.as_of is not None:
        yield from _one(p.AS_OF, snapshot.as_of / 1000)
    if snapshot.generation is not None:
        yield from _many(p.GENERATION, {(snapshot.generation,): 1.0})
    yield from _many(p.COVERED, {(window,): seconds for window, seconds in snapshot.covered_s.items()})
    yield from _many(p.VIOLATIONS, {(window,): queues for window, queues in snapshot.violations.items()})
    yield from _many(p.SOURCE_SEEN, {(source,): at / 1000 for source, at in snapshot.sources.items()})
    yield from _partitions(snapshot)
    yield from _counts(snapshot)


def _partitions(snapshot: Snapshot) -> Iterator[Metric]:
    watermarks, lags, reports = {}, {}, {}
    for partition, watermark, lag, reported_at in snapshot.partitions:
        labels = (partition.topic, str(partition.partition))
        if watermark is not None:
            watermarks[labels] = watermark / 1000
        if lag is not None:
            lags[labels] = float(lag)
        if reported_at is not None:
            reports[labels] = reported_at / 1000
    yield from _many(p.WATERMARK, watermarks)
    yield from _many(p.LAG, lags)
    yield from _many(p.REPORTED, reports)


def _counts(snapshot: Snapshot) -> Iterator[Metric]:
    rejected = {}
    accepted = {}
    for name, number in snapshot.counts.items():
        if name.startswith(_REJECTED):
            rejected[(name.removeprefix(_REJECTED),)] = float(number)
        elif name not in _COUNTED:
            accepted[(name,)] = float(number)
    yield from _many(p.ACCEPTED, accepted)
    yield from _many(p.REJECTED, rejected)
    if snapshot.generation is not None:
        for name, metric in _COUNTED.items():
            yield from _one(metric, snapshot.counts.get(name, 0))


def _one(metric: p.PipelineMetric, value: float) -> Iterator[Metric]:
    yield from _many(metric, {(): value})


def _many(metric: p.PipelineMetric, values: Mapping[tuple[str, ...], float]) -> Iterator[Metric]:
    if not values:
        return
    family = (
        CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        if metric.kind == "counter"
        else GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    )
    for labels, value in values.items():
        family.add_metric(labels, value)
    yield family
