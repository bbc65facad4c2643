"""Every test that the page of edge cases names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregators.catalogue import METRICS
from aggregators.pipeline_metrics import PIPELINE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "edge-cases.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("shown by |")]
IDS = re.compile(r"\bM\d+[A-Za-z]*")
BESIDE_METRICS = {"M30"}
"""How many agents a load takes is what `deskpulse staffing` says when it is asked: no metric."""
HEALTH = {
    "event_lag_seconds": "deskpulse_event_lag_seconds",
    "kafka_consumer_lag": "deskpulse_partition_lag_records",
    "last_event_age_seconds": "deskpulse_source_last_event_age_seconds",
    "dup_total": "deskpulse_duplicates_total",
    "late_applied_total": "deskpulse_late_applied_total",
    "late_dropped_total": "deskpulse_late_dropped_total",
    "orphan_stop_total": "support_tenant_orphan_stops_total",
    "ghost_closed_total": "support_tenant_rolling_lost",
    "clock_skew_seconds": "deskpulse_source_clock_skew_seconds",
    "unknown_actor_total": "support_tenant_unknown_actors_total",
    "coverage": "support_tenant_rolling_coverage_ratio",
    "backlog_drift": "deskpulse_backlog_drift",
    "identity_violation": "deskpulse_identity_violations",
    "restatements_total": "deskpulse_restatements_total",
    "definition_version": "deskpulse_generation_info",
}
"""What tells of the health of the numbers: as the definitions of the trade name it, and as it is exported."""
KPIS = ROOT.parent / "shared" / "KPIS.md"


def test_every_test_that_the_page_names_exists() -> None:
    """As `file::function`, in `tests/aggregators` where no folder is named."""
    missing = []
    for file, name in NAMED:
        path = ROOT / file if "/" in file else ROOT / "tests" / "aggregators" / file
        if not path.exists() or f"def {name}(" not in path.read_text(encoding="utf-8"):
            missing.append(f"{file}::{name}")

    assert missing == []
    assert len(NAMED) > 100


def test_every_metric_of_the_trade_has_a_row() -> None:
    """Each id that the catalogue names as a source, and no other: M5b is not M5; M21 to M26 are all between them."""
    said = {found for metric in METRICS for found in IDS.findall(metric.source)} | BESIDE_METRICS
    cells = [row.split("|")[1] for row in ROWS]
    there = {found for cell in cells for found in IDS.findall(cell)}
    for first, last in (found for cell in cells for found in re.findall(r"\bM(\d+) to M(\d+)\b", cell)):
        there |= {f"M{number}" for number in range(int(first), int(last) + 1)} & said

    assert {"M5", "M5b", "M10L", "M30"} <= said
    assert len(said) > 40
    assert sorted(said ^ there) == []


def test_whatever_tells_of_the_health_of_the_numbers_has_a_row() -> None:
    """By the name under which it is exported; whatever is named there is exported."""
    exported = {metric.name(level) for metric in METRICS for level in metric.levels} | {each.name for each in PIPELINE}
    section = PAGE.split("\n## Health of the numbers\n")[1].split("\n## ")[0]
    there = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))

    assert sorted(set(HEALTH.values()) - there) == []
    assert sorted(there - exported) == []


@pytest.mark.skipif(not KPIS.exists(), reason="the definitions of the trade are not here: shared/KPIS.md")
def test_none_of_the_names_of_health_is_left_out() -> None:
    """Those of its own section, in its order."""
    section = KPIS.read_text(encoding="utf-8").split("\n## 7. ")[1].split("\n\n")[0]

    assert re.findall(r"`(\w+)(?:\{\w+\})?`", section) == list(HEALTH)


def test_every_row_names_a_test() -> None:
    """A case without a test is none."""
    assert ROWS
    assert [row for row in ROWS if not re.search(r"`[\w/]+\.py::test_\w+` \|$", row)] == []
