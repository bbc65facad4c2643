"""Generations that are not in force any more: whether somebody counts them still, and how to be rid of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from aiokafka.errors import KafkaError
from redis import exceptions as errors

from stream import codec, generations, keys
from stream.clock import now_ms
from stream.errors import UsageError
from stream.kafka import admin_client, why
from stream.patience import connect
from stream.settings import hidden

if TYPE_CHECKING:
    from stream.patience import Client
    from stream.settings import Settings

log = structlog.get_logger(__name__)

SILENT_MS = 5_000


async def is_counted(client: Client, generation: str) -> bool:
    """Tell whether a worker has spoken for a partition of *generation* lately."""
    said: dict[bytes, Any] = await client.hgetall(keys.status(generation))
    return any(now_ms() - codec.unpack(blob)[2] < SILENT_MS for blob in said.values())


async def drop(settings: Settings, name: str) -> str:
    """Delete the tables of the generation *name*; return what there is to say. UsageError if they are needed."""
    client = connect(settings.redis)
    try:
        known = await generations.known(client)
        rebuilt = (await client.get(keys.REBUILD) or b"").decode().partition(" ")[0]
        is_there = name in known or (name.isalnum() and await client.exists(keys.topics(name)))
        if not is_there:
            message = f"--drop: there is no generation {name!r}, there is {', '.join(known) or 'none'}"
        elif name == known[0] and name == await generations.in_force(client):
            message = f"--drop: generation {name} is in force"
        elif name == rebuilt:
            message = f"--drop: generation {name} is being rebuilt"
        elif await is_counted(client, name):
            message = f"--drop: a worker counts generation {name}; stop it first"
        else:
            return f"generation {name} is deleted, {await delete(settings, client, name)} keys"
        raise UsageError(message)
    except (errors.RedisError, OSError) as error:
        message = f"DESKPULSE_REDIS: {hidden('redis', settings.redis)} does not answer ({error})"
        raise UsageError(message) from error
    finally:
        await client.aclose()


async def delete(settings: Settings, client: Client, name: str) -> int:
    """Delete the tables of the generation *name*, and the topics in which its workers told one another.

    Return how many keys. Without Kafka the topics stay, and the log says so.
    """
    gone = await generations.drop(client, name)
    try:
        async with admin_client(settings) as admin:
            begins = f"{settings.told_prefix}.{name}."
            topics = [topic for topic in await admin.list_topics() if topic.startswith(begins)]
            if topics:
                await admin.delete_topics(topics)
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("told_topics_stay", generation=name, error=why(error))
    return gone
