"""The Prometheus exporter: the text of one snapshot, read from nothing else, on whatever thread it is called."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from aggregators import pipeline_metrics as p
from aggregators.catalogue import METRICS
from aggregators.events import REASONS
from stream.clock import now_ms
from stream.delays import LAG, LAG_SUM
from stream.snapshot import Snapshot, is_frozen, ready_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from aggregators.board import Row
    from aggregators.rolling import Group

_COUNTED = {
    "duplicates": p.DUPLICATES,
    "replaced": p.REPLACED,
    "clamped": p.CLAMPED,
    "late_applied": p.LATE_APPLIED,
    "rejected:late": p.LATE_DROPPED,
    "restatements": p.RESTATEMENTS,
}
_SELDOM = {"conflicts": p.CONFLICTS}
"""Shown from the first one on: tables that older workers wrote do not count them."""
_REJECTED = "rejected:"
_Values = dict[tuple[str, ...], float]
SPARE_SERIES = 10_000


@dataclass(frozen=True, slots=True)
class Family:
    """A family of the support centre: its samples are values beside the text that stands before them.

    At the caps a scrape has over 100,000 samples; made one by one from labels they would cost seconds each time.
    """

    name: str
    help: str
    kind: str
    values: list[tuple[str, float]] = field(default_factory=list)

    def text(self) -> str:
        """Return the family in the text format."""
        head = f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n"
        return head + "".join([f"{series}{value}\n" for series, value in self.values])


class Exporter:
    """Writes the latest snapshot down for Prometheus. Counters never fall while this process lives."""

    def __init__(self, latest: Callable[[], Snapshot], *, clock: Callable[[], int] = now_ms) -> None:
        """Take what gives the latest snapshot, and the wall clock in epoch ms."""
        self._latest, self._now = latest, clock
        self._known: dict[Group, dict[tuple[int, str | None, str | None], str]] = {}
        self._known_series = 0
        self._high_water: dict[object, float] = {}
        self._lock = threading.Lock()

    def text(self) -> bytes:
        """Return a scrape in Prometheus' text format, version 0.0.4; called on the thread of the scrape.

        Without the support centre if this process has read nothing for so long that its numbers are no longer of now:
        queries take the greatest of all instances, and one that hangs would hide or invent a queue for good.
        """
        snapshot = self._latest()
        parts = [] if is_frozen(snapshot, self._now()) else [family.text() for family in self._centre(snapshot)]
        return "".join(parts).encode() + generate_latest(_Collected(self._pipeline(snapshot)))

    def _centre(self, snapshot: Snapshot) -> list[Family]:
        families = {
            (id(metric), level): Family(metric.name(level), metric.help, metric.kind)
            for metric in METRICS
            for level in metric.every_level
        }
        with self._lock:
            if self._known_series > 2 * len(snapshot.rows) + SPARE_SERIES:
                self._known, self._known_series = {}, 0
            for row in snapshot.rows:
                metric, group, window, extra, value = row
                known = self._known.get(group)
                if known is None:
                    known = self._known[group] = {}
                key = (id(metric), window, extra)
                series = known.get(key)
                if series is None:
                    series = known[key] = _series(row)
                    self._known_series += 1
                shown = self._risen(series, value) if metric.family == "total" else value
                families[id(metric), group.level].values.append((series, shown))
        return [family for family in families.values() if family.values]

    def _pipeline(self, snapshot: Snapshot) -> list[Metric]:
        families = list(_pipeline(snapshot, self._now()))
        with self._lock:
            for family in families:
                if family.type in ("counter", "histogram"):
                    family.samples = [
                        sample._replace(value=self._risen((sample.name, *sample.labels.items()), sample.value))
                        for sample in family.samples
                    ]
        return families

    def _risen(self, series: object, value: float) -> float:
        """Return the greatest value *series* ever had.

        Redis may lower what it counted, when an event is corrected or a table is lost; a counter of Prometheus must
        not fall.
        """
        highest = self._high_water[series] = max(value, self._high_water.get(series, value))
        return highest


class _Collected(NamedTuple):
    """Families that are there already, as a collector."""

    families: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self.families


def _series(row: Row) -> str:
    """Return what stands before the value of a sample, up to the space."""
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in row.pairs)
    return f"{row.name}{{{labels}}} "


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _pipeline(snapshot: Snapshot, now: int) -> Iterator[Metric]:
    trouble = ready_trouble(snapshot, now)
    yield from _one(p.READY, float(trouble is None))
    yield from _one(p.REDIS_UP, float(snapshot.redis_up))
    if snapshot.redis_memory is not None:
        yield from _one(p.REDIS_MEMORY, snapshot.redis_memory.used)
    if snapshot.redis_memory is not None and snapshot.redis_memory.limit:
        yield from _one(p.REDIS_LIMIT, snapshot.redis_memory.limit)
    if snapshot.refreshes:
        yield from _one(p.REFRESHES, snapshot.refreshes)
        yield from _one(p.REFRESH_FAILURES, snapshot.failures)
    if snapshot.made_at:
        yield from _one(p.SNAPSHOT_TIME, snapshot.made_at / 1000)
        yield from _one(p.SNAPSHOT_SECONDS, snapshot.took_s)
        yield from _one(p.SERIES, len(snapshot.rows))
        yield from _one(p.FOLDED, snapshot.folded)
    if snapshot.as_of is not None:
        yield from _one(p.AS_OF, snapshot.as_of / 1000)
    if snapshot.generation is not None:
        yield from _many(p.GENERATION, {(snapshot.generation,): 1.0})
    if snapshot.carried_before is not None:
        yield from _one(p.CARRIED, snapshot.carried_before / 1000)
    yield from _many(p.COVERED, {(window,): seconds for window, seconds in snapshot.covered_s.items()})
    yield from _many(p.VIOLATIONS, {(window,): queues for window, queues in snapshot.violations.items()})
    if snapshot.backlog_drift is not None:
        yield from _one(p.BACKLOG_DRIFT, snapshot.backlog_drift)
    yield from _many(p.SOURCE_SEEN, {(source,): at / 1000 for source, at in snapshot.sources.items()})
    if snapshot.as_of is not None:
        ages: _Values = {(source,): (snapshot.as_of - at) / 1000 for source, at in snapshot.sources.items()}
        yield from _many(p.SOURCE_AGE, ages)
    yield from _many(p.CLOCK_SKEW, {(source,): ahead / 1000 for source, ahead in snapshot.clocks.items()})
    yield from _partitions(snapshot)
    yield from _counts(snapshot)


def _partitions(snapshot: Snapshot) -> Iterator[Metric]:
    watermarks: _Values = {}
    lags: _Values = {}
    reports: _Values = {}
    commits: _Values = {}
    delays: _Values = {}
    for partition, watermark, lag, reported_at, committed_at in snapshot.partitions:
        labels = (partition.topic, str(partition.partition))
        if watermark is not None:
            watermarks[labels] = watermark / 1000
        if lag is not None:
            lags[labels] = float(lag)
        if reported_at is not None:
            reports[labels] = reported_at / 1000
        if committed_at is not None:
            commits[labels] = committed_at / 1000
        if committed_at is not None and watermark is not None:
            delays[labels] = (committed_at - watermark) / 1000
    yield from _many(p.WATERMARK, watermarks)
    yield from _many(p.LAG, lags)
    yield from _many(p.REPORTED, reports)
    yield from _many(p.COMMITTED, commits)
    yield from _many(p.EVENT_LAG, delays)


def _counts(snapshot: Snapshot) -> Iterator[Metric]:
    # From the first scrape on, each: of a series that begins with its first letters Prometheus sees no increase.
    rejected: _Values = {(reason,): 0.0 for reason in REASONS} if snapshot.generation is not None else {}
    accepted: _Values = {}
    yield from _lags(snapshot.counts)
    for name, number in snapshot.counts.items():
        if name.startswith(_REJECTED):
            rejected[(name.removeprefix(_REJECTED),)] = float(number)
        elif name in _SELDOM:
            yield from _one(_SELDOM[name], number)
        elif name not in _COUNTED and not name.startswith(LAG) and name != LAG_SUM:
            accepted[(name,)] = float(number)
    yield from _many(p.ACCEPTED, accepted)
    yield from _many(p.REJECTED, rejected)
    if snapshot.generation is not None:
        for name, metric in _COUNTED.items():
            yield from _one(metric, snapshot.counts.get(name, 0))


def _lags(counts: Mapping[str, int]) -> Iterator[Metric]:
    """Yield the histogram of the event lag; nothing before the first event."""
    if LAG_SUM not in counts:
        return
    seen, buckets = 0, []
    for bucket, bound in enumerate((*map(str, p.EVENT_LAG_BOUNDS_S), "+Inf")):
        seen += counts.get(f"{LAG}{bucket}", 0)
        buckets.append((bound, float(seen)))
    family = HistogramMetricFamily(p.EVENT_LAGS.name, p.EVENT_LAGS.help)
    family.add_metric((), buckets, counts[LAG_SUM] / 1000)
    yield family


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
