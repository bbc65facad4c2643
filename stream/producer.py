"""Events into Kafka: missing topics, a partition for each key, big batches, heartbeats to every partition."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2
from redis.exceptions import RedisError

from stream import keys
from stream.chunks import Partition
from stream.dead_letters import DEFAULT_MESSAGE_BYTES, HEADERS_BYTES
from stream.errors import UsageError
from stream.kafka import admin_client, backoff_s, client_options, makes_topics, why
from stream.patience import connect
from stream.settings import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiokafka.producer.message_accumulator import BatchBuilder

    from stream.settings import Settings

log = structlog.get_logger(__name__)

PARTITIONS = 12
PATIENCE_S = 20.0
COMMAND_PATIENCE_S = 4.0
"""Of a command that somebody has typed, and looks at."""
BATCH_BYTES = 262_144
LONGEST_RECORD_BYTES = 1_000_000
BATCHES_UNDER_WAY = 64
KEYS_REMEMBERED = 200_000
# `check` warns below 90 days: a rebuild needs the log as far back as the panes reach.
KEPT_MS = 100 * 86_400_000


async def stored_watermarks(settings: Settings) -> dict[str, int] | None:
    """Return the greatest watermark (epoch ms) of each source topic that the tables hold, None if unknown.

    Unknown is it where Redis is away or no worker has ever written to it; topics that hold no event are left out.
    """
    client: Any = connect(settings.redis)  # redis-py's types allow text where bytes come
    try:
        name = await client.get(keys.GENERATION)
        if name is None:
            return None
        generation = name.decode()
        counts = await client.hgetall(keys.topics(generation))
        partitions = [Partition(topic.decode(), one) for topic, count in counts.items() for one in range(int(count))]
        pipe = client.pipeline(transaction=False)
        for partition in partitions:
            pipe.hget(keys.meta(generation, partition), "watermark")
        found: dict[str, int] = {}
        for partition, watermark in zip(partitions, await pipe.execute(), strict=True):
            if watermark is not None:
                found[partition.topic] = max(int(watermark), found.get(partition.topic, int(watermark)))
    except (RedisError, OSError) as error:
        log.info("watermarks_unknown", redis=hidden("redis", settings.redis), error=str(error))
        return None
    else:
        return found
    finally:
        await client.aclose()


class EventProducer:
    """An idempotent producer that fills its batches itself: a record costs microseconds, not an awaited send.

    Records of one partition are stored in the order of `send`. They leave when a batch is full or at `flush`, which
    a caller that goes on live does several times a second.
    """

    def __init__(self, settings: Settings, *, partitions: int = PARTITIONS, patience_s: float = PATIENCE_S) -> None:
        """`partitions` is how many a topic gets that has to be made; so long a broker is waited for at the start."""
        self._settings = settings
        self._patience_s = patience_s
        self._partitions = partitions
        self._producer: AIOKafkaProducer | None = None
        self._counts: dict[str, int] = {}
        self._hashes: dict[bytes, int] = {}
        self._open: dict[tuple[str, int], BatchBuilder] = {}
        self._under_way: deque[asyncio.Future[Any]] = deque()
        self._unkeyed = 0

    async def __aenter__(self) -> Self:
        """Connect. Raises UsageError, naming the setting, if no broker answers within the patience."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        for wait_s in backoff_s():
            producer = AIOKafkaProducer(
                **client_options(self._settings),
                client_id="deskpulse-producer",
                enable_idempotence=True,
                compression_type="lz4",
                max_batch_size=BATCH_BYTES,
                max_request_size=4 * LONGEST_RECORD_BYTES,
            )
            try:
                async with asyncio.timeout_at(deadline):
                    await producer.start()
            except (KafkaError, OSError) as error:
                await producer.stop()
                said = why(error)
                if loop.time() + wait_s > deadline:
                    message = f"DESKPULSE_KAFKA: no broker answers at {self._settings.kafka} ({said})"
                    raise UsageError(message) from error
                log.debug("kafka_unreachable", kafka=self._settings.kafka, error=said, retry_in_s=wait_s)
                await asyncio.sleep(wait_s)
            else:
                self._producer = producer
                return self
        raise AssertionError

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Send what is left, unless an error is under way, and disconnect."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            if kind is None:
                await self._flush(producer)
        finally:
            for future in self._under_way:
                future.add_done_callback(lambda done: done.cancelled() or done.exception())
            await producer.stop()

    async def ensure_topics(self, topics: Iterable[str]) -> list[str]:
        """Make the topics that are missing; return their names. Raises UsageError if Kafka refuses one.

        A broker that makes topics by itself and not on request (an embedded one) is left to it.
        """
        wanted = list(dict.fromkeys(topics))
        async with admin_client(self._settings) as admin:
            missing = sorted(set(wanted) - set(await admin.list_topics()))
            made = []
            for name in missing if await makes_topics(admin) else ():
                answer = await admin.create_topics([self._new_topic(name)])
                code, reason = answer.topic_errors[0][1], answer.topic_errors[0][-1]
                if code == 0:
                    made.append(name)
                elif code != TopicAlreadyExistsError.errno:
                    message = f"Kafka does not make the topic {name!r}: {for_code(code).__name__}: {reason}"
                    raise UsageError(message)
        for name in wanted:
            await self.partition_count(name)
        return made

    async def partition_count(self, topic: str) -> int:
        """Return how many partitions *topic* has."""
        if topic not in self._counts:
            producer = self._started()
            for wait_s in backoff_s():
                found = await producer.partitions_for(topic)
                if found:
                    self._counts[topic] = len(found)
                    break
                # A topic just made is not known to every broker at once.
                await asyncio.sleep(wait_s)
        return self._counts[topic]

    async def send(self, topic: str, *, key: bytes | None, value: bytes, timestamp_ms: int | None = None) -> bool:
        """Put a record into its key's partition (murmur2, as Java's producers do); unkeyed ones take turns.

        Waits while too much is under way. Returns False for a value that no broker takes: over LONGEST_RECORD_BYTES.
        Raises KafkaError if an earlier record could not be stored.
        """
        count = self._counts.get(topic) or await self.partition_count(topic)
        if key is None:
            self._unkeyed += 1
            hashed = self._unkeyed
        else:
            found = self._hashes.get(key)
            hashed = self._hash(key) if found is None else found
        return await self.send_to(topic, hashed % count, key=key, value=value, timestamp_ms=timestamp_ms)

    async def send_to(
        self, topic: str, partition: int, *, key: bytes | None, value: bytes, timestamp_ms: int | None = None
    ) -> bool:
        """Put a record into a partition; as `send` otherwise."""
        batch = self._open.get((topic, partition))
        if batch is not None and batch.append(timestamp=timestamp_ms, key=key, value=value, headers=[]) is not None:
            return True
        if len(value) > LONGEST_RECORD_BYTES:
            return False
        producer = self._started()
        if batch is not None:
            await self._dispatch(producer, topic, partition)
        batch = self._open[topic, partition] = producer.create_batch()
        batch.append(timestamp=timestamp_ms, key=key, value=value, headers=[])
        return True

    async def broadcast(self, topics: Iterable[str], *, key: bytes | None, value: bytes) -> None:
        """Put a record into every partition of every topic: what a source's heartbeat needs."""
        for topic in topics:
            for partition in range(await self.partition_count(topic)):
                await self.send_to(topic, partition, key=key, value=value)

    async def flush(self) -> None:
        """Return when everything sent so far is stored. Raises KafkaError if something could not be."""
        await self._flush(self._started())

    async def _flush(self, producer: AIOKafkaProducer) -> None:
        for topic, partition in list(self._open):
            await self._dispatch(producer, topic, partition)
        while self._under_way:
            await self._under_way.popleft()

    async def _dispatch(self, producer: AIOKafkaProducer, topic: str, partition: int) -> None:
        batch = self._open.pop((topic, partition))
        batch.close()
        self._under_way.append(await producer.send_batch(batch, topic, partition=partition))
        while len(self._under_way) > BATCHES_UNDER_WAY or (self._under_way and self._under_way[0].done()):
            await self._under_way.popleft()

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            message = "the producer is used inside `async with`"
            raise RuntimeError(message)
        return self._producer

    def _hash(self, key: bytes) -> int:
        if len(self._hashes) >= KEYS_REMEMBERED:
            self._hashes.clear()
        found: int = murmur2(key) & 0x7FFFFFFF
        self._hashes[key] = found
        return found

    def _new_topic(self, name: str) -> NewTopic:
        if name == self._settings.topics_deadletter:
            configs = {"max.message.bytes": str(DEFAULT_MESSAGE_BYTES + HEADERS_BYTES)}
        else:
            configs = {"retention.ms": str(KEPT_MS)}
        topic = NewTopic(name, self._partitions, 1, topic_configs=configs)
        # -1 is the broker's own default; the constructor takes it for "not given".
        topic.replication_factor = -1
        return topic
