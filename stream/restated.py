"""Restated: what was counted anew long after its instant, as the tables in force have logged it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregators.tables import MOST_LOGGED
from stream import codec, keys
from stream.hidden import NOBODY, read_hidden
from stream.past import in_force

if TYPE_CHECKING:
    from aggregators.delta import Restated
    from stream.chunks import Partition
    from stream.hidden import Hidden
    from stream.past import InForce
    from stream.settings import Settings


@dataclass(frozen=True, slots=True)
class Restatements:
    """Those of the source topics, the earliest first. Nothing is missing since `whole_since`; None: none at all is.

    Missing are those of logs that are full, of what was counted in pieces of more than ten minutes (as a worker does
    that catches up), and of tables that were taken over. Of `hidden` conversations nobody is to be told.
    """

    generation: str
    rows: tuple[Restated, ...]
    whole_since: int | None = None
    hidden: Hidden = NOBODY


def read_restated(settings: Settings) -> Restatements:
    """Read the log, on a connection of its own; NotNowError if that cannot be done. It blocks."""
    return asyncio.run(_read_restated(settings))


async def _read_restated(settings: Settings) -> Restatements:
    async with in_force(settings) as tables:
        partitions = await tables.partitions(tables.settings.source_topics)
        found = [await _log(tables, each) for each in partitions]
        # Behind the logs: what these have of a conversation that is hidden by now is known to be hidden.
        bases = [keys.prefix(tables.generation, each) for each in partitions]
        hidden = NOBODY.union(*[await read_hidden(tables.client, base) for base in bases])
    rows = sorted((row for log, _ in found for row in log), key=lambda row: row.watermark)
    whole_since = max(filter(None, (since for _, since in found)), default=None)
    return Restatements(tables.generation, tuple(rows), whole_since, hidden)


async def _log(tables: InForce, partition: Partition) -> tuple[list[Restated], int | None]:
    """Return the log of a partition, and since when nothing is missing in it."""
    # In one transaction: as of one commit.
    pipe = tables.client.pipeline(transaction=True)
    pipe.lrange(keys.prefix(tables.generation, partition) + "g", 0, -1)
    pipe.hmget(keys.meta(tables.generation, partition), "coarse", "carried", "watermark")
    packed, (*marks, watermark) = await pipe.execute()
    rows = [codec.unpack_restated(row) for row in packed]
    since = [int(mark) for mark in marks if mark is not None]
    if len(rows) >= MOST_LOGGED:
        since.append(rows[0].watermark)
    # Beyond that nobody knows any more whether a conversation is hidden: it goes with the facts.
    known_from = int(watermark or 0) - tables.settings.retention_ms
    return [row for row in rows if row.sample[1] >= known_from], max(since, default=None)
