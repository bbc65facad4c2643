"""Snapshots: each second what changed in Redis is read, and everything there is to say stands in one frozen value."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from redis import exceptions as errors

from aggregators.definitions import STATE_VERSION
from aggregators.folding import MOST_CHARACTERS, OTHER
from aggregators.panes import bucket_of
from aggregators.rolling import groups_of
from aggregators.windows import IDENTITY_WINDOWS
from stream import codec, generations, keys
from stream.chunks import START, Partition
from stream.clock import now_ms
from stream.delays import OLD_MS, merged
from stream.event_clock import PartitionHealth
from stream.freshness import Freshness, apart
from stream.heard import Telling
from stream.offline import board_of, definitions_of
from stream.patience import connect
from stream.reader import PartitionReader
from stream.told import read_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.board import Board, Row
    from aggregators.definitions import Definitions
    from aggregators.leg_counts import LegCounts
    from aggregators.rolling import Group
    from aggregators.states import Grouping
    from stream.settings import Settings

log = structlog.get_logger(__name__)

REFRESH_S = 1.0
OLD_SNAPSHOT_MS = 10_000
FROZEN_MS = 60_000
"""A snapshot so old has no number of now: Prometheus is shown none, so that what others show is not outdone by it."""
TRIES = 2


class Memory(NamedTuple):
    """What Redis uses and at most may use, in bytes; 0 is no limit."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything known at one instant. `as_of` None: no number may be shown; `trouble` says why they may be stale.

    `legs` is what each window counts of the legs of a group, of which it counts any; `grown` by how many legs more wait
    at the end of a window than at its start, by the intervals. `definitions` are those in force, and `grouping` says
    where label sets count.
    """

    made_at: int = 0
    took_s: float = 0.0
    as_of: int | None = None
    rows: tuple[Row, ...] = ()
    trouble: str | None = "nothing has been read from Redis yet"
    redis_up: bool = False
    generation: str | None = None
    carried_before: int | None = None
    folded: int = 0
    covered_s: dict[str, float] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)
    legs: Mapping[tuple[str, Group], LegCounts] = field(default_factory=dict)
    grown: Mapping[str, Mapping[Group, int]] = field(default_factory=dict)
    definitions: Definitions | None = None
    grouping: Grouping = groups_of
    backlog_drift: int | None = None
    partitions: tuple[PartitionHealth, ...] = ()
    sources: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    redis_memory: Memory | None = None
    counts: dict[str, int] = field(default_factory=dict)
    refreshes: int = 0
    failures: int = 0


def ready_trouble(snapshot: Snapshot, now: int) -> str | None:
    """Return why *snapshot* must not be believed at *now*; None if it may."""
    if snapshot.trouble is None and now - snapshot.made_at > OLD_SNAPSHOT_MS:
        return f"the snapshot is {(now - snapshot.made_at) // 1000} s old"
    return snapshot.trouble


def is_frozen(snapshot: Snapshot, now: int) -> bool:
    """Return whether *snapshot* was made so long before *now*, in epoch ms, that it says nothing of it."""
    return now - snapshot.made_at > FROZEN_MS


class Snapshots:
    """Makes snapshots. `latest` may be read from any thread: it is replaced whole, never changed."""

    def __init__(self, settings: Settings, *, clock: Callable[[], int] = now_ms) -> None:
        """Connect at the first refresh, not before; *clock* is the wall clock, in epoch ms."""
        self._settings = settings
        self._topics = read_topics(settings)
        self._now = clock
        self._redis = connect(settings.redis)
        self._generation: str | None = None
        self._defined = settings
        self._is_described = False
        self.readers: dict[Partition, PartitionReader] = {}
        self._left_out: set[str] = set()
        self._board: Board = board_of(settings)
        self._freshness = Freshness(settings.clock)
        self._furthest = 0
        self._failures = 0
        self._refreshes = 0
        self.latest = Snapshot()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, call: Callable[[], None]) -> None:
        """Let *call* be made after each new snapshot, in the loop that refreshes: it must not take long."""
        self._listeners.append(call)

    async def run(self) -> None:
        """Refresh each second until cancelled."""
        try:
            while True:
                started = time.monotonic()
                await self.refresh()
                await asyncio.sleep(max(0.05, REFRESH_S - (time.monotonic() - started)))
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()

    async def refresh(self) -> Snapshot:
        """Read what changed and replace `latest`. While Redis is away the numbers stand still and say so."""
        started = time.monotonic()
        self._refreshes += 1
        try:
            made = await self._make(started)
        except (errors.RedisError, OSError) as error:
            trouble = f"Redis does not answer: {str(error) or type(error).__name__}"
            if self.latest.redis_up or self.latest.trouble != trouble:
                log.warning("redis_away", error=str(error))
            self._failures += 1
            made = replace(self.latest, trouble=trouble, redis_up=False)
        if made.redis_up:
            made = replace(made, redis_memory=await self._memory())
        self.latest = replace(made, refreshes=self._refreshes, failures=self._failures)
        for call in self._listeners:
            call()
        return self.latest

    async def _make(self, started: float) -> Snapshot:
        generation = await generations.in_force(self._redis)
        if generation is None:
            self._start_anew(None)
            return Snapshot(made_at=self._now(), trouble="no worker has written to this Redis yet", redis_up=True)
        trouble = await self._follow(generation)
        if trouble is not None:
            return Snapshot(made_at=self._now(), trouble=trouble, redis_up=True, generation=generation)
        await self._find_partitions()
        # Before the tables: what a worker says it has applied is in them then.
        status = await self._redis.hgetall(keys.status(self._generation or ""))
        for _ in range(TRIES):
            if await self._read():
                break
            log.warning("tables_replaced", action="reading everything again")
            self._start_anew(self._generation)
            await self._find_partitions()
        else:
            return replace(self.latest, trouble="the tables in Redis change under the reader", redis_up=True)
        health = self._health(status)
        as_of, trouble = self._freshness.look(health, now=self._now(), told=self._telling())
        gap = apart(health, as_of)
        rows: tuple[Row, ...] = ()
        board = self._board
        if as_of is not None:
            if bucket_of(as_of) < bucket_of(self._furthest):
                # Where it stood the board has forgotten panes that its windows hold again here.
                log.warning("clock_went_back", from_ms=self._furthest, to_ms=as_of, action="reading everything again")
                self._start_anew(self._generation)
                return await self._make(started)
            self._furthest = max(self._furthest, as_of)
            board.move(as_of)
            rows = tuple(board.rows())
            for reader in self.readers.values():
                reader.forget(as_of=as_of)
        windows = self._defined.windows if as_of is not None else ()
        # Where panes are gone, the legs that they counted would look like violations.
        judged = [window for window in windows if window in IDENTITY_WINDOWS] if gap is None else []
        return Snapshot(
            made_at=self._now(),
            took_s=time.monotonic() - started,
            as_of=as_of,
            rows=rows,
            trouble=trouble or gap,
            redis_up=True,
            generation=self._generation,
            carried_before=max(filter(None, (reader.carried_before for reader in self.readers.values())), default=None),
            folded=board.folded,
            grouping=board.grouping,
            covered_s={window: board.covered_s(window) for window in windows},
            violations={window: board.violations(window) for window in judged},
            legs=board.leg_counts() if as_of is not None else {},
            grown={window: board.grown(window) for window in judged},
            definitions=definitions_of(self._defined),
            backlog_drift=board.backlog_drift() if as_of is not None and gap is None else None,
            partitions=tuple(health),
            sources=self._latest_of_sources(),
            clocks=self._ahead(await self._redis.hgetall(keys.clocks(self._generation or ""))),
            counts=dict(sum((Counter(reader.counts) for reader in self.readers.values()), Counter())),
        )

    async def _memory(self) -> Memory | None:
        """Return how full Redis is, None where it does not say: a user of it may be forbidden to ask."""
        try:
            said = await self._redis.info("memory")
        except (errors.RedisError, OSError):
            return None
        return Memory(int(said.get("used_memory", 0)), int(said.get("maxmemory", 0)))

    async def _follow(self, generation: str) -> str | None:
        """Go over to *generation* if another one was shown; return why its tables cannot be read, None if they can."""
        if generation == self._generation and self._is_described:
            return None
        found = await generations.look(self._redis, generation)
        defined, self._is_described = self._settings, found is not None
        if found is not None:
            if found.form != STATE_VERSION:
                self._start_anew(None)
                return f"the tables in force are not of this version: {found.problem(self._settings)}"
            try:
                defined = found.settings(self._settings)
            except ValueError as error:
                self._start_anew(None)
                return f"the definitions in force cannot be read by this version: {error}"
        if generation != self._generation or definitions_of(defined) != definitions_of(self._defined):
            if self._generation is not None:
                log.info("generation_shown", generation=generation, before=self._generation)
            self._defined, self._topics = defined, read_topics(defined)
            self._start_anew(generation)
        return None

    def _start_anew(self, generation: str | None) -> None:
        self._generation = generation
        self.readers = {}
        self._board = board_of(self._defined)
        self._freshness = Freshness(self._settings.clock)
        self._furthest = 0

    async def _find_partitions(self) -> None:
        """Make a reader for every partition of the topics of the settings that a worker has told of.

        Others were read once: no worker reports on them any more, and what was counted of them has no end.
        """
        generation = self._generation or ""
        for name, count in (await self._redis.hgetall(keys.topics(generation))).items():
            topic = name.decode()
            if topic not in self._topics:
                self._leave_out(topic)
                continue
            for number in range(int(count)):
                partition = Partition(topic, number)
                if partition not in self.readers:
                    self.readers[partition] = PartitionReader(
                        self._redis, generation, partition, of_hours=self._board.of_hours
                    )

    def _leave_out(self, topic: str) -> None:
        if topic not in self._left_out:
            self._left_out.add(topic)
            log.warning("topic_left_out", topic=topic, why="it is none of DESKPULSE_TOPICS_CHAT, _TICKET, _AGENT")

    async def _read(self) -> bool:
        """Bring what changed onto the board; False if the tables are not the ones read before."""
        readers = list(self.readers.values())
        # All or nothing: what one partition has read must not be lost because another one could not.
        found = await asyncio.gather(*(reader.read() for reader in readers), return_exceptions=True)
        for pages in found:
            if isinstance(pages, BaseException):
                raise pages
        if any(pages is None for pages in found):
            return False
        for reader, pages in zip(readers, found, strict=True):
            if not isinstance(pages, list):
                continue
            try:
                reader.show(pages, self._board)
            except KeyError as error:
                log.warning("labels_unknown", **reader.partition._asdict(), number=str(error))
                return False
        return True

    def _health(self, status: Mapping[Any, Any]) -> list[PartitionHealth]:
        health = []
        for partition, reader in self.readers.items():
            said = status.get(f"{partition.topic}:{partition.partition}".encode())
            lag, at = None, None
            if said is not None:
                end, _, at = codec.unpack(said)
                # By what is read here, not by what the worker had stored: a reader may have seen less of it.
                lag = max(0, end - max(0, reader.offset))
            health.append(PartitionHealth(partition, reader.watermark, lag, at, reader.committed_at))
        return health

    def _telling(self) -> dict[Partition, Telling]:
        """Return how far what is told is counted: sources say what they told, those who are told what they heard."""
        told: dict[Partition, int] = {}
        for reader in self.readers.values():
            for partition, offset in reader.told.items():
                told[partition] = max(offset, told.get(partition, 0))
        heard = {partition: reader.offset for partition, reader in self.readers.items()}
        mine = [each for each in heard if each.topic not in self._settings.source_topics]
        return {each: Telling(told.get(each, 0), max(0, heard.get(each, START))) for each in {*mine, *told}}

    def _ahead(self, said: Mapping[bytes, bytes]) -> dict[str, int]:
        """Return by how many ms the clock of each source is ahead, by what workers said lately."""
        clocks = []
        for blob in said.values():
            at, ahead = codec.unpack(blob)
            if self._now() - at < OLD_MS:
                clocks.append({_short(source): ms for source, ms in ahead.items()})
        return merged(clocks)

    def _latest_of_sources(self) -> dict[str, int]:
        latest: dict[str, int] = {}
        for reader in self.readers.values():
            for source, at in reader.sources.items():
                name = _short(source)
                latest[name] = max(at, latest.get(name, at))
        return latest


def _short(source: str) -> str:
    return source if len(source) <= MOST_CHARACTERS else OTHER
