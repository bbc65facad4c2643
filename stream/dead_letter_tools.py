"""Dead letters for people: read them all, choose some, send their original bytes to the partitions they came from."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from aggregators.events import REASONS
from stream.errors import UsageError
from stream.kafka import admin_client, client_options, why
from stream.progress import progress
from stream.settings import PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence

    from aiokafka.structs import ConsumerRecord

    from stream.settings import Settings

LATE = "late"
ANSWER_S = 10.0
POLL_MS = 1_000
QUIET_POLLS = 10
"""A log whose last offsets hold no records (control records) ends before its end offset."""
LARGEST_REQUEST = 16 * 1_048_576
UNDER_WAY = 500


class Place(NamedTuple):
    """Where a rejected record stood: what tells one dead letter from another."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. `timestamp_ms` and the key are those of the rejected record; `value` its bytes, `size` of them.

    `value` is None where there was none (`size` as well), where it was not asked for, and where it was too large for
    the dead-letter topic (`is_whole` is False). `rejected_ms` is when the letter was written.
    """

    reason: str
    place: Place
    timestamp_ms: int
    rejected_ms: int
    key: bytes | None
    value: bytes | None
    size: int | None
    headers: tuple[tuple[str, bytes], ...]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a retry sends, and how many letters it leaves, by why."""

    letters: tuple[Letter, ...]
    left: Counter[str]


async def read(settings: Settings, *, values: bool = True) -> list[Letter]:
    """Return every dead letter once, in the order they were written; without `values` it needs little memory.

    Raises UsageError if Kafka or the topic is not there.
    """
    topic = settings.topics_deadletter
    letters: dict[Place, Letter] = {}
    try:
        async with asyncio.timeout(ANSWER_S), admin_client(settings) as admin:
            # Whoever describes a topic that is not there may make it, and too small for the letters.
            if topic not in await admin.list_topics():
                message = (
                    f"{PREFIX}TOPICS_DEADLETTER: Kafka has no topic {topic!r}; "
                    "a worker makes it when it rejects a record"
                )
                raise UsageError(message)
            (described,) = await admin.describe_topics([topic])
        partitions = [
            TopicPartition(topic, number) for number in sorted(p["partition"] for p in described["partitions"])
        ]
        consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest")
        try:
            async with asyncio.timeout(ANSWER_S):
                await consumer.start()
            async for record in _records(consumer, partitions):
                letter = _letter(record)
                if letter is not None:
                    letters.setdefault(letter.place, letter if values else replace(letter, value=None))
        finally:
            await consumer.stop()
    except (KafkaError, OSError) as error:
        message = f"{PREFIX}KAFKA: {settings.kafka} does not answer ({why(error)})"
        raise UsageError(message) from error
    return sorted(letters.values(), key=lambda letter: letter.rejected_ms)


def chosen(letters: Iterable[Letter], *, reason: str | None, topics: Collection[str] = ()) -> list[Letter]:
    """Return the letters of a reason and of topics; None and nothing mean any.

    Raises UsageError, naming the option, for a reason there is not.
    """
    if reason is not None and reason not in REASONS:
        message = f"--reason: {reason!r} is not one of {', '.join(REASONS)}"
        raise UsageError(message)
    return [
        letter
        for letter in letters
        if (reason is None or letter.reason == reason) and (not topics or letter.place.topic in topics)
    ]


async def partition_counts(settings: Settings, topics: Iterable[str]) -> dict[str, int]:
    """Return the number of partitions of each of *topics*, 0 of one that Kafka has not. Raises UsageError."""
    try:
        async with asyncio.timeout(ANSWER_S), admin_client(settings) as admin:
            # Asked for by name, a topic might be made.
            found = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
    except (KafkaError, OSError) as error:
        message = f"{PREFIX}KAFKA: {settings.kafka} does not answer ({why(error)})"
        raise UsageError(message) from error
    return {topic: found.get(topic, 0) for topic in topics}


def plan(letters: Iterable[Letter], partitions: Mapping[str, int]) -> Plan:
    """Return what a retry of *letters* sends: each record once, to topics with so many *partitions*.

    A record that was retried before and rejected again is in the dead letters twice, with the same bytes: it is sent
    once, so that retrying again and again does not multiply it.
    """
    kept: dict[tuple[str, int, bytes | None, bytes], Letter] = {}
    left: Counter[str] = Counter()
    for letter in letters:
        if letter.reason == LATE:
            left["late, which cannot be retried"] += 1
        elif not letter.is_whole:
            left["without their bytes, which were too large to keep"] += 1
        elif letter.value is None:
            left["without a value"] += 1
        elif letter.place.topic not in partitions:
            left["of topics that are not read (name them with --topic)"] += 1
        elif letter.place.partition >= partitions[letter.place.topic]:
            left["of partitions that their topic does not have"] += 1
        elif (same := (letter.place.topic, letter.place.partition, letter.key, letter.value)) in kept:
            left["with the same bytes as another"] += 1
        else:
            kept[same] = letter
    return Plan(tuple(kept.values()), left)


async def resend(settings: Settings, letters: Sequence[Letter]) -> int:
    """Send the letters' bytes as new records, each to the partition it came from; return how many.

    Whoever produced them chose it, by the key or otherwise: there, and nowhere else, lies the rest of the conversation.
    Raises UsageError if Kafka does not take them; those before are sent then.
    """
    producer = AIOKafkaProducer(
        **client_options(settings),
        client_id="deskpulse-retry",
        enable_idempotence=True,
        max_request_size=LARGEST_REQUEST,
    )
    sent = 0
    try:
        async with asyncio.timeout(ANSWER_S):
            await producer.start()
        with progress("sending", len(letters)) as step:
            for start in range(0, len(letters), UNDER_WAY):
                some = letters[start : start + UNDER_WAY]
                waiting = [
                    await producer.send(
                        letter.place.topic,
                        letter.value,
                        key=letter.key,
                        partition=letter.place.partition,
                        headers=_retried(letter),
                    )
                    for letter in some
                ]
                for stored in await asyncio.gather(*waiting, return_exceptions=True):
                    if isinstance(stored, BaseException):
                        raise stored
                    sent += 1
                step(len(some))
    except (KafkaError, OSError) as error:
        message = f"{PREFIX}KAFKA: {settings.kafka} took {sent} of {len(letters)} letters, then: {why(error)}"
        raise UsageError(message) from error
    finally:
        await producer.stop()
    return sent


def _retried(letter: Letter) -> list[tuple[str, bytes]]:
    return [("deskpulse-retried", "{}:{}:{}".format(*letter.place).encode())]


async def _records(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    """Yield the records of *partitions*, up to where each ends now."""
    consumer.assign(partitions)
    starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning(*partitions)
    unread = {each for each in partitions if starts[each] < ends[each]}
    quiet = 0
    with progress("reading dead letters", sum(ends[each] - starts[each] for each in partitions)) as step:
        while unread and quiet < QUIET_POLLS:
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            quiet = 0 if batches else quiet + 1
            for partition, records in batches.items():
                for record in records:
                    if record.offset < ends[partition]:
                        yield record
                step(len(records))
                if await consumer.position(partition) >= ends[partition]:
                    unread.discard(partition)


def _letter(record: ConsumerRecord[bytes, bytes]) -> Letter | None:
    """Return the letter of a record, None if somebody else wrote it: it has none of our headers."""
    headers = dict(record.headers)
    try:
        place = Place(
            headers["deskpulse-topic"].decode(),
            int(headers["deskpulse-partition"]),
            int(headers["deskpulse-offset"]),
        )
        reason, timestamp_ms = headers["deskpulse-reason"].decode(), int(headers["deskpulse-timestamp"])
    except (KeyError, ValueError):
        return None
    key = None if headers.get("deskpulse-absent") == b"key" else record.key
    cut = headers.get("deskpulse-value-bytes")
    size = int(cut) if cut else None if record.value is None else len(record.value)
    return Letter(
        reason=reason,
        place=place,
        timestamp_ms=timestamp_ms,
        rejected_ms=record.timestamp,
        key=key,
        value=record.value,
        size=size,
        headers=tuple(record.headers),
        is_whole=cut is None,
    )
