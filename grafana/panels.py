"""Panels from metrics: the description and the unit are the catalogue's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.scale import WORD, Scale, coloured, words

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
_UNITS = {"s": "s", "ratio": "percentunit"}
_SHOWN = {"s": "{:g} s", "ratio": "{:.0%}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One number: its query, the unit of the catalogue, the sentence that says what it is, and how it is judged."""

    title: str
    expression: str
    unit: str
    help: str
    scale: Scale | None = None

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


def tile(shown: Shown, *, width: int, link: DashboardLink | None = None) -> stat.Panel:
    """Return a big number with its word below it."""
    panel = (
        stat.Panel()
        .title(shown.title)
        .description(shown.description)
        .datasource(SOURCE)
        .unit(shown.grafana_unit)
        .no_value("no data")
        .span(width)
        .height(5)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_now("A", shown.expression))
    )
    if shown.unit == "ratio":
        panel = panel.decimals(1)
    if shown.scale:
        panel = (
            panel.thresholds(shown.scale.thresholds())
            .color_scheme(coloured())
            .with_target(_now(WORD, shown.scale.judged(shown.expression)))
            .override_by_query(WORD, words())
        )
    else:
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color("text"))
    return panel.data_links([link]) if link else panel


def lines(shown: Shown, *, legend: str, width: int) -> timeseries.Panel:
    """Return a graph of a few lines; the legend shows the last value of each."""
    panel = (
        timeseries.Panel()
        .title(shown.title)
        .description(shown.description)
        .datasource(SOURCE)
        .unit(shown.grafana_unit)
        .min(0)
        .span(width)
        .height(8)
        .line_width(2)
        .span_nulls(False)  # noqa: FBT003 - a gap is shown as a gap
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .legend(
            VizLegendOptions()
            .show_legend(True)  # noqa: FBT003 - the builder's own name
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.BOTTOM)
            .calcs(["lastNotNull"])
        )
        .with_target(prometheus.Dataquery().ref_id("A").expr(shown.expression).legend_format(legend).range())
    )
    return panel.max(1) if shown.unit == "ratio" else panel


def rows(
    title: str, columns: Sequence[Shown], *, keys: Sequence[str], link: DashboardLink, description: str
) -> table.Panel:
    """Return a table with a row for each label set of *keys*; the first column that has a scale sorts it."""
    panel = (
        table.Panel()
        .title(title)
        .description(description + "".join(f" {each.title}: {each.description}" for each in columns))
        .datasource(SOURCE)
        .unit("short")
        .no_value("–")
        .span(24)
        .height(12)
        .filterable(True)  # noqa: FBT003 - the builder's own name
    )
    refs = [chr(ord("A") + index) for index in range(len(columns))]
    names = {f"Value #{ref}": shown.title for ref, shown in zip(refs, columns, strict=True)}
    for ref, shown in zip(refs, columns, strict=True):
        panel = panel.with_target(_now(ref, shown.expression).format(PromQueryFormat.TABLE))
        panel = panel.override_by_name(shown.title, _column(shown))
    hidden = {"Time": True, "tenant": True}
    places = {name: index for index, name in enumerate((*keys, *names))}
    return (
        panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize",
                options={"excludeByName": hidden, "indexByName": places, "renameByName": names},
            )
        )
        .with_transformation(
            DataTransformerConfig(
                id_val="sortBy", options={"fields": {}, "sort": [{"field": columns[0].title, "desc": True}]}
            )
        )
        .override_by_name("queue", [DynamicConfigValue(id_val="links", value=[link.build().to_json()])])
    )


def _column(shown: Shown) -> list[DynamicConfigValue]:
    properties = [DynamicConfigValue(id_val="unit", value=shown.grafana_unit)]
    if shown.unit == "ratio":
        properties.append(DynamicConfigValue(id_val="decimals", value=1))
    if shown.scale:
        properties += [
            DynamicConfigValue(id_val="thresholds", value=shown.scale.thresholds().build().to_json()),
            DynamicConfigValue(id_val="color", value=coloured().build().to_json()),
            DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
        ]
    return properties


def _now(ref: str, expression: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).expr(expression).instant()
