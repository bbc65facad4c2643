"""Burn rates: what can be reached at a target, and what is left out."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aggregators.definitions import Definitions
from stream.alerting import Bases, as_yaml, groups
from stream.alerting.burn import TABLE, alerts, group
from stream.alerting.rules import Alert


def limits(target: Fraction) -> list[Fraction]:
    """Return the service levels below which the lines of the table fire."""
    return [line.limit(target) for line in TABLE]


def rules(target: Fraction) -> str:
    """Return the file for a target."""
    return as_yaml(groups(Definitions(service_level_target=target)), Bases())


def test_the_table_is_that_of_a_target_of_four_in_five() -> None:
    """1 − 4 · 0.2 = 0.2, 1 − 3 · 0.2 = 0.4, 1 − 2 · 0.2 = 0.6, 1 − 1.5 · 0.2 = 0.7."""
    assert limits(Fraction(4, 5)) == [Fraction(1, 5), Fraction(2, 5), Fraction(3, 5), Fraction(7, 10)]


def test_thresholds_follow_another_target() -> None:
    """At 90 % 1 − 4 · 0.1 = 0.6, 0.7, 0.8, 0.85; they stand in the rules, and so does the target."""
    text = rules(Fraction(9, 10))

    assert limits(Fraction(9, 10)) == [Fraction(6, 10), Fraction(7, 10), Fraction(8, 10), Fraction(85, 100)]
    assert all(f"}}) < {limit}\n" in text for limit in ("0.6", "0.7", "0.8", "0.85"))
    assert "the target is 90 %" in " ".join(text.split())


@pytest.mark.parametrize(
    ("target", "kept", "left_out"),
    [
        (Fraction(3, 4), ["DeskpulseServiceLevelBurn", "DeskpulseServiceLevelBurnSlow"], "4 in 15 min"),
        (Fraction(1, 2), ["DeskpulseServiceLevelBurnSlow"], "4 in 15 min, 3 in 30 min, 2 in 1 h"),
        (Fraction(1, 3), [], "4 in 15 min, 3 in 30 min, 2 in 1 h, 1.5 in 3 h"),
    ],
)
def test_a_burn_that_cannot_be_reached_is_left_out_and_the_file_says_so(
    target: Fraction, kept: list[str], left_out: str
) -> None:
    """At 75 % the burn is 4 at most, which below 0 % would be: nothing is."""
    assert [alert.name for alert in alerts(target)] == kept
    assert f"Left out, for they cannot be reached: {left_out}." in " ".join(rules(target).replace("#", "").split())


def test_a_page_is_one_alert_for_all_windows() -> None:
    """Three windows of the same spike do not page three times."""
    found = [rule for rule in group(Fraction(4, 5)).rules if isinstance(rule, Alert)]

    assert [(alert.severity, alert.expr.count(">= 20")) for alert in found] == [("critical", 3), ("warning", 1)]
