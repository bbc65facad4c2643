"""What is told, as it travels: MessagePack records of many rows each, and whoever sends them.

A record holds rows for owners of one partition, of one version: [1, version, watermark, [row, …]]. A row is [which,
tenant, subject, id, since, until, content]; content nil says that there is nothing (any more).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Protocol, Self
from zlib import crc32

import msgpack
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from aggregators.events import Rejected
from aggregators.telling import AGENT, CUSTOMER, Batch, Row
from stream import codec
from stream.chunks import Partition
from stream.kafka import admin_client, backoff_s, client_options, why
from stream.offline import definitions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka.admin import AIOKafkaAdminClient

    from aggregators.telling import Telling
    from stream.chunks import Record
    from stream.settings import Settings

log = structlog.get_logger(__name__)

FORM: Final = 1
ROWS_A_RECORD: Final = 100
_ROW_PARTS: Final = 7
_TOLD: Final = {CUSTOMER: ("customers", ".customers"), AGENT: ("people", ".agents")}


def told_topics(settings: Settings) -> dict[int, str]:
    """Return the topics of what is told to customers (CUSTOMER) and agents (AGENT), as far as anybody is told.

    They belong to a generation: what was told by other definitions is of no use.
    """
    definitions = definitions_of(settings)
    begins = f"{settings.told_prefix}.{definitions.generation()}"
    return {which: begins + ends for which, (family, ends) in _TOLD.items() if family in definitions.families}


def read_topics(settings: Settings) -> tuple[str, ...]:
    """Return every topic that workers read: those of the sources, and what they tell one another."""
    return (*settings.source_topics, *told_topics(settings).values())


def records_of(
    telling: Telling, *, version: int, watermark: int, counts: Mapping[int, int]
) -> dict[tuple[int, int], list[bytes]]:
    """Return the records that tell it, by (which, partition); *counts* is the number of partitions of each topic."""
    rows: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for (which, tenant, subject, identifier), (since, until, content) in telling.items():
        owner = f"{tenant}\0{subject}".encode("utf-8", "surrogatepass")
        rows[which, crc32(owner) % counts[which]].append(Row(which, tenant, subject, identifier, since, until, content))
    return {
        where: [
            codec.pack([FORM, version, watermark, mine[start : start + ROWS_A_RECORD]])
            for start in range(0, len(mine), ROWS_A_RECORD)
        ]
        for where, mine in rows.items()
    }


def decode_told(value: bytes | None) -> Batch | Rejected:
    """Decode the value of a record of a told topic. Whatever we did not write ourselves is rejected whole."""
    try:
        form, version, watermark, rows = codec.unpack(value or b"")
        if form != FORM or type(version) is not int or type(watermark) is not int:
            return Rejected("wrong_type")
        return Batch(version, watermark, [_row(row) for row in rows])
    except (TypeError, ValueError, msgpack.UnpackException):
        return Rejected("wrong_type")


def _row(sent: list[object]) -> Row:
    which, tenant, subject, identifier, since, until, content = sent
    if which not in (CUSTOMER, AGENT) or not isinstance(tenant, str) or not isinstance(subject, str):
        raise TypeError
    if not isinstance(identifier, str) or type(since) is not int or type(until) is not int:
        raise TypeError
    return Row(which, tenant, subject, identifier, since, until, content)


def decode_batches(records: Sequence[Record]) -> list[tuple[int, Batch | Rejected]]:
    """Decode the values of records, each with its timestamp (epoch ms) before."""
    return [(record.timestamp, decode_told(record.value)) for record in records]


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
        if missing:
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
