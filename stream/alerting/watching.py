"""Alerts of what lies between the numbers and whoever is paged: rules that fail, alerts that do not get out.

They are of what Prometheus says of itself, which it has to scrape under the job `prometheus`: without it there is no
such series, and they are silent.
"""

from __future__ import annotations

from typing import Final

from aggregators.pipeline_metrics import PipelineMetric
from stream.alerting.promql import labels_of
from stream.alerting.rules import Alert, Group

JOB: Final = "prometheus"
"""The name of the job of Prometheus itself in `prometheus.yml`, as in the file that Prometheus is shipped with."""
OURS: Final = ".+;deskpulse-.+"
"""A label rule_group is the path of the file and the name of the group: that of ours, and of nobody else's rules."""
WITHIN: Final = "2m"
"""Prometheus sends what fires each minute, so that alerts which are dropped are so within any two."""
FAILURES: Final = PipelineMetric(
    "prometheus_rule_evaluation_failures_total", "counter", "Evaluations of rules that failed.", ("rule_group",)
)
DROPPED: Final = PipelineMetric(
    "prometheus_notifications_dropped_total", "counter", "Alerts that no Alertmanager took, each time they were sent."
)
ERRORS: Final = PipelineMetric(
    "prometheus_notifications_errors_total", "counter", "Alerts that an Alertmanager did not take.", ("alertmanager",)
)
TOOK: Final = PipelineMetric(
    "prometheus_rule_group_last_duration_seconds", "gauge", "How long a group of rules took last.", ("rule_group",)
)
METRICS: Final = (FAILURES, DROPPED, ERRORS, TOOK)
"""Those of Prometheus that alerts and their runbooks look at."""


def _grows(metric: PipelineMetric, **like: str) -> str:
    matchers = "".join(f',{label}=~"{pattern}"' for label, pattern in like.items())
    return f'max by ({labels_of(metric)}) (increase({metric.name}{{job="{JOB}"{matchers}}}[{WITHIN}])) > 0'


GROUP: Final = Group(
    "deskpulse-watching",
    "What lies between the numbers and whoever is paged, as Prometheus says it of itself: where the job prometheus is "
    "not scraped, these are silent. The watchdog tells the rest: that nothing comes out any more.",
    (
        Alert(
            name="DeskpulseRulesFailing",
            slug="rules-failing",
            severity="critical",
            team="platform",
            expr=_grows(FAILURES, rule_group=OURS),
            holds="5m",
            keeps="5m",
            summary="Alert rules of Deskpulse fail, and their alerts do not fire.",
            description=(
                "Evaluations of rules in {{ $labels.rule_group }} fail, {{ $value | humanize }} in 2 min: what they "
                "are about may happen, and nobody is told."
            ),
            dashboard="deskpulse-health",
            reason=(
                "A rule that fails fires no more than one that is not true: the alert is missing, and looks like calm. "
                "One evaluation that fails, as of a query that took too long, is made again 5 s later."
            ),
            condition="evaluations of a group of these rules fail again and again: within any 2 min, for 5 min",
            guard="five minutes; Prometheus is scraped under the job prometheus",
        ),
        Alert(
            name="DeskpulseAlertsDropped",
            slug="alerts-dropped",
            severity="critical",
            team="platform",
            expr=_grows(DROPPED),
            holds="5m",
            keeps="5m",
            summary="Alerts do not reach Alertmanager.",
            description=(
                "Prometheus sent {{ $value | humanize }} in 2 min that no Alertmanager took: pages come late or never."
            ),
            dashboard="deskpulse-health",
            reason=(
                "What is dropped is sent again within a minute, so a restart of Alertmanager delays and loses "
                "nothing, nor does one of Prometheus, which sends before it knows of any Alertmanager. While none "
                "takes anything this one is not told either: it is seen in Prometheus, is told when the first is "
                "back, and until then the watchdog is missed outside."
            ),
            condition="no Alertmanager takes what Prometheus sends: within any 2 min, for 5 min",
            guard="five minutes, for restarts; Prometheus is scraped under the job prometheus",
        ),
    ),
)
