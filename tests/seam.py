"""One partition and the processors that apply its records to a real Redis, without a Kafka in front."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import orjson

from aggregators.tables import sorted_lines
from stream.batch import as_applied
from stream.chunks import START, Chunk, DeadLetter, Partition, Rewind
from stream.dumping import read_tables
from stream.offline import definitions_of
from stream.patience import connect
from stream.processor import TableProcessor
from stream.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests import services

NOW_MS = 1_795_000_000_000


@dataclass
class Stored:
    """A record as it stands in the log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Letters:
    """Keeps the dead letters it is sent."""

    def __init__(self) -> None:
        self.sent: list[DeadLetter] = []

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Keep them."""
        self.sent += letters


class Seam:
    """A log of one partition. A `TableProcessor` of `owner()` is what a worker has; close them with `close`.

    Records are numbered from 0, and *hole* offsets are left out after each, as transactions do.
    """

    def __init__(self, redis: services.Redis, lines: Sequence[bytes], *, hole: int = 0) -> None:
        self.redis = redis
        self.partition = Partition("support.chat", 0)
        self.settings = load({"redis": redis.url, "clock": "event"})
        self.letters = Letters()
        self._step = 1 + hole
        self.records = [Stored(n * self._step, NOW_MS, b"k", line) for n, line in enumerate(lines)]
        self._owners: list[TableProcessor] = []

    async def owner(self) -> TableProcessor:
        """Return a new processor that owns the partition, as a worker that has just got it."""
        processor = TableProcessor(self.settings, self.letters)
        self._owners.append(processor)
        await self.acquire(processor)
        return processor

    async def acquire(self, processor: TableProcessor, *, partitions: int = 1) -> int | None:
        """Let *processor* take over the partition; return the offset it wants to read from."""
        return (await processor.acquire([self.partition], {self.partition.topic: partitions}))[self.partition]

    async def apply(self, processor: TableProcessor, first: int, upto: int) -> Rewind | None:
        """Hand over the records from number *first* up to number *upto* as one chunk."""
        expected = START if first == 0 else first * self._step
        return await processor.apply(Chunk(self.partition, expected, upto * self._step, self.records[first:upto]))

    async def report(self, processor: TableProcessor, *, beyond: int = 0) -> list[Rewind]:
        """Let *processor* report and look whether Redis went back; its transport has read what it has applied.

        Behind the records the log has *beyond* offsets more, all of them holes, of which no chunk tells: the transport
        has passed them when all is applied.
        """
        records = len(self.records) * self._step
        applied = max(0, processor._states[self.partition].next)
        return await processor.report(
            {self.partition: (records + beyond, applied if applied < records else records + beyond)}
        )

    async def dump(self) -> list[str]:
        """Return the canonical lines of what stands in Redis."""
        definitions = definitions_of(self.settings)
        client = connect(self.settings.redis)
        tables = await read_tables(client, definitions.generation(), self.partition)
        await client.aclose()
        if tables.offset is None:
            return []
        return sorted_lines(tables.lines(*self.partition, definitions=definitions))

    async def stands(self) -> int | None:
        """Return the offset from which a worker would read on, None where nothing is stored."""
        client = connect(self.settings.redis)
        stored = await client.hget(f"{self.prefix}m", "offset")
        await client.aclose()
        return None if stored is None else int(stored)

    def right(self, upto: int) -> list[str]:
        """Return what has to stand there after so many records, byte for byte: what the batch says.

        A hole behind the last record is in no export, so the offset of the position line is the one right behind the
        record. Where the worker reads on, behind the hole, is another number: see `stands`.
        """
        return sorted(as_applied(orjson.dumps(_exported(self.partition, record)) for record in self.records[:upto]))

    @cached_property
    def prefix(self) -> str:
        """How every key of the partition begins."""
        generation = definitions_of(self.settings).generation()
        return f"dp:{generation}:{{{self.partition.topic}:{self.partition.partition}}}:"

    async def close(self) -> None:
        """Close what owners have open."""
        for processor in self._owners:
            await processor.close()


def _exported(partition: Partition, record: Stored) -> dict[str, object]:
    value = None if record.value is None else b64encode(record.value).decode()
    return {**partition._asdict(), "offset": record.offset, "timestamp": record.timestamp, "key": None, "value": value}
