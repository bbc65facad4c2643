"""Rejected records on a real Kafka."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from confluent_kafka import Consumer
from confluent_kafka.admin import RESOURCE_TOPIC, AdminClient, ConfigResource  # type: ignore[attr-defined]

from stream.chunks import DeadLetter
from stream.dead_letters import KafkaDeadLetters
from stream.settings import load
from tests.services import unique

if TYPE_CHECKING:
    from confluent_kafka import Message

    from stream.settings import Settings
    from tests import services


def read(kafka: services.Kafka, topic: str, count: int) -> list[Message]:
    """Return the first records of a topic."""
    consumer = Consumer(
        {"bootstrap.servers": kafka.address, "group.id": unique("g"), "auto.offset.reset": "earliest",
         "fetch.message.max.bytes": 4_000_000}
    )  # fmt: skip
    consumer.subscribe([topic])
    found: list[Message] = []
    while len(found) < count:
        found += consumer.consume(count - len(found), timeout=30)
    consumer.close()
    return found


def letter(offset: int, *, key: bytes | None = b"c1", value: bytes | None = b"{") -> DeadLetter:
    """Return a rejected record."""
    return DeadLetter("json", "support.chat", 3, offset, 1_700_000_000_000, key, value)


def settings(kafka: services.Kafka) -> Settings:
    """Return settings with topics of their own; the source is made, the dead-letter topic is not."""
    source = kafka.topic(partitions=1)
    topics = {"topics_chat": source, "topics_ticket": source, "topics_agent": source}
    return load({"kafka": kafka.address, **topics, "topics_deadletter": unique("support.deadletter")})


async def test_a_letter_keeps_key_and_value_and_says_where_it_stood(kafka: services.Kafka) -> None:
    """Five headers; an absent value stays absent, and of a record with neither a sixth says so."""
    chosen = settings(kafka)

    async with KafkaDeadLetters(chosen) as letters:
        await letters.send([letter(41), letter(42, key=None), letter(43, value=None), letter(44, key=None, value=None)])

    found = await asyncio.to_thread(read, kafka, chosen.topics_deadletter, 4)
    first, *_, last = found
    assert [(one.key(), one.value()) for one in found] == [(b"c1", b"{"), (None, b"{"), (b"c1", None), (b"", None)]
    assert dict(last.headers() or [])["deskpulse-absent"] == b"key"
    assert dict(first.headers() or []) == {
        "deskpulse-reason": b"json",
        "deskpulse-topic": b"support.chat",
        "deskpulse-partition": b"3",
        "deskpulse-offset": b"41",
        "deskpulse-timestamp": b"1700000000000",
    }


async def test_the_topic_is_made_with_room_for_the_largest_record_of_a_source(kafka: services.Kafka) -> None:
    """A record of the sources' full size fits with its headers."""
    chosen = settings(kafka)

    async with KafkaDeadLetters(chosen) as letters:
        await letters.send([letter(1, value=b"x" * 1_048_000)])

    (found,) = await asyncio.to_thread(read, kafka, chosen.topics_deadletter, 1)
    assert len(found.value() or b"") == 1_048_000
    admin = AdminClient({"bootstrap.servers": kafka.address})
    (described,) = admin.describe_configs([ConfigResource(RESOURCE_TOPIC, chosen.topics_deadletter)]).values()
    assert int(described.result(timeout=10)["max.message.bytes"].value) > 1_048_588


async def test_letters_wait_while_kafka_is_away(own_kafka: services.Kafka) -> None:
    """Sent while the broker is down, stored when it is back."""
    chosen = settings(own_kafka)

    async with KafkaDeadLetters(chosen) as letters:
        await letters.send([letter(1)])
        await asyncio.to_thread(own_kafka.stop)
        waiting = asyncio.create_task(letters.send([letter(2)]))
        done, _ = await asyncio.wait({waiting}, timeout=2)
        assert not done
        await asyncio.to_thread(own_kafka.start)
        await asyncio.wait_for(waiting, 60)

    found = await asyncio.to_thread(read, own_kafka, chosen.topics_deadletter, 2)
    assert {dict(one.headers() or [])["deskpulse-offset"] for one in found} == {b"1", b"2"}
