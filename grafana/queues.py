"""What dashboards of many queues have in common: the table of them, the graphs of the worst, links to one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators.metric import LABELS
from grafana import links, uids
from grafana.panels import lines
from grafana.promql import value, worst
from grafana.rows import rows
from grafana.shown import of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders import table, timeseries

    from aggregators.catalogue import Metric
    from grafana.scale import Scale
    from grafana.shown import Shown

LINES: Final = 5
KEYS: Final = ("queue", "channel")
THIS_QUEUE: Final = "This queue"


def column(metric: Metric, title: str, *, extra: str | None = None, scale: Scale | None = None) -> Shown:
    """Return *metric* of every queue chosen."""
    return of(metric, "queue", title, extra=extra, scale=scale)


def tile_of_all(
    metric: Metric, title: str, *, extra: str | None = None, scale: Scale | None = None, to: str | None = None
) -> Shown:
    """Return *metric* of the whole tenant; *to* is the dashboard that says more."""
    return replace(of(metric, "tenant", title, extra=extra, scale=scale), to=to)


def table_of_queues(title: str, columns: Sequence[Shown], *, height: int = 10) -> table.Panel:
    """Return the table of the queues chosen, the greatest of the first column on top."""
    return rows(
        title,
        columns,
        keys=KEYS,
        labels=LABELS["queue"],
        link=links.board(uids.QUEUE, THIS_QUEUE, {name: links.OF_THE_ROW[name] for name in KEYS}),
        description=f"One row for each queue of each channel, most of “{columns[0].title}” first.",
        height=height,
    )


def worst_queues(
    metric: Metric, title: str, *, extra: str | None = None, low_is_bad: bool = False, width: int = 12
) -> timeseries.Panel:
    """Return the graph of the worst queues at each instant."""
    window = ", last $window" if metric.family == "rolling" else ""
    shown = of(metric, "queue", title, extra=extra)
    shown = replace(
        shown,
        expression=worst(value(metric, "queue", extra), count=LINES, low_is_bad=low_is_bad),
        help=f"{shown.help} At each instant the {LINES} worst of the queues chosen; choose queues to follow them.",
    )
    link = links.board(uids.QUEUE, THIS_QUEUE, {name: links.OF_THE_SERIES[name] for name in KEYS})
    return lines(f"{title}{window}: the {LINES} worst queues", [shown], width=width, more=[link])
