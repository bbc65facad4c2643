"""What Deskpulse says about itself: one line a metric. The numbers of the support centre are in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

EVENT_LAG_BOUNDS_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 86400.0)
"""Upper bounds of the buckets of the event lag, in seconds."""


@dataclass(frozen=True, slots=True)
class PipelineMetric:
    """A metric of the processor. It has no levels; `labels` in order."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


AS_OF = PipelineMetric(
    "deskpulse_as_of_timestamp_seconds", "gauge", "The instant every number of this scrape is for, in Unix time."
)
SNAPSHOT_TIME = PipelineMetric(
    "deskpulse_snapshot_timestamp_seconds", "gauge", "When the snapshot behind this scrape was made, in Unix time."
)
SNAPSHOT_SECONDS = PipelineMetric(
    "deskpulse_snapshot_duration_seconds", "gauge", "How long it took to read what changed and make the snapshot."
)
REFRESHES = PipelineMetric("deskpulse_refreshes_total", "counter", "Snapshots that this process set out to make.")
REFRESH_FAILURES = PipelineMetric(
    "deskpulse_refresh_failures_total", "counter", "Of those, the ones for which Redis did not answer."
)
REDIS_UP = PipelineMetric("deskpulse_redis_up", "gauge", "1 if Redis answered the latest read, else 0.")
REDIS_MEMORY = PipelineMetric("deskpulse_redis_memory_used_bytes", "gauge", "Memory that Redis uses for data.")
REDIS_LIMIT = PipelineMetric(
    "deskpulse_redis_memory_limit_bytes", "gauge", "Memory at which Redis takes nothing more in: its maxmemory, if set."
)
READY = PipelineMetric("deskpulse_ready", "gauge", "1 if the numbers are fresh (/ready says why not), else 0.")
COVERED = PipelineMetric(
    "deskpulse_window_covered_seconds",
    "gauge",
    "How much of the window lies after the first event ever seen; less than its length while it is young.",
    ("window",),
)
VIOLATIONS = PipelineMetric(
    "deskpulse_identity_violations",
    "gauge",
    "Queues of the window where legs queued are not those ended plus those still waiting; must be 0.",
    ("window",),
)
BACKLOG_DRIFT = PipelineMetric(
    "deskpulse_backlog_drift",
    "gauge",
    "Conversations by which the backlog by intervals and the one by what came and went differ; must be 0.",
)
FOLDED = PipelineMetric(
    "deskpulse_folded_names",
    "gauge",
    "Tenants, channels and queues over the caps or with too long a name, counted as `other`.",
)
SERIES = PipelineMetric("deskpulse_exported_series", "gauge", "Series of the support centre in this scrape.")
WATERMARK = PipelineMetric(
    "deskpulse_partition_watermark_timestamp_seconds",
    "gauge",
    "The greatest event time accepted in a partition, in Unix time.",
    ("topic", "partition"),
)
LAG = PipelineMetric(
    "deskpulse_partition_lag_records",
    "gauge",
    "Records of a partition that are not applied yet.",
    ("topic", "partition"),
)
REPORTED = PipelineMetric(
    "deskpulse_partition_reported_timestamp_seconds",
    "gauge",
    "When a worker last said how far a partition is read, in Unix time.",
    ("topic", "partition"),
)
COMMITTED = PipelineMetric(
    "deskpulse_partition_committed_timestamp_seconds",
    "gauge",
    "When a worker last committed records of a partition, in Unix time.",
    ("topic", "partition"),
)
EVENT_LAG = PipelineMetric(
    "deskpulse_partition_event_lag_seconds",
    "gauge",
    "How old the newest event of a partition was at the last commit: from when it happened to when it counted.",
    ("topic", "partition"),
)
EVENT_LAGS = PipelineMetric(
    "deskpulse_event_lag_seconds",
    "histogram",
    "How long ago events had happened when they were applied, repeats included; of old days that are replayed, years.",
)
SOURCE_SEEN = PipelineMetric(
    "deskpulse_source_last_event_timestamp_seconds",
    "gauge",
    "The latest event time of each source, heartbeats included, in Unix time.",
    ("source",),
)
SOURCE_AGE = PipelineMetric(
    "deskpulse_source_last_event_age_seconds",
    "gauge",
    "How long each source had said nothing, heartbeats included, at the instant of the scrape's numbers.",
    ("source",),
)
CLOCK_SKEW = PipelineMetric(
    "deskpulse_source_clock_skew_seconds",
    "gauge",
    "How far the clock of each source is ahead of Kafka's at least, by the quickest of its events of the last 5 min.",
    ("source",),
)
ACCEPTED = PipelineMetric("deskpulse_accepted_total", "counter", "Records accepted, repeats included.", ("type",))
REJECTED = PipelineMetric("deskpulse_rejected_total", "counter", "Records sent to the dead letters.", ("reason",))
DUPLICATES = PipelineMetric("deskpulse_duplicates_total", "counter", "Records that said nothing new.")
REPLACED = PipelineMetric("deskpulse_replaced_total", "counter", "Facts replaced by an earlier one of the same id.")
CLAMPED = PipelineMetric(
    "deskpulse_clamped_total", "counter", "Events dated over a minute ahead of their record, taken at its timestamp."
)
LATE_APPLIED = PipelineMetric(
    "deskpulse_late_applied_total", "counter", "Events over ten minutes behind the watermark that were counted."
)
LATE_DROPPED = PipelineMetric(
    "deskpulse_late_dropped_total", "counter", "Events older than the retention, sent to the dead letters for good."
)
RESTATEMENTS = PipelineMetric(
    "deskpulse_restatements_total",
    "counter",
    "Contributions added or taken back over ten minutes behind the watermark.",
)
CONFLICTS = PipelineMetric(
    "deskpulse_refused_commits_total",
    "counter",
    "Commits that Redis refused, as another worker had been there or tables had gone back; they were made again.",
)
GENERATION = PipelineMetric(
    "deskpulse_generation_info", "gauge", "1; the label names the definitions that made the numbers.", ("generation",)
)
CARRIED = PipelineMetric(
    "deskpulse_carried_over_before_timestamp_seconds",
    "gauge",
    "Panes before this instant are from the definitions of before, as the log no longer reached them; in Unix time.",
)

PIPELINE: tuple[PipelineMetric, ...] = tuple(each for each in list(globals().values()) if type(each) is PipelineMetric)
"""Every one of them, in the order above."""
