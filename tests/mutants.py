"""Mutants of the rules: each number of one moved noticeably, each arm of an `and`, `unless` or `or` taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import promql_parser as promql

from tests.promtool import Rule, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ARMS: Final = {"and", "unless", "or"}
FACTORS: Final = (0.75, 1.25)
"""Up and down by a quarter, by 1 at least where it is a whole number: what people would notice on a pager."""
DURATION_FACTORS: Final = (0.5, 2)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_TIMED: Final = re.compile(r"(?<=\[)(?P<range>\d+[smhdw])(?=\])|(?<=offset )(?P<offset>\d+[smhdw])")


class Mutant(NamedTuple):
    """A rule that differs in one place: `place` is its number among all rules, `change` says what is other."""

    place: int
    change: str
    rule: Rule

    @property
    def said(self) -> str:
        """Return by what it is known: the rule, its window where it records one, and the change."""
        window = self.rule.get("labels", {}).get("window")
        return f"{name_of(self.rule)}{f' {window}' if window else ''}: {self.change}"


def mutants(rules: tuple[Rule, ...]) -> Iterator[Mutant]:
    """Yield each mutant of each rule."""
    for place, rule in enumerate(rules):
        for key in ("for", "keep_firing_for"):
            if key in rule:
                for other in ("0s", *_durations(rule[key])):
                    yield Mutant(place, f"{key} {rule[key]} → {other}", {**rule, key: other})
        seen: dict[str, int] = {}
        for change, expr in changed(promql.parse(rule["expr"])):
            # The same words at two places of a rule are two mutants.
            seen[change] = seen.get(change, 0) + 1
            nth = f" ({seen[change]})" if seen[change] > 1 else ""
            yield Mutant(place, change + nth, {**rule, "expr": expr})


def changed(node: Any) -> Iterator[tuple[str, str]]:
    """Yield what is changed and the whole of *node* with it, for each place of it that may be."""
    text = str(node)
    if isinstance(node, promql.NumberLiteral):
        yield from ((f"{text} → {other}", other) for other in _numbers(text))
    elif isinstance(node, promql.BinaryExpr):
        left, right = str(node.lhs), str(node.rhs)
        between = text[len(left) : len(text) - len(right)]
        yield from _armless(node, left, right)
        for side, other, before, after in (
            (node.lhs, right, "", between + right),
            (node.rhs, left, left + between, ""),
        ):
            # What a number is compared to or computed with tells it from others.
            beside = f" {node.op} {short(other)}" if isinstance(side, promql.NumberLiteral) else ""
            yield from ((said + beside, before + found + after) for said, found in changed(side))
    elif isinstance(node, promql.MatrixSelector | promql.VectorSelector):
        for found in _TIMED.finditer(text):
            for other in _durations(found[0]):
                said = f"{found.lastgroup} {found[0]} → {other} of {short(text)}"
                yield said, text[: found.start()] + other + text[found.end() :]
    else:
        for inner in _inner(node):
            head, _, tail = text.rpartition(str(inner))
            yield from ((said, head + found + tail) for said, found in changed(inner))


def _armless(node: Any, left: str, right: str) -> Iterator[tuple[str, str]]:
    operator = str(node.op)
    if operator in ARMS:
        yield f"without “{operator} {short(right)}”", left
    if operator in ARMS - {"unless"}:
        yield f"without “{short(left)} {operator}”", right


def _inner(node: Any) -> list[Any]:
    if isinstance(node, promql.Call):
        return list(node.args)
    return [node.expr] if isinstance(getattr(node, "expr", None), promql.Expr) else []


def short(text: str) -> str:
    """Return an expression without what all of them have: the job, and the labels that are kept."""
    bare = re.sub(r'job="deskpulse",?|(?:max|min|sum) (?:by|without) \([^)]*\) ?', "", text)
    bare = re.sub(r"\{\}|support_(?:queue|channel)_|rolling_|deskpulse_|service_level_", "", bare)
    return " ".join(bare.split())


def _numbers(text: str) -> Iterator[str]:
    value = float(text)
    if value == 0:
        yield from ("1", "-1")
        return
    for factor in FACTORS:
        moved = abs(value) * (factor - 1)
        if value.is_integer():
            moved = round(moved) or (1 if factor > 1 else -1)
        yield f"{value + moved:.10g}"


def _durations(text: str) -> Iterator[str]:
    seconds = int(text[:-1]) * _SECONDS[text[-1]]
    yield from (f"{round(seconds * factor)}s" for factor in DURATION_FACTORS)
