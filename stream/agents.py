"""The agents: chunks to the processor, and once a second where each partition stands."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mode.supervisors import CrashingSupervisor

from stream.told import read_topics
from stream.transport.consumer import Chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faust.types import StreamT

    from stream.app import WorkerApp
    from stream.chunks import Partition
    from stream.transport.thread import Delivery

CHUNKS_A_TAKE = 8
TAKE_WITHIN_S = 0.02
JOINED_RECORDS = 20_000
REPORT_EVERY_S = 1.0


def add_agents(app: WorkerApp) -> None:
    """Let *app* apply every chunk of the source topics, and report each second."""
    topic = app.topic(*read_topics(app.settings), schema=Chunks())

    # The failing event ends the worker and is not acknowledged: a restart reads it again.
    @app.agent(topic, name="chunks", concurrency=1, supervisor_strategy=CrashingSupervisor)
    async def chunks(stream: StreamT[Delivery]) -> None:
        async for events in stream.noack_take(CHUNKS_A_TAKE, within=TAKE_WITHIN_S):
            lanes: dict[Partition, list[Delivery]] = {}
            for event in events:
                lanes.setdefault(event.value.chunk.partition, []).append(event.value)
            async with app.consumer.hand:
                # While the tables take in what one partition counted, the next one is counted.
                ended = await asyncio.gather(
                    *(_apply(app, deliveries) for deliveries in lanes.values()), return_exceptions=True
                )
            # The lanes beside the one that failed have ended too: nothing is on its way any more.
            for failure in filter(None, ended):
                raise failure
            for event in events:
                event.ack()

    @app.timer(interval=REPORT_EVERY_S)
    async def report() -> None:
        positions = await app.consumer.positions()
        for rewind in await app.processor.report(positions) if positions else ():
            async with app.consumer.hand:
                await app.consumer.rewind(rewind)
        if app.settings.alive is not None:
            _touch(app.settings.alive)


def _touch(file: str) -> None:
    # A disk without room ends no worker: whoever looks at the file finds it old.
    with suppress(OSError):
        Path(file).touch()


async def _apply(app: WorkerApp, deliveries: Sequence[Delivery]) -> None:
    """Apply the chunks of one partition, one after the other."""
    for delivery in _joined(deliveries):
        if app.consumer.is_current(delivery):
            rewind = await app.processor.apply(delivery.chunk)
            app.consumer.applied(delivery) if rewind is None else await app.consumer.rewind(rewind)


def _joined(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries with what follows on each other in one chunk: it is counted while the last is committed."""
    joined: list[Delivery] = []
    for delivery in deliveries:
        before, after = joined[-1] if joined else delivery, delivery.chunk
        size = len(before.chunk.records) + len(after.records)
        if before.epoch == delivery.epoch and before.chunk.next == after.expected and size <= JOINED_RECORDS:
            records = [*before.chunk.records, *after.records]
            chunk = replace(before.chunk, next=after.next, records=records)
            joined[-1] = before._replace(chunk=chunk)
        else:
            joined.append(delivery)
    return joined
