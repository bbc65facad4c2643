"""Every definition of the trade has a line in the catalogue and an entry in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregators.catalogue import METRICS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "metrics"
KPIS = ROOT.parent / "shared" / "KPIS.md"
DEFINITIONS = (
    *("M1", "M2", "M3", "M4", "M5", "M5b", "M5c", "M5d", "M6", "M7", "M8", "M9"),
    *("M10", "M10o", "M10x", "M10L", "M11", "M12", "M13", "M14"),
    *("M20", "M21", "M22", "M23", "M24", "M25", "M26", "M27", "M28", "M29", "M30"),
    *("M40", "M41", "M42", "M43", "M44", "M45", "M46", "M47", "M48", "M49", "M50"),
    *("M60", "M61", "M62", "M63", "M64", "M70", "M71", "M72", "M73", "M74"),
)
ELSEWHERE = {"M30": "staffing.md"}
"""What is no number of now, with the page that says how to ask for it."""


def numbers(text: str) -> set[str]:
    """Return the numbers of definitions in *text*."""
    return set(re.findall(r"\bM\d+[a-zL]?\b", text))


def test_every_definition_has_a_line_in_the_catalogue_or_a_page() -> None:
    """None is forgotten, none is in both."""
    counted = {number for metric in METRICS for number in numbers(metric.source)}

    assert counted <= set(DEFINITIONS)
    assert counted | set(ELSEWHERE) == set(DEFINITIONS)
    assert counted & set(ELSEWHERE) == set()


@pytest.mark.skipif(not KPIS.exists(), reason="the definitions of the trade are not here: shared/KPIS.md")
def test_the_definitions_are_those_of_the_trade() -> None:
    """Each row of its tables, so that one that is added there is missed here."""
    rows = re.findall(r"^\| (M\d+[a-zL]?) \|", KPIS.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert tuple(rows) == DEFINITIONS


def test_every_definition_that_is_counted_has_an_entry_in_the_docs() -> None:
    """On the page of its family, by its number."""
    found = {
        number
        for page in DOCS.glob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("| Definition |")
        for number in numbers(line)
    }

    assert found == set(DEFINITIONS) - set(ELSEWHERE)
    for number, page in ELSEWHERE.items():
        assert number in numbers((DOCS.parent / page).read_text(encoding="utf-8"))
