"""Gathering: what the index has of one group and window, or of a group just before an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import measures
from aggregators.delta import Entry
from aggregators.points import NO_STOPS, REASON
from aggregators.reading import Reading, State
from aggregators.reasons import LEVEL as OF_REASONS
from aggregators.rolling import Group, groups_of
from aggregators.states import states_of, sum_of
from aggregators.windows import UTC, Local, span

if TYPE_CHECKING:
    from aggregators.definitions import Definitions
    from aggregators.samples import Interval, Labels, Sample
    from aggregators.states import Grouping

Rows = Iterable[tuple[Entry, int]]
"""Entries of an index, each with how often it stands there."""
NOBODY: Final = State()


class Index(NamedTuple):
    """What tables keep beside their cells: samples by instant, timers that wait, and what lasts; of all partitions."""

    stops: Rows
    due: Rows = ()
    intervals: Rows = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A group in `window` ("": what holds now) at the instant `as_of` in epoch ms.

    `local` is that of its tenant, `grouping` says where label sets count.
    """

    group: Group
    window: str
    as_of: int
    definitions: Definitions
    local: Local = UTC
    grouping: Grouping = field(default=groups_of)

    @property
    def held(self) -> tuple[int, int]:
        """The instants [from, to) that the window holds. Its last pane may reach beyond `as_of`."""
        if not self.window:
            return (self.as_of, self.as_of)
        held = span(self.window, self.as_of, self.local)
        return (held.start, held.end)


class Counted(NamedTuple):
    """A sample within the window, how often it counts, and what it adds each time."""

    entry: Entry
    number: int
    amounts: measures.Amounts


class Named(NamedTuple):
    """A contact that has a reason, and the name that this counts under."""

    entry: Entry
    number: int
    name: str


class Lasting(NamedTuple):
    """Something that lasts at the instant, how often it is there, and the state that it makes alone."""

    entry: Entry
    number: int
    state: State


@dataclass(frozen=True, slots=True)
class Pool:
    """What there is of a group: samples within the window, contacts with reasons, and what lasts at the instant.

    The samples stand by their kind; `measures` are all that those of a kind add to.
    """

    where: Where
    counted: dict[int, list[Counted]]
    measures: dict[int, frozenset[int]]
    reasons: list[Named]
    lasting: list[Lasting]
    reading: Reading
    """What metrics read of all of it."""


def gather(index: Index, where: Where) -> Pool:
    """Return what *index* has of a group. Timers count from their instant on, whoever has passed them already."""
    is_counted, name_of_reason = _of_group(where), _reasons_of(where)
    start, end = where.held
    counted: dict[int, list[Counted]] = {}
    reasons: list[Named] = []
    for rows, behind in ((index.stops, end), (index.due, min(end, where.as_of))):
        for entry, number in rows:
            sample: Sample = entry[2]  # type: ignore[assignment]  # never an interval here
            if not start <= sample[1] < behind or sample[0] in NO_STOPS:
                continue
            if is_counted(sample[2]):
                row = Counted(entry, number, measures.rolling(sample, where.definitions))
                counted.setdefault(sample[0], []).append(row)
            elif sample[0] == REASON.code:
                name = name_of_reason(sample[2])
                if name is not None:
                    reasons.append(Named(entry, number, name))
    sums: dict[int, int] = {}
    touched: dict[int, frozenset[int]] = {}
    for kind, rows_of_kind in counted.items():
        for _, number, amounts in rows_of_kind:
            add(sums, amounts, number)
        touched[kind] = frozenset(measure for _, _, amounts in rows_of_kind for measure, _ in amounts)
    lasting = _lasting(index.intervals, where, is_counted)
    reading = Reading(
        sums,
        state_of(lasting, where),
        where.as_of,
        start if where.window else 0,
        where.definitions,
        level=where.group.level,
        window=where.window,
        reasons=named(reasons),
        place=where.group.values,
    )
    return Pool(where, counted, touched, reasons, lasting, reading)


def state_of(lasting: Iterable[Lasting], where: Where) -> State:
    """Return the state of the group, were this all that lasts."""
    rows = {entry: number for entry, number, _ in lasting}
    return sum_of(*states_of(rows, where.as_of, where.definitions)[0].values()) if rows else NOBODY


def named(reasons: Iterable[Named]) -> dict[str, int]:
    """Return how often each reason came."""
    names: dict[str, int] = {}
    for _, number, name in reasons:
        names[name] = names.get(name, 0) + number
    return names


def add(sums: dict[int, int], amounts: Iterable[tuple[int, int]], number: int) -> None:
    """Add *amounts* so many times; what comes to nothing is not there."""
    for measure, amount in amounts:
        total = sums.get(measure, 0) + amount * number
        if total:
            sums[measure] = total
        else:
            sums.pop(measure, None)


def _lasting(rows: Rows, where: Where, is_counted: Callable[[Labels], bool]) -> list[Lasting]:
    """Return what lasts at the instant."""
    found = []
    as_of = where.as_of
    for entry, number in rows:
        interval: Interval = entry[2]  # type: ignore[assignment]  # never a sample here
        _, labels, start, end, _ = interval
        if start < as_of and (end is None or end >= as_of) and is_counted(labels):
            states = states_of({entry: 1}, as_of, where.definitions)[0]
            found.append(Lasting(entry, number, states[labels]))
    return found


def _of_group(where: Where) -> Callable[[Labels], bool]:
    """Return what tells whether labels count in the group: the same few come again and again."""
    known: dict[Labels, bool] = {}

    def is_counted(labels: Labels) -> bool:
        found = known.get(labels)
        if found is None:
            found = known[labels] = where.group in where.grouping(labels)
        return found

    return is_counted


def _reasons_of(where: Where) -> Callable[[Labels], str | None]:
    """Return what names the reason that labels stand for, None where it is none of the tenant's."""
    mine = where.group.values[0] if where.group.level == "tenant" else None

    def name(labels: Labels) -> str | None:
        for level, values in where.grouping(labels):
            if level == OF_REASONS and values[0] == mine:
                return values[1]
        return None

    return name
