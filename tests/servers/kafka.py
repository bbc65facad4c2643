"""Kafka 4.1: one broker in KRaft mode, with a port that survives its restarts."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from stream.devstack.process import free_port
from tests.servers.runner import ContainerRunner, ExternalRunner, ProcessRunner
from tests.servers.server import Server, UnavailableError, choose_way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.runner import Runner

VERSION = "4.1.0"
IMAGE = f"apache/kafka:{VERSION}"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"
INSIDE = "localhost:9094"
JAVA = ("java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
POM = f"""<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>"""


class Kafka(Server):
    """A broker; `address` is its bootstrap server, host:port."""

    def __init__(self, runner: Runner, *, address: str, folder: Path | None = None) -> None:
        """Take a runner that is not started, and the folder to remove with it."""
        super().__init__(runner)
        self.address = address
        self._folder = folder

    def answers(self) -> bool:
        """Tell whether every partition of every topic has a leader."""
        try:
            found = self._admin().list_topics(timeout=1)
        except KafkaException:
            return False
        partitions = [one for topic in found.topics.values() for one in topic.partitions.values()]
        return bool(found.brokers) and all(one.leader in found.brokers for one in partitions)

    def create_topics(self, partitions: Mapping[str, int], *, config: Mapping[str, str] | None = None) -> None:
        """Make topics, {name: number of partitions}, and return when each has its leaders."""
        new = [NewTopic(name, count, 1, config=dict(config or {})) for name, count in partitions.items()]
        admin = self._admin()  # held: an AdminClient that is let go gives up its requests
        for made in admin.create_topics(new, operation_timeout=20).values():
            made.result(timeout=30)
        self.wait()

    def topic(self, name: str = "support.chat", *, partitions: int = 4) -> str:
        """Make a topic with a name of its own that begins with *name*, and return the name."""
        own = unique(name)
        self.create_topics({own: partitions})
        return own

    def delete_records(self, topic: str, *, before: int) -> None:
        """Delete the records of the topic's only partition whose offset is less than *before*."""
        admin = self._admin()
        for deleted in admin.delete_records([TopicPartition(topic, 0, before)]).values():
            deleted.result(timeout=30)

    def close(self) -> None:
        """End it and remove what it wrote."""
        super().close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0, "socket.timeout.ms": 10_000})


def unique(name: str) -> str:
    """Return *name* with a suffix that no other test has."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def find_kafka() -> Kafka:
    """Return the Kafka of `DESKPULSE_TEST_KAFKA`, else a new one. Raises UnavailableError."""
    address = os.environ.get("DESKPULSE_TEST_KAFKA")
    return Kafka(ExternalRunner("DESKPULSE_TEST_KAFKA"), address=address) if address else new_kafka()


def new_kafka() -> Kafka:
    """Return a Kafka of our own, not started. Raises UnavailableError."""
    way = choose_way("Kafka", image=IMAGE, missing_for_process=_missing())
    port, controller = free_port(), free_port()
    address = f"127.0.0.1:{port}"
    if way == "container":
        settings = _settings(listen=":9092", controller="localhost:9093", address=address)
        # The address is that of the host; for the end of a transaction the broker calls itself, from inside.
        settings["listeners"] += f",INSIDE://{INSIDE}"
        settings["advertised.listeners"] += f",INSIDE://{INSIDE}"
        settings["listener.security.protocol.map"] += ",INSIDE:PLAINTEXT"
        settings["inter.broker.listener.name"] = "INSIDE"
        env = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
        return Kafka(ContainerRunner(IMAGE, env=env, ports={9092: port}), address=address)
    libs = _jars()
    folder = Path(tempfile.mkdtemp(prefix="deskpulse-kafka-"))
    settings = _settings(listen=address, controller=f"127.0.0.1:{controller}", address=address)
    settings["log.dirs"] = str(folder / "data")
    properties = folder / "server.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    java = [*JAVA, "-cp", f"{libs}/*"]
    subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", properties],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return Kafka(ProcessRunner([*java, "kafka.Kafka", properties], folder), address=address, folder=folder)


def _settings(*, listen: str, controller: str, address: str) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{listen},CONTROLLER://:{controller.rpartition(':')[2]}"
        if listen.startswith(":")
        else f"PLAINTEXT://{listen},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "num.partitions": "4",
        # After kill -9 the broker is let in again when its old session is over: 6 s instead of 14 s.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
    }


def _missing() -> str | None:
    if not shutil.which("java"):
        return "no java on PATH"
    if not _libs().exists() and not shutil.which("mvn"):
        return "no mvn on PATH to fetch Kafka's jars"
    return None


def _libs() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "deskpulse" / f"kafka-{VERSION}"


def _jars() -> Path:
    """Return the folder of Kafka's jars, fetched on the first call of this machine. Raises UnavailableError."""
    libs = _libs()
    libs.parent.mkdir(parents=True, exist_ok=True)
    with (libs.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if libs.exists():
            return libs
        with tempfile.TemporaryDirectory(dir=libs.parent) as folder:
            (Path(folder) / "pom.xml").write_text(POM)
            fetch = [
                "mvn",
                "-q",
                "-B",
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
                "-DoutputDirectory=libs",
            ]
            try:
                subprocess.run(fetch, cwd=folder, check=True, capture_output=True, timeout=300)
            except (subprocess.SubprocessError, OSError) as error:
                message = f"Kafka: mvn cannot fetch its jars ({error})"
                raise UnavailableError(message) from error
            # Renamed when whole: an interrupted fetch is not taken for the jars.
            (Path(folder) / "libs").rename(libs)
    return libs
