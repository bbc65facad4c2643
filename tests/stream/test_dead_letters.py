"""Rejected records on a real Kafka: how they are kept, and what `deskpulse dead-letters` does with them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import RESOURCE_TOPIC, AdminClient, ConfigResource  # type: ignore[attr-defined]

from aggregators.instants import DAY_MS
from stream.chunks import DeadLetter
from stream.dead_letters import KafkaDeadLetters
from stream.settings import load
from tests.pipeline import Pipeline
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confluent_kafka import Message

    from stream.settings import Settings
    from tests import services

ROOT = Path(__file__).parents[2]
T0 = 1_700_000_000_000


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
    source = kafka.topic(partitions=4)
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


@pytest.mark.faults
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


def place(
    topic: str, offset: int, *, reason: str = "unknown_type", key: bytes | None = b"c1", value: bytes | None = b"{}"
) -> DeadLetter:
    """Return a record that was rejected in partition 3 of *topic*."""
    return DeadLetter(reason, topic, 3, offset, T0, key, value)


async def keep(chosen: Settings, letters: Sequence[DeadLetter]) -> None:
    """Write dead letters, one after the other."""
    async with KafkaDeadLetters(chosen) as sink:
        for one in letters:
            await sink.send([one])


def run(chosen: Settings, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run `deskpulse dead-letters` for these topics; nobody is at its terminal."""
    names = ("topics_chat", "topics_ticket", "topics_agent", "topics_deadletter")
    own = {f"DESKPULSE_{name.upper()}": getattr(chosen, name) for name in names}
    return subprocess.run(
        [sys.executable, "-m", "stream.cli", "dead-letters", *arguments],
        env={**os.environ, **own, "DESKPULSE_KAFKA": chosen.kafka},
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


def end_of(kafka: services.Kafka, topic: str) -> int:
    """Return how many records a topic has in partition 3."""
    from confluent_kafka import TopicPartition

    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": "nobody", "log_level": 0})
    try:
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, 3), timeout=10)
        return int(high)
    finally:
        consumer.close()


async def test_the_list_says_why_and_where_and_how_many_there_are(kafka: services.Kafka) -> None:
    """Each letter once, though it may be stored twice; the latest ones, and the counts of all; no content."""
    chosen = settings(kafka)
    source = chosen.topics_chat
    twice = place(source, 7, value=b"secret words", key=b"c-\xff")
    await keep(chosen, [place(source, 5, reason="too_large"), twice, twice, place(source, 9, value=None)])

    done = run(chosen, "list")
    latest = json.loads(run(chosen, "list", "--limit", "2", "--format", "json").stdout)
    some = run(chosen, "list", "--reason", "too_large")

    assert (done.returncode, done.stderr) == (0, b"")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert lines[0] == ["reason", "topic", "partition", "offset", "timestamp", "key", "bytes"]
    assert lines[2] == ["unknown_type", source, "3", "7", "2023-11-14T22:13:20Z", "c-\\xff", "12"]
    assert lines[-3:] == [["unknown_type", "2"], ["too_large", "1"], ["all", "3"]]
    assert b"secret" not in done.stdout
    assert [(row["offset"], row["bytes"]) for row in latest["letters"]] == [(7, 12), (9, None)]
    assert latest["counts"] == {"unknown_type": 2, "too_large": 1}
    assert b"unknown_type" not in some.stdout


async def test_a_long_key_does_not_stretch_the_list(kafka: services.Kafka) -> None:
    """Of a thousand characters the table has 59 and a sign that there are more; the other form has all."""
    chosen = settings(kafka)
    await keep(chosen, [place(chosen.topics_chat, 1, value=b"x", key=b"k" * 1_000)])

    table = run(chosen, "list").stdout.decode().splitlines()
    (letter,) = json.loads(run(chosen, "list", "--format", "json").stdout)["letters"]

    assert table[1].split()[5] == "k" * 59 + "…"
    assert letter["key"] == "k" * 1_000


async def test_a_letter_is_shown_as_it_came(kafka: services.Kafka) -> None:
    """Headers and key to read, the bytes untouched; a warning that they may hold texts of customers."""
    chosen = settings(kafka)
    value = bytes(range(256))
    await keep(chosen, [place(chosen.topics_chat, 5, value=b"other"), place(chosen.topics_chat, 6, value=value)])

    whole = run(chosen, "show", chosen.topics_chat, "3", "6")
    bare = run(chosen, "show", chosen.topics_chat, "3", "6", "--raw")
    none = run(chosen, "show", chosen.topics_chat, "3", "8")

    head, _, body = whole.stdout.partition(b"\n\n")
    assert body == bare.stdout == value
    assert b"deskpulse-reason: unknown_type\n" in head
    assert head.endswith(b"key: c1")
    assert b"may hold what customers wrote" in whole.stderr
    assert b"may hold what customers wrote" in bare.stderr
    assert none.returncode == 2
    assert none.stderr.count(b"\n") == 1


async def test_a_retry_sends_the_original_bytes_to_the_partition_they_came_from(kafka: services.Kafka) -> None:
    """A new record with the original key, if it had one, and one header that says what it was."""
    source, other = kafka.topic(partitions=5), kafka.topic(partitions=1)
    chosen = load(
        {"kafka": kafka.address, "topics_chat": source, "topics_ticket": other, "topics_agent": other,
         "topics_deadletter": unique("support.deadletter")}
    )  # fmt: skip
    keys = [*(b"c-%d" % number for number in range(7)), None]
    await keep(chosen, [place(source, number, key=key, value=b"{%d" % number) for number, key in enumerate(keys)])

    done = run(chosen, "retry", "--yes")

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[-1] == b"8 sent"
    found = await asyncio.to_thread(read, kafka, source, 8)
    assert {(one.key(), one.value(), one.partition()) for one in found} == {
        (key, b"{%d" % number, 3) for number, key in enumerate(keys)
    }
    assert {tuple(one.headers() or ()) for one in found} == {
        (("deskpulse-retried", f"{source}:3:{number}".encode()),) for number in range(8)
    }
    assert all((one.timestamp()[1] or 0) > T0 + 1_000_000 for one in found)


async def test_a_retry_leaves_what_cannot_be_sent_and_says_so(kafka: services.Kafka) -> None:
    """Late ones, ones without a value, ones of a topic nobody reads, and the same bytes a second time."""
    chosen = settings(kafka)
    source = chosen.topics_chat
    again = place(source, 9)
    await keep(
        chosen,
        [place(source, 1, reason="late"), place(source, 2, value=None), place("elsewhere", 3), place(source, 4), again],
    )

    dry = run(chosen, "retry", "--dry-run")
    asked = run(chosen, "retry")
    nothing = run(chosen, "retry", "--reason", "too_large", "--yes")
    before = end_of(kafka, source)
    done = run(chosen, "retry", "--yes", "--topic", source)

    for why in (b"1 left: late", b"1 left: without a value", b"1 left: of topics", b"1 left: with the same bytes"):
        assert why in dry.stderr
    assert dry.stdout.splitlines()[-1] == b"1 to send, nothing sent"
    assert (asked.returncode, asked.stderr.splitlines()[-1]) == (2, b"--yes: is needed where nobody can be asked")
    assert nothing.stdout.splitlines()[-1] == b"0 to send, nothing sent"
    assert before == 0
    assert done.stdout.splitlines()[-1] == b"1 sent"
    assert end_of(kafka, source) == 1


async def test_a_letter_of_a_partition_that_is_gone_is_left(kafka: services.Kafka) -> None:
    """The topic was made anew with fewer, or not at all: elsewhere the record would be apart from its conversation."""
    source, missing = kafka.topic(partitions=4), unique("support.missing")
    chosen = load(
        {"kafka": kafka.address, "topics_chat": source, "topics_ticket": missing, "topics_agent": source,
         "topics_deadletter": unique("support.deadletter")}
    )  # fmt: skip
    gone = DeadLetter("unknown_type", source, 4, 0, T0, b"c1", b"{}")
    await keep(chosen, [place(source, 1), gone, place(missing, 2)])

    done = run(chosen, "retry", "--yes")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, b"1 sent")
    assert done.stderr == b"2 left: of partitions that their topic does not have\n"
    assert end_of(kafka, source) == 1
    assert missing not in AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=10).topics


async def test_the_same_bytes_in_two_partitions_are_two_records(kafka: services.Kafka) -> None:
    """A heartbeat goes to every partition, under one key: so does its retry."""
    chosen = settings(kafka)
    source = chosen.topics_chat
    await keep(chosen, [DeadLetter("in_the_future", source, number, 7, T0, b"s", b"{}") for number in range(4)])

    done = run(chosen, "retry", "--yes")

    assert done.stdout.splitlines()[-1] == b"4 sent"
    found = await asyncio.to_thread(read, kafka, source, 4)
    assert sorted(one.partition() or 0 for one in found) == [0, 1, 2, 3]


def test_a_retried_record_meets_its_conversation_whatever_partitioner_its_producer_has(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Keys lie elsewhere for librdkafka than for Java's clients: an answer that was rejected still answers its own leg.

    queued ─── accepted, on a host whose clock stood three days back: in_the_future ─── retried: nobody waits
    """
    pipeline = Pipeline(kafka, empty_redis, tmp_path)
    now = time.time_ns() // 1_000_000
    producer = Producer({"bootstrap.servers": kafka.address, "partitioner": "consistent_random", "log_level": 0})
    for number in range(8):
        key = f"c{number}"
        queued = {"id": "q", "type": "chat.queued", "at": now - 60_000, "conversation": key, "queue": "q"}
        accepted = {"id": "a", "type": "chat.accepted", "at": now - 30_000, "conversation": key}
        producer.produce(pipeline.chat, json.dumps(queued).encode(), key=key)
        producer.produce(pipeline.chat, json.dumps(accepted).encode(), key=key, timestamp=now - 3 * DAY_MS)
    assert producer.flush(30) == 0

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.heartbeat(now - 1_000)
        before = serve.at(now - 1_000)
        said = pipeline.run("dead-letters", "retry", "--yes")
        pipeline.heartbeat(now)
        after = serve.at(now)

    assert said.splitlines()[-1] == b"8 sent"
    waiting = "support_tenant_waiting", (("tenant", "default"),)
    answered = "support_tenant_rolling_answered", (("tenant", "default"), ("window", "1h"))
    assert (before[waiting], before[answered]) == (8, 0)
    assert (after[waiting], after[answered]) == (0, 8)


async def test_the_value_that_was_too_large_to_keep_is_missed_and_not_sent_as_nothing(kafka: services.Kafka) -> None:
    """The dead-letter topic holds less than the record: the letter says how large it was."""
    chosen = settings(kafka)
    kafka.create_topics({chosen.topics_deadletter: 1}, config={"max.message.bytes": "100000"})
    await keep(chosen, [place(chosen.topics_chat, 1, reason="too_large", value=b"x" * 200_000)])

    (row,) = json.loads(run(chosen, "list", "--format", "json").stdout)["letters"]
    done = run(chosen, "retry", "--yes")

    assert row["bytes"] == 200_002
    assert b"1 left: without their bytes" in done.stderr
    assert end_of(kafka, chosen.topics_chat) == 0


def test_what_others_write_into_the_topic_is_no_letter(kafka: services.Kafka) -> None:
    """A record without our headers is passed over."""
    chosen = settings(kafka)
    kafka.create_topics({chosen.topics_deadletter: 1})
    producer = Producer({"bootstrap.servers": kafka.address})
    producer.produce(chosen.topics_deadletter, b"?", headers={"deskpulse-topic": b"t", "deskpulse-partition": b"x"})
    producer.produce(chosen.topics_deadletter, b"?")
    assert producer.flush(30) == 0

    done = run(chosen, "list")

    assert (done.returncode, done.stdout) == (0, b"all  0\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["retry", "--reason", "late"], b"--reason: late records cannot be retried"),
        (["retry", "--reason", "lte"], b"--reason: 'lte' is not one of too_large, "),
        (["list", "--reason", "lte"], b"--reason: 'lte' is not one of too_large, "),
        (["list", "--kafka", "127.0.0.1:1"], b"DESKPULSE_KAFKA: 127.0.0.1:1 does not answer"),
        (["list"], b"DESKPULSE_TOPICS_DEADLETTER: Kafka has no topic "),
    ],
)
def test_mistakes_end_with_one_line_that_names_the_option(
    arguments: list[str], text: bytes, kafka: services.Kafka
) -> None:
    """Exit code 2 and no traceback."""
    done = run(settings(kafka), *arguments)

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(text)
    assert done.stderr.count(b"\n") == 1


def test_looking_for_letters_makes_no_topic(kafka: services.Kafka) -> None:
    """A topic made by a look would be too small for the letters: this broker makes what it is asked for."""
    chosen = settings(kafka)

    done = run(chosen, "list")

    assert done.returncode == 2
    assert (
        chosen.topics_deadletter not in AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=20).topics
    )
