"""Every test that the page of edge cases names is there."""

from __future__ import annotations

import re
from pathlib import Path

from aggregators.catalogue import METRICS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "edge-cases.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("shown by |")]
IDS = re.compile(r"\bM\d+[A-Za-z]*")
BESIDE_METRICS = {"M30"}
"""How many agents a load takes is what `deskpulse staffing` says when it is asked: no metric."""


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


def test_every_row_names_a_test() -> None:
    """A case without a test is none."""
    assert ROWS
    assert [row for row in ROWS if not re.search(r"`[\w/]+\.py::test_\w+` \|$", row)] == []
