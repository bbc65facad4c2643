"""Panels from what is to be shown: a big number with its word, a graph of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import FieldColor
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
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId

from grafana import links
from grafana.scale import WORD, Bands, coloured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grafana_foundation_sdk.builders.dashboard import DashboardLink

    from grafana.shown import Shown

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="$datasource")
TILE_HEIGHT: Final = 4
GRAPH_HEIGHT: Final = 8
LEGEND: Final = "{{queue}} ({{channel}})"


def tile(shown: Shown, *, width: int) -> stat.Panel:
    """Return a big number with its word below it; a click opens who is behind it, the corner the dashboard of it."""
    panel = (
        stat.Panel()
        .title(shown.title)
        .description(shown.description)
        .datasource(SOURCE)
        .unit(shown.grafana_unit)
        .no_value("no data")
        .span(width)
        .height(TILE_HEIGHT)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_now("A", shown.expression))
    )
    # Rounded here and nowhere before.
    if shown.unit == "ratio" or isinstance(shown.scale, Bands):
        panel = panel.decimals(1)
    if shown.scale:
        panel = (
            panel.thresholds(shown.scale.thresholds())
            .color_scheme(coloured())
            .with_target(_now(WORD, shown.scale.judged(shown.expression)))
            .override_by_query(WORD, shown.scale.words())
        )
    else:
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color("text"))
    if opened := shown.links(links.CHOSEN, at=links.AT_THE_END):
        panel = panel.data_links(list(opened))
    return panel.links([links.board(shown.to)]) if shown.to else panel


def lines(
    title: str,
    drawn: Sequence[Shown],
    *,
    width: int,
    labels: Mapping[str, str] = links.OF_THE_SERIES,
    more: Sequence[DashboardLink] = (),
    description: str = "",
) -> timeseries.Panel:
    """Return a graph of a few lines; the legend shows the last value of each.

    A click on a point opens who was behind it then: *labels* say how its labels are written. *more* are further links.
    """
    text = description or " ".join(dict.fromkeys(each.description for each in drawn))
    panel = (
        timeseries.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(drawn[0].grafana_unit)
        .min(0)
        .span(width)
        .height(GRAPH_HEIGHT)
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
    )
    for index, shown in enumerate(drawn):
        ref = chr(ord("A") + index)
        query = prometheus.Dataquery().ref_id(ref).expr(shown.expression).legend_format(shown.legend or LEGEND).range()
        panel = panel.with_target(query)
        if opened := [*shown.links(labels, at=links.AT_THE_POINT), *more]:
            said = [link.build().to_json() for link in opened]
            panel = panel.override_by_query(ref, [DynamicConfigValue(id_val="links", value=said)])
    return panel


def _now(ref: str, expression: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).expr(expression).instant()
