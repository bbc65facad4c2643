"""What one conversation contributes, as rows to read: points and intervals by name and queue, in seconds after T0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators import points as p
from aggregators.events import Event
from aggregators.facts import Fact, Facts, Key, merge
from aggregators.metric import LABELS
from aggregators.observe import Observation, observe
from aggregators.points import BY_CODE, Point, PointKind
from aggregators.rolling import LEVELS
from aggregators.samples import INTERVAL_NAMES, Handled, LastSolve, Sample
from tests.aggregators.running import EVERYTHING, incoming
from tests.logs import T0, after, offline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregators.definitions import Definitions
    from tests.logs import Log

KEY = Key("default", "c")
DURATIONS = (p.HANDLED_ACTIVE, p.AFTER_WORK, p.SOLVED_UNPAUSED, p.CLOSED, p.FIRST_SOLVED)
"""Points of which only the sum is kept, in ms."""
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
    for point in points_of(observed(log.lines, definitions)):
        kind = BY_CODE[point.kind]
        if kind.name in names:
            value = point.value / 1000 if kind.adds == "duration" or kind in DURATIONS else point.value
            rows.append((kind.name, point.labels.queue, seconds(point.at), value))
    return sorted(rows, key=lambda row: (row[2], names.index(row[0]), row[1]))


def points_of(seen: Observation) -> Iterator[Point]:
    """Yield each point as often as it stands there, and what samples of several members say as one point for each."""
    for sample, number in seen.samples.items():
        for _ in range(number):
            if isinstance(sample, Point):
                yield sample
            for kind, value in said_by(sample):
                yield Point(kind.code, sample.at, sample.labels, value)


def said_by(sample: Sample) -> list[tuple[PointKind, int]]:
    """Return what a sample says beside itself, by its docstring: a part of work, a last solve, a solve undone."""
    if isinstance(sample, Handled):
        said = [(p.HANDLED, sample.took_ms), (p.HANDLED_ACTIVE, sample.took_ms - sample.gaps_ms)]
        return [*said, (p.AFTER_WORK, sample.after_ms)] if sample.after_ms >= 0 else said
    if isinstance(sample, Point):
        return [(p.RESOLVED, 0)] if sample.kind == p.SOLVE.code else []
    if not isinstance(sample, LastSolve):
        return []
    took_ms, late_ms = sample.took_ms, sample.late_ms
    said = [(p.RESOLVED, 0), (p.SOLVE, 1), (p.SOLVED, took_ms), (p.SOLVED_UNPAUSED, took_ms - sample.paused_ms)]
    said += [(p.TOUCHES_TO_SOLVE, sample.touches), (p.OWNERS, sample.owners)]
    said += [(p.REPLIES_TO_SOLVE, sample.replies)] if sample.replies >= 0 else []
    said += [(p.FIRST_SOLVED, took_ms)] if sample.first else []
    said += [(p.CLOSED, took_ms + max(0, late_ms))] if sample.closed else []
    return [*said, (p.AUTO_CLOSED, 0)] if late_ms >= 0 else said


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
