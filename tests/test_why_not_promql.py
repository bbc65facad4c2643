"""The page on PromQL has the figures of a real Prometheus, and Deskpulse's are right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.promql_wrong import Case, answers, page

PAGE = Path(__file__).parents[1] / "docs" / "why-not-promql.md"
BEGIN, END = "<!-- figures: python -m benchmarks.promql_wrong -->\n", "\n<!-- end of figures -->"
QUANTILE_ERROR = 0.01
pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")), reason="no prometheus on PATH (Debian's package)"
)


@pytest.fixture(scope="module")
def found() -> list[tuple[Case, str, str]]:
    """Ask once."""
    return answers()


def test_the_page_has_what_was_measured(found: list[tuple[Case, str, str]]) -> None:
    """Table and queries, to the letter."""
    text = PAGE.read_text(encoding="utf-8")

    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)] == "\n".join(page(found))


def test_every_answer_of_ours_is_right_and_none_of_promql_is(found: list[tuple[Case, str, str]]) -> None:
    """Ours are right to the digits shown, quantiles within their 1 %; PromQL's are not even within those."""
    for case, promql, ours in found:
        right = float(case.truth)
        allowed = QUANTILE_ERROR * right if "q" in case.ours[1] else 0.0
        assert abs(float(ours) - right) <= allowed, case.what
        assert abs(float(promql) - right) > (allowed or 1e-6), case.what
