"""What a back-test computes: what the rules select, and nothing that none of them does."""

from __future__ import annotations

import pytest

from stream.backtesting.selectors import Selector, looks_back_ms, selected, selectors, taken_away

KNOWN = {"waiting", "level", "queue:level:ratio"}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("waiting", [Selector("waiting", {})]),
        ('waiting{queue="a",tenant!="b"} > 3', [Selector("waiting", {"queue": "a"})]),
        ("sum by (waited) (waiting) / 2", [Selector("waiting", {})]),
        ('{__name__="level",window="1h"}', [Selector("level", {"window": "1h"})]),
        ('{__name__=~"lev.*"}', [Selector("", {})]),
        ('waiting{queue="a } b \\" {"}', [Selector("waiting", {"queue": 'a } b " {'})]),
        ("queue:level:ratio < 0.5", [Selector("queue:level:ratio", {})]),
        ('label_replace(waiting, "x", "level", "a", "b")', [Selector("waiting", {})]),
        ("vector(1)", []),
        ("time() - level > 60 and on (tenant) waiting", [Selector("level", {}), Selector("waiting", {})]),
    ],
)
def test_selectors_of_an_expression(expression: str, found: list[Selector]) -> None:
    """Names with what must be equal; words in strings, functions and groupings are none."""
    assert selectors(expression, KNOWN) == found


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("level > 1 and waiting", []),
        ("level unless on (queue) waiting == 0", ["waiting"]),
        ("(level unless waiting) and queue:level:ratio", ["waiting"]),
        ("level unless waiting and queue:level:ratio", ["waiting"]),
        ("waiting and (level or queue:level:ratio)", ["level", "queue:level:ratio"]),
    ],
)
def test_what_an_expression_can_do_without(expression: str, found: list[str]) -> None:
    """What stands behind `unless`, and either side of an `or`: the rest has to be there."""
    assert [each.name for each in taken_away(expression, KNOWN)] == found


def test_a_series_is_taken_if_one_selector_may_take_it() -> None:
    """Equality decides; the labels of the target are as if they were there; a selector without a name takes any."""
    wanted = [Selector("level", {"window": "1h", "job": "deskpulse"})]

    assert selected("level", {"window": "1h", "queue": "a"}, wanted)
    assert not selected("level", {"window": "5m"}, wanted)
    assert not selected("waiting", {"window": "1h"}, wanted)
    assert not selected("level", {"window": "1h"}, [Selector("level", {"job": "other"})])
    assert not selected("level", {"window": "1h"}, [Selector("level", {"queue": "a"})])
    assert selected("waiting", {}, [Selector("", {})])


@pytest.mark.parametrize(
    ("expression", "back_ms"),
    [
        ("waiting", 0),
        ("rate(waiting[5m])", 300_000),
        ("max_over_time(waiting[1h30m]) > 2 * waiting offset 1w", 5_400_000 + 604_800_000),
        ("max_over_time(rate(waiting[5m])[1h:15s])", 3_900_000),
        ("waiting offset -5m", 0),
    ],
)
def test_how_far_an_expression_looks_back(expression: str, back_ms: int) -> None:
    """Ranges and offsets together: what lies within may be stacked."""
    assert looks_back_ms(expression) == back_ms
