"""History as it is known now, from the product's own API: Prometheus keeps what was scraped, and restates nothing.

It is read by the Infinity plug-in (`yesoreyeram-infinity-datasource`), which not every Grafana has: the row is closed
until somebody opens it, and nothing else on the dashboard needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import UnknownDataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from grafana import links
from grafana.panels import GRAPH_HEIGHT
from grafana.promql import ROLLING
from grafana.shown import of_one

if TYPE_CHECKING:
    from typing import Any

    from aggregators.catalogue import Metric

TYPE: Final = "yesoreyeram-infinity-datasource"
UID: Final = "deskpulse-api"
"""That of grafana/provisioning/datasources; its address is that of `serve`."""
STEP: Final = "15m"
ROOT: Final = '$map($.points, function($point) {{"at": $point[0], "value": $point[1]}})'
"""In JSONata: the points come as pairs, and columns have names."""
API: Final = DataSourceRef(type_val=TYPE, uid=UID)


class _Query(Builder[UnknownDataquery]):
    def __init__(self, said: dict[str, Any]) -> None:
        self._said = said

    def build(self) -> UnknownDataquery:
        return UnknownDataquery(self._said)


def panels() -> list[timeseries.Panel]:
    """Return the graphs of the one queue that is chosen."""
    return [
        _restated(ROLLING["service_level_ratio"], "Service level, restated", extra="SL3"),
        _restated(ROLLING["abandonment_ratio"], "Abandoned, restated"),
    ]


def _restated(metric: Metric, title: str, *, extra: str | None = None) -> timeseries.Panel:
    shown = of_one(metric, "queue", title, extra=extra)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(
            f"{shown.description} Each point with everything that has become known since, as far back as the product "
            "keeps it (8 days); Prometheus shows what was known then. From /api/v1/history, by the Infinity plug-in."
        )
        .datasource(API)
        .unit(shown.grafana_unit)
        .min(0)
        .max(1)
        .span(12)
        .height(GRAPH_HEIGHT)
        .line_width(2)
        .span_nulls(False)  # noqa: FBT003 - what is not known is a gap
        .with_target(_Query(_query(metric, extra)))
    )
    opened = shown.links(links.CHOSEN, at=links.AT_THE_POINT)
    return panel.data_links(list(opened))


def _query(metric: Metric, extra: str | None) -> dict[str, Any]:
    asked = {
        "metric": metric.name("queue"),
        **{name: f"${{{name}}}" for name in ("tenant", "channel", "queue", "window")},
        **({metric.extra: extra} if metric.extra else {}),
        "from": "${__from}",
        "to": "${__to}",
        "step": STEP,
    }
    return {
        "columns": [
            {"selector": "at", "text": "Time", "type": "timestamp"},
            {"selector": "value", "text": metric.suffix, "type": "number"},
        ],
        "datasource": {"type": TYPE, "uid": UID},
        "filters": [],
        "format": "timeseries",
        "parser": "backend",
        "refId": "A",
        "root_selector": ROOT,
        "source": "url",
        "type": "json",
        "url": "/api/v1/history",
        "url_options": {
            "method": "GET",
            "params": [{"key": key, "value": value} for key, value in asked.items()],
        },
    }
