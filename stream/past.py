"""The past: everything that the tables in force keep, read once for those who ask about instants gone by."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from redis import exceptions as errors

from aggregators.definitions import STATE_VERSION
from aggregators.hindsight import Recorded
from stream import generations, keys
from stream.chunks import Partition
from stream.offline import board_of
from stream.patience import connect
from stream.reader import PartitionReader
from stream.told import read_topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from stream.patience import Client
    from stream.settings import Settings

TRIES = 3


@dataclass(frozen=True, slots=True)
class Past:
    """What was found: the tables of a generation, and the settings with its definitions."""

    generation: str
    settings: Settings
    recorded: Recorded = field(repr=False)


class NotNowError(Exception):
    """The past cannot be read now; the text says why."""


def read_past(settings: Settings) -> Past:
    """Read what Redis keeps, on a connection of its own; NotNowError if that cannot be done. It blocks."""
    return asyncio.run(_read_past(settings))


async def _read_past(settings: Settings) -> Past:
    async with in_force(settings) as tables:
        for _ in range(TRIES):
            recorded = await _read(tables)
            if recorded is not None:
                return Past(tables.generation, tables.settings, recorded)
    message = "the tables in Redis change under the reader"
    raise NotNowError(message)


class InForce(NamedTuple):
    """The tables in force, on a connection of one's own, and the settings with their definitions."""

    client: Client
    generation: str
    settings: Settings

    async def partitions(self, topics: Collection[str]) -> list[Partition]:
        """Return every partition there is of *topics*."""
        return [
            Partition(name.decode(), number)
            for name, count in (await self.client.hgetall(keys.topics(self.generation))).items()
            if name.decode() in topics
            for number in range(int(count))
        ]


@asynccontextmanager
async def in_force(settings: Settings) -> AsyncIterator[InForce]:
    """Give the tables in force; NotNowError where there are none, or Redis is away, then or while they are read."""
    client = connect(settings.redis)
    try:
        generation = await generations.in_force(client)
        if generation is None:
            message = "no worker has written to this Redis yet"
            raise NotNowError(message)
        yield InForce(client, generation, await _defined(client, generation, settings))
    except (errors.RedisError, OSError) as error:
        message = f"Redis does not answer: {str(error) or type(error).__name__}"
        raise NotNowError(message) from error
    finally:
        await client.aclose()


async def _defined(client: Client, generation: str, settings: Settings) -> Settings:
    """Return *settings* with the definitions of *generation*; NotNowError if it is not of this version."""
    found = await generations.look(client, generation)
    if found is None:
        return settings
    if found.form != STATE_VERSION:
        message = f"the tables in force are not of this version: {found.problem(settings)}"
        raise NotNowError(message)
    try:
        return found.settings(settings)
    except ValueError as error:
        message = f"the definitions in force cannot be read by this version: {error}"
        raise NotNowError(message) from error


async def _read(tables: InForce) -> Recorded | None:
    """Return the tables, None if they were replaced meanwhile."""
    recorded = Recorded(of_hours=board_of(tables.settings).of_hours)
    readers = [
        PartitionReader(tables.client, tables.generation, partition, of_hours=recorded.of_hours)
        for partition in await tables.partitions(read_topics(tables.settings))
    ]
    found = await asyncio.gather(*(reader.read() for reader in readers), return_exceptions=True)
    for pages in found:
        if isinstance(pages, BaseException):
            raise pages
    for reader, pages in zip(readers, found, strict=True):
        if not isinstance(pages, list):
            return None
        try:
            reader.show(pages, recorded)
        except KeyError:
            return None
        if reader.watermark is not None:
            recorded.watermark = max(reader.watermark, recorded.watermark or reader.watermark)
    return recorded
