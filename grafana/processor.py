"""The processor: whether workers keep up with Kafka, and `serve` with Redis."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators import pipeline_metrics as p
from grafana import frame, scales, uids
from grafana.frame import Row
from grafana.panels import lines, tile
from grafana.promql import greatest, latest, worst
from grafana.queues import LINES
from grafana.rows import rows
from grafana.shown import Shown, counted, pipeline

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table, timeseries
    from grafana_foundation_sdk.models.dashboard import Dashboard

PARTITION = "{{topic}}/{{partition}}"


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    made = [
        Row(title="Workers: from Kafka to Redis", panels=[tile(each, width=4) for each in _workers()]),
        Row(title="Serve: from Redis to Prometheus", panels=[tile(each, width=4) for each in _serve()]),
        Row(title="Each by itself", panels=[_partitions(), _instances()]),
        Row(title="How it came to this", panels=_graphs()),
    ]
    question = "Do workers keep up with Kafka, and does Redis answer?"
    return frame.dashboard(uids.PROCESSOR, question, made, site=site)


def _shown(title: str, expression: str, unit: str, text: str) -> Shown:
    return Shown(title=title, expression=expression, unit=unit, help=text)


def _ago(metric: p.PipelineMetric, title: str) -> Shown:
    """Return how long ago the instant in *metric* is, of the partition where it is longest ago."""
    text = f"How long ago this is, of the partition that is furthest behind: {metric.help}"
    return _shown(title, f"time() - min({greatest(metric)})", "s", text)


def _workers() -> list[Shown]:
    return [
        _shown("Records a second", latest(p.ACCEPTED, "rate", "$__rate_interval"), "records a second", p.ACCEPTED.help),
        replace(_shown("Not applied yet", f"sum({greatest(p.LAG)})", "records", p.LAG.help), scale=scales.LAG),
        replace(_ago(p.REPORTED, "Last word of a worker"), scale=scales.REPORTED),
        _ago(p.COMMITTED, "Last commit of a partition"),
        counted(p.CONFLICTS, "Commits made again in an hour", unit="commits"),
        counted(p.REJECTED, "Dead letters in an hour", scale=scales.DROPPED),
    ]


def _serve() -> list[Shown]:
    failed = f"max(rate({p.REFRESH_FAILURES.name}[$__rate_interval]) / rate({p.REFRESHES.name}[$__rate_interval])) >= 0"
    return [
        pipeline(p.REDIS_UP, "Redis answers (1 is yes)", unit="yes or no", scale=scales.IS_UP, how="min"),
        _shown("Reads of Redis that failed", failed, "ratio", f"{p.REFRESH_FAILURES.help} By all: {p.REFRESHES.help}"),
        pipeline(p.SNAPSHOT_SECONDS, "A snapshot takes", unit="s", scale=scales.SNAPSHOT),
        pipeline(p.SERIES, "Series exported", unit="series"),
        _shown(
            "Snapshots a second",
            f"min(rate({p.REFRESHES.name}[$__rate_interval])) >= 0",
            "snapshots a second",
            p.REFRESHES.help,
        ),
        _shown("Definitions in force", f"count({greatest(p.GENERATION)})", "generations", p.GENERATION.help),
    ]


def _partitions() -> table.Panel:
    columns = [
        Shown(title="Not applied", expression=greatest(p.LAG), unit="records", help=p.LAG.help, scale=scales.LAG),
        Shown(
            title="Newest event was old",
            expression=greatest(p.EVENT_LAG),
            unit="s",
            help=p.EVENT_LAG.help,
            scale=scales.SOURCE_AGE,
        ),
        _shown("Last commit", f"time() - {greatest(p.COMMITTED)}", "s", f"How long ago: {p.COMMITTED.help}"),
    ]
    text = "One row for each partition of the topics that workers read."
    return rows("Partitions", columns, keys=("topic", "partition"), description=text, width=12, height=9)


def _instances() -> table.Panel:
    columns = [
        Shown(
            title="Snapshot is old",
            expression=f"time() - max by (instance) ({p.SNAPSHOT_TIME.name})",
            unit="s",
            help=f"How long ago: {p.SNAPSHOT_TIME.help}",
            scale=scales.SNAPSHOT,
        ),
        _shown("It took", f"max by (instance) ({p.SNAPSHOT_SECONDS.name})", "s", p.SNAPSHOT_SECONDS.help),
        _shown("Series", f"max by (instance) ({p.SERIES.name})", "series", p.SERIES.help),
    ]
    text = "One row for each process of serve that Prometheus scrapes."
    return rows("Instances of serve", columns, keys=("instance",), description=text, width=12, height=9)


def _graphs() -> list[timeseries.Panel]:
    def drawn(metric: p.PipelineMetric, title: str, unit: str) -> timeseries.Panel:
        expression = worst(greatest(metric), count=LINES, low_is_bad=False)
        shown = replace(_shown(title, expression, unit, metric.help), legend=PARTITION)
        return lines(f"{title}: the {LINES} worst partitions", [shown], width=8)

    throughput = _shown("Records", latest(p.ACCEPTED, "rate", "$__rate_interval"), "records a second", p.ACCEPTED.help)
    return [
        lines("Records applied, a second", [replace(throughput, legend="all types")], width=8),
        drawn(p.LAG, "Records not applied yet", "records"),
        drawn(p.EVENT_LAG, "Age of the newest event when it counted", "s"),
    ]
