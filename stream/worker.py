"""One worker process, from its start to its exit code."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import structlog

from stream import build
from stream import log as logs
from stream.app import build_app
from stream.chunks import DeadLetterSink, Processor, TopicChanged
from stream.dead_letters import KafkaDeadLetters
from stream.kafka import wait_for_kafka, wait_for_topics
from stream.telling import wait_for_told
from stream.transport import check_libraries

if TYPE_CHECKING:
    from stream.app import WorkerApp
    from stream.settings import Settings

log = structlog.get_logger(__name__)

CRASHED = 1
TOPIC_CHANGED = 3
STOP_S = 4.0


class ClosingProcessor(Processor, Protocol):
    """A processor with connections of its own."""

    async def close(self) -> None:
        """Let them go."""


class MakeProcessor(Protocol):
    """How a worker gets its processor; the class TableProcessor is one."""

    def __call__(self, settings: Settings, dead_letters: DeadLetterSink, /) -> ClosingProcessor:
        """Return the processor of this worker."""


def run(settings: Settings, make_processor: MakeProcessor | None = None) -> int:
    """Count until SIGTERM or SIGINT; return the exit code.

    0 after a signal, 1 after a crash, 3 if a topic is not the one the tables were made for. Raises UsageError.
    """
    logs.configure(settings)
    check_libraries()
    # What is decoded is dropped a chunk later and holds no cycles; the defaults look through all of it again and again.
    gc.set_threshold(1_000_000, 10, 10)
    gc.freeze()
    if make_processor is None:
        from stream.processor import TableProcessor  # noqa: PLC0415 - tests of the transport do without tables

        make_processor = TableProcessor
    code = asyncio.run(_serve(settings, make_processor))
    log.info("worker_stopped", exit_code=code)
    return code


async def _serve(settings: Settings, make_processor: MakeProcessor) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopping.set)
    stop = asyncio.create_task(stopping.wait())
    log.info(
        "worker_starting",
        version=build.name(),
        group=settings.group,
        instance=settings.instance,
        topics=settings.source_topics,
    )
    waiting = asyncio.create_task(_wait_for_sources(settings))
    await asyncio.wait({stop, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        return 0
    await waiting
    async with KafkaDeadLetters(settings) as dead_letters:
        processor = make_processor(settings, dead_letters)
        try:
            return await _count(build_app(settings, processor), stop)
        finally:
            await processor.close()
            stop.cancel()


async def _wait_for_sources(settings: Settings) -> None:
    await wait_for_kafka(settings)
    await wait_for_topics(settings)
    await wait_for_told(settings)


async def _count(app: WorkerApp, stop: asyncio.Task[bool]) -> int:
    start = asyncio.create_task(app.start())
    ended = asyncio.create_task(app.wait_until_stopped())
    # Starting ends with the first assignment, so a signal or a crash may come before.
    await asyncio.wait({stop, ended}, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stop.done() else _reason(app)
    log.info("worker_stopping", exit_code=code)
    try:
        async with asyncio.timeout(STOP_S):
            await app.stop()
            await asyncio.gather(start, ended, return_exceptions=True)
    except TimeoutError:
        # Redis holds the offsets, so nothing is lost by leaving now; the group notices by the session.
        log.warning("worker_stop_forced", waited_s=STOP_S, exit_code=code)
        sys.stderr.flush()
        os._exit(code)
    return code


def _reason(app: WorkerApp) -> int:
    reason = app.crash_reason
    if isinstance(reason, TopicChanged):
        sys.stderr.write(f"{reason}\n")
        return TOPIC_CHANGED
    log.error("worker_crashed", error=repr(reason), exc_info=reason)
    return CRASHED
