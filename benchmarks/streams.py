"""Streams: many who follow the changes of one `serve` on one core, and one among them who does not read."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import statistics
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregators.instants import HOUR_MS
from benchmarks.measuring import cpu_s, rss_bytes, say
from tests.eventually import eventually
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests import services
    from tests.processes import Serve

QUEUES = 20
COMING_A_SECOND = 10
FOLLOWED = (
    "waiting",
    "oldest_wait_seconds",
    "waiting_past_target",
    "rolling_queued",
    "rolling_answered",
    "rolling_service_level_ratio",
    "rolling_wait_mean_seconds",
    "rolling_wait_seconds",
)
"""What a tile or two of a queue show."""
_MADE_AT = re.compile(rb'"made_at":"[^T]*T(\d\d):(\d\d):(\d\d\.\d{3})Z"')
_DAY_S = 86_400.0
PATIENCE_S = 120


def run(kafka: services.Kafka, redis: services.Redis, folder: Path, *, clients: int, seconds: int) -> None:
    """Print how long a snapshot takes to *clients*, what that costs, and what becomes of one who does not read."""
    redis.flush()
    pipeline = Pipeline(kafka, redis, folder, DESKPULSE_CLOCK="wall")
    pipeline.send([line for number in range(QUEUES * 10) for line in _conversation(number, ago_ms=HOUR_MS // 20)])
    # A rate that is not what is measured here.
    with pipeline.worker(), pipeline.serve(DESKPULSE_RATE="1000000") as serve, _pinned(serve):
        eventually(lambda: serve.get("/ready")[1] == "ready\n", within_s=PATIENCE_S)
        eventually(lambda: serve.value("support_tenant_waiting") == QUEUES * 10, within_s=PATIENCE_S)
        asyncio.run(_follow(pipeline, serve, clients=clients, seconds=seconds))


@contextmanager
def _pinned(serve: Serve) -> Iterator[None]:
    """Let `serve` have one core, and whoever follows the others, if there are any."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(serve.child.pid, cores[:1])
    for thread in Path(f"/proc/{serve.child.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores[:1])
    os.sched_setaffinity(0, cores[1:] or cores)
    yield
    os.sched_setaffinity(0, cores)


async def _follow(pipeline: Pipeline, serve: Serve, *, clients: int, seconds: int) -> None:
    lags: list[float] = []
    idle = cpu_s(serve.child.pid)
    await asyncio.sleep(5)
    idle = (cpu_s(serve.child.pid) - idle) / 5
    following = [asyncio.create_task(_client(serve, number, lags)) for number in range(clients)]
    sleeper = await asyncio.to_thread(_sleeper, serve)
    dropping = asyncio.create_task(asyncio.to_thread(_dropped_after_s, serve))
    await asyncio.sleep(3)
    coming = asyncio.create_task(asyncio.to_thread(_come, pipeline, seconds))
    lags.clear()
    used, began = cpu_s(serve.child.pid), time.monotonic()
    await coming
    used, took = cpu_s(serve.child.pid) - used, time.monotonic() - began
    held, memory = len(lags), rss_bytes(serve.child.pid)
    found = sorted(lags[:held])
    dropped_s = await dropping
    lost = sum(1 for each in following if each.done())
    for each in following:
        each.cancel()
    sleeper.close()
    say(f"streams: {clients} follow {QUEUES} selections of {len(FOLLOWED)} metrics of a queue, {took:.0f} s, one core")
    say(
        f"  from snapshot to client: median {statistics.median(found) * 1000:,.0f} ms, "
        f"p99 {_p99_ms(found)}, most {found[-1] * 1000:,.0f} ms ({held:,} events)"
    )
    say(
        f"  serve: {used / took:.0%} of the core ({idle:.0%} with nobody following), {memory / 2**20:,.0f} MiB; "
        f"{held / took / clients:.2f} events a second to each, {lost} lost"
    )
    said = "not dropped" if dropped_s is None else f"dropped after {dropped_s:.0f} s"
    say(f"  one more follows everything and does not read: {said}")


def _p99_ms(found: list[float]) -> str:
    return f"{found[int(0.99 * len(found))] * 1000:,.0f} ms"


async def _client(serve: Serve, number: int, lags: list[float]) -> None:
    """Follow one queue, and note how old each snapshot is when it is there."""
    address = urlsplit(serve.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    metrics = "&".join(f"metric=support_queue_{name}" for name in FOLLOWED)
    path = f"/api/v1/changes?{metrics}&queue=q-{number % QUEUES}&window=30m"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    try:
        while line := await reader.readline():
            found = _MADE_AT.search(line[:200])
            if found:
                made_s = int(found[1]) * 3_600 + int(found[2]) * 60 + float(found[3])
                lags.append((time.time() - made_s) % _DAY_S)
    finally:
        writer.close()


def _sleeper(serve: Serve) -> socket.socket:
    """Return the connection of one who asks for everything and reads nothing."""
    address = urlsplit(serve.url)
    sleeper = socket.create_connection((address.hostname, address.port))
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sleeper.sendall(f"GET /api/v1/changes HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    return sleeper


def _dropped_after_s(serve: Serve) -> float | None:
    """Return after how many seconds `serve` says that it dropped somebody, None if it does not."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        if "follower_dropped" in serve.log:
            return time.monotonic() - began
        time.sleep(0.5)
    return None


def _come(pipeline: Pipeline, seconds: int) -> None:
    """Let some come each second, into all queues."""
    for second in range(seconds):
        began = time.monotonic()
        numbers = range(COMING_A_SECOND * second, COMING_A_SECOND * (second + 1))
        pipeline.send([line for number in numbers for line in _conversation(100_000 + number, ago_ms=0)])
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))


def _conversation(number: int, *, ago_ms: int) -> Iterator[bytes]:
    at = int(time.time() * 1000) - ago_ms
    common = f'"conversation":"c-{number}","channel":"chat"'
    yield f'{{"id":"c-{number}-1","type":"chat.queued","at":{at},"queue":"q-{number % QUEUES}",{common}}}'.encode()
    if not ago_ms and number % 2:
        more = f'"agent":"a-{number % 7}"'
        yield f'{{"id":"c-{number}-2","type":"chat.accepted","at":{at + 1},{common},{more}}}'.encode()
