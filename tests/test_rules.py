"""The alert rules are what promtool accepts, fire and stay silent as they should, and lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml  # type: ignore[import-untyped]

from tests.queries import troubles

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "deskpulse.rules.yml"
TESTS = sorted(FOLDER.glob("*_test.yml"))
RUNBOOKS = ROOT / "deploy" / "runbooks"
SEVERITIES = {"critical", "warning", "info", "none"}
KEYS_OF_2_42 = {"alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
GROUP_KEYS_OF_2_42 = {"name", "interval", "limit", "rules"}
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
LONGEST_SUMMARY = 80


class Alert(NamedTuple):
    """An alert rule; the keys are those of the file."""

    name: str
    rule: dict[str, Any]


def groups() -> list[dict[str, Any]]:
    """Return the groups of the rules that are shipped."""
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
    return found


ALERTS = [Alert(rule["alert"], rule) for group in groups() for rule in group["rules"] if "alert" in rule]
EACH = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def promtool(*arguments: str | Path, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    """Run promtool; skip the test where there is none."""
    if not shutil.which("promtool"):
        pytest.skip("no promtool on PATH (Debian's package prometheus)")
    return subprocess.run(
        ["promtool", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def cases() -> list[dict[str, Any]]:
    """Return every test for promtool that is shipped."""
    return [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]


def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    """Both as they are shipped."""
    for kind, name in (("rules", RULES.name), ("config", "prometheus.yml")):
        done = promtool("check", kind, name)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_promtool_runs_the_tests(path: Path) -> None:
    """Each alert fires where it should, and stays silent where it should, for the reason in the case's name."""
    done = promtool("test", "rules", path.name)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">= 5", ">= 4"),
        (">= 5", ">= 7"),
        (">= 0.2", ">= 0.19"),
        (">= 0.2", ">= 0.7"),
        ("email|social|offline", "nothing"),
        ("    keep_firing_for: 1m\n", ""),
        ("        for: 1m\n        keep_firing_for", "        keep_firing_for"),
        ("max without (instance) (support_queue_waiting_past_target", "(support_queue_waiting_past_target"),
        ('seconds{job="deskpulse"}) > 60\n        for: 1m', 'seconds{job="deskpulse"}) > 60\n        for: 0s'),
        ('seconds{job="deskpulse"}) > 60', 'seconds{job="deskpulse"}) > 600'),
        ("max without (instance) (deskpulse_as_of", "min without (instance) (deskpulse_as_of"),
        ("deskpulse_snapshot_timestamp_seconds", "deskpulse_as_of_timestamp_seconds"),
        ("for: 2m", "for: 0s"),
        ("absent(deskpulse_as_of", "absent(deskpulse_snapshot"),
    ],
)
def test_the_tests_notice_a_changed_rule(old: str, new: str, tmp_path: Path) -> None:
    """A rule with another number, another label or another metric fails a case."""
    text = RULES.read_text()
    assert old in text
    (tmp_path / RULES.name).write_text(text.replace(old, new))
    for path in TESTS:
        shutil.copy(path, tmp_path)

    done = promtool("test", "rules", *(path.name for path in TESTS), folder=tmp_path)

    assert done.returncode != 0
    assert "FAILED" in done.stdout + done.stderr


def test_rules_use_only_what_prometheus_2_42_knows() -> None:
    """Debian's Prometheus takes the file."""
    for group in groups():
        assert group.keys() <= GROUP_KEYS_OF_2_42
        for rule in group["rules"]:
            assert rule.keys() <= KEYS_OF_2_42


@EACH
def test_every_query_is_promql_over_the_catalogue(alert: Alert) -> None:
    """Metrics and labels exist, rolling ones pin `window`."""
    assert troubles(alert.rule["expr"]) == []


@EACH
def test_names_and_severities_are_of_a_fixed_form(alert: Alert) -> None:
    """CamelCase with our name in front, and a severity that routing knows."""
    assert re.fullmatch(r"Deskpulse([A-Z][a-z]+)+", alert.name)
    assert alert.rule["labels"].keys() == {"severity"}
    assert alert.rule["labels"]["severity"] in SEVERITIES


@EACH
def test_it_must_hold_before_it_fires(alert: Alert) -> None:
    """One odd scrape wakes nobody."""
    assert re.fullmatch(r"\d+m", alert.rule["for"])


@EACH
def test_the_annotations_are_complete(alert: Alert) -> None:
    """The summary is a short sentence without values, the description has no label that may be missing."""
    annotations = alert.rule["annotations"]

    assert annotations.keys() == {"summary", "description", "runbook_url", "dashboard_url"}
    assert "{{" not in annotations["summary"]
    assert len(annotations["summary"]) <= LONGEST_SUMMARY
    assert annotations["summary"].endswith(".")
    assert "$value" not in str(alert.rule["labels"])


@EACH
def test_its_runbook_is_there(alert: Alert) -> None:
    """The file that the link ends with names the alert, under the four headings."""
    path = RUNBOOKS / urlsplit(alert.rule["annotations"]["runbook_url"]).path.rpartition("/")[2]
    text = path.read_text()

    assert alert.name in text.splitlines()[0]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


def test_every_runbook_belongs_to_an_alert() -> None:
    """No page is left over."""
    linked = {alert.rule["annotations"]["runbook_url"].rpartition("/")[2] for alert in ALERTS}

    assert {path.name for path in RUNBOOKS.glob("*.md")} == linked


@EACH
def test_its_dashboard_is_there(alert: Alert) -> None:
    """The link has the uid of a dashboard, and sets only variables that it has."""
    pytest.importorskip("grafana_foundation_sdk", reason="the extra `dev` is not installed")
    from grafana.live import UID, dashboard

    link = urlsplit(re.sub(r"{{.*?}}", "x", alert.rule["annotations"]["dashboard_url"], flags=re.DOTALL))
    board = dashboard()
    variables = {variable.name for variable in board.templating.list_val or []} if board.templating else set()

    assert link.path == f"/d/{UID}"
    assert {name.removeprefix("var-") for name in parse_qs(link.query)} <= variables


@EACH
def test_it_has_a_case_that_fires_and_one_that_stays_silent(alert: Alert) -> None:
    """By name, or for alerts and all of them at once."""
    short = alert.name.removeprefix("Deskpulse")
    names = [case["name"] for case in cases() if alert.name in str(case) or case["name"].startswith("all silent")]

    assert any(f"{short} fires" in name or name.startswith("fires") for name in names)
    assert any("silent" in name for name in names)


def test_a_case_says_why() -> None:
    """What is not to fire has its reason in the name."""
    for case in cases():
        assert ": " in case["name"] or " when " in case["name"] or " while " in case["name"], case["name"]
