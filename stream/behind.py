"""Behind a number: what the index of the tables in force has of one group and window, read for one request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aggregators.drilling import Index, Where
from aggregators.instants import rfc3339
from aggregators.panes import FINE, HOUR, QUARTER, STOPS_KEPT_MS, bucket_of, is_bucket_kept
from aggregators.reasons import LEVEL as _OF_REASONS
from aggregators.windows import EVERYBODY, locals_of
from stream import codec, keys
from stream.hidden import NOBODY, TABLE, hidden_in
from stream.offline import definitions_of
from stream.past import NotNowError, in_force
from stream.reader import NAMES_A_CALL, SIZE_A_CALL, Cut, cut_of, pairs
from stream.tables import script_text
from stream.told import read_topics

if TYPE_CHECKING:
    from aggregators.delta import Entry
    from aggregators.rolling import Group
    from aggregators.samples import Labels
    from aggregators.states import Grouping
    from stream.chunks import Partition
    from stream.hidden import Hidden
    from stream.patience import Client
    from stream.settings import Settings

MOST_ENTRIES: Final = 400_000
"""So many index entries are read for one request at most."""
MOST_CALLS: Final = 2_000
AT_ONCE: Final = 4
"""So many partitions are read side by side."""
_LETTERS: Final = f"sdil{TABLE}"
_INDEXES: Final = (b"s", b"d", b"i")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A number: its group, its window ("" of what holds now) and the instant. `grouping` is that of what is shown.

    `kinds` are those of what lasts that it is made of, and None is any. With none of them it does not depend on who is
    there at the instant.
    """

    group: Group
    window: str
    as_of: int
    grouping: Grouping
    kinds: frozenset[int] | None = None

    @property
    def is_of_states(self) -> bool:
        """Whether it depends on who is there at the instant."""
        return self.kinds is None or bool(self.kinds)


@dataclass(frozen=True, slots=True)
class Behind:
    """What was found: the place by the definitions in force, what the index has of it, and who is not to be named."""

    generation: str
    where: Where
    index: Index
    hidden: Hidden = NOBODY


class NotKeptError(Exception):
    """What is behind the number is not kept, or is too much to be told; the text says which."""


def read_behind(settings: Settings, asked: Asked) -> Behind:
    """Read what is behind a number, on a connection of its own. It blocks; NotNowError, NotKeptError: it cannot be."""
    return asyncio.run(_read_behind(settings, asked))


def where_of(settings: Settings, asked: Asked) -> Where:
    """Return the place that is asked about, by the definitions of *settings*."""
    definitions = definitions_of(settings)
    local = locals_of(definitions, ZoneInfo(settings.zone))
    return Where(
        group=asked.group,
        window=asked.window,
        as_of=asked.as_of,
        definitions=definitions,
        local=local.get(asked.group.values[0], local[EVERYBODY]),
        grouping=asked.grouping,
    )


def check_kept(where: Where, watermark: int, *, is_of_states: bool) -> None:
    """Raise NotKeptError where not all that was behind the number is kept at *watermark*."""
    if where.window and not is_bucket_kept(bucket_of(where.held[0]), watermark, kept_ms=STOPS_KEPT_MS):
        since = rfc3339(bucket_of(watermark - STOPS_KEPT_MS))
        message = f"who is behind a number is kept from {since} on"
        raise NotKeptError(message)
    if is_of_states and where.as_of < watermark - FINE.kept_ms:
        message = f"who was there before {rfc3339(watermark - FINE.kept_ms)} is not kept"
        raise NotKeptError(message)


async def _read_behind(settings: Settings, asked: Asked) -> Behind:
    async with in_force(settings) as tables:
        where = where_of(tables.settings, asked)
        found = _Found()
        turns = asyncio.Semaphore(AT_ONCE)
        reading = [
            _in_turn(turns, _Reader(tables.client, tables.generation, partition, where, kinds=asked.kinds), found)
            for partition in await tables.partitions(read_topics(tables.settings))
        ]
        # So that what one waits for Redis is another's time; all end before the connections do.
        for failed in await asyncio.gather(*reading, return_exceptions=True):
            if failed is not None:
                raise failed
    if found.watermark is not None:
        check_kept(where, found.watermark, is_of_states=asked.is_of_states)
    return Behind(tables.generation, where, Index(found.stops, found.due, found.intervals), found.hidden)


async def _in_turn(turns: asyncio.Semaphore, reader: _Reader, found: _Found) -> None:
    async with turns:
        await reader.read(found)


class _Found:
    """What was read of all partitions so far."""

    def __init__(self) -> None:
        self.stops: list[tuple[Entry, int]] = []
        self.due: list[tuple[Entry, int]] = []
        self.intervals: list[tuple[Entry, int]] = []
        self.hidden = NOBODY
        self.entries = 0
        self.watermark: int | None = None


class _Reader:
    """Reads the index of one partition, on one cut."""

    def __init__(
        self, client: Client, generation: str, partition: Partition, where: Where, *, kinds: frozenset[int] | None
    ) -> None:
        self._client = client
        self._script = client.register_script(script_text("read"))
        self._base = keys.prefix(generation, partition)
        self._where = where
        self._kinds = kinds

    async def read(self, found: _Found) -> None:
        """Add what there is to *found*."""
        # Never none: without names a page is one of all that there is.
        todo = [b"l", *filter(self._is_wanted, await self._client.zrange(self._base + "z", 0, -1))]
        contents: dict[bytes, dict[bytes, bytes]] = {}
        cut: Cut | None = None
        reached, size = 0, SIZE_A_CALL
        meta: dict[bytes, bytes] = {}
        for _ in range(MOST_CALLS):
            args: list[Any] = [self._base, -2, NAMES_A_CALL, HOUR.ms, _LETTERS, reached, size]
            args += [codec.pack_message(todo[:NAMES_A_CALL]), codec.pack_message([])]
            page = codec.unpack_raw(await self._script(keys=[self._base + "m"], args=args))
            meta = pairs(page[0])
            now = cut_of(meta)
            if cut is None:
                # What changes after the first page is read once more, until nothing has changed.
                reached = now.offset
            elif not cut.leads_to(now):
                message = "the tables in Redis change under the reader"
                raise NotNowError(message)
            cut = now
            for name, content in page[1]:
                contents[name] = pairs(content)
            indexed = [rows for name, rows in contents.items() if name[:1] in _INDEXES]
            read = sum([codec.number_held(value) for rows in indexed for value in rows.values()])
            if read + found.entries > MOST_ENTRIES:
                message = f"more than {MOST_ENTRIES} samples would have to be looked through: choose a shorter window"
                raise NotKeptError(message)
            left = [*page[6], *todo[NAMES_A_CALL:]]
            if todo:
                todo = left
                continue
            reached, todo, size = page[5], left, 2 * size
            if not page[4] and not left:
                break
        if b"watermark" in meta:
            found.watermark = max(int(meta[b"watermark"]), found.watermark or 0)
        self._unpack(contents, found)

    def _is_wanted(self, name: bytes) -> bool:
        letter, _, rest = name.decode().partition(":")
        if letter == TABLE:
            return True
        if letter not in ("s", "d", "i"):
            return False
        start, end = self._where.held
        bucket, as_of = int(rest), self._where.as_of
        if letter == "i":
            if self._kinds is not None and not self._kinds:
                return False
            return bucket < 0 or bucket + QUARTER.ms > as_of - FINE.ms
        return bucket_of(start) <= bucket < end and bool(self._where.window)

    def _unpack(self, contents: dict[bytes, dict[bytes, bytes]], found: _Found) -> None:
        labels = {int(lid): codec.unpack_labels(blob)[0] for lid, blob in contents.pop(b"l", {}).items()}
        mine = {lid for lid, each in labels.items() if self._counts(each)}
        for name, rows in contents.items():
            if not self._is_wanted(name):
                continue
            if name == TABLE.encode():
                found.hidden |= hidden_in(rows)
                continue
            unpacked = [row for named, value in rows.items() for row in codec.rows_of(named, value)]
            found.entries += len(unpacked)
            if name[:1] == b"i":
                kinds = self._kinds
                found.intervals += [
                    (codec.interval_of(row, labels), number)
                    for row, number in unpacked
                    if row[3] in mine and (kinds is None or row[2] in kinds)
                ]
            else:
                into = found.stops if name[:1] == b"s" else found.due
                into += [(codec.sample_of(row, labels), number) for row, number in unpacked if row[4] in mine]

    def _counts(self, labels: Labels) -> bool:
        groups, mine = self._where.grouping(labels), self._where.group
        # Contacts with a reason stand under it alone, and count at their tenant.
        of_reasons = [each.values[0] for each in groups if each.level == _OF_REASONS and mine.level == "tenant"]
        return mine in groups or mine.values[0] in of_reasons
