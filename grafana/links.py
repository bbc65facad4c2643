"""Links: from a number to the conversations behind it, and from dashboard to dashboard with variables and time kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from aggregators.drilling.reads import read, why_not
from grafana.promql import EVERY
from grafana.uids import TITLES, WALLBOARD
from stream.metrics_page import everything

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.catalogue import Metric
    from aggregators.rolling import Level

TAG: Final = "deskpulse"
KEPT: Final = ("datasource", "tenant", "channel", "queue", "window")
"""The variables that a link carries on; every dashboard has them."""
AT_THE_END: Final = "${__to:date:iso}"
AT_THE_POINT: Final = "${__value.time}"
_YES: Final = True
"""The builder's switches take it without a name."""
WHO: Final = "The conversations behind it"
CHOSEN: Final = {name: f"${{{name}:percentencode}}" for name in ("tenant", "channel", "queue")}
"""Labels of a number as the variables say them."""
OF_THE_SERIES: Final = {
    name: f"${{__field.labels.{name}:percentencode}}" for name in ("tenant", "channel", "queue", "state", "clock")
}
"""Labels of a number as the line says them that was clicked on."""
OF_THE_ROW: Final = CHOSEN | {name: f"${{__data.fields.{name}:percentencode}}" for name in ("channel", "queue")}
"""Labels of a number as its row of a table says them; the tenant is no column."""


def has_list(metric: Metric) -> bool:
    """Tell whether the product knows which conversations are behind *metric*; the API answers 422 where not."""
    _, reads = read(metric, everything())
    return why_not(metric, reads) is None


def conversations(
    metric: Metric, level: Level, extra: str | None = None, *, labels: Mapping[str, str], at: str
) -> DashboardLink:
    """Return the link to the list of who is behind a number, at the instant *at* and with the labels *labels*.

    EVERY as *extra*: the metric's own label is one of *labels* too.
    """
    said = {"window": "${window}", **labels}
    if metric.extra and extra not in (None, EVERY):
        said[metric.extra] = quote(str(extra), safe="")
    parts = [f"metric={metric.name(level)}", *(f"{name}={said[name]}" for name in metric.labels(level)), f"as_of={at}"]
    return DashboardLink(WHO).url(f"${{site}}/drill?{'&'.join(parts)}").target_blank(_YES)


def board(uid: str, title: str | None = None, labels: Mapping[str, str] | None = None) -> DashboardLink:
    """Return the link to another dashboard: *labels* are set there, the other variables and the time are kept."""
    given = labels or {}
    kept = [f"${{{name}:queryparam}}" for name in KEPT if name not in given]
    parts = [*(f"var-{name}={value}" for name, value in given.items()), *kept, "${__url_time_range}"]
    return DashboardLink(title or TITLES[uid]).url(f"/d/{uid}?{'&'.join(parts)}")


def others() -> list[DashboardLink]:
    """Return the links at the top of every dashboard: to all of them, and to the wallboard without any chrome."""
    of_all = DashboardLink("Deskpulse").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(_YES)
    on_a_screen = DashboardLink("On a screen").type(DashboardLinkType.LINK).icon("external link")
    on_a_screen = on_a_screen.url(f"/d/{WALLBOARD}?kiosk")
    return [each.include_vars(_YES).keep_time(_YES) for each in (of_all, on_a_screen)]
