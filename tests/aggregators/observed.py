"""What one conversation contributes, as rows to read: points and intervals by name and queue, in seconds after T0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.events import Event
from aggregators.facts import Fact, Facts, Key, merge
from aggregators.metric import LABELS
from aggregators.observe import Observation, observe
from aggregators.points import BY_CODE, Point
from aggregators.rolling import LEVELS
from aggregators.samples import INTERVAL_NAMES
from tests.aggregators.running import EVERYTHING, incoming
from tests.logs import T0, after, offline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.definitions import Definitions
    from tests.logs import Log

KEY = Key("default", "c")
Row = tuple[str, str, float, float]
"""What, queue, when; then how long (durations) or which (choices), or 0."""
Span = tuple[str, str, float, float | None]
"""What, queue, from when, until when."""


def facts_of(lines: Iterable[bytes]) -> Facts:
    """Return what is known of the conversation when *lines* have come in this order."""
    facts: Facts = {}
    for record in incoming(lines):
        if isinstance(record.content, Event):
            event = record.content
            merge(facts, Fact(event.at, event.type.rank, event.id, event.type.code, event.fields), KEY)
    return facts


def observed(lines: Iterable[bytes], definitions: Definitions = EVERYTHING) -> Observation:
    """Return what the conversation contributes when *lines* have come in this order."""
    return observe(KEY, facts_of(lines).values(), definitions=definitions)


def points(log: Log, *names: str, definitions: Definitions = EVERYTHING) -> list[Row]:
    """Return the points of these names, in order of time and then of *names*."""
    rows = []
    for sample, number in observed(log.lines, definitions).samples.items():
        if isinstance(sample, Point) and BY_CODE[sample.kind].name in names:
            kind = BY_CODE[sample.kind]
            value = sample.value / 1000 if kind.adds == "duration" else sample.value
            rows += [(kind.name, sample.labels.queue, seconds(sample.at), value)] * number
    return sorted(rows, key=lambda row: (row[2], names.index(row[0]), row[1]))


def spans(log: Log, *names: str, definitions: Definitions = EVERYTHING) -> list[Span]:
    """Return the intervals of these names, in order of their start and then of *names*."""
    rows = [
        (
            INTERVAL_NAMES[each.kind],
            each.labels.queue,
            seconds(each.start),
            None if each.end is None else seconds(each.end),
        )
        for each, number in observed(log.lines, definitions).intervals.items()
        for _ in range(number)
    ]
    return sorted((row for row in rows if row[0] in names), key=lambda row: (row[2], names.index(row[0])))


def shown(log: Log, clock: str, *labels: str, window: str = "5m") -> dict[str, float]:
    """Return what is shown of one label set (the tenant `default` unless told) at a clock reading.

    By the name without its level; a quantile as `name:q`. What is absent is not in it.
    """
    t = after(clock)
    of_this = labels or ("default",)
    level = LEVELS[-len(of_this)]
    found: dict[str, float] = {}
    for (name, pairs), value in offline(log.lines, t).values(t).items():
        rest = dict(pairs)
        group = tuple(rest.pop(each) for each in LABELS[level] if each in rest)
        if name.startswith(f"support_{level}_") and group == of_this and rest.pop("window", window) == window:
            suffix = name.removeprefix(f"support_{level}_").removeprefix("rolling_")
            found[":".join([suffix, *rest.values()])] = value
    return found


def seconds(at: int) -> float:
    """Return an instant in seconds after T0."""
    return (at - T0) / 1000
