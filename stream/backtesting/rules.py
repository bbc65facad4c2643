"""The rules of a file as Prometheus reads them, and which of them a replay of history can say anything about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from aggregators.pipeline_metrics import PIPELINE
from stream.backtesting.prometheus import check_rules, running
from stream.backtesting.selectors import looks_back_ms, selectors, taken_away
from stream.errors import UsageError
from stream.printing import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stream.backtesting.firing import Labels
    from stream.backtesting.prometheus import Tools
    from stream.backtesting.selectors import Selector

PLATFORM = "platform"
"""The team of the alerts on the pipeline; what a replay has none of."""
_TEMPLATE = re.compile(r"\{\{\s*\$labels\.([a-zA-Z_]\w*)\s*\}\}")
_PIPELINE = frozenset(
    f"{each.name}{part}"
    for each in PIPELINE
    for part in (("_bucket", "_sum", "_count") if each.kind == "histogram" else ("",))
)


class Recorded(NamedTuple):
    """A recording rule: what it is stored as, the labels it adds, and its expression as Prometheus prints it."""

    name: str
    expression: str
    labels: Mapping[str, str]

    def makes(self, selector: Selector) -> bool:
        """Tell whether it may record what *selector* asks for: several rules may record one name, by their labels."""
        return selector.name == self.name and all(
            self.labels.get(name, value) == value for name, value in selector.equal.items()
        )


class Alert(NamedTuple):
    """An alert rule; `every_ms` is the interval of its group."""

    name: str
    expression: str
    labels: Mapping[str, str]
    hold_ms: int
    keep_ms: int
    every_ms: int

    @property
    def severity(self) -> str:
        """Its label severity, "" without one."""
        return self.labels.get("severity", "")

    def of(self, series: Mapping[str, str]) -> Labels:
        """Return the labels of the alert for a *series* that its expression yields.

        Of templates in labels `{{ $labels.name }}` is filled in.
        """
        own = {name: _TEMPLATE.sub(lambda at: series.get(at[1], ""), text) for name, text in self.labels.items()}
        kept = {name: value for name, value in series.items() if name != "__name__"}
        return tuple(sorted({**kept, **own, "alertname": self.name}.items()))


class Rules(NamedTuple):
    """The rules of a file, in its order."""

    alerts: list[Alert]
    recorded: list[Recorded]

    @property
    def known(self) -> frozenset[str]:
        """Every name of a metric: of the support centre, of the pipeline, and those recorded here."""
        return frozenset((*names(), *_PIPELINE, *(each.name for each in self.recorded)))

    def selected(self, expression: str) -> list[Selector]:
        """Return what *expression* selects, and what the recorded rules select that it is made of."""
        found = selectors(expression, self.known)
        for rule in self.needed([expression]):
            found += selectors(rule.expression, self.known)
        recorded = {each.name for each in self.recorded}
        return [each for each in found if each.name not in recorded]

    def indispensable(self, expression: str) -> frozenset[str]:
        """Return the names of metrics without any of which *expression* yields nothing, as far as its text says it."""
        left = selectors(expression, self.known)
        for each in taken_away(expression, self.known):
            if each in left:
                left.remove(each)
        found: set[str] = set()
        for each in left:
            made = [self.indispensable(rule.expression) for rule in self.recorded if rule.makes(each)]
            found |= frozenset.intersection(*made) if made else {each.name}
        return frozenset(found)

    def looks_back_ms(self, expression: str) -> int:
        """Return how far back *expression* and what it is made of look at most."""
        made_of = sum(looks_back_ms(rule.expression) for rule in self.needed([expression]))
        return looks_back_ms(expression) + made_of

    def needed(self, expressions: Iterable[str]) -> list[Recorded]:
        """Return the recorded rules that *expressions* are made of, each after those it needs itself."""
        found: list[Recorded] = []
        for expression in expressions:
            self._add(expression, found, ())
        return found

    def is_of_the_pipeline(self, alert: Alert) -> bool:
        """Tell whether *alert* is about the pipeline: it says so, or says no team and looks at nothing else."""
        if "team" in alert.labels:
            return alert.labels["team"] == PLATFORM
        return all(each.name in _PIPELINE for each in self.selected(alert.expression))

    def made_of(self, rule: Recorded) -> list[Recorded]:
        """Return the recorded rules that *rule* is made of at once."""
        return self._making(rule.expression)

    def _making(self, expression: str) -> list[Recorded]:
        asked = selectors(expression, self.known)
        return [rule for rule in self.recorded if any(rule.makes(each) for each in asked)]

    def _add(self, expression: str, found: list[Recorded], path: tuple[Recorded, ...]) -> None:
        for rule in self._making(expression):
            if rule in found:
                continue
            if rule in path:
                message = f"{rule.name}: it is recorded from itself, which a back-test cannot evaluate"
                raise UsageError(message)
            self._add(rule.expression, found, (*path, rule))
            found.append(rule)


def read_rules(tools: Tools, file: Path, folder: Path, *, interval_ms: int) -> Rules:
    """Return the rules of *file*; groups that name no interval have *interval_ms*.

    Raises UsageError that names the line or the rule if Prometheus does not take them.
    """
    check_rules(tools, file)
    with running(tools, folder, data=folder / "nothing", interval_ms=interval_ms, rules=file.resolve()) as server:
        groups = server.groups()
    rules = [(group, rule) for group in groups for rule in group["rules"]]
    return Rules(
        [_alert(rule, group) for group, rule in rules if rule["type"] == "alerting"],
        [
            Recorded(rule["name"], rule["query"], rule.get("labels") or {})
            for _, rule in rules
            if rule["type"] == "recording"
        ],
    )


def _alert(rule: Mapping[str, Any], group: Mapping[str, Any]) -> Alert:
    return Alert(
        name=rule["name"],
        expression=rule["query"],
        labels=rule.get("labels") or {},
        hold_ms=round(rule["duration"] * 1000),
        keep_ms=round(rule.get("keepFiringFor", 0) * 1000),
        every_ms=round(group["interval"] * 1000),
    )
