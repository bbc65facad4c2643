"""A look at Kafka and at Redis, bounded in time: what is there, or what the problem is."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from stream import codec, generations, keys
from stream.chunks import Partition
from stream.errors import UsageError
from stream.kafka import admin_client, client_options, why
from stream.patience import connect

if TYPE_CHECKING:
    from aiokafka.admin import AIOKafkaAdminClient

    from stream.generations import Generation
    from stream.patience import Client
    from stream.settings import Settings
from stream.told import read_topics

ANSWER_S = 5.0
SIZED_S = 1.5
WEIGHED = 50
"""Of so many keys one is weighed."""
MESSAGE_BYTES = "max.message.bytes"
TOPIC_CONFIG = ("retention.ms", "retention.bytes", "cleanup.policy", MESSAGE_BYTES)


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic: how many partitions it has and, of TOPIC_CONFIG, what can be read."""

    partitions: int
    config: dict[str, str]


@dataclass(frozen=True, slots=True)
class KafkaView:
    """What is there of the topics of the settings; `spans` is (first offset, end) of each partition."""

    problem: str | None = None
    brokers: int = 0
    topics: dict[str, TopicView] = field(default_factory=dict)
    spans: dict[Partition, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RedisView:
    """What Redis says of itself, and what the tables hold that readers read.

    `partitions` is how many each topic had when its tables were made, `offsets` the next record of each partition,
    `reported_ms` when a worker last spoke for it. `about` is what is known of the generation in force, `sizes` is of
    every generation there is, `rebuilding` names the one that is being rebuilt.
    """

    problem: str | None = None
    info: dict[str, Any] = field(default_factory=dict)
    generation: str | None = None
    partitions: dict[str, int] = field(default_factory=dict)
    offsets: dict[Partition, int] = field(default_factory=dict)
    reported_ms: dict[Partition, int] = field(default_factory=dict)
    about: Generation | None = None
    sizes: dict[str, Size] = field(default_factory=dict)
    rebuilding: str | None = None


class Size(NamedTuple):
    """About how many keys a generation has, and how many bytes they take."""

    keys: int
    size_bytes: int


async def look_at_kafka(settings: Settings) -> KafkaView:
    """Return what is there within twice ANSWER_S."""
    try:
        async with asyncio.timeout(ANSWER_S), admin_client(settings) as admin:
            cluster = await admin.describe_cluster()
            existing = set(await admin.list_topics())
            wanted = [topic for topic in (*read_topics(settings), settings.topics_deadletter) if topic in existing]
            described = await admin.describe_topics(wanted) if wanted else []
            topics = {
                each["topic"]: TopicView(len(each["partitions"]), await _config(admin, each["topic"]))
                for each in described
            }
        sources = {topic: topics[topic].partitions for topic in read_topics(settings) if topic in topics}
        async with asyncio.timeout(ANSWER_S):
            spans = await spans_of(settings, sources)
    except (KafkaError, OSError, UsageError) as error:
        return KafkaView(problem=_words(error))
    return KafkaView(brokers=len(cluster["brokers"]), topics=topics, spans=spans)


async def look_at_redis(settings: Settings) -> RedisView:
    """Return what is there within ANSWER_S."""
    client: Any = connect(settings.redis)  # redis-py's types allow text where bytes come
    try:
        async with asyncio.timeout(ANSWER_S):
            info = await client.info()
            pointer = await client.get(keys.GENERATION)
            if pointer is None:
                return RedisView(info=info)
            generation = pointer.decode()
            counts = {
                name.decode(): int(count) for name, count in (await client.hgetall(keys.topics(generation))).items()
            }
            partitions = [Partition(topic, number) for topic, count in counts.items() for number in range(count)]
            pipe = client.pipeline(transaction=False)
            for partition in partitions:
                pipe.hget(keys.meta(generation, partition), "offset")
            stored = zip(partitions, await pipe.execute(), strict=True)
            status = await client.hgetall(keys.status(generation))
            about = await generations.look(client, generation)
            sizes = await sizes_of(client, await generations.known(client))
            lock = await client.get(keys.REBUILD)
    except (RedisError, OSError) as error:
        return RedisView(problem=_words(error))
    finally:
        await client.aclose()
    return RedisView(
        info=info,
        generation=generation,
        partitions=counts,
        offsets={partition: int(offset) for partition, offset in stored if offset is not None},
        reported_ms={_partition(name): codec.unpack(blob)[2] for name, blob in status.items()},
        about=about,
        sizes=sizes,
        rebuilding=None if lock is None else lock.decode().split()[0],
    )


async def sizes_of(client: Client, names: list[str]) -> dict[str, Size]:
    """Return about how large the generations *names* are, by what a look of SIZED_S tells."""
    counts = dict.fromkeys(names, 0)
    weights: dict[str, list[int]] = {name: [] for name in names}
    total, seen, until = await client.dbsize(), 0, time.monotonic() + SIZED_S
    cursor = None
    while cursor != 0 and time.monotonic() < until:
        cursor, found = await client.scan(cursor or 0, count=1_000)
        seen += len(found)
        ours = [key for key in found if key.split(b":")[1:2] and key.split(b":")[1].decode(errors="replace") in counts]
        weighed = ours[::WEIGHED]
        pipe = client.pipeline(transaction=False)
        for key in weighed:
            pipe.memory_usage(key)
        for key, weight in zip(weighed, await pipe.execute(), strict=True):
            weights[key.split(b":")[1].decode()].append(weight or 0)
        for key in ours:
            counts[key.split(b":")[1].decode()] += 1
    share = seen / total if cursor and seen and total > seen else 1.0
    return {
        name: Size(round(count / share), round(count / share * sum(weights[name]) / max(1, len(weights[name]))))
        for name, count in counts.items()
    }


async def _config(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    """Return what can be read of a topic's configuration; nothing where the broker does not tell."""
    try:
        answers = await admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(TOPIC_CONFIG))]
        )
    except KafkaError:
        return {}
    entries = [entry for answer in answers for *_, found in answer.resources for entry in found]
    return {entry[0]: entry[1] for entry in entries if entry[1] is not None}


async def spans_of(settings: Settings, topics: dict[str, int]) -> dict[Partition, tuple[int, int]]:
    """Return (first offset, end) of each partition of *topics*, {name: number of partitions}. Raises KafkaError."""
    # aiokafka takes it for a cancellation when a consumer that asked nothing is stopped before its tasks began.
    if not topics:
        return {}
    consumer = AIOKafkaConsumer(**client_options(settings), client_id="deskpulse-check", enable_auto_commit=False)
    try:
        await consumer.start()
        asked = [TopicPartition(topic, number) for topic, count in topics.items() for number in range(count)]
        begins, ends = await consumer.beginning_offsets(asked), await consumer.end_offsets(asked)
        return {Partition(*each): (begins[each], ends[each]) for each in asked}
    finally:
        await consumer.stop()


def _partition(name: bytes) -> Partition:
    topic, _, number = name.decode().rpartition(":")
    return Partition(topic, int(number))


def _words(error: Exception) -> str:
    """Return an error as one line."""
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_S:g} s"
    return why(error)
