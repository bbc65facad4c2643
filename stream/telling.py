"""Whoever sends what is told, and makes the topics that it travels by."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from stream.chunks import Partition
from stream.kafka import admin_client, backoff_s, client_options, makes_topics, why
from stream.told import records_of, told_topics

if TYPE_CHECKING:
    from aiokafka.admin import AIOKafkaAdminClient

    from aggregators.telling import Telling
    from stream.settings import Settings

log = structlog.get_logger(__name__)


class Teller(Protocol):
    """Who tells what has to be told before a commit."""

    async def tell(self, telling: Telling, *, version: int, watermark: int) -> dict[Partition, int]:
        """Return when every row is durably stored, and where: by partition the offset behind. May store one twice.

        Raises on cancellation only.
        """

    async def close(self) -> None:
        """Close the connection."""


class KafkaTeller:
    """A Teller that waits, with back-off and a log line, while Kafka is away. It makes missing topics."""

    def __init__(self, settings: Settings) -> None:
        """Connect at the first row, not before."""
        self._settings = settings
        self._topics = told_topics(settings)
        self._counts: dict[int, int] = {}
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self.close()

    async def tell(self, telling: Telling, *, version: int, watermark: int) -> dict[Partition, int]:
        """Return when every row is durably stored; see Teller."""
        if not telling:
            return {}
        for wait_s in backoff_s():
            try:
                return await self._attempt(telling, version=version, watermark=watermark)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("telling_waits", topics=list(self._topics.values()), error=why(error), retry_in_s=wait_s)
            await asyncio.sleep(wait_s)
        raise AssertionError  # waits have no end

    async def close(self) -> None:
        """Close the connection; `tell` returned for every row it took, so nothing waits in it."""
        producer, self._producer = self._producer, None
        if producer:
            await producer.stop()

    async def _attempt(self, telling: Telling, *, version: int, watermark: int) -> dict[Partition, int]:
        producer = await self._started()
        records = records_of(telling, version=version, watermark=watermark, counts=self._counts)
        waiting = [
            await producer.send(self._topics[which], value=value, partition=number)
            for (which, number), values in records.items()
            for value in values
        ]
        behind: dict[Partition, int] = {}
        for stored in await asyncio.gather(*waiting):
            where = Partition(stored.topic, stored.partition)
            behind[where] = max(behind.get(where, 0), stored.offset + 1)
        return behind

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._counts = await ensure_topics(self._settings)
                producer = AIOKafkaProducer(
                    **client_options(self._settings),
                    client_id="deskpulse-teller",
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=10_000,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer


async def wait_for_told(settings: Settings) -> None:
    """Return when the told topics exist; makes them."""
    for wait_s in backoff_s():
        try:
            await ensure_topics(settings)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("telling_waits", error=why(error), retry_in_s=wait_s)
            await asyncio.sleep(wait_s)
        else:
            return


async def ensure_topics(settings: Settings) -> dict[int, int]:
    """Make the told topics where they are missing; return how many partitions each has. Raises KafkaError."""
    topics = told_topics(settings)
    if not topics:
        return {}
    async with admin_client(settings) as admin:
        existing = set(await admin.list_topics())
        sources = await _counts(admin, [topic for topic in settings.source_topics if topic in existing])
        missing = [topic for topic in topics.values() if topic not in existing]
        if missing and await makes_topics(admin):
            await _make(admin, missing, max(sources.values(), default=1))
        found = await _counts(admin, list(topics.values()))
    if not all(found.get(topic) for topic in topics.values()):
        # Made a moment ago: not every broker knows of it yet.
        raise UnknownTopicOrPartitionError
    return {which: found[topic] for which, topic in topics.items()}


async def _counts(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, int]:
    return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics(topics)} if topics else {}


async def _make(admin: AIOKafkaAdminClient, names: list[str], partitions: int) -> None:
    # What was told is needed as long as the tables are, however old it is: a loss of Redis reads it from its beginning.
    topics = [NewTopic(name, partitions, 1, topic_configs={"retention.ms": "-1"}) for name in names]
    for topic in topics:
        topic.replication_factor = -1  # the broker's default; the constructor does not take it
    response = await admin.create_topics(topics)
    for name, code, reason, *_ in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise for_code(code)(reason)
        log.info("told_topic_made", topic=name, partitions=partitions)
