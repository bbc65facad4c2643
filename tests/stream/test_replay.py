"""Replay and simulate into a real Kafka: every record where it belongs, byte for byte."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, TopicPartition

from stream import replay as replaying
from stream.errors import UsageError
from stream.producer import EventProducer
from stream.replay import Pace, Survey, refuse_old_days
from stream.routing import Router, Topics
from stream.settings import load
from stream.simulator import Centre
from tests.services import unique

if TYPE_CHECKING:
    from pathlib import Path

    from stream.settings import Settings
    from tests.services import Kafka

T0 = 1_795_075_200_000
"""2026-11-19T08:00:00Z."""


@dataclass(frozen=True)
class Stored:
    """One record as Kafka gives it back."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes


@dataclass(frozen=True)
class Desk:
    """Topics of one test on the Kafka of the session."""

    settings: Settings

    def run(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run `deskpulse` with these topics."""
        return subprocess.run(
            [sys.executable, "-m", "stream.cli", *arguments],
            input=stdin,
            capture_output=True,
            env=self.environment(),
            timeout=120,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment of a command that uses these topics."""
        own = self.settings
        names = {"CHAT": own.topics_chat, "TICKET": own.topics_ticket, "AGENT": own.topics_agent}
        return {
            **os.environ,
            "DESKPULSE_KAFKA": own.kafka,
            **{f"DESKPULSE_TOPICS_{name}": topic for name, topic in names.items()},
        }

    def stored(self, topic: str) -> list[Stored]:
        """Return every record of a topic, partition by partition, each in its order."""
        consumer = Consumer({"bootstrap.servers": self.settings.kafka, "group.id": "nobody", "log_level": 0})
        try:
            wanted, starts = 0, []
            for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
                wanted += high - low
                starts.append(TopicPartition(topic, partition, low))
            consumer.assign(starts)
            found: list[Stored] = []
            for record in consumer.consume(wanted, timeout=30) if wanted else []:
                partition, value = record.partition(), record.value()
                assert record.error() is None
                assert partition is not None
                assert value is not None
                found.append(Stored(topic, partition, record.key(), value))
            assert len(found) == wanted
            return sorted(found, key=lambda record: record.partition)
        finally:
            consumer.close()

    def stored_lanes(self) -> dict[str, list[Stored]]:
        """Return the records of the three topics by lane."""
        own = self.settings
        return {
            "chat": self.stored(own.topics_chat),
            "ticket": self.stored(own.topics_ticket),
            "agent": self.stored(own.topics_agent),
        }


@pytest.fixture
def desk(kafka: Kafka) -> Desk:
    """Give three topics that do not exist yet."""
    names = {f"topics_{lane}": unique(f"support.{lane}") for lane in ("chat", "ticket", "agent")}
    return Desk(load({"kafka": kafka.address, **names}))


def line(type_: str, at: str = "2026-11-19T08:00:00Z", **fields: object) -> bytes:
    """Return an event with an id that says what it is."""
    return json.dumps({"id": f"{type_}-{at}", "type": type_, "at": at, **fields}).encode()


def values(records: list[Stored]) -> set[bytes]:
    """Return the values without repeats."""
    return {record.value for record in records}


def test_lines_go_where_they_belong(desk: Desk, tmp_path: Path) -> None:
    """Live conversations to chat, others to ticket, the rest to agent, what cannot be read to chat as it stands."""
    survey_before_its_chat = line("survey.sent", conversation="c-1", survey="s", kind="csat")
    chat = line("chat.started", conversation="c-1")
    other_tenant = line("survey.sent", conversation="c-1", tenant="acme", survey="s", kind="csat")
    ticket = line("ticket.created", conversation="t-1")
    agent = line("agent.heartbeat", agent="a-1", state="available", conversation="c-1")
    page = line("selfservice.viewed", session="v-1")
    broken = [b'{"id":"x", "at":NaN}', b"\xff\xfe", b"  [1, 2]", b'\xef\xbb\xbf{"id":"y"}']
    blank = b" \t\r"
    spaced = b'{ "id":"m",  "type":"chat.message","at":1795075200000,"conversation":"c-1","actor":"customer" }  \r'
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        b"\n".join([survey_before_its_chat, chat, other_tenant, ticket, agent, page, *broken, blank, spaced, b"", b""])
    )

    done = desk.run("replay", str(path))

    assert done.returncode == 0, done.stderr
    found = desk.stored_lanes()
    assert values(found["chat"]) == {survey_before_its_chat, chat, spaced, *broken}
    assert values(found["ticket"]) == {other_tenant, ticket}
    assert values(found["agent"]) == {agent, page}
    keys = {record.value: record.key for records in found.values() for record in records}
    assert [keys[one] for one in (chat, ticket, agent, page, spaced)] == [b"c-1", b"t-1", b"a-1", b"v-1", b"c-1"]
    assert all(keys[one] is None for one in broken)
    assert b"made topic" in done.stderr


def test_a_conversation_stays_in_one_partition_and_in_order(desk: Desk, tmp_path: Path) -> None:
    """What a file says of a conversation stands in one partition in the order of the file; nothing is lost."""
    events = list(Centre(seed=1).events(T0, T0 + 1_800_000))
    path = tmp_path / "day.jsonl.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"".join(event.value + b"\n" for event in events))

    done = desk.run("replay", str(path), "--partitions", "5")

    assert done.returncode == 0, done.stderr
    for lane, records in desk.stored_lanes().items():
        assert {record.partition for record in records} == set(range(5))
        by_key: dict[bytes | None, set[int]] = {}
        for record in records:
            if b"source.heartbeat" not in record.value:
                by_key.setdefault(record.key, set()).add(record.partition)
        assert all(len(partitions) == 1 for partitions in by_key.values())
        sent = [event.value for event in events if event.lane in {lane, "all"}]
        for partition in range(5):
            own = [record.value for record in records if record.partition == partition]
            mine = set(own)
            assert own == [value for value in sent if value in mine]
        assert values(records) == set(sent)


def test_heartbeats_of_sources_reach_every_partition_of_every_topic(desk: Desk) -> None:
    """The least of all watermarks moves with them."""
    beat = line("source.heartbeat", source="desk")

    done = desk.run("replay", "-", "--partitions", "3", stdin=beat + b"\n")

    assert done.returncode == 0, done.stderr
    for records in desk.stored_lanes().values():
        assert [(record.partition, record.value) for record in records] == [(0, beat), (1, beat), (2, beat)]


def test_until_stops_before_an_instant_and_says_so_to_every_partition(desk: Desk) -> None:
    """Events with `at` < T, whatever their zone, then one heartbeat with `at` = T; illegible instants stay."""
    before = line("chat.started", "2026-11-19T10:59:59.999+02:00", conversation="c-1")
    at = line("chat.queued", "2026-11-19T09:00:00Z", conversation="c-1", queue="billing")
    after = line("ticket.created", "2026-11-19T09:00:01Z", conversation="t-1")
    illegible = line("chat.message", "yesterday", conversation="c-1")

    done = desk.run(
        "replay", "-", "--until", "2026-11-19T09:00:00Z", "--partitions", "2",
        stdin=b"\n".join([at, after, before, illegible]),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found = desk.stored_lanes()
    beats = {
        lane: [record for record in records if b"source.heartbeat" in record.value] for lane, records in found.items()
    }
    assert values(found["chat"]) - values(beats["chat"]) == {before, illegible}
    for lane, records in beats.items():
        assert [record.partition for record in records] == [0, 1]
        assert all(json.loads(record.value)["at"] == "2026-11-19T09:00:00Z" for record in records)
        last = {record.partition: record for record in found[lane]}
        assert list(last.values()) == records


def test_one_topic_for_everything(desk: Desk) -> None:
    """`--topic` overrides the routes, and no other topic is made or written."""
    own = unique("own")
    lines = [line("chat.started", conversation="c"), line("ticket.created", conversation="t"), b"?"]

    done = desk.run("replay", "-", "--topic", own, stdin=b"\n".join(lines))

    assert done.returncode == 0, done.stderr
    assert values(desk.stored(own)) == set(lines)
    assert done.stderr.count(b"made topic") == 1


def test_a_line_no_broker_takes_is_left_out_and_counted(desk: Desk) -> None:
    """Over a million bytes; lines over 64 KiB still go, to be rejected where that is counted."""
    long = line("chat.message", conversation="c", actor="customer", padding="x" * 200_000)
    too_long = line("chat.message", conversation="c", actor="customer", padding="x" * 1_100_000)

    done = desk.run("replay", "-", stdin=long + b"\n" + too_long)

    assert done.returncode == 0, done.stderr
    assert values(desk.stored_lanes()["chat"]) == {long}
    assert b"1 too long" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere.jsonl"], b"nowhere.jsonl: No such file"),
        (["-", "--speed", "quick"], b"--speed: 'quick' is not a speed (try 60, or max)"),
        (["-", "--until", "noon"], b"--until: 'noon' is not an instant"),
    ],
)
def test_mistakes_end_with_one_line_that_names_the_option(arguments: list[str], text: bytes) -> None:
    """Exit code 2 and no traceback, before anything is sent."""
    done = Desk(load({"kafka": "127.0.0.1:1"})).run("replay", *arguments, stdin=b"")

    assert done.returncode == 2
    assert text in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", [("replay", "-"), ("simulate", "--past", "1m")], ids=" ".join)
@pytest.mark.parametrize("address", ["refuses", "is silent"])
def test_a_kafka_that_is_away_is_one_line_that_names_the_setting(command: tuple[str, ...], address: str) -> None:
    """A port where nobody listens, or where nobody answers: exit code 2, and nothing of the client's own words."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if address == "is silent":
            nobody.listen(50)
        kafka = f"127.0.0.1:{nobody.getsockname()[1]}"

        done = Desk(load({"kafka": kafka})).run(*command, stdin=line("chat.started", conversation="c-1"))

    assert done.returncode == 2
    (said,) = done.stderr.decode().splitlines()
    assert said.startswith(f"DESKPULSE_KAFKA: no broker answers at {kafka} (")


async def test_old_days_are_refused_where_the_numbers_have_gone_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events more than the retention behind a topic's watermark would be rejected; the error says what to do."""
    settings = load({"retention": "35d"})
    topics = Topics.of(settings)
    found = Survey()
    found.note(line("chat.started", "2026-10-01T00:00:00Z", conversation="c"))
    reached = {"ms": T0}

    async def watermarks(_: Settings) -> dict[str, int]:
        return {topics.chat: reached["ms"]}

    monkeypatch.setattr(replaying, "stored_watermarks", watermarks)

    with pytest.raises(UsageError, match=r"support\.chat has reached 2026-11-19T08:00:00Z.*DESKPULSE_TOPICS_CHAT"):
        await refuse_old_days(settings, topics, found)
    reached["ms"] -= 15 * 86_400_000
    await refuse_old_days(settings, topics, found)


def test_the_pace_is_that_of_the_events_and_a_stray_stamp_stops_nothing() -> None:
    """At speed 60 a minute takes a second; a line from the year 2999 moves no clock; a gap of days is jumped."""
    pace = Pace(60)
    far_ms = 32_472_144_000_000

    assert pace.wait_s(T0, now_s=100) == 0
    assert pace.wait_s(T0 + 60_000, now_s=100) == 1
    assert pace.wait_s(T0 + 30_000, now_s=101) == 0
    assert pace.wait_s(far_ms, now_s=101) == 0
    assert pace.wait_s(T0 + 120_000, now_s=101) == 1
    # Two days later, twice: it goes on from there.
    assert pace.wait_s(T0 + 172_800_000, now_s=102) == 0
    assert pace.wait_s(T0 + 172_800_000, now_s=102) == 0
    assert pace.wait_s(T0 + 172_860_000, now_s=102) == 1


def test_a_key_has_the_partition_other_producers_give_it(kafka: Kafka) -> None:
    """murmur2, as Java's clients and confluent-kafka with its partitioner murmur2: key by key the same."""
    from confluent_kafka import Producer

    ours, theirs = kafka.topic("ours", partitions=7), kafka.topic("theirs", partitions=7)
    keys = [f"c-{number}".encode() for number in range(200)] + [b"", "電話".encode()]

    async def send() -> None:
        async with EventProducer(load({"kafka": kafka.address})) as producer:
            for key in keys:
                await producer.send(ours, key=key, value=key)

    asyncio.run(send())
    other = Producer({"bootstrap.servers": kafka.address, "partitioner": "murmur2", "log_level": 0})
    for key in keys:
        other.produce(theirs, key=key, value=key)
    other.flush(20)

    own = Desk(load({"kafka": kafka.address}))
    first, second = ({record.value: record.partition for record in own.stored(topic)} for topic in (ours, theirs))
    del first[b""], second[b""]  # librdkafka takes an empty key for none
    assert first == second


def test_the_simulator_writes_the_past_then_goes_on_live_until_it_is_told_to_stop(desk: Desk) -> None:
    """Ctrl-C ends it with exit code 0 and everything stored that it counted; all three topics have their events."""
    with subprocess.Popen(
        [sys.executable, "-m", "stream.cli", "simulate", "--past", "20m", "--heartbeat", "1s", "--partitions", "2"],
        env=desk.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            started_ms = None
            for _ in range(200):
                beats = _beats(desk)
                started_ms = started_ms or (max(beats) if beats else None)
                # Some second after the first look: it goes on by itself.
                if started_ms and max(beats) > started_ms + 1_000:
                    break
                _wait(process)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()

    assert process.returncode == 0, errors
    found = desk.stored_lanes()
    unique_events = values(found["chat"]) | values(found["ticket"]) | values(found["agent"])
    assert f"{len(unique_events)} events".encode() in errors
    assert all(len(records) > 50 for records in found.values())


def _beats(desk: Desk) -> list[int]:
    try:
        records = desk.stored(desk.settings.topics_ticket)
    except KeyError:
        return []
    return [
        int(json.loads(record.value)["id"].rpartition("-")[2]) * 1_000
        for record in records
        if b"source.heartbeat" in record.value
    ]


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=0.3)
    except subprocess.TimeoutExpired:
        return


def test_a_simulated_file_replays_to_where_the_simulator_would_send_it(tmp_path: Path) -> None:
    """The routes read from a file are those the simulator knows, for every conversation."""
    path = tmp_path / "out.jsonl"
    options = ["--start", "2026-11-19T08:00:00Z", "--for", "1h", "--tenants", "default,acme"]
    done = Desk(load()).run("simulate", "--out", str(path), *options)
    assert done.returncode == 0, done.stderr
    events = list(Centre(tenants=("default", "acme")).events(T0, T0 + 3_600_000))
    router = Router()
    lines = path.read_bytes().splitlines()
    for one in lines:
        router.learn(one)

    routes = [router.route(one) for one in lines]

    assert lines == [event.value for event in events]
    assert [(route.lane, route.at_ms) for route in routes] == [(event.lane, event.at_ms) for event in events]
    assert [route.key for route in routes if route.lane != "all"] == [
        event.key for event in events if event.lane != "all"
    ]
