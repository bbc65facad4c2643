"""Export: the records of the source topics, from the beginning of the log to where it ends now."""

from __future__ import annotations

import asyncio
import gzip
import sys
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.errors import UsageError
from stream.kafka import admin_client, client_options, why
from stream.progress import progress
from stream.told import read_topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiokafka.structs import ConsumerRecord

    from stream.settings import Settings

ANSWER_S = 10.0
POLL_MS = 1_000
QUIET_POLLS = 10
"""So many polls without a record, and a log that is not read to its end will not be."""


async def export(settings: Settings, out: Path, *, topics: tuple[str, ...] = ()) -> int:
    """Write every record of *topics* (default: the source topics) to *out*; return how many.

    Raises UsageError if Kafka or a topic is not there, or the file cannot be written.
    """
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        # As workers read it: neither what a transaction took back nor what one has not committed yet.
        isolation_level="read_committed",
        max_poll_records=8_192,
    )
    try:
        async with asyncio.timeout(ANSWER_S):
            await consumer.start()
            partitions = await _partitions(settings, consumer, topics or read_topics(settings))
        return await _export(consumer, partitions, out)
    except (KafkaError, TimeoutError) as error:
        message = f"DESKPULSE_KAFKA: {settings.kafka} does not answer ({why(error)})"
        raise UsageError(message) from error
    finally:
        await consumer.stop()


async def _export(consumer: AIOKafkaConsumer, partitions: list[TopicPartition], out: Path) -> int:
    consumer.assign(partitions)
    starts = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning(*partitions)
    open_ones = {each for each in partitions if starts[each] < ends[each]}
    written = quiet = 0
    with _writable(out) as file, progress("exporting", sum(ends[each] - starts[each] for each in partitions)) as step:
        while open_ones and quiet < QUIET_POLLS:
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            quiet = 0 if batches else quiet + 1
            for partition, records in batches.items():
                kept = [record for record in records if record.offset < ends[partition]]
                file.writelines(map(_line, kept))
                written += len(kept)
                step(len(kept))
            # Of all, not of those handed out: markers of transactions at the end of a log are passed silently.
            open_ones = {each for each in open_ones if await consumer.position(each) < ends[each]}
    if open_ones:
        short = min(open_ones)
        message = f"DESKPULSE_KAFKA: {short.topic}/{short.partition} could not be read to its end; try again"
        raise UsageError(message)
    return written


async def _partitions(settings: Settings, consumer: AIOKafkaConsumer, topics: tuple[str, ...]) -> list[TopicPartition]:
    known = await consumer.topics()
    missing = [topic for topic in topics if topic not in known]
    if missing:
        message = f"--topic: Kafka has no topic {missing[0]!r} (see DESKPULSE_TOPICS_CHAT, _TICKET, _AGENT)"
        raise UsageError(message)
    async with admin_client(settings) as admin:
        described = await admin.describe_topics(list(topics))
    return [
        TopicPartition(each["topic"], number)
        for each in described
        for number in sorted(partition["partition"] for partition in each["partitions"])
    ]


def _line(record: ConsumerRecord[bytes, bytes]) -> bytes:
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": None if record.key is None else b64encode(record.key).decode(),
        "value": None if record.value is None else b64encode(record.value).decode(),
    }
    return orjson.dumps(row) + b"\n"


@contextmanager
def _writable(out: Path) -> Iterator[BinaryIO]:
    if str(out) == "-":
        yield sys.stdout.buffer
        return
    try:
        with cast("BinaryIO", gzip.open(out, "wb")) if out.suffix == ".gz" else out.open("wb") as file:
            yield file
    except OSError as error:
        message = f"--out: {out}: {error.strerror or error}"
        raise UsageError(message) from error
