"""What a Prometheus answers to the queries of a dashboard, with values in place of its variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tests.services import Prometheus

INTERVAL = "20s"
"""What Grafana makes of $__rate_interval where each scrape is 5 s after the other."""
POINTS = 120


class Line(NamedTuple):
    """A series over time: its labels, and (epoch s, value)."""

    labels: dict[str, str]
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Of one dashboard: what is chosen, at the instant `at_s`, over the last `span_s`."""

    prometheus: Prometheus
    chosen: dict[str, str]
    at_s: float
    span_s: float

    def now(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and values of an instant query."""
        found = self._ask("/api/v1/query", query=query, time=str(self.at_s))
        return [(one["metric"], float(one["value"][1])) for one in found]

    def lines(self, query: str) -> list[Line]:
        """Return the series of a query over time."""
        start, step = str(self.at_s - self.span_s), str(max(5.0, self.span_s / POINTS))
        found = self._ask("/api/v1/query_range", query=query, start=start, end=str(self.at_s), step=step)
        return [Line(one["metric"], [(at, float(value)) for at, value in one["values"]]) for one in found]

    def text(self, template: str) -> str:
        """Return *template*, a title or a query, with values in place of variables."""
        return re.sub(r"\$(\w+)", lambda found: self.chosen.get(found[1], found[0]), template)

    def _ask(self, path: str, *, query: str, **parameters: str) -> Any:
        return self.prometheus.get(path, query=self.text(query), **parameters)["data"]["result"]
