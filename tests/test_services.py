"""The servers of the tests do what the tests take for granted."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests import services
from tests.servers.server import UnavailableError, choose_way

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import AlertmanagerFactory, PrometheusFactory

pytestmark = pytest.mark.services_smoke


def produce(address: str, topic: str, value: bytes) -> None:
    """Write one record to partition 0 and wait for it."""
    producer = Producer({"bootstrap.servers": address, "log_level": 0})
    producer.produce(topic, value, partition=0)
    assert producer.flush(20) == 0


def read(address: str, topic: str, count: int) -> list[bytes]:
    """Return the first *count* values of partition 0."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": services.unique("test"), "log_level": 0})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return [message.value() or b"" for message in consumer.consume(count, timeout=20)]
    finally:
        consumer.close()


def test_kafka_makes_topics_with_as_many_partitions_as_asked_for(kafka: services.Kafka) -> None:
    """A topic of a test has its own name and the partition count the test wants."""
    first, second = kafka.topic(partitions=3), kafka.topic(partitions=3)

    produce(kafka.address, first, b"here")

    assert first != second
    assert read(kafka.address, first, 1) == [b"here"]


@pytest.mark.faults
def test_a_killed_broker_comes_back_at_its_address_with_its_data(own_kafka: services.Kafka) -> None:
    """After kill -9 and start the same address serves the records from before."""
    topic = own_kafka.topic()
    produce(own_kafka.address, topic, b"before")
    own_kafka.kill()

    own_kafka.start()
    produce(own_kafka.address, topic, b"after")

    assert read(own_kafka.address, topic, 2) == [b"before", b"after"]


def test_redis_is_7_and_valkey_is_9(redis: services.Redis, valkey: services.Redis) -> None:
    """The two servers the tables must run on are these."""
    with redis.client() as old, valkey.client() as new:
        assert old.info("server")["redis_version"].startswith("7.")
        assert new.info("server")["valkey_version"].startswith("9.")


def test_each_redis_keeps_an_append_only_file(each_redis: services.Redis) -> None:
    """A test that kills Redis finds its writes again."""
    with each_redis.client() as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_redis_can_be_killed_rolled_back_and_wiped(own_redis: services.Redis) -> None:
    """A kill keeps what was written, a rollback brings an older copy back, a wipe leaves nothing."""
    seen = []
    with own_redis.client() as client:
        client.set("n", 1)
        copy = own_redis.copy_data()
        client.set("n", 2)

        own_redis.kill()
        own_redis.start()
        seen.append(client.get("n"))
        own_redis.restore_data(copy)
        seen.append(client.get("n"))
        own_redis.wipe()
        seen.append(client.get("n"))

    assert seen == [b"2", b"1", None]


def test_a_paused_redis_keeps_its_connections(own_redis: services.Redis) -> None:
    """Pausing is a server that hangs: the same connection answers after it."""
    with own_redis.client() as client:
        client.set("n", 1)
        own_redis.pause()
        own_redis.resume()

        assert client.get("n") == b"1"


@pytest.fixture
def target() -> Iterator[str]:
    """Give the address of an exporter with one series, on 127.0.0.1 alone."""

    class Exporter(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(b"answer 42\n")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_alert_goes_from_a_scrape_to_alertmanager(
    target: str, prometheus: PrometheusFactory, alertmanager: AlertmanagerFactory, tmp_path: Path
) -> None:
    """Prometheus scrapes a target on 127.0.0.1, evaluates a rule file, and Alertmanager holds the alert."""
    rules = tmp_path / "rules.yml"
    rules.write_text('{"groups": [{"name": "g", "rules": [{"alert": "Found", "expr": "answer == 42"}]}]}')
    pager = alertmanager()

    watcher = prometheus(targets=[target], rules=[rules], alertmanagers=[pager.url.removeprefix("http://")])
    deadline = time.monotonic() + 30
    while not pager.alerts() and time.monotonic() < deadline:
        time.sleep(0.1)

    assert [sample.value for sample in watcher.query("answer")] == [42.0]
    assert [alert["labels"]["alertname"] for alert in pager.alerts()] == ["Found"]


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is skipped says what the machine lacks."""
    monkeypatch.setenv("DESKPULSE_TEST_SERVICES", "process")

    with pytest.raises(UnavailableError, match="Kafka: no java on PATH"):
        choose_way("Kafka", image="apache/kafka", missing_for_process="no java on PATH")


def test_a_server_dies_with_a_killed_run(tmp_path: Path) -> None:
    """A run ended by kill -9 leaves no server: the kernel ends it."""
    program = (
        "import pathlib, sys, time; from stream.devstack.process import spawn; folder = pathlib.Path(sys.argv[1]);"
        "print(spawn(['sleep', '600'], folder=folder, log=folder / 'log').pid, flush=True); time.sleep(600)"
    )
    run = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE)
    assert run.stdout
    server = int(run.stdout.readline())
    run.kill()
    run.wait()
    run.stdout.close()

    deadline = time.monotonic() + 20
    while alive(server) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not alive(server)


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - no path of ours
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
