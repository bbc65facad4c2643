"""Tests that run side by side do not get in each other's way."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from stream.devstack import process
from stream.devstack.process import free_port
from tests import parallel
from tests.eventually import eventually
from tests.servers.kafka import Kafka
from tests.servers.runner import ExternalRunner
from tests.servers.sharing import shared_kafka

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


class Starts:
    """Kafkas that are none: it notes which were started and ended."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []

    @contextmanager
    def run(self) -> Iterator[Kafka]:
        """Run one at an address of its own."""
        address = f"127.0.0.1:{len(self.started)}"
        self.started.append(address)
        yield Kafka(ExternalRunner("none"), address=address)
        self.ended.append(address)


def test_the_longest_files_are_there() -> None:
    """Once each."""
    assert [name for name in parallel.LONGEST if not (parallel.ROOT / name).exists()] == []
    assert len(set(parallel.LONGEST)) == len(parallel.LONGEST)


def test_the_longest_come_first() -> None:
    """In the order of the table; the others behind them."""
    first, second, other = (parallel.ROOT / name for name in (*parallel.LONGEST[:2], "tests/test_parallel.py"))

    assert parallel.place(first) < parallel.place(second) < parallel.place(other)


def test_processes_have_ports_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that one was given is not given to another, though no server listens there yet."""
    whole, shares = range(process.FIRST_PORT, process.LAST_PORT), []
    for number in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(process, "FIRST_PORT", whole.start)
            patched.setattr(process, "LAST_PORT", whole.stop)
            parallel.take_ports(number, of=3)
            shares.append(range(process.FIRST_PORT, process.LAST_PORT))
            assert free_port() in shares[-1]

    assert [share.start for share in shares[1:]] == [share.stop for share in shares[:-1]]
    assert shares[0].start == whole.start
    assert shares[-1].stop <= whole.stop


def test_a_server_of_somebody_else_is_for_one_test_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests empty the Redis of `DESKPULSE_TEST_REDIS`: they run one by one. Otherwise several run."""
    for name in parallel.EMPTIED:
        monkeypatch.delenv(name, raising=False)
    several = parallel.processes()
    monkeypatch.setenv("DESKPULSE_TEST_REDIS", "redis://127.0.0.1:6379/0")

    assert several >= 2
    assert parallel.processes() == 0


def test_kafka_is_started_once_and_ends_with_its_last_user(tmp_path: Path) -> None:
    """Who started it waits for the others; who comes after that starts another one."""
    kafkas, owner, other = Starts(), ExitStack(), ExitStack()
    first = owner.enter_context(shared_kafka(tmp_path, kafkas.run))
    second = other.enter_context(shared_kafka(tmp_path, kafkas.run))

    leaving = threading.Thread(target=owner.close)
    leaving.start()
    eventually(lambda: not (tmp_path / "kafka.address").exists())
    assert (second.address, kafkas.ended) == (first.address, [])
    with shared_kafka(tmp_path, kafkas.run) as third:
        assert third.address != first.address
        other.close()
    leaving.join(timeout=20)

    assert sorted(kafkas.ended) == kafkas.started == [first.address, third.address]
