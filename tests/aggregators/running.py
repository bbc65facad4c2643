"""The engine on small logs: decoded records in, tables out, cut into chunks at will."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from aggregators.definitions import FAMILIES, Definitions
from aggregators.engine import WARM_OWNERS, Engine, Incoming
from aggregators.events import Event
from aggregators.tables import Tables, sorted_lines
from stream.decoding import decode_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aggregators.delta import Delta
    from aggregators.facts import Facts, Key
    from aggregators.panes import Pane

DEFAULT = Definitions()
EVERYTHING = Definitions(families=FAMILIES)
"""Every family of metrics is counted."""


class Counted:
    """One partition: an engine, the tables it fills, and the deltas it made of the chunks so far."""

    def __init__(self, definitions: Definitions = DEFAULT, *, warm_owners: int = WARM_OWNERS) -> None:
        """Start with nothing."""
        self.definitions = definitions
        self.warm_owners = warm_owners
        self.tables = Tables(offset=0)
        self.engine = Engine(definitions, warm_owners=warm_owners)
        self.deltas: list[Delta] = []

    def take(self, records: Sequence[Incoming]) -> Delta:
        """Count one chunk; return what it changed."""
        delta = self.engine.run(records, self.lookup)
        self.tables.apply(delta, offset=(self.tables.offset or 0) + len(records))
        self.deltas.append(delta)
        return delta

    def feed(self, lines: Iterable[bytes]) -> Delta:
        """Count *lines* as one chunk, each a record whose timestamp is its own instant."""
        return self.take(incoming(lines))

    def restart(self) -> None:
        """Go on with an engine made anew from what is stored."""
        due = [item for entries in self.tables.due.values() for item in entries.items()]
        self.engine = Engine(
            self.definitions,
            watermark=self.tables.watermark,
            due=due,
            labels=dict(self.tables.labels),
            warm_owners=self.warm_owners,
        )

    def lookup(self, key: Key) -> Facts | None:
        """Return a copy of the facts of *key*."""
        known = self.tables.facts.get(key)
        return None if known is None else dict(known)

    def lines(self) -> list[str]:
        """Return the canonical lines, in their order."""
        return sorted_lines(self.tables.lines("t", 0, definitions=self.definitions))

    def cells(self, *, width: int | None = None) -> dict[int, int]:
        """Return the sums over the panes of one width (0: all time; None: every pane) by measure, zeros left out."""
        sums: dict[int, int] = {}
        for pane, groups in self.tables.cells.items():
            if width is None or pane.width == width:
                for amounts in groups.values():
                    for measure, amount in amounts.items():
                        sums[measure] = sums.get(measure, 0) + amount
        return {measure: total for measure, total in sums.items() if total}

    def panes_with(self, measure: int) -> dict[Pane, int]:
        """Return the panes that count *measure*, each with its number over all label sets."""
        found: dict[Pane, int] = {}
        for pane, groups in self.tables.cells.items():
            total = sum(amounts.get(measure, 0) for amounts in groups.values())
            if total:
                found[pane] = total
        return found


def incoming(lines: Iterable[bytes], *, timestamp: Callable[[Event], int] = lambda event: event.at) -> list[Incoming]:
    """Decode *lines*; `timestamp` gives that of the record of an event. Rejected ones have timestamp 0."""
    records = []
    for line in lines:
        content = decode_record(line)
        records.append(Incoming(timestamp(content) if isinstance(content, Event) else 0, content))
    return records


def counted(
    records: Sequence[Incoming], *, cuts: Iterable[int] = (), restarts: bool = False, warm_owners: int = WARM_OWNERS
) -> Counted:
    """Return what *records* come to, cut before each of the places `cuts`; with a new engine for each chunk."""
    partition = Counted(warm_owners=warm_owners)
    places = [0, *sorted(cuts), len(records)]
    for start, end in pairwise(places):
        partition.take(records[start:end])
        if restarts:
            partition.restart()
    return partition
