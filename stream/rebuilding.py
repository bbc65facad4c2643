"""Rebuild: the tables of other definitions, made from the log beside those in force, then put in force by one write.

It is a worker of a consumer group of its own that counts another generation. So it may be ended at any moment: the
next one goes on from the offsets in Redis, and until the write nobody reads what it makes.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiokafka.errors import KafkaError
from redis import exceptions as errors

from aggregators.instants import rfc3339
from stream import generations, keys
from stream import log as logs
from stream.app import build_app
from stream.carrying import Carried, Carrier
from stream.clock import now_ms
from stream.dead_letters import KafkaDeadLetters
from stream.dropping import delete, is_counted
from stream.errors import UsageError
from stream.kafka import why
from stream.patience import connect
from stream.probing import look_at_kafka
from stream.progress import progress
from stream.rebuild_lock import Lock
from stream.rebuilder import NewLetters, Rebuilder
from stream.settings import hidden
from stream.telling import wait_for_told
from stream.transport.libraries import check_libraries
from stream.worker import count, spare_the_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.chunks import Partition
    from stream.generations import Generation
    from stream.patience import Client
    from stream.settings import Settings

log = structlog.get_logger(__name__)

ROUNDS = 2
"""What the sources emit to other topics is read through only when those topics are, once more after the sources."""
WITHIN_S = 10.0
LOOK_S = 0.2
FULL_S = 5.0
SAY_EVERY_S = 10.0
HAND_OVER_S = 30.0
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a rebuild ended: what there is to say, and the exit code."""

    text: str
    code: int = 0


def run(settings: Settings, *, drop_old: bool) -> Outcome:
    """Rebuild for *settings* and put them in force. Raises UsageError if that cannot be; then nothing has changed."""
    logs.configure(settings)
    check_libraries()
    spare_the_collector()
    return asyncio.run(_run(settings, drop_old=drop_old))


async def _run(settings: Settings, *, drop_old: bool) -> Outcome:
    client = connect(settings.redis)
    ours = generations.ours(settings)
    try:
        before = await generations.in_force(client)
        if before is None:
            message = f"DESKPULSE_REDIS: no worker has written to {hidden('redis', settings.redis)} yet: start workers"
            raise UsageError(message)
        if before == ours.name:
            return Outcome(f"generation {before} is in force already: these are its definitions")
        spans = await _spans(settings)
        async with Lock(client, ours.name) as lock:
            await generations.describe(client, ours)
            found = await generations.look(client, before)
            carrier = None if found is None else Carrier(settings, client, spans, before=found, ours=ours.name)
            rebuild = Rebuild(settings, client, lock, spans, carrier=carrier, before=before, ours=ours)
            return await rebuild.run(drop_old=drop_old)
    except (errors.RedisError, OSError) as error:
        message = f"DESKPULSE_REDIS: {hidden('redis', settings.redis)} does not answer ({error})"
        raise UsageError(message) from error
    finally:
        await client.aclose()


async def _spans(settings: Settings) -> dict[Partition, tuple[int, int]]:
    """Return {partition: (first offset, end)} of all source topics."""
    view = await look_at_kafka(settings)
    if view.problem is not None:
        message = f"DESKPULSE_KAFKA: {settings.kafka} does not answer ({view.problem})"
        raise UsageError(message)
    missing = [topic for topic in settings.source_topics if topic not in view.topics]
    if missing:
        message = f"DESKPULSE_KAFKA: there is no topic {missing[0]} (see DESKPULSE_TOPICS_CHAT, _TICKET, _AGENT)"
        raise UsageError(message)
    return view.spans


class Rebuild:
    """One run, from what is there to the write."""

    def __init__(
        self,
        settings: Settings,
        client: Client,
        lock: Lock,
        spans: Mapping[Partition, tuple[int, int]],
        *,
        carrier: Carrier | None,
        before: str,
        ours: Generation,
    ) -> None:
        """Count *spans* of the log for the generation *ours*, to be put in force in place of *before*.

        *carrier* takes over what the log does not reach, None where nothing can.
        """
        group = f"{settings.group}-{ours.name}"
        # What is told is read on by the workers: it stands in topics of their group, not of this one.
        told = settings.told_prefix
        self._settings = settings.model_copy(update={"group": group, "instance": None, "topics_told": told})
        self._redis, self._lock, self._spans = client, lock, spans
        self._carrier, self._before, self._ours = carrier, before, ours
        self._full_since: float | None = None
        self._said = self._started = time.monotonic()

    async def run(self, *, drop_old: bool) -> Outcome:
        """Count, switch, hand over. A full Redis is left as it was: workers wait while it takes no more."""
        try:
            return await self._run(drop_old=drop_old)
        except (FullError, errors.OutOfMemoryError) as error:
            if await generations.in_force(self._redis) == self._ours.name:
                raise
            await generations.drop(self._redis, self._ours.name)
            message = (
                f"DESKPULSE_REDIS: it is full ({error}): what was rebuilt is deleted, so that workers go on; "
                "it takes about as much again as the generation in force (see `deskpulse check`)"
            )
            raise UsageError(message) from error

    async def _run(self, *, drop_old: bool) -> Outcome:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, stop.set)
        await wait_for_told(self._settings)
        await self._prepare()
        counted = await self._offsets(self._before)
        async with KafkaDeadLetters(self._settings) as dead_letters:
            processor = Rebuilder(self._settings, NewLetters(dead_letters, counted))
            work = asyncio.create_task(self._work(processor, stop, drop_old=drop_old))
            try:
                code = await count(build_app(self._settings, processor), work)
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                await processor.close()
        if work.cancelled():
            return Outcome("the rebuild broke off; another one goes on from there", code)
        return work.result()

    async def _prepare(self) -> None:
        """Take over what stands before the beginning of the log, or say that it is not."""
        if self._carrier is None:
            cut = sum(begin > 0 for begin, _ in self._spans.values())
            if cut:
                log.warning("carried_nothing", partitions=cut, why="Redis does not hold the definitions in force")
            return
        try:
            await self._carrier.prepare()
        except (KafkaError, TimeoutError) as error:
            message = f"DESKPULSE_KAFKA: {self._settings.kafka} does not answer ({why(error)})"
            raise UsageError(message) from error

    async def _work(self, processor: Rebuilder, stop: asyncio.Event, *, drop_old: bool) -> Outcome:
        reading = asyncio.create_task(self._read_through(processor))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({reading, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                return Outcome("stopped; run it again to go on from here", INTERRUPTED)
            records = await reading
            carried = Carried() if self._carrier is None else await self._carrier.finish()
        finally:
            for task in (reading, stopped):
                task.cancel()
            await asyncio.gather(reading, stopped, return_exceptions=True)
        if not await generations.switch(self._redis, before=self._before, after=self._ours.name, now_ms=now_ms()):
            message = f"generation {self._before} is not in force any more: nothing was changed; run it again"
            raise UsageError(message)
        took_s = time.monotonic() - self._started
        log.info("generation_in_force", generation=self._ours.name, before=self._before)
        text = f"generation {self._ours.name} is in force, in place of {self._before}"
        text += f" ({records} records in {took_s:.0f} s)"
        if carried.before is not None:
            text += f"; panes before {rfc3339(carried.before)} of {carried.partitions} partitions are those of before"
        is_left = await self._hand_over()
        if not drop_old:
            return Outcome(f"{text}; `deskpulse rebuild --drop {self._before}` deletes the old tables")
        if not is_left:
            return Outcome(f"{text}; the old tables stay: a worker still counts them")
        try:
            gone = await delete(self._settings, self._redis, self._before)
        except UsageError as error:
            return Outcome(f"{text}\n{error}", 2)
        return Outcome(f"{text}; the old tables are deleted, {gone}")

    async def _read_through(self, processor: Rebuilder) -> int:
        """Return, once every partition is read to its end, how many records the log had."""
        total = sum(end - begin for begin, end in self._spans.values())
        rounds, asked_s, done = 0, 0.0, 0
        ends: dict[Partition, int] = {}
        with progress("rebuilding", total) as step:
            while rounds < ROUNDS:
                positions = await self._report(processor)
                reached = min(total, _reached(self._spans, positions))
                self._tell(step, reached - done, reached, total)
                done = max(done, reached)
                if ends and all(positions.get(one, (0, -1))[1] >= end for one, end in ends.items()):
                    rounds = rounds + 1 if time.monotonic() - asked_s <= WITHIN_S else 0
                    ends = {}
                if not ends and self._spans.keys() <= positions.keys():
                    ends, asked_s = {one: end for one, (end, _) in positions.items()}, time.monotonic()
        return total

    async def _report(self, processor: Rebuilder) -> dict[Partition, tuple[int, int]]:
        """Return the next positions. UsageError if another rebuild took over, FullError if Redis takes no more."""
        before = processor.reports
        while processor.reports == before:
            await asyncio.sleep(LOOK_S)
            if self._lock.is_lost:
                message = "another rebuild began while Redis was away: this one leaves it to that"
                raise UsageError(message)
            trouble = processor.trouble or ""
            if "maxmemory" not in trouble:
                self._full_since = None
            elif self._full_since is None:
                self._full_since = time.monotonic()
            elif time.monotonic() - self._full_since > FULL_S:
                raise FullError(trouble)
        return processor.positions

    def _tell(self, step: Callable[[int], None], steps: int, done: int, total: int) -> None:
        step(max(0, steps))
        # At a terminal the bar says it.
        if time.monotonic() - self._said > SAY_EVERY_S and not sys.stderr.isatty():
            self._said = time.monotonic()
            log.info("rebuild_progress", generation=self._ours.name, records=done, of=total)

    async def _hand_over(self) -> bool:
        """Go on counting until workers do: until none counts the generation before. False if one does not stop."""
        until = time.monotonic() + HAND_OVER_S
        while time.monotonic() < until:
            if not await is_counted(self._redis, self._before):
                return True
            await asyncio.sleep(LOOK_S)
        return False

    async def _offsets(self, generation: str) -> dict[Partition, int]:
        pipe = self._redis.pipeline(transaction=False)
        for partition in self._spans:
            pipe.hget(keys.meta(generation, partition), "offset")
        return {one: int(offset or 0) for one, offset in zip(self._spans, await pipe.execute(), strict=True)}


class FullError(Exception):
    """Redis takes no more; the text is what it says."""


def _reached(spans: Mapping[Partition, tuple[int, int]], positions: Mapping[Partition, tuple[int, int]]) -> int:
    return sum(max(0, positions[one][1] - begin) for one, (begin, _) in spans.items() if one in positions)
