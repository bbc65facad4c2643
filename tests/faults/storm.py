"""A storm: a seeded log goes into Kafka while workers and servers are killed at seeded instants."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING

from aggregators.instants import DAY_MS
from stream.simulator.centre import Centre
from stream.simulator.road import Road

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack

    from tests.pipeline import Pipeline
    from tests.processes import Process

START_MS = 1_793_491_200_000
"""2026-11-01T00:00:00Z: in the past, so that no event is ahead of its record."""


def simulated(count: int, *, seed: int) -> list[bytes]:
    """Return *count* lines of a bad road: copies, some altered, ten minutes of disorder, 1 % a day late."""
    events = Centre(seed=seed, rate=6_000, tenants=("default", "acme")).events(START_MS, START_MS + 30 * DAY_MS)
    road = Road(duplicates=0.2, disorder_ms=10 * 60_000, late=0.01, seed=seed)
    lines: list[bytes] = []
    for arrival in road.travel(events):
        lines.append(arrival.event.value)
        if len(lines) == count:
            break
    return lines


class Workers:
    """Workers of a pipeline, each under a static member id, under which it comes back after it was killed."""

    def __init__(self, pipeline: Pipeline, stack: ExitStack, *, count: int) -> None:
        self._pipeline = pipeline
        self._stack = stack
        self._running: list[Process] = [self._start(number) for number in range(count)]

    def kill(self, number: int) -> None:
        """End a worker as `kill -9` does, and start it again."""
        self._running[number].kill()
        self._running[number] = self._start(number)

    def _start(self, number: int) -> Process:
        return self._stack.enter_context(self._pipeline.worker(DESKPULSE_INSTANCE=f"{self._pipeline.group}-{number}"))


def rage(
    pipeline: Pipeline, lines: list[bytes], strikes: Sequence[Callable[[], None]], *, seed: int, pause_s: float = 0.3
) -> None:
    """Send *lines* in parts and strike meanwhile: each strike once, in order, at instants drawn with *seed*.

    Returns when everything is sent. Strikes run while a part is on its way.
    """
    pipeline.learn(lines)
    steps = 4 * len(strikes) + 4
    size = -(-len(lines) // steps)
    due = sorted(Random(seed).sample(range(1, steps), len(strikes)))
    waiting = dict(zip(due, strikes, strict=True))
    with ThreadPoolExecutor(max_workers=1) as sender:
        for step in range(steps):
            sent = sender.submit(pipeline.send, lines[step * size : (step + 1) * size])
            time.sleep(pause_s)
            if step in waiting:
                waiting[step]()
            sent.result(timeout=120)
