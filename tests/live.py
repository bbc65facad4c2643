"""Deskpulse as its operators run it: a worker and a serve as processes, on a real Kafka and a real Redis."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import Producer
from prometheus_client.parser import text_string_to_metric_families

from stream.devstack.process import free_port
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.samples import Sample

    from tests import services

ROOT = Path(__file__).parents[1]
PATIENCE_S = 60.0
SCRAPE_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20


def eventually(true: Callable[[], object], *, within_s: float = PATIENCE_S, every_s: float = 0.1) -> None:
    """Return when *true* is; AssertionError if it does not become so."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"not so within {within_s} s"
        time.sleep(every_s)


class Centre:
    """Topics of its own, one worker and one serve; a context manager that ends what it started."""

    def __init__(self, kafka: services.Kafka, redis: services.Redis, folder: Path, **env: str) -> None:
        self._kafka, self._folder = kafka, folder
        names = ("chat", "ticket", "agent")
        self._topics = {name: unique(f"support.{name}") for name in names}
        self.target = f"127.0.0.1:{free_port()}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        group = unique("group")
        self._env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DESKPULSE_KAFKA": kafka.address,
            "DESKPULSE_REDIS": redis.url,
            "DESKPULSE_GROUP": group,
            "DESKPULSE_LISTEN": self.target,
            "DESKPULSE_TOPICS_DEADLETTER": f"{group}.deadletter",
            "DESKPULSE_LOG_FORMAT": "json",
            **{f"DESKPULSE_TOPICS_{name.upper()}": topic for name, topic in self._topics.items()},
            **env,
        }

    def __enter__(self) -> Self:
        """Make the topics, start both processes, and wait until serve answers."""
        self._kafka.create_topics(dict.fromkeys(self._topics.values(), 2))
        with ExitStack() as stack:
            stack.push(self)
            for name in ("worker", "serve"):
                self._start(name)
            eventually(lambda: self.is_alive() or self._answers())
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what still runs."""
        running = [process for process in self._processes.values() if process.poll() is None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def send(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Put chat events into Kafka in the order given, keyed by conversation."""
        producer = Producer({"bootstrap.servers": self._kafka.address, "linger.ms": 5, "compression.type": "lz4"})
        for event in events:
            producer.produce(self._topics["chat"], json.dumps(event).encode(), key=str(event["conversation"]).encode())
            producer.poll(0)
        assert producer.flush(30) == 0

    def kill(self, name: str) -> None:
        """End a process with SIGKILL."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait(timeout=STOP_TIMEOUT_S)

    def pid(self, name: str) -> int:
        """Return the process id of `worker` or `serve`."""
        return self._processes[name].pid

    def text(self) -> str:
        """Return what a scrape gets. Raises OSError while `serve` does not answer."""
        with urllib.request.urlopen(f"http://{self.target}/metrics", timeout=SCRAPE_TIMEOUT_S) as answer:
            return str(answer.read().decode())

    def samples(self) -> dict[str, list[Sample]]:
        """Return the samples of a scrape by name."""
        found: dict[str, list[Sample]] = {}
        for family in text_string_to_metric_families(self.text()):
            for sample in family.samples:
                found.setdefault(sample.name, []).append(sample)
        return found

    def value(self, name: str, **labels: str) -> float | None:
        """Return the only sample of *name* with *labels*; None if there is none."""
        text = "\n".join(line for line in self.text().splitlines() if line.startswith(name))
        values = [
            sample.value
            for family in text_string_to_metric_families(f"{text}\n")
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert len(values) <= 1, f"{len(values)} series of {name} have {labels}"
        return values[0] if values else None

    def _answers(self) -> bool:
        try:
            return bool(self.text())
        except OSError:
            return False

    def is_alive(self) -> None:
        """AssertionError, with the end of the log, if a process has ended by itself."""
        for name, process in self._processes.items():
            assert process.poll() in (None, -signal.SIGKILL), f"{name}: {(self._folder / name).read_text()[-2000:]}"

    def _start(self, name: str) -> None:
        with (self._folder / name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "stream.cli", name], env=self._env, cwd=self._folder, stderr=log
            )
