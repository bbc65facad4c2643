"""Memory: what a waiting conversation, a dense series and an index cost in Redis, and a worker with many open."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aggregators.instants import HOUR_MS, rfc3339
from aggregators.panes import FINE
from benchmarks.measuring import applied, key_bytes, redis_bytes, rss_bytes, say
from stream import codec
from stream.offline import definitions_of
from tests.eventually import eventually
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests import services
    from tests.processes import Process

PATIENCE_S = 200
PANES = 60
DENSE_QUEUES = 10
LEGS_A_PANE = 4


def run(kafka: services.Kafka, redis: services.Redis, folder: Path, *, waiting: int) -> None:
    """Print bytes a waiting conversation, the memory of a worker with so many, bytes a dense series, an index entry."""
    with _empty(kafka, redis, folder / "waiting", partitions=4) as (pipeline, client):
        _waiting(pipeline, client, waiting)
    with _empty(kafka, redis, folder / "dense", partitions=1) as (pipeline, client):
        _dense(pipeline, client)


@contextmanager
def _empty(
    kafka: services.Kafka, redis: services.Redis, folder: Path, *, partitions: int
) -> Iterator[tuple[Pipeline, Any]]:
    """Give topics of their own, an empty Redis, and a client of it."""
    redis.flush()
    folder.mkdir(parents=True)
    client = redis.client()
    yield Pipeline(kafka, redis, folder, partitions=partitions), client
    client.close()


def _waiting(pipeline: Pipeline, client: Any, count: int) -> None:  # noqa: ANN401 - a client of redis-py
    empty = redis_bytes(client)
    began = int(time.time() * 1000) - HOUR_MS
    with pipeline.worker() as worker:
        idle = _settled(worker)
        lines = [line for number in range(count) for line in _conversation(number, at=began + number * 20)]
        _count(pipeline, client, lines)
        used, full = redis_bytes(client) - empty, _settled(worker)
    say(f"memory: {count:,} conversations waiting, three events each (started, message, queued), one worker")
    say(f"  Redis: {used / count:,.0f} bytes a waiting conversation (facts, interval, timer, expiry, panes)")
    say(
        f"  worker: {idle / 2**20:,.0f} MiB idle, {full / 2**20:,.0f} MiB with all of them open "
        f"({(full - idle) / count:,.0f} bytes each)"
    )


def _dense(pipeline: Pipeline, client: Any) -> None:  # noqa: ANN401 - a client of redis-py
    """Let a worker count ten minutes of busy queues, so that every 10-second pane of each has the same series."""
    began = int(time.time() * 1000) - HOUR_MS
    began -= began % FINE.ms
    with pipeline.worker() as worker:
        _settled(worker)
        _count(pipeline, client, [line for pane in range(PANES) for line in _busy(pane, at=began + pane * FINE.ms)])
    cells = list(client.scan_iter(match=f"*:c:{FINE.ms}:*", count=1_000))
    touched = list(client.scan_iter(match=f"*:p:{FINE.ms}:*", count=1_000))
    filled = sum(client.hlen(key) for key in cells)
    a_cell = (key_bytes(client, cells) + key_bytes(client, touched)) / filled
    say(f"  Redis: {filled:,} cells of 10 s that a worker wrote, {filled / len(cells):.0f} to a label set and pane")
    say(f"  Redis: {a_cell * PANES:,.0f} bytes a dense series of {PANES} panes ({a_cell:.1f} a cell)")
    buckets = list(client.scan_iter(match="*:s:*", count=1_000))
    entries = sum(codec.number_held(value) for key in buckets for value in client.hvals(key))
    an_entry = key_bytes(client, buckets) / entries
    say(f"  Redis: {entries:,} entries of who is behind a number, {an_entry:.0f} bytes each, of ids of 7 letters")


def _settled(worker: Process) -> int:
    """Return the resident bytes of a worker that reads, two seconds after it said so or was given work."""
    eventually(lambda: worker.says("partitions_placed"), within_s=PATIENCE_S)
    time.sleep(2)
    return rss_bytes(worker.child.pid)


def _count(pipeline: Pipeline, client: Any, lines: list[bytes]) -> None:  # noqa: ANN401 - a client of redis-py
    """Send *lines*; return when they are in the tables."""
    pipeline.send(lines)
    generation = definitions_of(pipeline.settings).generation()
    topics, partitions = pipeline.topics, pipeline.partitions
    eventually(
        lambda: applied(client, topics, partitions, generation=generation) >= len(lines),
        within_s=PATIENCE_S,
        every_s=0.5,
    )


def _conversation(number: int, *, at: int) -> Iterator[bytes]:
    common = f'"at":"{rfc3339(at)}","conversation":"c-{number}","channel":"chat","customer":"u-{number}"'
    yield f'{{"id":"c-{number}-started-1","type":"chat.started",{common}}}'.encode()
    yield f'{{"id":"c-{number}-message-2","type":"chat.message","actor":"customer",{common}}}'.encode()
    yield f'{{"id":"c-{number}-queued-3","type":"chat.queued","queue":"q-{number % 20}",{common}}}'.encode()


def _busy(pane: int, *, at: int) -> Iterator[bytes]:
    """Yield what happens in one pane: in each queue legs begin and are answered, a customer gives up, somebody rates.

    All waits fall into few bins of the sketches, as they do in a queue that keeps its target.
    """
    for number in range(DENSE_QUEUES * LEGS_A_PANE):
        name, queue, leg = f"d-{pane}-{number}", f"q-{number % DENSE_QUEUES}", number // DENSE_QUEUES
        steps: list[tuple[int, str, str]] = [
            (0, "message", '"actor":"customer"'),
            (100, "queued", f'"queue":"{queue}"'),
        ]
        if leg:
            steps += [
                (2_000 * leg, "accepted", '"agent":"a"'),
                (2_000 * leg + 500, "message", '"actor":"human","agent":"a"'),
                (9_000, "closed", '"by":"human"'),
            ]
        else:
            steps += [(7_000, "abandoned", '"stage":"queue"')]
        for index, (later_ms, kind, more) in enumerate(steps):
            common = f'"at":"{rfc3339(at + later_ms)}","conversation":"{name}","channel":"chat"'
            yield f'{{"id":"{name}-{index}","type":"chat.{kind}",{common},{more}}}'.encode()
