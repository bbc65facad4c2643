"""The same engine and the same board without Kafka and Redis: files in, values out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aggregators.board import ALL_METRICS, Board
from aggregators.board import Row as Shown
from aggregators.definitions import Definitions
from aggregators.engine import Engine, Incoming
from aggregators.events import Event
from aggregators.folding import Caps
from aggregators.hearing import Hearing
from aggregators.panes import HOUR
from aggregators.tables import Tables
from aggregators.telling import Batch, Row
from stream.decoding import decode_record
from stream.definitions_values import zone
from stream.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregators.catalogue import Metric
    from aggregators.delta import Delta
    from aggregators.facts import Facts, Key
    from aggregators.rolling import Level

CHUNK = 4_096
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float | int]


def definitions_of(settings: Settings) -> Definitions:
    """Return the definitions in force under *settings*: those of its file, else the defaults.

    Where customers are counted by the local day, the zone of tenants without their own is one of them.
    """
    defined = settings.defined or Definitions()
    zones = defined.zones
    if settings.zone != "UTC" and "customers" in defined.families:
        zones = {"": zone(settings.zone), **zones}
    return replace(defined, retention_ms=settings.retention_ms, zones=zones)


def board_of(
    settings: Settings,
    metrics: Mapping[Level, Sequence[Metric]] = ALL_METRICS,
    definitions: Definitions | None = None,
) -> Board:
    """Return an empty board as *settings* want it, with rows of *metrics*, by *definitions* or their own."""
    info = ZoneInfo(settings.zone)
    defined = definitions or definitions_of(settings)
    return Board(defined, zone=info, windows=settings.windows, caps=caps_of(settings), metrics=metrics)


def caps_of(settings: Settings) -> Caps:
    """Return how many names *settings* show one by one."""
    return Caps(
        tenants=settings.max_tenants,
        channels=settings.max_channels,
        queues=settings.max_queues,
        parts=settings.max_of_level,
    )


class Series(dict[tuple[Any, ...], tuple[str, tuple[tuple[str, str], ...]]]):
    """Name and label pairs of what a row is of, all but its value: the same thousands come back at every instant."""

    def __missing__(self, key: tuple[Any, ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Make and keep them."""
        metric, group, window, extra = key
        row = Shown(metric, group, window, extra, 0)
        made = self[key] = (row.name, row.pairs)
        return made


def values_of(rows: Iterable[Shown], series: Series) -> Values:
    """Return the values of *rows*: (name, label pairs) → value. *series* is kept from one call to the next."""
    return {series[row[:4]]: row.value for row in rows}


class Offline:
    """One partition in memory. Each line fed is a record whose timestamp is its own `at`."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        metrics: Mapping[Level, Sequence[Metric]] = ALL_METRICS,
        definitions: Definitions | None = None,
    ) -> None:
        """Count by *definitions*, else by those of the settings; show *metrics*."""
        self._settings = settings or load()
        self.definitions = definitions or definitions_of(self._settings)
        self.tables = Tables(offset=0)
        self._engine = Engine(self.definitions)
        self.told = Tables(offset=0)
        self._hearing = Hearing(self.definitions)
        self._board = board_of(self._settings, metrics, self.definitions)
        self._series = Series()

    def feed(self, lines: Iterable[bytes]) -> None:
        """Apply *lines* in the order given."""
        self.apply([_incoming(line.rstrip(b"\r\n"), self.definitions) for line in lines])

    def apply(self, records: Sequence[Incoming]) -> None:
        """Apply decoded records in the order given."""
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            delta = self._engine.run(chunk, self._lookup)
            self.tables.apply(delta, offset=(self.tables.offset or 0) + len(chunk))
            show(self._board, delta, self.tables)
            self._hear(delta)

    def values(self, as_of_ms: int) -> Values:
        """Return what `/metrics` shows at *as_of_ms*: (name, label pairs) → value; absent values have no key."""
        self._board.move(as_of_ms)
        return values_of(self._board.rows(), self._series)

    @property
    def board(self) -> Board:
        """The board, for readers that want its rows."""
        return self._board

    def _hear(self, delta: Delta) -> None:
        """Let the customers and the agents know what they are told."""
        if delta.told:
            version = self.tables.offset or 0
            batch = Batch(version, delta.watermark or 0, [Row(*to, *said) for to, said in delta.told.items()])
            heard = self._hearing.run([Incoming(0, batch)], self._lookup_told)
            self.told.apply(heard, offset=version)
            show(self._board, heard, self.told, "told")

    def _lookup_told(self, key: Key) -> Facts | None:
        known = self.told.facts.get(key)
        return None if known is None else dict(known)

    def _lookup(self, key: Key) -> Facts | None:
        known = self.tables.facts.get(key)
        return None if known is None else dict(known)


def show(board: Board, delta: Delta, tables: Tables, partition: object = None) -> None:
    """Bring *board* up to date with *delta*, which *tables* have applied."""
    for pane, groups in delta.cells.items():
        for labels, amounts in groups.items():
            board.add(pane, labels, amounts)
            if pane.width == HOUR.ms:
                counted = tables.cells[pane][labels]
                board.set_hour(partition, pane.start, labels, filled=any(counted.values()), amounts=counted)
    for bucket in delta.intervals.keys() | delta.lasting.keys():
        board.set_intervals(partition, bucket, tables.intervals[bucket])
    for bucket in delta.due:
        board.set_due(partition, bucket, tables.due[bucket])
    board.see_labels(delta.labels)


def _incoming(line: bytes, definitions: Definitions) -> Incoming:
    content = decode_record(line, definitions.scales)
    return Incoming(content.at if isinstance(content, Event) else 0, content)
