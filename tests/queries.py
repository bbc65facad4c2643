"""Checks of PromQL on its syntax tree: does a query use what the catalogue has, and pin what must be pinned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import promql_parser as promql

from aggregators.catalogue import METRICS
from aggregators.definitions import Definitions
from aggregators.pipeline_metrics import PIPELINE
from stream.alerting import groups, watching
from stream.alerting.promql import PLACE
from stream.alerting.rules import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")
TARGET_LABELS = frozenset({"job", "instance"})
"""What Prometheus adds to every series it scrapes."""
COUNTER_FUNCTIONS = frozenset({"rate", "increase", "irate", "resets"})
_VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A metric by the name that stands in a query."""

    name: str
    kind: str
    rolling: bool
    labels: frozenset[str]
    own_label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One series selector of a query: its matchers as (operator, value) by label, and the calls it stands in."""

    name: str
    matchers: dict[str, tuple[str, str]]
    inside: tuple[str, ...]


@cache
def catalogue() -> dict[str, Known]:
    """Return every metric there is, by the names of its samples."""
    known: dict[str, Known] = {}
    for each in PIPELINE:
        is_histogram = each.kind == "histogram"
        for part in [f"{each.name}{part}" for part in HISTOGRAM_PARTS] if is_histogram else [each.name]:
            kind = "counter" if is_histogram else each.kind
            labels = frozenset((*each.labels, *(("le",) if part.endswith("_bucket") else ())))
            known[part] = Known(name=part, kind=kind, rolling=False, labels=labels)
    for metric in METRICS:
        for level in metric.levels:
            name = metric.name(level)
            parts = [f"{name}{part}" for part in HISTOGRAM_PARTS] if metric.kind == "histogram" else [name]
            for part in parts:
                known[part] = Known(
                    name=part,
                    kind="counter" if metric.kind == "histogram" else metric.kind,
                    rolling=metric.family == "rolling",
                    labels=frozenset(metric.labels(level)),
                    own_label=metric.extra if metric.family == "rolling" else None,
                )
    return known


@cache
def recorded() -> dict[str, Known]:
    """Return what the recording rules of Deskpulse add, by name."""
    found: dict[str, Known] = {}
    for group in groups(Definitions()):
        for rule in group.rules:
            if isinstance(rule, Recording):
                labels = frozenset({*PLACE, *rule.labels})
                found[rule.record] = Known(name=rule.record, kind="gauge", rolling=True, labels=labels)
    return found


@cache
def of_prometheus() -> dict[str, Known]:
    """Return what is asked of Prometheus itself, by name; `tests/test_watching.py` asks a real one for each."""
    return {
        each.name: Known(name=each.name, kind=each.kind, rolling=False, labels=frozenset(each.labels))
        for each in watching.METRICS
    }


def parse(query: str) -> promql.Expr:
    """Return the tree of *query*, with Grafana's durations filled in. Raises ValueError if it is not PromQL."""
    for name, value in _VARIABLES.items():
        query = query.replace(name, value)
    return promql.parse(query)


def selectors(query: str) -> list[Selector]:
    """Return every series selector of *query*."""
    return list(_selectors(parse(query), ()))


def aggregated(query: str) -> dict[str, list[set[str] | None]]:
    """Return by which labels each selector is aggregated at once, by name; None where it is not, or not `by` labels.

    `absent` counts as an aggregation by none, and what is recorded is left out: it has no copies.
    """
    found: dict[str, list[set[str] | None]] = {}
    _aggregated(parse(query), None, found)
    return {name: kept for name, kept in found.items() if name not in recorded()}


def _aggregated(node: Any, kept: set[str] | None, found: dict[str, list[set[str] | None]]) -> None:
    if isinstance(node, promql.VectorSelector):
        found.setdefault(str(node.name), []).append(kept)
    elif isinstance(node, promql.AggregateExpr):
        without = node.modifier is not None and "Without" in str(node.modifier.type)
        _aggregated(node.expr, None if without else set(node.modifier.labels if node.modifier else ()), found)
    elif isinstance(node, promql.Call):
        for argument in node.args:
            _aggregated(argument, set() if node.func.name == "absent" else kept, found)
    elif isinstance(node, promql.BinaryExpr):
        for side in (node.lhs, node.rhs):
            _aggregated(side, None, found)
    else:
        for name in ("expr", "vector_selector"):
            child = getattr(node, name, None)
            if isinstance(child, promql.Expr):
                _aggregated(child, kept, found)


def mentioned_labels(query: str) -> set[str]:
    """Return the labels that aggregations and matchings of *query* name."""
    found: set[str] = set()
    for node, _ in _nodes(parse(query), ()):
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql.AggregateExpr) and modifier:
            found.update(modifier.labels)
        if isinstance(node, promql.BinaryExpr) and modifier:
            found.update(modifier.matching.labels if modifier.matching else [])
            found.update(modifier.group_labels or [])
    return found


def troubles(query: str) -> list[str]:
    """Return what is wrong with *query*, in words; nothing if it is a query that may be shipped."""
    known = catalogue() | recorded() | of_prometheus()
    try:
        found = selectors(query)
    except ValueError as error:
        return [f"it is no PromQL: {error}"]
    wrong = [] if found else ["it selects no series"]
    labels: set[str] = set(TARGET_LABELS)
    for selector in found:
        metric = known.get(selector.name)
        if metric is None:
            wrong.append(f"{selector.name or 'a selector without a name'} is not in the catalogue")
            continue
        labels |= metric.labels
        wrong += [
            f"{metric.name} has no label {name}" for name in selector.matchers.keys() - metric.labels - TARGET_LABELS
        ]
        pinned = {name for name, (operator, value) in selector.matchers.items() if operator == "=" and value}
        must = {"window"} if "window" in metric.labels else set()
        must |= {metric.own_label} if metric.own_label else set()
        wrong += [f"{metric.name} does not pin {name}" for name in sorted(must - pinned)]
        counting = bool(COUNTER_FUNCTIONS & set(selector.inside))
        if (metric.kind == "counter") != counting:
            wrong.append(f"{metric.name} is a {metric.kind}{'' if counting else ', not'} inside a rate")
    wrong += [f"no metric of it has the label {name}" for name in sorted(mentioned_labels(query) - labels)]
    return wrong


def _selectors(tree: promql.Expr, inside: tuple[str, ...]) -> Iterator[Selector]:
    for node, calls in _nodes(tree, inside):
        if isinstance(node, promql.VectorSelector):
            matchers = {each.name: (_operator(each), each.value) for each in node.matchers.matchers}
            name = node.name or matchers.pop("__name__", ("", ""))[1]
            yield Selector(name=name, matchers=matchers, inside=calls)


def _nodes(node: Any, inside: tuple[str, ...]) -> Iterator[tuple[promql.Expr, tuple[str, ...]]]:
    """Yield *node* and everything below it, each with the functions it is called in."""
    yield node, inside
    if isinstance(node, promql.Call):
        for argument in node.args:
            yield from _nodes(argument, (*inside, node.func.name))
        return
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        child = getattr(node, name, None)
        if isinstance(child, promql.Expr):
            yield from _nodes(child, inside)


def _operator(matcher: promql.Matcher) -> str:
    return {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(matcher.op).removeprefix("MatchOp.")]


def vectors(query: str) -> set[str]:
    """Return every series selector of *query* as it stands there, with its offset; of a range the instant."""
    return {str(node) for node, _ in _nodes(parse(query), ()) if isinstance(node, promql.VectorSelector)}
