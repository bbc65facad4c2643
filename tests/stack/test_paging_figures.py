"""The page on back-tests has the figures of the real day, as the shipped rules page today.

The day is read where it lies, beside the project; it is not part of it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.paging import RULES, report
from tests.reference import REAL_DAY

PAGE = Path(__file__).parents[2] / "docs" / "backtest.md"
BEGIN, END = "<!-- figures: python -m benchmarks.paging -->\n", "\n<!-- end of figures -->"
pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl"),
    pytest.mark.skipif(not shutil.which("prometheus"), reason="no prometheus on PATH (Debian's package)"),
]


def test_the_page_has_what_the_shipped_rules_do_on_the_real_day() -> None:
    """Every line of both tables: onsets, delays, misses, pages, false ones."""
    text = PAGE.read_text(encoding="utf-8")

    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip() == "\n".join(report(REAL_DAY, RULES))
