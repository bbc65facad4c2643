"""Catch-up: a worker reads a backlog of simulated events, and beside it a plain loop that only counts.

Once it counts the main job alone (legs, first responses, replies, surveys), once all families of metrics: what the
breadth costs is the second over the first, in the same run. A run ends when what the worker told itself of customers
and agents is counted too.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import orjson
from confluent_kafka import Consumer, TopicPartition

from aggregators.definitions import FAMILIES
from benchmarks.measuring import applied, compiled_packages, cpu_s, redis_cpu_s, say, spread
from stream.definitions_file import read_definitions
from stream.settings import load
from stream.simulator.centre import Centre
from stream.told import told_topics
from tests.eventually import eventually
from tests.pipeline import ROOT, Pipeline
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests import services

START_MS = 1_793_491_200_000
RATE = 40_000
PARTITIONS = 4
PATIENCE_S = 300
PLAIN = "plain loop"
ALL = ", all families"


class Run(NamedTuple):
    """One run over the whole backlog."""

    events_a_second: float
    cpu_s_a_million: float
    redis_cpu_s_a_million: float = 0.0

    def __str__(self) -> str:
        """Return the figures in words."""
        said = f"{self.events_a_second:,.0f} events/s, {self.cpu_s_a_million:.1f} cpu-s a million"
        return f"{said}, Redis {self.redis_cpu_s_a_million:.1f}" if self.redis_cpu_s_a_million else said


class Counting(NamedTuple):
    """What a worker counts: a file of definitions, and the generation of the tables that these fill."""

    file: Path
    generation: str


def run(kafka: services.Kafka, redis: services.Redis, folder: Path, *, events: int, runs: int) -> None:
    """Print the figures of *runs* runs over a backlog of *events*, one worker, four partitions a topic.

    In each run the compiled worker (`make compiled`), if there is one, that of the sources, both with the main job
    alone and with all families, and the plain loop.
    """
    pipeline = Pipeline(kafka, redis, folder, partitions=PARTITIONS)
    total = fill(pipeline, events)
    main, broad = counting_of(folder / "main.toml", ()), counting_of(folder / "all.toml", FAMILIES)
    builds = {"worker": str(ROOT)}
    if compiled := compiled_packages():
        builds = {"compiled worker": str(compiled), "worker, not compiled": str(ROOT)}
    say(f"catch-up: {total:,} records in {PARTITIONS} partitions a topic, one worker, {runs} runs")
    figures: dict[str, list[Run]] = {}
    for number in range(1, runs + 1):
        said = []
        for name, packages in builds.items():
            for what, counting in ((name, main), (name + ALL, broad)):
                figures.setdefault(what, []).append(worker_run(pipeline, total, packages=packages, counting=counting))
                said.append(f"{what} {figures[what][-1]}")
        figures.setdefault(PLAIN, []).append(_plain(pipeline, total))
        say(f"  run {number}: " + "; ".join([*said, f"{PLAIN} {figures[PLAIN][-1]}"]))
    for name, rows in figures.items():
        say(f"  {name}, events/s:        {spread([each.events_a_second for each in rows])}")
        say(f"  {name}, cpu-s a million: {spread([each.cpu_s_a_million for each in rows])}")
        if name != PLAIN:
            say(f"  {name}, Redis' cpu-s:    {spread([each.redis_cpu_s_a_million for each in rows])}")
    for name in builds:
        of_main, of_all = figures[name], figures[name + ALL]
        say(f"  {name}, cpu over that of the {PLAIN}, run by run: {ratio_of(of_main, figures[PLAIN])}")
        say(f"  {name}, cpu{ALL} over the main job's, run by run: {ratio_of(of_all, of_main)}")
        say(f"  {name}, the same with Redis' cpu: {ratio_of(with_redis(of_all), with_redis(of_main))}")


def counting_of(file: Path, families: tuple[str, ...]) -> Counting:
    """Write *file* so that *families* are counted beside the main job, and return what that counts."""
    file.write_text(f"families = {orjson.dumps(families).decode()}\n")
    return Counting(file, read_definitions(str(file)).generation())


def ratio_of(mine: list[Run], theirs: list[Run]) -> str:
    """Return how often *theirs* is in *mine*, in CPU, run by run: median, least and most."""
    pairs = zip(mine, theirs, strict=True)
    ratios = [one.cpu_s_a_million / other.cpu_s_a_million for one, other in pairs]
    return f"median {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})"


def with_redis(rows: list[Run]) -> list[Run]:
    """Return the runs with Redis' CPU beside the worker's."""
    return [each._replace(cpu_s_a_million=each.cpu_s_a_million + each.redis_cpu_s_a_million) for each in rows]


def fill(pipeline: Pipeline, events: int) -> int:
    """Send *events* of a simulated centre; return how many records there are."""
    lines = []
    for event in Centre(seed=1, rate=RATE).events(START_MS, START_MS + 30 * 86_400_000):
        lines.append(event.value)
        if len(lines) == events:
            break
    pipeline.send(lines)
    return _ends(pipeline, pipeline.topics)


def _ends(pipeline: Pipeline, topics: Iterable[str]) -> int:
    """Return how many records there are in the topics that exist."""
    consumer = Consumer({"bootstrap.servers": pipeline.kafka.address, "group.id": unique("ends")})
    total = 0
    for topic in set(topics) & consumer.list_topics(timeout=10).topics.keys():
        for number in range(PARTITIONS):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            total += high - low
    consumer.close()
    return total


def worker_run(pipeline: Pipeline, total: int, *, packages: str, counting: Counting) -> Run:
    """Let one worker, of the code in *packages*, count the *total* records there are into an empty Redis."""
    pipeline.redis.flush()
    client = pipeline.redis.client()
    group = unique("bench")
    told = told_topics(load({"group": group, "definitions": str(counting.file)})).values()
    env = {"DESKPULSE_GROUP": group, "PYTHONPATH": packages, "DESKPULSE_DEFINITIONS": str(counting.file)}

    def are_applied(topics: Iterable[str], number: int) -> bool:
        return applied(client, topics, PARTITIONS, generation=counting.generation) >= number

    with pipeline.worker(**env) as worker:
        eventually(lambda: worker.says("partitions_placed"), within_s=PATIENCE_S)
        started, cpu, redis_cpu = time.perf_counter(), cpu_s(worker.child.pid), redis_cpu_s(client)
        eventually(lambda: are_applied(pipeline.topics, total), within_s=PATIENCE_S)
        # Nothing more is told now, so this is asked once.
        rows = _ends(pipeline, told)
        eventually(lambda: are_applied(told, rows), within_s=PATIENCE_S)
        took = time.perf_counter() - started
        used = cpu_s(worker.child.pid) - cpu
        redis_used = redis_cpu_s(client) - redis_cpu
    client.close()
    return Run(total / took, used / total * 1e6, redis_used / total * 1e6)


def _plain(pipeline: Pipeline, total: int) -> Run:
    """Read, parse and count by type and queue: the least that any consumer in Python does."""
    consumer = Consumer(
        {
            "bootstrap.servers": pipeline.kafka.address,
            "group.id": unique("plain"),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe(list(pipeline.topics))
    counts: Counter[tuple[str, str]] = Counter()
    seen = 0
    batch = consumer.consume(1, timeout=30)
    started, cpu = time.perf_counter(), time.process_time()
    while seen < total:
        for message in batch:
            event = orjson.loads(message.value() or b"{}")
            counts[event["type"], event.get("queue", "")] += 1
        seen += len(batch)
        batch = consumer.consume(8_000, timeout=1) if seen < total else []
    took, used = time.perf_counter() - started, time.process_time() - cpu
    consumer.close()
    return Run(total / took, used / total * 1e6)
