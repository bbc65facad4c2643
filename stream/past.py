"""The past: everything that the tables in force keep, read once for those who ask about instants gone by."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    client = connect(settings.redis)
    try:
        generation = await generations.in_force(client)
        if generation is None:
            message = "no worker has written to this Redis yet"
            raise NotNowError(message)
        of_generation = await defined(client, generation, settings)
        for _ in range(TRIES):
            recorded = await _read(client, generation, of_generation)
            if recorded is not None:
                return Past(generation, of_generation, recorded)
    except (errors.RedisError, OSError) as error:
        message = f"Redis does not answer: {str(error) or type(error).__name__}"
        raise NotNowError(message) from error
    finally:
        await client.aclose()
    message = "the tables in Redis change under the reader"
    raise NotNowError(message)


async def defined(client: Client, generation: str, settings: Settings) -> Settings:
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


async def _read(client: Client, generation: str, settings: Settings) -> Recorded | None:
    """Return the tables, None if they were replaced meanwhile."""
    recorded = Recorded(of_hours=board_of(settings).of_hours)
    mine = read_topics(settings)
    readers = [
        PartitionReader(client, generation, Partition(name.decode(), number), of_hours=recorded.of_hours)
        for name, count in (await client.hgetall(keys.topics(generation))).items()
        if name.decode() in mine
        for number in range(int(count))
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
