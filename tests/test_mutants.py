"""Mutants of rules: every number is moved and every arm is taken away, once each, and all of them are PromQL."""

from __future__ import annotations

import promql_parser as promql

from tests.mutants import changed, mutants
from tests.promtool import rules


def test_every_number_is_moved_both_ways_and_every_arm_is_taken_away() -> None:
    """An `unless` without its left arm would be another rule, and is none."""
    said = [change for change, _ in changed(promql.parse("a > 20 and b * 0.5 < 2 unless c == 0"))]

    assert said == [
        "without “unless c == 0”",
        "without “and b * 0.5 < 2”",
        "without “a > 20 and”",
        "20 → 15 > a",
        "20 → 25 > a",
        "0.5 → 0.375 * b",
        "0.5 → 0.625 * b",
        "2 → 1 < b * 0.5",
        "2 → 3 < b * 0.5",
        "0 → 1 == c",
        "0 → -1 == c",
    ]


def test_what_looks_back_is_halved_and_doubled() -> None:
    """Ranges and offsets alike, wherever they stand."""
    assert [expr for _, expr in changed(promql.parse("max(a offset 7d) + rate(b[15m])"))] == [
        "max(a{} offset 302400s) + rate(b{}[15m])",
        "max(a{} offset 1209600s) + rate(b{}[15m])",
        "max(a{} offset 1w) + rate(b{}[450s])",
        "max(a{} offset 1w) + rate(b{}[1800s])",
    ]


def test_each_mutant_is_promql_that_differs_from_its_rule_and_from_the_others() -> None:
    """In its expression, or in how long it must hold or is kept."""
    found = list(mutants(rules()))

    assert len({mutant.said for mutant in found}) == len(found)
    for mutant in found:
        rule = rules()[mutant.place]
        assert mutant.rule != rule
        if mutant.rule["expr"] != rule["expr"]:
            assert str(promql.parse(mutant.rule["expr"])) != str(promql.parse(rule["expr"]))
