"""Alerts of the pipeline, for the platform: numbers that are missing, old, behind or wrong."""

from __future__ import annotations

from typing import Final

from aggregators import pipeline_metrics as p
from stream.alerting.promql import ago, both, greatest, grouped, labels_of, own, selector
from stream.alerting.rules import Alert, Group

OLD_S: Final = 60
SILENT_S: Final = 900
GONE_S: Final = 604_800
FULL: Final = 0.9
REJECTED: Final = 10


def _lagging() -> str:
    behind = f"min by ({labels_of(p.LAG)}) (min_over_time({own(p.LAG)}[1m])) > 0"
    late = f"{greatest(p.EVENT_LAG)} > 15"
    return f"max by (job) (\n  {late}\n  and\n  {behind}\n)"


def _silent() -> str:
    closed = f"max({selector('open')}) == 0"
    open_now = both(grouped(f"{greatest(p.SOURCE_AGE)} > {SILENT_S} < {GONE_S}"), closed, operator="unless on ()")
    as_usual = f"{ago(greatest(p.SOURCE_AGE), '7d')} > {SILENT_S}"
    return both(grouped(open_now), as_usual, operator="unless on (source)")


def _rejected() -> str:
    rejected = greatest(p.REJECTED, of="increase({}[15m])")
    accepted = f"sum({greatest(p.ACCEPTED, of='increase({}[15m])')})"
    return both(
        f"{rejected} >= {REJECTED}",
        grouped(f"{rejected} <= on () group_left () 0.01 * {accepted}"),
        operator="unless",
    )


def _wrong() -> str:
    return both(f"{greatest(p.VIOLATIONS, window='1h')} > 0", f"{greatest(p.BACKLOG_DRIFT)} != 0", operator="or")


FRESHNESS: Final = Group(
    "deskpulse-freshness",
    "Three facts, three alerts: the numbers stand still; one of several instances stands still; there are no numbers. "
    "The instant of the numbers moves on with the clock when nothing happens in the centre, so a quiet night is not "
    "stale. With DESKPULSE_CLOCK=event it stands where the events are: leave this group out where old days are "
    "replayed.",
    (
        Alert(
            name="DeskpulseDataStale",
            slug="data-stale",
            severity="critical",
            team="platform",
            expr=f"time() - {greatest(p.AS_OF)} > {OLD_S}",
            holds="1m",
            keeps="2m",
            summary="The numbers of the support centre are too old.",
            description=(
                "The newest numbers of any instance are {{ $value | humanizeDuration }} old: workers are away or lag "
                "behind, or Redis does not answer. Wallboards, dashboards and alerts show the past."
            ),
            dashboard="deskpulse-health",
            reason=(
                "A worker that is restarted is back within a minute and a half. It keeps firing for a while, so that "
                "what comes and goes does not let alerts through that it silences."
            ),
            condition=f"the newest numbers of any instance are older than {OLD_S} s",
            guard="a minute, for restarts",
        ),
        Alert(
            name="DeskpulseSnapshotStale",
            slug="data-stale",
            severity="warning",
            team="platform",
            expr=f"time() - max by (job, instance) ({own(p.SNAPSHOT_TIME)}) > {OLD_S}",
            holds="1m",
            keeps="2m",
            summary="An instance of serve shows an old snapshot.",
            description=(
                "{{ $labels.instance }} answers scrapes from a snapshot that is {{ $value | humanizeDuration }} old; "
                "it makes one each second. It cannot read Redis, or hangs."
            ),
            dashboard="deskpulse-health",
            reason="Of each instance: the others' numbers are of now, and nobody would notice.",
            condition=f"the snapshot of one instance is older than {OLD_S} s",
            guard="a minute, for restarts",
        ),
        Alert(
            name="DeskpulseDataAbsent",
            slug="data-stale",
            severity="critical",
            team="platform",
            expr=f"absent({own(p.AS_OF)})",
            holds="1m",
            keeps="2m",
            summary="Prometheus gets no numbers of the support centre.",
            description=(
                "No instance of serve is scraped under the job deskpulse, or none has read anything yet. Every other "
                "alert of Deskpulse is blind."
            ),
            dashboard="deskpulse-health",
            reason=(
                "What is absent is above no threshold. It fires while critical alerts of queues still keep firing: "
                "they are silenced before they end, and nobody hears that it is over."
            ),
            condition="no instance has any numbers",
            guard="a minute, for restarts",
        ),
    ),
)
HEALTH: Final = Group(
    "deskpulse-pipeline",
    "What makes numbers late or wrong before they are gone.",
    (
        Alert(
            name="DeskpulseLagging",
            slug="lagging",
            severity="warning",
            team="platform",
            expr=_lagging(),
            holds="5m",
            keeps="2m",
            summary="Workers do not keep up with the events.",
            description=(
                "Events are {{ $value | humanizeDuration }} old when they are counted, and for five minutes no worker "
                "has come to the end of that partition: the numbers fall behind."
            ),
            dashboard="deskpulse-processor",
            reason=(
                "Behind at this moment is nothing; behind at every scrape of five minutes is. The numbers of a centre "
                "that falls behind slowly are not a minute old yet: DeskpulseDataStale comes later. The partition "
                "furthest behind stands for all of them, and a rebalance of many is one alert."
            ),
            condition="a partition is not read to its end for 5 min, and its events count more than 15 s late",
            guard="five minutes",
        ),
        Alert(
            name="DeskpulseSourceSilent",
            slug="source-silent",
            severity="warning",
            team="platform",
            expr=_silent(),
            holds="1m",
            keeps="1m",
            summary="A source of events has fallen silent.",
            description=(
                "Nothing came from the source {{ $labels.source }} for {{ $value | humanizeDuration }}, no heartbeat "
                "either: its connector may be down, and calm on the wallboard is no calm."
            ),
            dashboard="deskpulse-health",
            reason=(
                "A source that sends heartbeats is never silent for so long. Of one that sends none it is a question "
                "of the hour: while every calendar says closed it may be, and at an hour at which it was silent a week "
                "ago, as far as Prometheus remembers. After a week it is gone for good."
            ),
            condition="nothing came from a source for 15 min, heartbeats included",
            guard=(
                "not while every queue that has a calendar is closed, nor if it was silent a week ago; for a week at "
                "most"
            ),
        ),
        Alert(
            name="DeskpulseDeadLetters",
            slug="dead-letters",
            severity="warning",
            team="platform",
            expr=_rejected(),
            holds="1m",
            keeps="5m",
            summary="Records are rejected, and their events are not counted.",
            description=(
                "{{ $value | humanize }} records were rejected in 15 min for the reason {{ $labels.reason }}, more "
                "than one in a hundred: they are among the dead letters and in no number."
            ),
            dashboard="deskpulse-processor",
            reason="A malformed record now and then is life; one in a hundred of a connector's is a mistake in it.",
            condition="more than 1 % of the records of 15 min were rejected for one reason",
            guard=f"{REJECTED} of them",
        ),
        Alert(
            name="DeskpulseIdentityViolated",
            slug="identity-violated",
            severity="warning",
            team="platform",
            expr=_wrong(),
            holds="5m",
            keeps="5m",
            summary="The numbers do not add up.",
            description=(
                "Legs queued are not those ended and those waiting, or the backlog is not what came and did not go: "
                "off by {{ $value | humanize }}. Numbers of the queues concerned are wrong."
            ),
            dashboard="deskpulse-health",
            reason="What is read between two commits may differ for a moment; for five minutes it may not.",
            condition="the identity of legs is violated in 1 h, or the backlog has drifted",
            guard="five minutes",
        ),
        Alert(
            name="DeskpulseRedisFull",
            slug="redis-full",
            severity="critical",
            team="platform",
            expr=f"{greatest(p.REDIS_MEMORY)} / {greatest(p.REDIS_LIMIT)} > {FULL}",
            holds="1m",
            keeps="1m",
            summary="Redis is nearly full.",
            description=(
                "Redis uses {{ $value | humanizePercentage }} of the memory it may: full, it refuses what workers "
                "count, and the numbers stand still."
            ),
            dashboard="deskpulse-processor",
            reason="While something is left there is time to give it more. Without maxmemory no limit is known.",
            condition=f"more than {FULL:.0%} of Redis' maxmemory is used".replace("%", " %"),
            guard="maxmemory is set",
        ),
        Alert(
            name="DeskpulseWatchdog",
            slug="watchdog",
            severity="none",
            team="platform",
            expr="vector(1)",
            holds="",
            summary="Alerts find their way.",
            description=(
                "This one always fires. Whoever receives it raises the alarm when it does not come any more: then "
                "Prometheus or Alertmanager is down, or what lies between them."
            ),
            dashboard="deskpulse-health",
            reason="A dead man's switch: the absence of alerts must not depend on them.",
            condition="always",
            guard="none: its absence is the alarm",
        ),
    ),
)
