"""The product as its users run it: workers and `serve` as processes, between a real Kafka and a real Redis.

A `Pipeline` has topics, a group and addresses of its own, so that several may share one Kafka. A Redis holds the tables
of one pipeline at a time: give it an empty one. Its clock is that of the events, unless told otherwise.

    pipeline = Pipeline(kafka, empty_redis, tmp_path)
    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(lines)
        pipeline.heartbeat(t)
        values = serve.at(t)
        pipeline.assert_equals_batch()
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, Producer

from aggregators.instants import rfc3339
from stream.devstack.process import end, free_port
from stream.routing import Router, Topics
from stream.settings import Settings, load
from stream.told import told_topics
from tests.eventually import PATIENCE_S
from tests.processes import Process, Serve
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from confluent_kafka import Message

    from tests import services

ROOT = Path(__file__).parents[1]
COMPILED = os.environ.get("DESKPULSE_TEST_COMPILED", "")
"""Where the compiled packages lie that processes run, "" for those of the sources. See `make test-compiled`."""


class Pipeline:
    """Three source topics and a dead-letter topic, and what reads and writes them."""

    def __init__(
        self,
        kafka: services.Kafka,
        redis: services.Redis,
        folder: Path,
        *,
        partitions: int = 4,
        make_topics: bool = True,
        **env: str,
    ) -> None:
        """*env* goes to every process, on top of the addresses: `DESKPULSE_CLOCK="wall"`, for example."""
        self.kafka, self.redis, self.folder = kafka, redis, folder
        self.partitions = partitions
        self.chat, self.ticket, self.agent = (unique(f"support.{name}") for name in ("chat", "ticket", "agent"))
        self.deadletter, self.group = unique("support.deadletter"), unique("deskpulse")
        self._started = 0
        self._router = Router()
        self._env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, [COMPILED, str(ROOT)])),
            "PYTHONWARNINGS": "default",
            "DESKPULSE_KAFKA": kafka.address,
            "DESKPULSE_REDIS": redis.url,
            "DESKPULSE_TOPICS_CHAT": self.chat,
            "DESKPULSE_TOPICS_TICKET": self.ticket,
            "DESKPULSE_TOPICS_AGENT": self.agent,
            "DESKPULSE_TOPICS_DEADLETTER": self.deadletter,
            "DESKPULSE_GROUP": self.group,
            "DESKPULSE_CLOCK": "event",
            "DESKPULSE_LOG_FORMAT": "json",
            **env,
        }
        if make_topics:
            kafka.create_topics(dict.fromkeys(self.topics, partitions))

    @property
    def topics(self) -> tuple[str, str, str]:
        """The source topics: chat, ticket, agent."""
        return self.chat, self.ticket, self.agent

    @cached_property
    def settings(self) -> Settings:
        """The same settings for code that runs in the test itself."""
        prefix = "DESKPULSE_"
        return load({k.removeprefix(prefix).lower(): v for k, v in self._env.items() if k.startswith(prefix)})

    @contextmanager
    def worker(self, **env: str) -> Iterator[Process]:
        """Run a worker; it is asked to end when the block does, and must go with 0 unless it was ended before."""
        process = Process("worker", env=self._env | env, folder=self.folder, name=self._name("worker"))
        try:
            yield process
            if process.running:
                assert process.stop() == 0, process.log
        finally:
            end(process.child)

    @contextmanager
    def rebuild(self, **env: str) -> Iterator[Process]:
        """Run a rebuild for the definitions that *env* names; it is ended at the latest when the block is."""
        process = Process("rebuild", env=self._env | env, folder=self.folder, name=self._name("rebuild"))
        try:
            yield process
        finally:
            end(process.child)

    @contextmanager
    def simulate(self, *arguments: str) -> Iterator[Process]:
        """Run a simulated centre with these options; it is ended when the block is."""
        process = Process("simulate", *arguments, env=self._env, folder=self.folder, name=self._name("simulate"))
        try:
            yield process
        finally:
            end(process.child)

    def define(self, text: str) -> str:
        """Give every process that is started from now on this file of definitions; return its path."""
        file = self.folder / f"{self._name('definitions')}.toml"
        file.write_text(text)
        self._env["DESKPULSE_DEFINITIONS"] = str(file)
        self.__dict__.pop("settings", None)  # else the topics of what is told would be those of before
        return str(file)

    @contextmanager
    def serve(self, **env: str) -> Iterator[Serve]:
        """Run `serve` on a free port; as `worker` otherwise. It listens a moment later."""
        listen = {"DESKPULSE_LISTEN": f"127.0.0.1:{free_port()}"}
        process = Serve(env=self._env | listen | env, folder=self.folder, name=self._name("serve"))
        try:
            yield process
            if process.running:
                assert process.stop() == 0, process.log
        finally:
            end(process.child)

    def run(self, *arguments: str | Path, code: int = 0) -> bytes:
        """Run another command of Deskpulse to its end, with exit code *code*; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "stream.cli", *map(str, arguments)],
            cwd=self.folder, env=self._env, capture_output=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr.decode()
        return done.stdout

    def failing(self, *arguments: str | Path) -> str:
        """Run another command of Deskpulse that is to end with exit code 2; return the last line of what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "stream.cli", *map(str, arguments)],
            cwd=self.folder, env=self._env, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        return done.stderr.splitlines()[-1]

    def learn(self, lines: Iterable[bytes]) -> None:
        """Look ahead at lines sent later: a conversation with any `chat.*` event goes to the topic of chats."""
        for line in lines:
            self._router.learn(line)

    def send(self, lines: Sequence[bytes], *, timestamp: int | None = None) -> None:
        """Send lines, without their line feeds, each conversation to one partition; return when they are stored.

        Every record has *timestamp* (epoch ms), or the present. Lines of a conversation that becomes a chat by a later
        call must be learnt before.
        """
        self.learn(lines)
        topics = Topics.of(self.settings)
        for line in lines:
            route = self._router.route(line)
            if route.lane == "all":
                self._broadcast(line.removesuffix(b"\n"))
            else:
                self.produce(topics.named(route.lane), line.removesuffix(b"\n"), key=route.key, timestamp=timestamp)
        self.flush()

    def heartbeat(self, t: int) -> None:
        """Send a heartbeat of the instant *t* (epoch ms) to every partition of every topic, after all that was sent."""
        self.flush()
        beat = f'{{"id":"until-{t}","type":"source.heartbeat","at":"{rfc3339(t)}","source":"test"}}'
        self._broadcast(beat.encode())
        self.flush()

    def produce(self, topic: str, value: bytes | None, **options: Any) -> None:
        """Send one record as it is: `key`, `partition`, `timestamp`, `headers` may be given. See `flush`."""
        given = {name: option for name, option in options.items() if option is not None}
        while True:
            try:
                self._producer.produce(topic, value, **given)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Return when everything sent is stored."""
        assert self._producer.flush(60) == 0, "Kafka does not store what was sent"

    def dead_letters(self, count: int) -> list[Message]:
        """Return the first *count* records of the dead-letter topic; fewer if no more come for 10 s."""
        consumer = Consumer(
            {"bootstrap.servers": self.kafka.address, "group.id": unique("reader"), "auto.offset.reset": "earliest"}
        )
        consumer.subscribe([self.deadletter])
        found: list[Message] = []
        while len(found) < count and (more := consumer.consume(count - len(found), timeout=10)):
            found += more
        consumer.close()
        return found

    def dump(self) -> bytes:
        """Return the canonical lines of what stands in Redis."""
        return self.run("dump")

    def export(self) -> Path:
        """Write all records of the source topics to a new file, and return it."""
        file = self.folder / f"{self._name('export')}.jsonl"
        self.run("export", "--out", file)
        return file

    def assert_equals_batch(self, *, within_s: float = PATIENCE_S) -> bytes:
        """Assert that Redis holds, byte for byte, what `compute --as-applied` makes of the exported log; return it.

        Waits until the workers have read all of it, and what they tell one another. Nothing must be sent meanwhile.
        """
        right = self.run("compute", "--as-applied", self.export())
        deadline = time.monotonic() + within_s
        while (stands := self._stands()) != right and time.monotonic() < deadline:
            time.sleep(0.5)
            if told_topics(self.settings):
                right = self.run("compute", "--as-applied", self.export())
        assert stands == right, _first_differences(stands, right)
        return stands

    def _stands(self) -> bytes:
        """Return what stands in Redis; nothing while no worker has told a wiped one its generation."""
        client = self.redis.client()
        try:
            return self.dump() if client.exists("dp:generation") else b""
        finally:
            client.close()

    @cached_property
    def _producer(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self.kafka.address,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                "log_level": 0,
                "compression.type": "lz4",
            }
        )

    def _broadcast(self, value: bytes) -> None:
        for topic in self.topics:
            for partition in range(self.partitions):
                self.produce(topic, value, key="test", partition=partition)

    def _name(self, kind: str) -> str:
        self._started += 1
        return f"{kind}-{self._started}"


def _first_differences(stands: bytes, right: bytes) -> str:
    """Return the first lines that only one of the two has, how far partitions are read before all others."""
    has, wants = set(stands.splitlines()), set(right.splitlines())
    extra, missing = (
        [f"only in {where}: {line.decode()}" for line in sorted(lines, key=_positions_first)]
        for where, lines in (("Redis", has - wants), ("the batch", wants - has))
    )
    return "\n".join([f"{len(extra)} and {len(missing)} lines differ", *extra[:5], *missing[:5]])


def _positions_first(line: bytes) -> tuple[bool, bytes]:
    return not line.startswith(b'{"table":"position"'), line
