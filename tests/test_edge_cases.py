"""Every test that the page of edge cases names is there."""

from __future__ import annotations

import re
from pathlib import Path

from aggregators.catalogue import METRICS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "edge-cases.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)


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
    """Each number that the catalogue names as a source, a range like M21 to M26 for all in it."""
    said = {int(number) for metric in METRICS for number in re.findall(r"M(\d+)", metric.source)}
    there = {int(number) for number in re.findall(r"\bM(\d+)", PAGE)}
    for first, last in re.findall(r"\bM(\d+) to M(\d+)", PAGE):
        there.update(range(int(first), int(last) + 1))

    assert len(said) > 40
    assert sorted(said - there) == []


def test_every_row_names_a_test() -> None:
    """A case without a test is none."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("shown by |")]

    assert rows
    assert [row for row in rows if not re.search(r"`[\w/]+\.py::test_\w+` \|$", row)] == []
