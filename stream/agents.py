"""The agents: chunks to the processor, and once a second where each partition stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mode.supervisors import CrashingSupervisor

from stream.transport import Chunks

if TYPE_CHECKING:
    from faust.types import StreamT

    from stream.app import WorkerApp
    from stream.transport import Delivery

CHUNKS_A_TAKE = 4
TAKE_WITHIN_S = 0.02
REPORT_EVERY_S = 1.0


def add_agents(app: WorkerApp) -> None:
    """Let *app* apply every chunk of the source topics, and report each second."""
    topic = app.topic(*app.settings.source_topics, schema=Chunks())

    # The failing event ends the worker and is not acknowledged: a restart reads it again.
    @app.agent(topic, name="chunks", concurrency=1, supervisor_strategy=CrashingSupervisor)
    async def chunks(stream: StreamT[Delivery]) -> None:
        async for events in stream.noack_take(CHUNKS_A_TAKE, within=TAKE_WITHIN_S):
            for event in events:
                async with app.consumer.hand:
                    if app.consumer.is_current(event.value):
                        rewind = await app.processor.apply(event.value.chunk)
                        app.consumer.applied(event.value) if rewind is None else await app.consumer.rewind(rewind)
                event.ack()

    @app.timer(interval=REPORT_EVERY_S)
    async def report() -> None:
        positions = await app.consumer.positions()
        for rewind in await app.processor.report(positions) if positions else ():
            async with app.consumer.hand:
                await app.consumer.rewind(rewind)
