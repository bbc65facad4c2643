"""Comparing what the product shows with values that brute force found right."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from aggregators.board import ALL_METRICS
from aggregators.catalogue import METRICS
from aggregators.definitions import FAMILIES, Definitions
from aggregators.rolling import LEVELS
from stream.offline import Offline

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.columns import Series

Value: TypeAlias = int | Fraction | None
"""Counts are integers, seconds and ratios fractions; None is that there is none."""
Right: TypeAlias = "dict[Series, Value]"
"""By metric and pairs of labels, in the order of the catalogue."""


def wrong(right: Mapping[Series, Value], shown: Mapping[Series, float]) -> list[str]:
    """Return what is shown otherwise of the metrics that *right* has, a line each. A count that is missing is 0."""
    names = {name for name, _ in right}
    found = []
    for series in sorted(right.keys() | {each for each in shown if each[0] in names}):
        value, seen = right.get(series), shown.get(series)
        if not _agree(value, seen):
            name, pairs = series
            found.append(f"{name}{{{','.join('='.join(pair) for pair in pairs)}}}: {seen}, right is {value}")
    return found


def _agree(value: Value, seen: float | None) -> bool:
    if isinstance(value, Fraction):
        return seen is not None and math.isclose(seen, value, rel_tol=1e-9, abs_tol=1e-12)
    return (seen or 0) == (value or 0)


def product(names: Collection[str], *, definitions: Definitions | None = None) -> Offline:
    """Return the product, which shows the metrics called *names*, without prefix and level.

    It counts every family, or by these *definitions*.
    """
    shown = [metric for metric in METRICS if metric.family != "total"]
    shown = [each for each in shown if (f"rolling_{each.suffix}" if each.family == "rolling" else each.suffix) in names]
    assert len(shown) == len(names)
    return Offline(
        metrics=dict.fromkeys(ALL_METRICS, ()) | dict.fromkeys(LEVELS, shown),
        definitions=definitions or Definitions(families=FAMILIES),
    )


def metrics_of(right: Mapping[Series, Value], *, level: str = "tenant") -> set[str]:
    """Return the names, without prefix and level, of the metrics that have a value other than 0 at *level*."""
    prefix = f"support_{level}_"
    return {name.removeprefix(prefix) for (name, _), value in right.items() if value and name.startswith(prefix)}
