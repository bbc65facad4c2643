"""A worker on a real Kafka and a real Redis, with a processor that counts and adds up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis as redis_client
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.eventually import eventually
from tests.logs import Log
from tests.pipeline import Pipeline
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests import services

SCRIPT = Path(__file__).parent / "counting.py"
ROOT = SCRIPT.parents[2]
PATIENCE_S = 60.0


class Site:
    """Three topics, a Redis, and the workers that count the one into the other."""

    def __init__(self, kafka: services.Kafka, redis: services.Redis, folder: Path) -> None:
        self.kafka, self.url, self.folder = kafka, redis.url, folder
        self.topics = [unique(name) for name in ("support.chat", "support.ticket", "support.agent")]
        self.group = unique("group")
        self.redis: Any = redis_client.Redis.from_url(redis.url, decode_responses=True)
        self.sent = self.total = 0
        self.started = 0

    def make_topics(self, partitions: int = 2) -> None:
        """Make the three, each with so many partitions."""
        self.kafka.create_topics(dict.fromkeys(self.topics, partitions))

    def send(self, count: int) -> None:
        """Send records whose values are numbers, so that their sum shows a lost or a doubled one."""
        producer = Producer({"bootstrap.servers": self.kafka.address, "linger.ms": 5, "compression.type": "lz4"})
        for number in range(self.sent, self.sent + count):
            producer.produce(self.topics[number % 3], str(number).encode(), key=str(number % 97).encode())
            producer.poll(0)
            self.total += number
        assert producer.flush(30) == 0
        self.sent += count

    @contextmanager
    def worker(self, **env: str) -> Iterator[Worker]:
        """Run a worker; it is killed at the end if it still runs."""
        self.started += 1
        worker = Worker(self.folder / f"worker-{self.started}.log", self._env() | env)
        try:
            yield worker
        finally:
            worker.end()

    def counted(self) -> tuple[int, int]:
        """Return the number and the sum of the records that are counted."""
        cells = [self.redis.hmget(key, "records", "sum") for key in self.hashes()]
        return sum(int(n or 0) for n, _ in cells), sum(int(s or 0) for _, s in cells)

    def is_exact(self) -> bool:
        """Tell whether all that was sent is counted, once."""
        return self.counted() == (self.sent, self.total)

    def hashes(self) -> list[str]:
        """Return the keys under which partitions are counted."""
        return [f"{{{topic}:{one}}}" for topic in self.topics for one in range(8)]

    def seams(self) -> list[list[str]]:
        """Return, of each partition, "expected>next" of each commit in order."""
        return [found for key in self.hashes() if (found := self.redis.lrange(f"{key}:seams", 0, -1))]

    @cached_property
    def admin(self) -> AdminClient:
        """Return one client, kept: a future of a client that is gone never ends."""
        return AdminClient({"bootstrap.servers": self.kafka.address})

    def _env(self) -> dict[str, str]:
        names = ("CHAT", "TICKET", "AGENT")
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DESKPULSE_KAFKA": self.kafka.address,
            "DESKPULSE_REDIS": self.url,
            "DESKPULSE_GROUP": self.group,
            "DESKPULSE_TOPICS_DEADLETTER": f"{self.group}.deadletter",
            "DESKPULSE_LOG_FORMAT": "json",
            **{f"DESKPULSE_TOPICS_{name}": topic for name, topic in zip(names, self.topics, strict=True)},
        }


class Worker:
    """A worker process and its log."""

    def __init__(self, path: Path, env: dict[str, str]) -> None:
        self.path = path
        with path.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, SCRIPT], env=env, cwd=path.parent, stderr=log)

    @property
    def log(self) -> str:
        """Return what it wrote to stderr."""
        return self.path.read_text()

    def says(self, text: str) -> bool:
        """Tell whether the log has *text*; the worker must be running."""
        assert self.process.poll() is None, self.log
        return text in self.log

    def stop(self, *, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(by)
        return self.process.wait(timeout=20)

    def end(self) -> None:
        """Kill it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def listens(self) -> bool:
        """Tell whether the process has a TCP port open."""
        folder = Path(f"/proc/{self.process.pid}")
        mine = {str(one.readlink()) for one in (folder / "fd").iterdir()}
        lines = (folder / "net/tcp").read_text().splitlines()[1:] + (folder / "net/tcp6").read_text().splitlines()[1:]
        return any(fields[3] == "0A" and f"socket:[{fields[9]}]" in mine for fields in map(str.split, lines))


def follow_each_other(seams: list[str]) -> bool:
    """Tell whether each commit begins where the one before ended, the first at the log's beginning."""
    return [seam.split(">")[0] for seam in seams] == ["-1", *(seam.split(">")[1] for seam in seams[:-1])]


def test_every_record_of_every_source_topic_is_counted_once(
    kafka: services.Kafka, redis: services.Redis, tmp_path: Path
) -> None:
    """What was there before the worker, and what comes while it runs; its chunks follow each other without a gap."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics()
    site.send(30_000)

    with site.worker() as worker:
        eventually(site.is_exact)
        site.send(1_000)
        eventually(site.is_exact)

        assert all(follow_each_other(seams) for seams in site.seams())
        assert worker.stop() == 0


def test_a_worker_opens_no_port(kafka: services.Kafka, redis: services.Redis, tmp_path: Path) -> None:
    """Faust's web server, which shows tables to everybody, is never started."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics()

    with site.worker() as worker:
        eventually(lambda: worker.says("partitions_placed"))

        assert not worker.listens()
        assert list(tmp_path.iterdir()) == [worker.path]


def test_a_worker_says_that_it_counts(kafka: services.Kafka, redis: services.Redis, tmp_path: Path) -> None:
    """It touches the file of DESKPULSE_ALIVE each second, so that a health check needs neither a port nor a client.

    Frozen it does not, which is what the check is for; and a file that cannot be written ends nothing.
    """
    site, file = Site(kafka, redis, tmp_path), tmp_path / "alive"
    site.make_topics()

    def touched() -> float:
        return file.stat().st_mtime if file.exists() else 0.0

    with site.worker(DESKPULSE_ALIVE=str(file)) as worker, site.worker(DESKPULSE_ALIVE="/nowhere/alive") as other:
        eventually(lambda: touched() > 0)
        before = touched()
        eventually(lambda: touched() > before)
        worker.process.send_signal(signal.SIGSTOP)
        eventually(lambda: Path(f"/proc/{worker.process.pid}/stat").read_text().split()[2] == "T")
        frozen = touched()
        site.send(100)
        eventually(site.is_exact)

        assert touched() == frozen
        assert other.process.poll() is None


def test_sigterm_drains_the_chunk_in_hand_and_the_next_start_redoes_nothing(
    kafka: services.Kafka, redis: services.Redis, tmp_path: Path
) -> None:
    """Exit code 0 under load; Kafka's committed offsets are then those of Redis."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics()
    for _ in range(3):
        site.send(60_000)

    with site.worker(COUNTING_SLOW_S="0.3") as worker:
        eventually(lambda: len(site.seams()) > 1)
        assert worker.stop() == 0
    assert not site.is_exact()
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": site.group})
    wanted = [TopicPartition(topic, one) for topic in site.topics for one in range(2)]
    committed = {(one.topic, one.partition): max(one.offset, 0) for one in consumer.committed(wanted, timeout=10)}
    consumer.close()
    stored = {tuple(key[1:-1].rsplit(":", 1)): site.redis.hget(key, "offset") for key in site.hashes()}
    assert committed == {key: int(stored[key[0], str(key[1])] or 0) for key in committed}

    with site.worker() as worker:
        eventually(site.is_exact)
        assert all(follow_each_other(seams) for seams in site.seams())
        assert "rewind" not in worker.log


def test_sigterm_ends_a_worker_that_waits_for_redis(
    kafka: services.Kafka, own_redis: services.Redis, tmp_path: Path
) -> None:
    """It does not wait for ever: the chunk in hand is left, and read again by the next start."""
    site = Site(kafka, own_redis, tmp_path)
    site.make_topics()
    site.send(3_000)

    with site.worker() as worker:
        eventually(site.is_exact)
        own_redis.pause()
        site.send(3_000)
        time.sleep(1)
        assert worker.stop() == 0
        assert "chunk_left" in worker.log
        own_redis.resume()
    with site.worker():
        eventually(site.is_exact)


@pytest.mark.faults
def test_a_worker_that_starts_before_its_redis_says_so_and_waits(
    kafka: services.Kafka, own_redis: services.Redis, tmp_path: Path
) -> None:
    """One line that it waits and what for, and one when Redis is there: then it counts from the log's beginning."""
    pipeline = Pipeline(kafka, own_redis, tmp_path, partitions=1)
    pipeline.send(Log().queued("00:00").accepted("00:10").lines)
    own_redis.kill()

    with pipeline.worker() as worker:
        eventually(lambda: worker.says('"event": "redis_waiting"'))
        assert not worker.says('"event": "redis_back"')
        own_redis.start()
        eventually(lambda: worker.says('"event": "redis_back"'))

        assert b"chat.accepted" in pipeline.assert_equals_batch()
        (waiting,) = [line for line in map(json.loads, worker.log.splitlines()) if line["event"] == "redis_waiting"]
    assert (waiting["level"], waiting["doing"]) == ("warning", "loading")
    assert waiting["error"]


def test_killed_workers_leave_exact_sums(kafka: services.Kafka, redis: services.Redis, tmp_path: Path) -> None:
    """Three kill -9 of one of two workers, while records come in."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics(partitions=4)

    with site.worker(COUNTING_SLOW_S="0.02"):
        for number in range(3):
            with site.worker(COUNTING_SLOW_S="0.02", DESKPULSE_INSTANCE="second") as killed:
                eventually(partial(killed.says, "partitions_placed"))
                site.send(20_000)
                time.sleep(0.1 * number)
                killed.stop(by=signal.SIGKILL)
        eventually(site.is_exact)


def test_a_worker_that_comes_back_with_other_topics_is_given_their_partitions(
    kafka: services.Kafka, redis: services.Redis, tmp_path: Path
) -> None:
    """Under its static id, killed and back at once: Kafka would leave it what it had.

    First with a source more, beside a worker that has it already; then with one less, of which nothing is counted.
    """
    site = Site(kafka, redis, tmp_path)
    site.make_topics(partitions=3)
    without = {"DESKPULSE_TOPICS_TICKET": site.topics[0]}
    ids = [{"DESKPULSE_INSTANCE": f"{site.group}-{number}"} for number in range(2)]

    with site.worker(**without, **ids[0]) as first, site.worker(**without, **ids[1]) as second:
        eventually(lambda: shares(first) == shares(second) == 3)
        site.send(3_000)
        first.end()
        second.end()
    with site.worker(**ids[0]) as first, site.worker(**ids[1]) as second:
        eventually(site.is_exact)
        eventually(lambda: shares(first) + shares(second) == 9)
    site.send(3_000)
    with site.worker(**without, **ids[0]) as first, site.worker(**without, **ids[1]) as second:
        eventually(lambda: shares(first) == shares(second) == 3)
        eventually(lambda: site.counted()[0] == 5_000)


def shares(worker: Worker) -> int:
    """Return how many partitions the worker was given last, 0 before."""
    said = [json.loads(line) for line in worker.log.splitlines() if '"event": "partitions_assigned"' in line]
    return said[-1]["partitions"] if said else 0


def test_what_redis_lost_is_read_again_even_when_nothing_comes_in(
    kafka: services.Kafka, own_redis: services.Redis, tmp_path: Path
) -> None:
    """An idle partition is rewound to the log's beginning, never to Kafka's committed offset."""
    site = Site(kafka, own_redis, tmp_path)
    site.make_topics()
    site.send(5_000)

    with site.worker() as worker:
        eventually(site.is_exact)
        time.sleep(1.5)  # by now Kafka's committed offsets are at the end
        own_redis.flush()
        eventually(site.is_exact)
        assert worker.says('"event": "rewind"')
        site.send(1_000)
        eventually(site.is_exact)
        worker.stop()

    own_redis.flush()
    with site.worker() as worker:
        eventually(site.is_exact)


def test_an_older_image_of_redis_is_continued_from_where_it_stood(
    kafka: services.Kafka, own_redis: services.Redis, tmp_path: Path
) -> None:
    """The cells and offsets of some time ago come back, while records come in."""
    site = Site(kafka, own_redis, tmp_path)
    site.make_topics()
    site.send(20_000)

    with site.worker() as worker:
        eventually(site.is_exact)
        older = {key: site.redis.hgetall(key) for key in site.hashes()}
        site.send(20_000)
        eventually(site.is_exact)
        for key, cells in older.items():
            if cells:
                site.redis.hset(key, mapping=cells)
        site.send(3_000)
        eventually(site.is_exact)
        assert worker.says('"event": "rewind"')


def test_records_that_kafka_deleted_uncounted_are_said_aloud(
    kafka: services.Kafka, redis: services.Redis, tmp_path: Path
) -> None:
    """The gap is logged with its size, and what is left is counted."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics(partitions=1)
    site.send(900)
    (deleted,) = site.admin.delete_records([TopicPartition(site.topics[0], 0, 100)]).values()
    deleted.result(timeout=30)

    with site.worker() as worker:
        eventually(lambda: site.counted()[0] == 800)
        assert worker.says('"event": "log_gap"')
        assert '"missing": 100' in worker.log


@pytest.mark.faults
def test_a_log_that_is_shorter_than_what_is_counted_stops_the_worker(
    kafka: services.Kafka, redis: services.Redis, tmp_path: Path
) -> None:
    """A topic made anew: exit code 3 and one line that says what to do, never a silent reset."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics(partitions=1)
    site.send(30)
    site.redis.hset(f"{{{site.topics[0]}:0}}", mapping={"offset": 500, "records": 500, "sum": 0})

    with site.worker() as worker:
        assert worker.process.wait(timeout=PATIENCE_S) == 3
        assert "point DESKPULSE_REDIS at an empty database" in worker.log
        assert "Traceback" not in worker.log
    assert site.redis.hget(f"{{{site.topics[0]}:0}}", "records") == "500"


@pytest.mark.faults
def test_added_partitions_stop_the_worker(kafka: services.Kafka, redis: services.Redis, tmp_path: Path) -> None:
    """Keys moved to other partitions: exit code 3, whether the group noticed first or the worker."""
    site = Site(kafka, redis, tmp_path)
    site.make_topics(partitions=1)
    site.send(30)

    with site.worker() as worker:
        eventually(site.is_exact)
        site.admin.create_partitions([NewPartitions(site.topics[0], 3)])[site.topics[0]].result(timeout=30)
        assert worker.process.wait(timeout=PATIENCE_S) == 3
        assert "Traceback" not in worker.log


def test_a_worker_without_a_broker_waits_and_can_be_stopped(redis: services.Redis, tmp_path: Path) -> None:
    """The log says which address does not answer; SIGTERM ends it with 0."""

    class Nowhere:
        address = "127.0.0.1:1"

    site = Site(Nowhere(), redis, tmp_path)  # type: ignore[arg-type]

    with site.worker() as worker:
        eventually(lambda: worker.says("kafka_unreachable"))
        assert worker.says("127.0.0.1:1")
        assert worker.stop() == 0


def test_missing_topics_are_named_and_waited_for(kafka: services.Kafka, redis: services.Redis, tmp_path: Path) -> None:
    """The worker makes none; when they are there it counts."""
    site = Site(kafka, redis, tmp_path)

    with site.worker() as worker:
        eventually(lambda: worker.says("topics_missing"))
        assert all(topic in worker.log for topic in site.topics)
        assert not set(site.topics) & set(site.admin.list_topics(timeout=10).topics)
        site.make_topics()
        site.send(300)
        eventually(site.is_exact)


@pytest.mark.faults
def test_a_worker_comes_back_by_itself_when_its_broker_does(
    own_kafka: services.Kafka, redis: services.Redis, tmp_path: Path
) -> None:
    """The broker is killed under load and started again."""
    site = Site(own_kafka, redis, tmp_path)
    site.make_topics()
    site.send(30_000)

    with site.worker(COUNTING_SLOW_S="0.1") as worker:
        eventually(lambda: site.counted()[0] > 0)
        own_kafka.kill()
        eventually(lambda: worker.says("kafka_unreachable"))
        own_kafka.start()
        site.send(3_000)
        eventually(site.is_exact)
        assert worker.stop() == 0
