"""Memory: what a waiting conversation and a dense series cost in Redis, and what a worker takes with many open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aggregators.instants import HOUR_MS, rfc3339
from benchmarks.measuring import applied, redis_bytes, rss_bytes, say
from tests.pipeline import Pipeline, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests import services

PATIENCE_S = 300


def run(kafka: services.Kafka, redis: services.Redis, folder: Path, *, waiting: int) -> None:
    """Print bytes a waiting conversation, the worker's memory with *waiting* of them, and bytes a dense series."""
    redis.flush()
    pipeline = Pipeline(kafka, redis, folder, partitions=4)
    client = redis.client()
    empty = redis_bytes(client)
    with pipeline.worker() as worker:
        eventually(lambda: worker.says("partitions_placed"), within_s=PATIENCE_S)
        before = rss_bytes(worker.child.pid)
        pipeline.send(list(_waiting(waiting, now=int(time.time() * 1000) - HOUR_MS)))
        eventually(lambda: applied(client, pipeline) >= 3 * waiting, within_s=PATIENCE_S)
        time.sleep(2)
        used = redis_bytes(client) - empty
        after = rss_bytes(worker.child.pid)
    say(f"memory: {waiting:,} conversations waiting, three events each (started, message, queued)")
    say(f"  Redis: {used / waiting:,.0f} bytes a waiting conversation (facts, interval, timer, stop, expiry, panes)")
    say(f"  worker: {before / 2**20:,.0f} MiB idle, {after / 2**20:,.0f} MiB with all of them open")
    _dense(client)


def _waiting(count: int, *, now: int) -> Iterator[bytes]:
    for number in range(count):
        at = rfc3339(now + number * 20)
        name = f"c-{number}"
        common = f'"conversation":"{name}","channel":"chat","customer":"u-{number}"'
        yield f'{{"id":"{name}-started-1","type":"chat.started","at":"{at}",{common}}}'.encode()
        yield f'{{"id":"{name}-message-2","type":"chat.message","at":"{at}","actor":"customer",{common}}}'.encode()
        yield f'{{"id":"{name}-queued-3","type":"chat.queued","at":"{at}","queue":"q-{number % 20}",{common}}}'.encode()


def _dense(client: Any) -> None:  # noqa: ANN401 - a client of redis-py
    """Fill 60 panes of one label set with 40 measures each, as a busy queue does, and see what that takes."""
    panes, measures = 60, 40
    before = redis_bytes(client)
    for pane in range(panes):
        start = 1_793_491_200_000 + pane * 10_000
        key = f"dp:bench:{{bench:0}}:c:10000:{start}:1"
        client.hset(key, mapping={4_096 + measure: 1 + pane % 9 for measure in range(measures)})
        client.hset(f"dp:bench:{{bench:0}}:p:10000:{start}", mapping={1: pane})
        client.zadd("dp:bench:{bench:0}:z", {f"c:10000:{start}": pane})
    used = redis_bytes(client) - before
    say(f"  Redis: {used / measures:,.0f} bytes a dense series of {panes} panes ({used / measures / panes:.1f} a cell)")
