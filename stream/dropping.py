"""Generations that are not in force any more: whether somebody counts them still, and how to be rid of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code
from redis import exceptions as errors

from stream import codec, generations, keys
from stream.clock import now_ms
from stream.errors import UsageError
from stream.kafka import admin_client, makes_topics, why
from stream.patience import connect
from stream.settings import hidden

if TYPE_CHECKING:
    from stream.patience import Client
    from stream.settings import Settings

SILENT_MS = 5_000
DELETION_DISABLED = 73
"""What a broker answers whose `delete.topic.enable` is false; aiokafka has no name for it."""


async def is_counted(client: Client, generation: str) -> bool:
    """Tell whether a worker has spoken for a partition of *generation* lately."""
    said: dict[bytes, Any] = await client.hgetall(keys.status(generation))
    return any(now_ms() - codec.unpack(blob)[2] < SILENT_MS for blob in said.values())


async def drop(settings: Settings, name: str) -> str:
    """Delete the tables of the generation *name* and its topics; return what there is to say.

    UsageError if they are needed, or if Kafka refuses: then the tables are as they were, and it can be run again.
    """
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
            return f"generation {name} is deleted, {await delete(settings, client, name)}"
        raise UsageError(message)
    except (errors.RedisError, OSError) as error:
        message = f"DESKPULSE_REDIS: {hidden('redis', settings.redis)} does not answer ({error})"
        raise UsageError(message) from error
    finally:
        await client.aclose()


async def delete(settings: Settings, client: Client, name: str) -> str:
    """Delete the topics in which the workers of the generation *name* told one another, then its tables.

    Return how many keys, and which topics stay because the broker deletes none. UsageError while Kafka refuses: the
    tables, which say that the generation is there, go last.
    """
    try:
        stay = await _delete_topics(settings, f"{settings.told_prefix}.{name}.")
    except (KafkaError, OSError, TimeoutError) as error:
        message = f"DESKPULSE_KAFKA: {settings.kafka} does not delete the topics of generation {name} ({why(error)}): "
        message += f"its tables stay; when that is mended, run `deskpulse rebuild --drop {name}`"
        raise UsageError(message) from error
    text = f"{await generations.drop(client, name)} keys"
    return f"{text}; the topics {', '.join(stay)} stay: this broker deletes none" if stay else text


async def _delete_topics(settings: Settings, begins: str) -> list[str]:
    """Delete the topics whose name begins so; return those that stay because no broker can delete any."""
    async with admin_client(settings) as admin:
        topics = sorted(topic for topic in await admin.list_topics() if topic.startswith(begins))
        if not topics:
            return []
        # Where no topic is made on request none is deleted either: the mock cluster knows neither of the two.
        if not await makes_topics(admin):
            return topics
        response = await admin.delete_topics(topics)
    stay: list[str] = []
    for topic, code in response.topic_error_codes:
        if code == DELETION_DISABLED:
            stay.append(topic)
        elif code not in (0, UnknownTopicOrPartitionError.errno):
            kind = for_code(code)
            raise kind(topic)
    return stay
