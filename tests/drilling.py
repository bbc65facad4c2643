"""Opening every number that a board shows: what its members make, beside what is shown."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from aggregators.delta import Entry
from aggregators.drilling import Drilled, Index, NotDrilled, Pool, Where, drill, gather
from aggregators.rolling import LEVELS, Group, groups_of
from aggregators.windows import EVERYBODY, locals_of
from stream.api.conversations import lasting_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aggregators.board import Row
    from aggregators.definitions import Definitions
    from aggregators.tables import Tables
    from stream.offline import Offline

Rows = list[tuple[Entry, int]]


class Opened(NamedTuple):
    """A number that is shown, and what became of it when it was opened."""

    row: Row
    found: Drilled | NotDrilled


def opened(offline: Offline, as_of: int, *, wanted: Callable[[Row], bool]) -> Iterator[Opened]:
    """Open those numbers that the board of *offline* shows at *as_of* which are *wanted*."""
    board = offline.board
    board.move(as_of)
    by_group = _by_group(offline)
    pools: dict[tuple[Group, str, frozenset[int] | None], Pool] = {}
    for row in list(board.rows()):
        if wanted(row):
            where = where_of(row.group, row.window or "", as_of, offline.definitions)
            # As serve reads it: of what lasts only the kinds that the metric is made of.
            kinds = lasting_behind(row.metric, row.extra)
            place = (row.group, where.window, kinds)
            if place not in pools:
                pools[place] = gather(_of_kinds(by_group[row.group], kinds), where)
            yield Opened(row, drill(row.metric, pools[place], extra=row.extra))


def _of_kinds(index: Index, kinds: frozenset[int] | None) -> Index:
    lasting = [row for row in index.intervals if kinds is None or row[0].content[0] in kinds]
    return index._replace(intervals=lasting)


def where_of(group: Group, window: str, as_of: int, definitions: Definitions) -> Where:
    """Return the place of a group of a tenant whose days begin in UTC unless it has a zone of its own."""
    local = locals_of(definitions, ZoneInfo("UTC"))
    mine = local.get(group.values[0], local[EVERYBODY])
    return Where(group=group, window=window, as_of=as_of, definitions=definitions, local=mine)


def index_of(offline: Offline) -> Index:
    """Return everything that is indexed."""
    stops, due, intervals = (
        [item for index in indexes for entries in index.values() for item in entries.items()]
        for indexes in zip(*((each.stops, each.due, each.intervals) for each in _tables(offline)), strict=True)
    )
    return Index(stops, due, intervals)


def wrong_with(each: Opened) -> list[str]:
    """Return what of an opened number does not fit: the number, the sums of its members, their exact percentile."""
    row, found = each
    if isinstance(found, NotDrilled):
        return []
    said = f"{row.name}{dict(row.pairs)} {row.value}"
    wrong = [] if found.value == row.value else [f"{said}: reproduced {found.value}"]
    for name, total in found.parts.items():
        adds = [member.adds.get(name, 0) * member.number for member in found.members]
        if not name.startswith("oldest") and name != "latest" and sum(adds) != total:
            wrong.append(f"{said}: of {name} there is {total}, members add {sum(adds)}")
    of_values = {"sum": found.total, "mean": found.total / max(1, found.n)}.get(found.how)
    if of_values is not None and not _alike(of_values, row.value):
        wrong.append(f"{said}: {found.how} of the values {of_values}")
    if found.how == "percentile" and (found.exact is None or abs(found.exact - row.value) > 0.01 * found.exact):
        wrong.append(f"{said}: exact percentile {found.exact}")
    if found.how == "oldest" and row.value not in {member.value for member in found.members}:
        wrong.append(f"{said}: nobody is as old")
    return wrong


def is_of_conversations(row: Row) -> bool:
    """Tell whether *row* is at a level of conversations and in a window, or of now."""
    return row.group.level in LEVELS and row.metric.family != "total"


def _alike(one: float, other: float) -> bool:
    """Tell whether two sums of the same floating-point numbers are equal but for their rounding."""
    return abs(one - other) <= 1e-9 * max(1.0, abs(other))


def _by_group(offline: Offline) -> dict[Group, Index]:
    """Return the index of each group; contacts with reasons stand in that of their tenant too."""
    found: dict[Group, tuple[Rows, Rows, Rows]] = defaultdict(lambda: ([], [], []))
    for place, rows in enumerate(index_of(offline)):
        for entry, number in rows:
            for group in groups_of(entry.content.labels):
                found[group][place].append((entry, number))
                if group.level == "reason":
                    found[Group("tenant", group.values[:1])][place].append((entry, number))
    return defaultdict(lambda: Index((), ()), {group: Index(*rows) for group, rows in found.items()})


def _tables(offline: Offline) -> Iterable[Tables]:
    return (offline.tables, offline.told)
