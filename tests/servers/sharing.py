"""One Kafka for all the processes of a run: the first that needs it starts it, and ends it when nobody uses it."""

from __future__ import annotations

import fcntl
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.servers.kafka import Kafka
from tests.servers.runner import ExternalRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@contextmanager
def shared_kafka(folder: Path, run: Callable[[], AbstractContextManager[Kafka]]) -> Iterator[Kafka]:
    """Give the Kafka of all processes that name the same *folder*; *run* starts it where none runs yet.

    Whoever started it waits at the end until the others are through. A process that is killed holds nobody up.
    """
    said = folder / "kafka.address"
    with ExitStack() as stack:
        users = stack.enter_context((folder / "kafka.users").open("w"))
        with _locked(folder):
            if said.exists():
                kafka = Kafka(ExternalRunner("another process"), address=said.read_text())
            else:
                kafka = stack.enter_context(run())
                said.write_text(kafka.address)
                stack.callback(fcntl.flock, users, fcntl.LOCK_EX)
                stack.callback(_withdraw, said)
            fcntl.flock(users, fcntl.LOCK_SH)
        yield kafka


def _withdraw(said: Path) -> None:
    """Let nobody begin to use it: who comes later starts another one."""
    with _locked(said.parent):
        said.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
