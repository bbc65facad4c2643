"""Bad records through a real Kafka and a real worker: each is kept whole with its reason, and the worker goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.events import MAX_BYTES, REASONS, Event, Rejected
from aggregators.instants import DAY_MS, LATEST_MS, rfc3339
from aggregators.vocabulary import TYPES
from stream.decoding import decode_record
from tests.eventually import eventually
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests import services

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
NOW_MS = time.time_ns() // 1_000_000
FAR_MS = NOW_MS - 3 * DAY_MS
PARTITIONS = 4
LATE_PARTITION = PARTITIONS - 1
RETENTION_MS = 35 * DAY_MS
AHEAD = "c-ahead"


@dataclass(frozen=True)
class Case:
    """A record and what is to come of it: a reason, or None if it is fine. `key` None is a record without key."""

    name: str
    reason: str | None
    value: bytes | None
    key: bytes | None = b"\xff\x00key"
    timestamp_ms: int = NOW_MS


def event(**fields: Any) -> bytes:
    """Return an event that is fine, but for *fields*; a field of ... is left out."""
    sent = {"id": "e-1", "type": "chat.started", "at": NOW_MS, "conversation": "c-1"} | fields
    return json.dumps({name: value for name, value in sent.items() if value is not ...}).encode()


def survey(**fields: Any) -> bytes:
    """Return a response to a survey that is fine, but for *fields*."""
    return event(**{"type": "survey.responded", "survey": "s", "kind": "csat", "score": 5} | fields)


def of_size(size: int, conversation: str) -> bytes:
    """Return an event of exactly so many bytes."""
    text = event(conversation=conversation, note="")
    return text[:-2] + b"x" * (size - len(text)) + text[-2:]


def raw(text: bytes) -> bytes:
    """Return an event with *text* as the value of a field that is ignored."""
    return event()[:-1] + b', "note": ' + text + b"}"


CASES = [
    Case("64 KiB and a byte", "too_large", of_size(MAX_BYTES + 1, "c-large")),
    Case("half a megabyte", "too_large", b" " * 500_000, None),
    Case("NaN", "invalid_json", raw(b"NaN")),
    Case("Infinity", "invalid_json", raw(b"-Infinity")),
    Case("a number beyond a double", "invalid_json", raw(b"1e400")),
    Case("a lone surrogate, escaped", "invalid_json", raw(b'"\\ud800"')),
    Case("a lone surrogate, raw", "invalid_json", raw(b'"\xed\xa0\x80"')),
    Case("no UTF-8", "invalid_json", raw(b'"\xff"')),
    Case("a byte-order mark", "invalid_json", b"\xef\xbb\xbf" + event()),
    Case("UTF-16", "invalid_json", event().decode().encode("utf-16")),
    Case("a raw control character", "invalid_json", raw(b'"\x01"')),
    Case("a raw newline in a text", "invalid_json", raw(b'"\n"')),
    Case("a raw NUL in a text", "invalid_json", raw(b'"\x00"')),
    Case("a NUL behind", "invalid_json", event() + b"\x00"),
    Case("a NUL alone", "invalid_json", b"\x00"),
    Case("cut off", "invalid_json", event()[:-9]),
    Case("nothing", "invalid_json", b""),
    Case("no value", "invalid_json", None),
    Case("neither key nor value", "invalid_json", None, None),
    Case("two objects", "invalid_json", event() + event()),
    Case("a comma too many", "invalid_json", event()[:-1] + b",}"),
    Case("nested too deep", "invalid_json", raw(b"[" * 5_000)),
    Case("not JSON at all", "invalid_json", b"chat.started c-1", None),
    Case("a list", "not_an_object", b"[" + event() + b"]"),
    Case("a text", "not_an_object", json.dumps(event().decode()).encode()),
    Case("a number", "not_an_object", b"5"),
    Case("null", "not_an_object", b"null"),
    Case("an unknown type", "unknown_type", event(type="chat.exploded")),
    Case("a type in capitals", "unknown_type", event(type="Chat.Started")),
    Case("no id", "missing_field", event(id=...)),
    Case("an id of null", "missing_field", event(id=None)),
    Case("no type", "missing_field", event(type=...)),
    Case("no at", "missing_field", event(at=...)),
    Case("no conversation", "missing_field", event(conversation=...)),
    Case("no queue", "missing_field", event(type="chat.queued")),
    Case("no actor", "missing_field", event(type="chat.message")),
    Case("no status", "missing_field", event(type="ticket.status_changed")),
    Case("no score", "missing_field", survey(score=...)),
    Case("no source", "missing_field", event(type="source.heartbeat")),
    Case("no agent", "missing_field", event(type="agent.heartbeat", state="busy")),
    Case("a type that is a number", "wrong_type", event(type=5)),
    Case("an id that is a number", "wrong_type", event(id=5)),
    Case("an instant that is true", "wrong_type", event(at=True)),
    Case("an instant that is a list", "wrong_type", event(at=[NOW_MS])),
    Case("an instant with a fraction", "wrong_type", event(at=NOW_MS + 0.5)),
    Case("a text that is a number", "wrong_type", event(conversation=81)),
    Case("a text that is a list", "wrong_type", event(queue=["billing"])),
    Case("a flag that is a text", "wrong_type", event(bot="yes")),
    Case("a flag that is a number", "wrong_type", event(type="chat.message", actor="human", public=1)),
    Case("a number that is a text", "wrong_type", survey(score="5")),
    Case("a number that is true", "wrong_type", survey(score=True)),
    Case("an integer with a fraction", "wrong_type", event(type="agent.capacity_changed", agent="a", slots=1.5)),
    Case("texts that are one text", "wrong_type", event(tags="vip")),
    Case("texts with a number", "wrong_type", event(tags=["vip", 1])),
    Case("a scale that is a list", "wrong_type", survey(scale=[1, 5])),
    Case("a scale of texts", "wrong_type", survey(scale={"min": "1", "max": "5"})),
    Case("a scale with a direction of 1", "wrong_type", survey(scale={"min": 1, "max": 5, "direction": 1})),
    Case("queues that are texts", "wrong_type", event(type="agent.queues_changed", agent="a", queues=["billing"])),
    Case("a shift that starts in a list", "wrong_type",
         event(type="agent.scheduled", agent="a", shift_start=[], shift_end=NOW_MS)),
    Case("an empty id", "bad_id", event(id="")),
    Case("an id of 129 characters", "bad_id", event(id="x" * 129)),
    Case("no zone", "bad_instant", event(at="2026-11-21T10:00:00")),
    Case("the 30th of February", "bad_instant", event(at="2026-02-30T10:00:00Z")),
    Case("25 o'clock", "bad_instant", event(at="2026-11-21T25:00:00Z")),
    Case("a word", "bad_instant", event(at="now")),
    Case("a date", "bad_instant", event(at="2026-11-21")),
    Case("beyond the year 9999", "bad_instant", event(at=LATEST_MS + 1)),
    Case("a shift that starts at a word", "bad_instant",
         event(type="agent.scheduled", agent="a", shift_start="noon", shift_end=NOW_MS)),
    Case("1989", "before_1990", event(at="1989-12-31T23:59:59.999Z")),
    Case("seconds taken for milliseconds", "before_1990", event(at=NOW_MS // 1000)),
    Case("a day and a millisecond ahead of the record", "in_the_future",
         event(id="ahead", conversation=AHEAD, at=rfc3339(FAR_MS + DAY_MS + 1)), b"ahead of it", FAR_MS),
    Case("a scale of one step too few", "bad_scale", survey(scale={"min": 5, "max": 5})),
    Case("a scale upside down", "bad_scale", survey(scale={"min": 5, "max": 1})),
    Case("a scale above the default's end", "bad_scale", event(type="survey.sent", survey="s", kind="nps",
                                                            scale={"min": 10})),
    Case("6 of 5", "score_outside_scale", survey(score=6)),
    Case("0 of 1 to 5", "score_outside_scale", survey(score=0)),
    Case("11 of 10", "score_outside_scale", survey(kind="nps", score=11)),
    Case("5.1 of 5", "score_outside_scale", survey(score=5.1)),
    Case("outside a scale of its own", "score_outside_scale", survey(score=2, scale={"min": 0, "max": 1})),
    Case("a millisecond too late", "late", event(id="late", conversation="c-late", at=NOW_MS - RETENTION_MS - 1)),
]  # fmt: skip
FINE = [
    Case("64 KiB", None, of_size(MAX_BYTES, "fine-large")),
    Case("a day ahead of the record", None, event(conversation="fine-ahead", at=FAR_MS + DAY_MS), b"k", FAR_MS),
    Case("just in time", None, event(conversation="fine-late", at=NOW_MS - RETENTION_MS)),
    Case("an escaped NUL", None, event(conversation="fine-nul", id="\x00", queue="\x00")),
    Case("a word nobody knows", None, event(type="chat.closed", conversation="fine-word", by="ghost")),
]
"""What stands right at the edge, on the good side of it."""


@dataclass(frozen=True)
class Sent:
    """Where a record of a case ended."""

    case: Case
    partition: int
    offset: int


class Site:
    """Topics of our own, a worker over them, and what it was sent."""

    def __init__(self, kafka: services.Kafka, redis: services.Redis, folder: Path) -> None:
        self.kafka, self.log = kafka, folder / "worker.log"
        self.chat = unique("support.chat")
        self.deadletter = unique("support.deadletter")
        others = {name: unique(f"support.{name.lower()}") for name in ("TICKET", "AGENT")}
        kafka.create_topics({self.chat: PARTITIONS, **dict.fromkeys(others.values(), 1)})
        self.env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DESKPULSE_KAFKA": kafka.address,
            "DESKPULSE_REDIS": redis.url,
            "DESKPULSE_GROUP": unique("group"),
            "DESKPULSE_TOPICS_CHAT": self.chat,
            "DESKPULSE_TOPICS_DEADLETTER": self.deadletter,
            **{f"DESKPULSE_TOPICS_{name}": topic for name, topic in others.items()},
        }
        self.sent: dict[str, Sent] = {}

    def send(self, case: Case, partition: int) -> None:
        """Send a record, and remember where it is."""
        producer = Producer({"bootstrap.servers": self.kafka.address, "message.max.bytes": 2_000_000, "log_level": 0})
        at: list[tuple[int | None, int | None]] = []
        producer.produce(
            self.chat, value=case.value, key=case.key, partition=partition, timestamp=case.timestamp_ms,
            on_delivery=lambda _, message: at.append((message.partition(), message.offset())),
        )  # fmt: skip
        assert producer.flush(30) == 0
        ((where, offset),) = at
        assert where is not None
        assert offset is not None
        self.sent[case.name] = Sent(case, where, offset)

    def worker(self) -> subprocess.Popen[bytes]:
        """Start one."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "stream.cli", "worker"], env=self.env, cwd=self.log.parent, stderr=log
            )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command of `deskpulse`."""
        command = [sys.executable, "-m", "stream.cli", *arguments]
        return subprocess.run(
            command, env=self.env, cwd=self.log.parent, capture_output=True, timeout=PATIENCE_S, check=False
        )

    def has_counted(self, conversation: str) -> bool:
        """Tell whether the tables hold a conversation."""
        return json.dumps(conversation).encode() in self.run("dump").stdout

    def records(self, topic: str) -> list[Message]:
        """Return what a topic holds now."""
        consumer = Consumer(
            {"bootstrap.servers": self.kafka.address, "group.id": unique("g"), "log_level": 0,
             "fetch.message.max.bytes": 4_000_000}
        )  # fmt: skip
        try:
            found = consumer.list_topics(topic, timeout=10).topics[topic]
            wanted, starts = 0, []
            for partition in found.partitions:
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
                wanted += high - low
                starts.append(TopicPartition(topic, partition, low))
            consumer.assign(starts)
            return list(consumer.consume(wanted, timeout=30)) if wanted else []
        finally:
            consumer.close()


def behind(name: str) -> str:
    """Return the conversation of the good event behind a bad record."""
    return f"behind {name}"


@pytest.fixture(scope="module")
def site(kafka: services.Kafka, redis: services.Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a worker that has read every case, each with a good event behind it."""
    redis.flush()
    made = Site(kafka, redis, tmp_path_factory.mktemp("bad"))
    made.send(Case("the watermark", None, event(conversation="first", at=NOW_MS)), LATE_PARTITION)
    for number, case in enumerate((*CASES, *FINE)):
        partition = LATE_PARTITION if "late" in case.name or "in time" in case.name else number % LATE_PARTITION
        made.send(case, partition)
        made.send(Case(behind(case.name), None, event(conversation=behind(case.name))), partition)
    process = made.worker()
    try:
        eventually(lambda: all(made.has_counted(behind(case.name)) for case in (CASES[-1], *FINE[-2:])))
        yield made
        assert process.poll() is None, made.log.read_text()
        process.terminate()
        assert process.wait(timeout=20) == 0
        assert "Traceback" not in made.log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def letters(site: Site) -> dict[tuple[int, int], Message]:
    """Give the dead letters by where their records stood."""
    found = {}
    for message in site.records(site.deadletter):
        headers = dict(message.headers() or [])
        assert headers["deskpulse-topic"] == site.chat.encode()
        found[int(headers["deskpulse-partition"] or 0), int(headers["deskpulse-offset"] or 0)] = message
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_record_is_kept_whole_with_its_reason(
    case: Case, site: Site, letters: dict[tuple[int, int], Message]
) -> None:
    """Its dead letter has its key, its bytes, its timestamp, where it stood, and a reason out of the closed set."""
    sent = site.sent[case.name]

    letter = letters[sent.partition, sent.offset]

    headers = dict(letter.headers() or [])
    key = None if headers.pop("deskpulse-absent", None) == b"key" else letter.key()
    assert (key, letter.value()) == (case.key, case.value)
    assert headers == {
        "deskpulse-reason": str(case.reason).encode(),
        "deskpulse-topic": site.chat.encode(),
        "deskpulse-partition": str(sent.partition).encode(),
        "deskpulse-offset": str(sent.offset).encode(),
        "deskpulse-timestamp": str(case.timestamp_ms).encode(),
    }


def test_nothing_else_is_in_the_dead_letters(site: Site, letters: dict[tuple[int, int], Message]) -> None:
    """What stands right at the edge, and what is behind a bad record, is none."""
    expected = {(sent.partition, sent.offset) for sent in site.sent.values() if sent.case.reason}

    assert set(letters) == expected


def test_the_event_behind_each_bad_record_counts(site: Site) -> None:
    """The worker goes on with the next record, whatever this one was."""
    dumped = site.run("dump").stdout

    missing = [case.name for case in CASES if json.dumps(behind(case.name)).encode() not in dumped]

    assert missing == []
    assert all(f'"fine-{name}"'.encode() in dumped for name in ("large", "ahead", "late", "nul", "word"))


def test_every_reason_has_a_case() -> None:
    """Of the closed set none is left out."""
    assert {case.reason for case in CASES} == set(REASONS)


def test_a_retry_brings_an_event_back_when_what_was_wrong_is_mended(site: Site) -> None:
    """Its record was stamped three days ago and the event was ahead of that; a new record has a stamp of today."""
    assert not site.has_counted(AHEAD)
    original = site.sent["a day and a millisecond ahead of the record"]

    done = site.run("dead-letters", "retry", "--reason", "in_the_future", "--yes")

    assert done.returncode == 0, done.stderr
    assert b"1 sent" in done.stdout
    eventually(lambda: site.has_counted(AHEAD))
    (retried,) = [record for record in site.records(site.chat) if "deskpulse-retried" in dict(record.headers() or [])]
    place = f"{site.chat}:{original.partition}:{original.offset}"
    assert dict(retried.headers() or []) == {"deskpulse-retried": place.encode()}
    assert (retried.key(), retried.value()) == (original.case.key, original.case.value)
    assert retried.partition() == original.partition


FIELDS = sorted({name for kind in TYPES.values() for name in kind.fields})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
VALUES = st.one_of(
    JSON,
    st.sampled_from(["2026-11-21T10:00:00Z", "csat", "nps", "human", "", "é" * 200, NOW_MS, 0, 5]),
    st.fixed_dictionaries({}, optional={"min": JSON, "max": JSON, "direction": JSON, "queue": JSON}),
    st.fixed_dictionaries({"min": st.integers(), "max": st.floats(allow_nan=False)}),
)
OBJECTS = st.builds(
    lambda kind, fields: {"id": "e", "at": NOW_MS, "conversation": "c", "type": kind} | fields,
    st.sampled_from(sorted(TYPES)),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8),
)


@given(st.binary(max_size=300) | OBJECTS.map(lambda sent: json.dumps(sent).encode()) | JSON.map(str).map(str.encode))
@example(b'{"id":"e","type":"survey.responded","at":1,"conversation":"c","survey":"s","kind":"csat","score":1e308}')
@example(raw(b"1" * 4_000))
@example(survey(scale={"min": -1e308, "max": 1e308}, score=5e-324))
@settings(max_examples=500, deadline=None)
def test_whatever_the_bytes_are_decoding_ends_in_an_event_or_a_reason(value: bytes) -> None:
    """It never raises; the reason is of the closed set, and the detail names a field and never what it holds."""
    found = decode_record(value)

    assert isinstance(found, Event | Rejected)
    if isinstance(found, Rejected):
        assert found.reason in REASONS
        assert found.detail in ("", "empty", "id", "at", "type", "conversation", "source", *FIELDS)
