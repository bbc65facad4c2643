"""The rows of a board as text: lines of CSV, or Prometheus' exposition format."""

from __future__ import annotations

import csv
import io
from difflib import get_close_matches
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from aggregators.board import ALL_METRICS, HISTOGRAM_PARTS, Row
from aggregators.catalogue import METRICS
from aggregators.rolling import EVERY_LEVEL, Level
from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from aggregators.catalogue import Metric
    from aggregators.rolling import Group

CLOSE_ONES, CLOSENESS = 3, 0.75
_CATALOGUE = {metric: place for place, metric in enumerate(METRICS)}


def names() -> list[str]:
    """Return the name of every sample there may be, in the order of the catalogue."""
    return [name for metric in METRICS for level in metric.every_level for name in _names_of(metric, level)]


def metrics_named(prefixes: tuple[str, ...]) -> Mapping[Level, Sequence[Metric]]:
    """Return at each level the metrics of which a name begins with one of *prefixes*; all if there are none."""
    if not prefixes:
        return ALL_METRICS
    return {
        level: [each for each in metrics if any(name.startswith(prefixes) for name in _names_of(each, level))]
        for level, metrics in ALL_METRICS.items()
    }


def refuse_unknown_metric(prefix: str) -> None:
    """Raise UsageError, naming what is close to it, if no metric's name begins with *prefix*."""
    known = names()
    if any(name.startswith(prefix) for name in known):
        return
    holding = [name for name in known if prefix in name][:CLOSE_ONES]
    close = holding or get_close_matches(prefix, known, CLOSE_ONES, CLOSENESS)
    hint = f"try {', '.join(close)}" if close else "`deskpulse catalogue` lists them"
    message = f"--metric: no name of a metric begins with {prefix!r} ({hint})"
    raise UsageError(message)


def refuse_metric_not_asked_for(prefix: str, families: Collection[str], levels: Collection[str]) -> None:
    """Raise UsageError if no metric whose name begins with *prefix* is of a family and at a level that is counted."""
    found = [(metric, level) for level, metrics in metrics_named((prefix,)).items() for metric in metrics]
    counted = [(metric, level) for metric, level in found if level in levels or level not in metric.parts]
    if any(not metric.asked or metric.asked in families for metric, _ in counted):
        return
    if counted:
        asked = ", ".join(sorted({f'"{metric.asked}"' for metric, _ in counted}))
        where = f"DESKPULSE_DEFINITIONS: families = [{asked}]"
    else:
        asked = ", ".join(sorted({f'"{level}"' for _, level in found}))
        where = f"DESKPULSE_DEFINITIONS: levels = [{asked}]"
    message = f"--metric: {prefix!r} is counted where the definitions ask for it ({where})"
    raise UsageError(message)


def chosen(rows: Iterable[Row], prefixes: tuple[str, ...]) -> list[Row]:
    """Return the rows asked for, always in the same order: that of the catalogue, then by labels."""
    asked: dict[tuple[Metric, Level, str | None], bool] = {}

    def is_asked_for(row: Row) -> bool:
        key = (row.metric, row.group.level, row.extra)
        if key not in asked:
            asked[key] = row.name.startswith(prefixes)
        return asked[key]

    return sorted(filter(is_asked_for, rows) if prefixes else rows, key=_place)


def exposition(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of *rows* in Prometheus' text format; rows of a metric and level stand together, as in `chosen`.

    Each metric begins with its HELP and TYPE.
    """
    for (metric, level), family in groupby(rows, lambda row: (row.metric, row.group.level)):
        name = metric.name(level)
        yield f"# HELP {name} {metric.help}\n# TYPE {name} {metric.kind}\n"
        for row in family:
            yield f"{row.name}{{{labels_text(row)}}} {number(row.value)}\n"


def csv_lines(rows: Iterable[Row], at: str) -> Iterator[str]:
    """Yield each row as `at,name,labels,value`."""
    for row in rows:
        yield f"{at},{_series(*row[:4])},{number(row.value)}\n"


def labels_text(row: Row) -> str:
    """Return the labels of *row* as the exposition format writes them."""
    return ",".join(f'{name}="{_escape(value)}"' for name, value in row.pairs)


def number(value: float) -> str:
    """Write a value: integers as such, others with at least six decimals where they need them."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value == int(value) else repr(round(value, 9))


def _names_of(metric: Metric, level: Level) -> list[str]:
    parts = ("_bucket", *(f"_{each}" for each in HISTOGRAM_PARTS)) if metric.kind == "histogram" else ("",)
    return [f"{metric.name(level)}{part}" for part in parts]


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _place(row: Row) -> tuple[object, ...]:
    extra = row.extra or ""
    is_bound = row.metric.kind == "histogram" and extra not in HISTOGRAM_PARTS
    return (
        _CATALOGUE[row.metric],
        EVERY_LEVEL.index(row.group.level),
        row.group.values,
        row.window or "",
        float(extra) if is_bound else float("inf"),
        extra,
    )


@cache
def _series(metric: Metric, group: Group, window: str | None, extra: str | None) -> str:
    """Return name and labels as two columns of CSV; the same few thousand come back at every instant."""
    row = Row(metric, group, window, extra, 0)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow((row.name, labels_text(row)))
    return text.getvalue()
