"""One worker process, from its start to its exit code."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import structlog

from stream import build, generations
from stream import log as logs
from stream.app import build_app
from stream.chunks import DeadLetterSink, GenerationChanged, Processor, TopicChanged
from stream.clock import now_ms
from stream.dead_letters import KafkaDeadLetters
from stream.kafka import backoff_s, wait_for_kafka, wait_for_topics
from stream.patience import Patience, connect
from stream.telling import wait_for_told
from stream.transport.libraries import check_libraries

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from stream.app import WorkerApp
    from stream.settings import Settings

T = TypeVar("T")
log = structlog.get_logger(__name__)

CRASHED = 1
TOPIC_CHANGED = 3
STOP_S = 4.0
CHANGED = -1
"""In place of an exit code: another generation has come into force, and the worker begins anew with that."""


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
    spare_the_collector()
    code = asyncio.run(_serve(settings, make_processor))
    log.info("worker_stopped", exit_code=code)
    return code


def spare_the_collector() -> None:
    """Let Python look for cycles seldom.

    What is decoded is dropped a chunk later and holds none; by default all of it is looked through again and again.
    """
    gc.set_threshold(5_000_000, 10, 10)
    gc.freeze()


async def _serve(settings: Settings, make_processor: MakeProcessor | None) -> int:
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
    try:
        if await _unless(stop, _wait_for_sources(settings)) is None:
            return 0
        async with KafkaDeadLetters(settings) as dead_letters:
            while True:
                counted = await _unless(stop, _prepared(settings, make_processor))
                if counted is None:
                    return 0
                processor = (make_processor or _table_processor())(counted, dead_letters)
                try:
                    code = await count(build_app(counted, processor), stop)
                finally:
                    await processor.close()
                if code != CHANGED:
                    return code
    finally:
        stop.cancel()


def _table_processor() -> MakeProcessor:
    from stream.processor import TableProcessor  # noqa: PLC0415 - tests of the transport do without tables

    return TableProcessor


async def _unless(stop: asyncio.Task[bool], work: Coroutine[Any, Any, T]) -> T | None:
    """Return what *work* does, None if *stop* comes first."""
    working = asyncio.create_task(work)
    await asyncio.wait({stop, working}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        return await working
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return None


async def _wait_for_sources(settings: Settings) -> bool:
    await wait_for_kafka(settings)
    await wait_for_topics(settings)
    return True


async def _prepared(settings: Settings, make_processor: MakeProcessor | None) -> Settings:
    """Return what is to be counted, when all it reads is there. Tests of the transport do without generations."""
    counted = settings if make_processor else await settings_in_force(settings)
    await wait_for_told(counted)
    return counted


async def settings_in_force(settings: Settings) -> Settings:
    """Return *settings* with the definitions in force: their own where none were, else those that Redis holds.

    Waits while Redis is away, and while the generation in force is one for which this process cannot count.
    """
    client, patience, ours = connect(settings.redis), Patience(), generations.ours(settings)
    try:
        for wait_s in backoff_s():
            name = await patience.persist("loading", lambda: generations.claim(client, ours, now_ms=now_ms()))
            if name == ours.name:
                return settings
            found = await patience.persist("loading", partial(generations.look, client, name))
            problem = found.problem(settings) if found else "Redis does not hold its definitions"
            if found and problem is None:
                log.warning(
                    "definitions_not_in_force",
                    given=ours.name,
                    counted=name,
                    hint="`deskpulse rebuild` puts the given ones in force",
                )
                return found.settings(settings)
            log.warning(
                "generation_waited_for",
                in_force=name,
                problem=problem,
                hint="`deskpulse rebuild` makes tables of this version and these definitions; see docs/operations.md",
                retry_in_s=wait_s,
            )
            await asyncio.sleep(wait_s)
        return settings
    finally:
        await client.aclose()


async def count(app: WorkerApp, stop: asyncio.Task[Any]) -> int:
    """Run *app* until *stop* is done, or it ends by itself; return the exit code, or CHANGED.

    What *stop* raises is its own; the code is CRASHED then.
    """
    start = asyncio.create_task(app.start())
    ended = asyncio.create_task(app.wait_until_stopped())
    # Starting ends with the first assignment, so a signal or a crash may come before.
    await asyncio.wait({stop, ended}, return_when=asyncio.FIRST_COMPLETED)
    code = _reason(app) if not stop.done() else CRASHED if stop.exception() else 0
    log.info("worker_stopping", exit_code=code)
    try:
        async with asyncio.timeout(STOP_S):
            await app.stop()
            await asyncio.gather(start, ended, return_exceptions=True)
    except TimeoutError:
        # Redis holds the offsets, so nothing is lost by leaving now; the group notices by the session.
        log.warning("worker_stop_forced", waited_s=STOP_S, exit_code=code)
        sys.stderr.flush()
        os._exit(CRASHED if code == CHANGED else code)
    return code


def _reason(app: WorkerApp) -> int:
    reason = app.crash_reason
    if isinstance(reason, TopicChanged):
        sys.stderr.write(f"{reason}\n")
        return TOPIC_CHANGED
    if isinstance(reason, GenerationChanged):
        log.info("generation_changed", in_force=str(reason))
        return CHANGED
    log.error("worker_crashed", error=repr(reason), exc_info=reason)
    return CRASHED
