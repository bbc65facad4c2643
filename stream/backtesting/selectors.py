"""Which series a PromQL expression selects, as far as its text says it.

The expression is as Prometheus prints it. Whatever cannot be told from the text counts as selected: what is computed
may be too much, never too little.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from stream.settings import UNIT_MS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

NAME = "__name__"
TARGET_LABELS = {"job": "deskpulse", "instance": "backtest"}
"""What a Prometheus that scrapes adds to every series; here every series has these."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[a-zA-Z_:][a-zA-Z0-9_:]*|[{}\[\]]|\s+|.', re.DOTALL)
_MATCHER = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")')
_SPANS = re.compile(r"\[([0-9a-z]+)(?::[0-9a-z]*)?\]|offset (-?[0-9a-z]+)")
_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")
_PARTS_MS = {**UNIT_MS, "ms": 1, "w": 7 * UNIT_MS["d"], "y": 365 * UNIT_MS["d"]}
_NOT_TOLD = re.compile(r"\\[^\"\\n]")


class Selector(NamedTuple):
    """What one selector asks for: the name of the metric, "" if it is not said by name, and labels that must be so."""

    name: str
    equal: Mapping[str, str]

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a series with *labels* may be among those selected."""
        return all(labels.get(name, "") == value for name, value in self.equal.items())


def selectors(expression: str, known: Collection[str]) -> list[Selector]:
    """Return what *expression* selects; a bare word selects if it is one of *known*, the names of metrics."""
    return list(_selectors(_TOKEN.findall(expression), known))


def selected(name: str, labels: Mapping[str, str], wanted: Iterable[Selector]) -> bool:
    """Tell whether one of *wanted* may select the series."""
    with_target = {**TARGET_LABELS, **labels}
    return any(each.name in ("", name) and each.takes(with_target) for each in wanted)


def taken_away(expression: str, known: Collection[str]) -> list[Selector]:
    """Return what *expression* selects only behind `unless` or beside `or`: without it, it can yield something still.

    The operand of either ends with its parenthesis, or with the next `or`.
    """
    found: list[Selector] = []
    tokens = _TOKEN.findall(expression)
    for place, token in enumerate(tokens):
        if token.lower() == "or":
            found += _selectors(_around(tokens, place), known)
        elif token.lower() == "unless":
            found += _selectors(_behind(tokens, place), known)
    return found


def looks_back_ms(expression: str) -> int:
    """Return how far back *expression* looks at most: all its ranges and offsets together."""
    return sum(max(0, _span_ms(range_ or offset)) for range_, offset in _SPANS.findall(expression))


def _selectors(tokens: list[str], known: Collection[str]) -> Iterator[Selector]:
    before = ""
    inside: list[str] | None = None
    for token in tokens:
        if inside is not None:
            if token == "}":  # noqa: S105 - a brace
                yield _selector(before, "".join(inside))
                inside, before = None, ""
            else:
                inside.append(token)
        elif token == "{":  # noqa: S105 - a brace
            inside = []
        else:
            if before in known:
                yield Selector(before, {})
            before = token if re.match(r"[a-zA-Z_:]", token) else ""
    if before in known:
        yield Selector(before, {})


def _behind(tokens: list[str], place: int) -> list[str]:
    """Return what stands to the right of *place* up to the end of its parenthesis, or to an `or`."""
    depth = 0
    for index in range(place + 1, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index], 0)
        if depth < 0 or (depth == 0 and tokens[index].lower() in ("or", "and")):
            return tokens[place + 1 : index]
    return tokens[place + 1 :]


def _around(tokens: list[str], place: int) -> list[str]:
    """Return everything within the parenthesis that *place* stands in."""
    depth = start = 0
    for index in range(place - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(tokens[index], 0)
        if depth < 0:
            start = index + 1
            break
    depth = 0
    for index in range(place + 1, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index], 0)
        if depth < 0:
            return tokens[start:index]
    return tokens[start:]


def _selector(name: str, matchers: str) -> Selector:
    equal = {
        label: json.loads(value)
        for label, operator, value in _MATCHER.findall(matchers)
        if operator == "=" and not _NOT_TOLD.search(value)
    }
    return Selector(equal.pop(NAME, name), equal)


def _span_ms(text: str) -> int:
    found = sum(int(number) * _PARTS_MS[unit] for number, unit in _PART.findall(text))
    return -found if text.startswith("-") else found
