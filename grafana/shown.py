"""What a panel shows: a query with unit, sentence and scale; those of metrics have them from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregators.pipeline_metrics import READY
from grafana import links
from grafana.promql import WINDOW, age, latest, value, value_of_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana_foundation_sdk.builders.dashboard import DashboardLink

    from aggregators.catalogue import Metric
    from aggregators.pipeline_metrics import PipelineMetric
    from aggregators.rolling import Level
    from grafana.scale import Bands, Scale

_UNITS = {"s": "s", "ratio": "percentunit"}
_SHOWN = {"s": "{:g} s", "ratio": "{:.0%}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One number: its query, the unit of the catalogue, the sentence that says what it is, and how it is judged.

    `metric` at `level`, with the value `extra` of its own label, is what the number is, where it is one that has a
    list of the conversations behind it; `window` is over which it is. `to` is the dashboard that says more.
    """

    title: str
    expression: str
    unit: str
    help: str
    scale: Scale | Bands | None = None
    metric: Metric | None = None
    level: Level = "tenant"
    extra: str | None = None
    window: str = WINDOW
    to: str | None = None
    legend: str = ""

    @property
    def grafana_unit(self) -> str:
        """Return Grafana's name of the unit; counts are plain numbers."""
        return _UNITS.get(self.unit, "short")

    @property
    def description(self) -> str:
        """Return what the number is, in which unit, and what its colours mean."""
        unit = "" if self.unit in ("s", "ratio") else f" Unit: {self.unit}."
        colours = f" {self.scale.sentence(_SHOWN.get(self.unit, '{:g}'))}" if self.scale else ""
        return f"{self.help}{unit}{colours}"

    def links(self, labels: Mapping[str, str], *, at: str) -> list[DashboardLink]:
        """Return what a click opens: who is behind the number, or where nobody knows that, the dashboard of it."""
        if self.metric is not None and links.has_list(self.metric):
            said = {**labels, "window": self.window.replace(WINDOW, "${window}")}
            return [links.conversations(self.metric, self.level, self.extra, labels=said, at=at)]
        return [links.board(self.to)] if self.to else []


def of(metric: Metric, level: Level, title: str, *, extra: str | None = None, scale: Scale | None = None) -> Shown:
    """Return *metric* at *level*, of what is chosen; *extra* is the value of its own label."""
    return Shown(
        title=title,
        expression=value(metric, level, extra),
        unit=metric.unit,
        help=_help(metric, extra),
        scale=scale,
        metric=metric,
        level=level,
        extra=extra,
    )


def of_one(
    metric: Metric,
    level: Level,
    title: str,
    *,
    extra: str | None = None,
    scale: Scale | None = None,
    window: str = WINDOW,
) -> Shown:
    """Return *metric* of the one queue that is chosen, or of its channel, over the window chosen or always *window*."""
    shown = of(metric, level, title, extra=extra, scale=scale)
    return replace(shown, expression=value_of_one(metric, level, extra, window=window), window=window)


def pipeline(metric: PipelineMetric, title: str, *, unit: str, scale: Scale | None = None, how: str = "max") -> Shown:
    """Return a gauge of the processor without labels, the greatest (or by *how* the least) of all instances."""
    return Shown(title=title, expression=f"{how}({metric.name})", unit=unit, help=metric.help, scale=scale)


def since(metric: PipelineMetric, title: str, *, scale: Scale | None = None) -> Shown:
    """Return how long ago the instant in *metric* is, by the instance that is furthest."""
    text = f"How long ago this is: {metric.help}"
    return Shown(title=title, expression=age(metric), unit="s", help=text, scale=scale)


def counted(metric: PipelineMetric, title: str, *, unit: str = "records", scale: Scale | None = None) -> Shown:
    """Return by how much a counter of the processor rose in the last hour, over all its labels.

    One that has counted nothing yet may not be exported: then 0, as long as anything is.
    """
    expression = f"{latest(metric, 'increase', '1h')} or 0 * max({READY.name})"
    return Shown(title=title, expression=expression, unit=unit, help=f"{metric.help} In the last hour.", scale=scale)


def _help(metric: Metric, extra: str | None) -> str:
    """Return the sentence of the catalogue, with the formula, and the family that has to be asked for."""
    text = f"{metric.help} Here {extra}." if metric.extra == "variant" else f"{metric.help} Formula: {metric.formula}."
    own = f" {metric.extra}: {extra}." if metric.extra not in (None, "variant") else ""
    asked = f" Counted where the definitions ask for `{metric.asked}`." if metric.asked else ""
    return f"{text}{own}{asked}"
