"""The dashboards as they are committed: their panels, queries, links, and what of a query is bounded."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import promql_parser as promql

from grafana.files import FOLDER
from tests.queries import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROMETHEUS = {"type": "prometheus", "uid": "$datasource"}


class Link(NamedTuple):
    """A link of a dashboard: its path and parameters, as they are written. `origin` is what stands before the path."""

    title: str
    url: str

    @property
    def is_to_conversations(self) -> bool:
        """Whether it opens the product's own list."""
        return self.url.startswith("${site}/drill?")

    @property
    def uid(self) -> str | None:
        """The dashboard it leads to."""
        path = urlsplit(self.url).path
        return path.removeprefix("/d/") if path.startswith("/d/") else None

    @property
    def parameters(self) -> dict[str, str]:
        """What it sets: `name=value`."""
        return dict(parse_qsl(self.url.partition("?")[2], keep_blank_values=True))

    @property
    def variables(self) -> set[str]:
        """The variables of its target that it sets."""
        kept = set(re.findall(r"\$\{(\w+):queryparam\}", self.url))
        return kept | {name.removeprefix("var-") for name in self.parameters if name.startswith("var-")}

    def filled(self, values: Mapping[str, str]) -> str:
        """Return its address with *values* in place of what is filled in, by the whole text between the braces."""
        return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], self.url)


def load(path: Path) -> dict[str, Any]:
    """Return a dashboard as it is committed."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def boards() -> dict[str, dict[str, Any]]:
    """Return every dashboard by the stem of its file."""
    return {path.stem: load(path) for path in sorted(FOLDER.glob("*.json"))}


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels of a dashboard, those of closed rows too; rows are headings."""
    for panel in board["panels"]:
        yield from panel.get("panels", [])
        if panel["type"] != "row":
            yield panel


def is_of_prometheus(panel: dict[str, Any]) -> bool:
    """Tell whether Prometheus is asked; the others read the API."""
    return bool(panel["datasource"] == PROMETHEUS)


def queries(board: dict[str, Any]) -> list[str]:
    """Return every query of its panels that Prometheus is asked."""
    return [target["expr"] for panel in panels(board) if is_of_prometheus(panel) for target in panel["targets"]]


def everything(value: Any, name: str) -> Iterator[Any]:
    """Yield whatever stands under the key *name* at any depth."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == name:
                yield each
            yield from everything(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from everything(each, name)


def data_links(panel: dict[str, Any]) -> list[Link]:
    """Return the links that a click on a value opens."""
    config = panel["fieldConfig"]
    found = list(config["defaults"].get("links", []))
    for override in config["overrides"]:
        for each in override["properties"]:
            if each["id"] == "links":
                found += each["value"]
    return [Link(each["title"], each["url"]) for each in found]


def all_links(panel: dict[str, Any]) -> list[Link]:
    """Return the links of a panel: those of its values and those of its corner."""
    return [*data_links(panel), *(Link(each["title"], each["url"]) for each in panel.get("links", []))]


def aggregations(query: str) -> list[promql.AggregateExpr | None]:
    """Return for each series selector of *query* the innermost aggregation that it stands in."""
    return list(_aggregations(parse(query), None))


def series_at_most(query: str) -> float:
    """Return how many series *query* has at most; infinity where nothing bounds it."""
    return _bound(parse(query))


def _bound(node: Any, eaten: frozenset[str] = frozenset()) -> float:
    if isinstance(node, promql.AggregateExpr):
        if str(node.op) in ("topk", "bottomk") and isinstance(node.param, promql.NumberLiteral):
            return float(node.param.val)
        if node.modifier is None:
            return 1
        labels = set(node.modifier.labels)
        pinned = eaten | {name for each in _vectors(node) for name in _pinned(each)}
        return 1 if str(node.modifier.type).endswith("By") and labels <= pinned else float("inf")
    if isinstance(node, promql.BinaryExpr):
        return min(_bound(node.lhs), _bound(node.rhs))
    if isinstance(node, promql.ParenExpr):
        return _bound(node.expr)
    if isinstance(node, promql.Call) and node.args:
        # The buckets become one.
        eaten = frozenset({"le"}) if node.func.name == "histogram_quantile" else eaten
        return max(_bound(each, eaten) for each in node.args if not isinstance(each, promql.NumberLiteral))
    return float("inf")


def _vectors(node: Any) -> Iterator[promql.VectorSelector]:
    if isinstance(node, promql.VectorSelector):
        yield node
    for child in _children(node):
        yield from _vectors(child)


def _pinned(vector: promql.VectorSelector) -> set[str]:
    return {each.name for each in vector.matchers.matchers if str(each.op).endswith("Equal") and each.value}


def _aggregations(node: Any, inside: promql.AggregateExpr | None) -> Iterator[promql.AggregateExpr | None]:
    if isinstance(node, promql.VectorSelector):
        yield inside
    if isinstance(node, promql.AggregateExpr):
        inside = node
    for child in _children(node):
        yield from _aggregations(child, inside)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, promql.Call):
        yield from node.args
        return
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        child = getattr(node, name, None)
        if isinstance(child, promql.Expr):
            yield child
