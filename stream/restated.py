"""Restated: what was counted anew long after its instant, as the tables in force have logged it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis import exceptions as errors

from aggregators.tables import MOST_LOGGED
from stream import codec, generations, keys
from stream.chunks import Partition
from stream.past import NotNowError, defined
from stream.patience import connect
from stream.told import read_topics

if TYPE_CHECKING:
    from aggregators.delta import Restated
    from stream.patience import Client
    from stream.settings import Settings


@dataclass(frozen=True, slots=True)
class Restatements:
    """Those of all partitions, the earliest first. Nothing is missing since `whole_since`; None: none at all is."""

    generation: str
    rows: tuple[Restated, ...]
    whole_since: int | None = None


def read_restated(settings: Settings) -> Restatements:
    """Read the log, on a connection of its own; NotNowError if that cannot be done. It blocks."""
    return asyncio.run(_read_restated(settings))


async def _read_restated(settings: Settings) -> Restatements:
    client = connect(settings.redis)
    try:
        generation = await generations.in_force(client)
        if generation is None:
            message = "no worker has written to this Redis yet"
            raise NotNowError(message)
        of_generation = await defined(client, generation, settings)
        partitions = [
            Partition(name.decode(), number)
            for name, count in (await client.hgetall(keys.topics(generation))).items()
            if name.decode() in read_topics(of_generation)
            for number in range(int(count))
        ]
        logs = [await _log(client, generation, partition) for partition in partitions]
    except (errors.RedisError, OSError) as error:
        message = f"Redis does not answer: {str(error) or type(error).__name__}"
        raise NotNowError(message) from error
    finally:
        await client.aclose()
    full = [log[0].watermark for log in logs if len(log) >= MOST_LOGGED]
    rows = sorted((row for log in logs for row in log), key=lambda row: row.watermark)
    return Restatements(generation, tuple(rows), max(full, default=None))


async def _log(client: Client, generation: str, partition: Partition) -> list[Restated]:
    rows = await client.lrange(keys.prefix(generation, partition) + "g", 0, -1)
    return [codec.unpack_restated(row) for row in rows]
