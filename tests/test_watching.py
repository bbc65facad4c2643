"""What alerts ask of Prometheus itself, of a real one with the shipped files: rules that fail, alerts nobody takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]

from stream.alerting import watching
from stream.devstack.process import free_port
from tests.eventually import eventually
from tests.promtool import rules
from tests.servers.prometheus import SHIPPED, shipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aggregators.pipeline_metrics import PipelineMetric
    from tests.conftest import AlertmanagerFactory, PrometheusFactory
    from tests.services import Prometheus

EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in rules() if "alert" in rule}
FAILING = EXPRESSIONS["DeskpulseRulesFailing"]
DROPPED = EXPRESSIONS["DeskpulseAlertsDropped"]
DROPPED_SO_FAR = f'{watching.DROPPED.name}{{job="{watching.JOB}"}}'
SENT = f'sum by (job, instance) (prometheus_notifications_sent_total{{job="{watching.JOB}"}})'
LATER = "FiresLater"
A_SECOND = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}


def broken(folder: Path) -> Path:
    """Write rules of which two groups fail: one named as ours are, one of somebody else."""
    fails = {"record": "x", "expr": 'label_replace(vector(1), "a", "", "b", "(")'}  # no regular expression
    groups = [{"name": name, "rules": [fails]} for name in ("deskpulse-broken", "other")]
    path = folder / "broken.rules.yml"
    path.write_text(json.dumps({"groups": groups}))
    return path


def fires_later(folder: Path) -> Path:
    """Write a rule that fires once Prometheus knows of Alertmanager, and has counted what it sent before that."""
    rule = {"alert": LATER, "expr": "vector(1)", "for": "10s"}
    path = folder / "later.rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "later", "rules": [rule]}]}))
    return path


def watched(prometheus: PrometheusFactory, alertmanager: str, *more: Path) -> Prometheus:
    """Return the shipped Prometheus that knows an Alertmanager, and more rules; what takes 5 s takes one."""
    options: dict[str, Any] = shipped(f"127.0.0.1:{free_port()}")
    sending = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
    config = {**options["config"], "global": A_SECOND, "alerting": sending}
    return prometheus(config=config, rules=[*options["rules"], *more])


def groups_of(server: Prometheus, expression: str) -> set[str]:
    """Return the names of the groups that an expression yields something for."""
    return {sample.labels["rule_group"].partition(";")[2] for sample in server.query(expression)}


@pytest.mark.parametrize("metric", watching.METRICS, ids=lambda metric: metric.name)
def test_prometheus_says_it_of_itself(prometheus: PrometheusFactory, metric: PipelineMetric) -> None:
    """Under the job and with the labels that the rules ask for, also where nothing has failed yet."""
    server = watched(prometheus, f"127.0.0.1:{free_port()}")

    eventually(lambda: server.query(f'{metric.name}{{job="{watching.JOB}"}}'), what=metric.name)
    (labels, *_) = [sample.labels for sample in server.query(f'{metric.name}{{job="{watching.JOB}"}}')]
    assert labels.keys() - {"__name__", "job", "instance"} == set(metric.labels)


def test_rules_that_fail_and_alerts_that_nobody_takes_are_seen(prometheus: PrometheusFactory, tmp_path: Path) -> None:
    """Of ours alone, and of the group that fails; what fires is sent to where nobody listens."""
    server = watched(prometheus, f"127.0.0.1:{free_port()}", broken(tmp_path), fires_later(tmp_path))

    eventually(lambda: groups_of(server, FAILING) == {"deskpulse-broken"}, what="rules that fail")
    eventually(lambda: server.query(DROPPED), what="alerts that are dropped")


def test_nothing_is_seen_while_all_is_well(
    prometheus: PrometheusFactory, alertmanager: AlertmanagerFactory, tmp_path: Path
) -> None:
    """Every rule that is shipped is evaluated, and an Alertmanager takes what fires: nothing more is dropped then."""
    pager = alertmanager(config={"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]})
    server = watched(prometheus, pager.url.removeprefix("http://"), fires_later(tmp_path))
    eventually(lambda: server.get("/api/v1/alertmanagers")["data"]["activeAlertmanagers"], what="Alertmanager is known")
    eventually(lambda: server.query(f"{DROPPED_SO_FAR} and {SENT} == 0"), what="a scrape since")
    (before,) = server.query(DROPPED_SO_FAR)

    eventually(lambda: LATER in {each["labels"]["alertname"] for each in pager.alerts()}, what="an alert arrives")
    eventually(lambda: server.query(f"{SENT} > 0"), what="the next scrape")
    assert server.query(DROPPED_SO_FAR) == [before]
    assert server.query(FAILING) == []


def test_the_files_scrape_prometheus_itself() -> None:
    """Both of them, at the address at which the other, that asks for numbers, finds it."""
    for name in ("prometheus.yml", "compose.yml"):
        jobs: list[Mapping[str, Any]] = yaml.safe_load((SHIPPED / name).read_text())["scrape_configs"]
        found = {job["job_name"]: job["static_configs"] for job in jobs}
        assert found[watching.JOB] == [{"targets": ["127.0.0.1:9090"]}]
