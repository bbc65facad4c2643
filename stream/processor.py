"""The processor: chunks of raw records become commits. Redis says which offset comes next; nobody else does."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

import structlog
from redis import exceptions as errors

from aggregators.engine import Engine, is_expired
from aggregators.hearing import Hearing
from stream import codec, generations, keys
from stream.chunks import (
    START,
    Chunk,
    DeadLetter,
    DeadLetterSink,
    GenerationChanged,
    Partition,
    Record,
    Rewind,
    TopicChanged,
)
from stream.clock import now_ms
from stream.decoding import decode_records
from stream.delays import SourceClocks, count_lags
from stream.offline import definitions_of
from stream.patience import Patience, connect
from stream.payload import Payload, payload
from stream.tables import RedisTables, Stored
from stream.telling import KafkaTeller, Teller
from stream.told import decode_batches, told_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregators.delta import Delta
    from aggregators.engine import Records
    from aggregators.events import Event, Rejected
    from aggregators.facts import Facts, Key
    from aggregators.telling import Batch
    from stream.settings import Settings

log = structlog.get_logger(__name__)

COMMIT_SIZE = 24_000
"""Cells and fields of indexes a commit should have at most: 50 ms inside Redis mostly, which does nothing else."""
FIRST_PIECE, LEAST_PIECE, MOST_PIECE = 2_000, 50, 8_192
FIRST_TOLD, LEAST_TOLD = 20, 1
"""As above; a record of what is told has up to a hundred rows."""
DECODED_AT_ONCE = 500
CACHED_OWNERS = 200_000
CLEAN_EVERY_MS = 15 * 60_000
REPORTS_ALONE = 2
"""The ends that came with the report under way may be from before the rebuild was gone; those of the next are not."""


class _State:
    """A partition this worker owns: its engine, the next offset, and the facts lately seen, packed.

    `flying` are the facts of the commit that is on its way. `ahead` says that the engine may have counted what no
    commit holds: then all of it is void.
    """

    def __init__(self, stored: Stored, engine: Engine, *, is_told: bool) -> None:
        self.next = stored.offset
        self.is_told = is_told
        # Label sets have other numbers after another history: readers look at this.
        self.since = f"{stored.offset}:{token_hex(4)}"
        self.engine = engine
        self.lids = stored.lids
        self.facts: OrderedDict[Key, bytes] = OrderedDict()
        self.flying: dict[Key, bytes] = {}
        # From an empty table on, every owner there is has been through this cache: none need be asked for.
        self.complete = stored.offset == START
        self.piece = FIRST_TOLD if is_told else FIRST_PIECE
        self.cleaned_at = 0
        self.ahead = False
        # Up to here others may have told what they could not commit any more: everything is told again.
        self.told_until: float = math.inf
        self.lock = asyncio.Lock()
        self.clocks = SourceClocks()

    def packed(self, key: Key) -> bytes | None:
        """Return the facts of *key*, packed, as far as they are here."""
        blob = self.flying.get(key)
        return self.facts.get(key) if blob is None else blob

    def facts_of(self, key: Key) -> Facts | None:
        """Return the facts of *key* as far as they are here."""
        blob = self.packed(key)
        return None if blob is None else codec.unpack_facts(key, blob)

    def keep(self, facts: Mapping[Key, bytes]) -> None:
        """Remember what was committed."""
        for key, blob in facts.items():
            self.facts[key] = blob
            self.facts.move_to_end(key)

    def forget(self, *, most: int) -> None:
        """Remember the latest *most* owners only. Never while records that touch them are counted."""
        while len(self.facts) > most:
            self.facts.popitem(last=False)
            self.complete = False


class _ReleasedError(Exception):
    """A partition was taken away from this worker while it counted."""


class _OvertakenError(Exception):
    """Somebody else has written what was to be counted."""


class TableProcessor:
    """Counts what chunks say into the tables of one generation."""

    leads = True
    """Whether it counts what is in force, and gives up when that is another one."""

    def __init__(self, settings: Settings, dead_letters: DeadLetterSink, *, teller: Teller | None = None) -> None:
        self._definitions = definitions_of(settings)
        self._generation = generations.ours(settings)
        self._dead_letters = dead_letters
        self._redis = connect(settings.redis)
        self.tables = RedisTables(self._redis, self._definitions.generation())
        self._told = frozenset(told_topics(settings).values())
        self._teller: Teller | None = (teller or KafkaTeller(settings)) if self._told else None
        self._patience = Patience()
        self._states: dict[Partition, _State] = {}
        self._counts: dict[str, int] = {}
        # For so many reports more the rebuild that made these tables may be one who counts, and tells, beside us.
        self._beside = REPORTS_ALONE if self.leads else 0
        self.conflicts = self._uncounted = 0
        self._unreported = False

    async def close(self) -> None:
        """Close the connections to Redis, and that of who tells."""
        await self._redis.aclose()
        if self._teller is not None:
            await self._teller.close()

    async def acquire(self, partitions: Iterable[Partition], counts: Mapping[str, int]) -> dict[Partition, int | None]:
        """Take over *partitions*; see chunks.Processor."""
        self._counts = dict(counts)
        found: dict[Partition, int | None] = {}
        for partition in partitions:
            state = self._states[partition] = await self._load(partition)
            found[partition] = None if state.next == START else state.next
        return found

    def placed(self, ends: Mapping[Partition, int]) -> None:
        """Tell everything again up to *ends*, or longer, while a rebuild goes on; see chunks.Processor."""
        for partition, end in ends.items():
            state = self._states.get(partition)
            if state is not None:
                state.told_until = math.inf if self._beside else end

    def release(self, partitions: Iterable[Partition]) -> None:
        """Forget *partitions*."""
        for partition in partitions:
            self._states.pop(partition, None)

    async def apply(self, chunk: Chunk) -> Rewind | None:
        """Commit *chunk*; see chunks.Processor."""
        state = self._states.get(chunk.partition)
        if state is None:
            return None
        try:
            return await self._apply(chunk, state)
        except _ReleasedError:
            log.warning("chunk_given_up", **chunk.partition._asdict(), why="it belongs to another worker by now")
            return None

    async def _apply(self, chunk: Chunk, state: _State) -> Rewind | None:
        async with state.lock:
            if state.ahead:
                return await self._rewind(chunk.partition, state, "interrupted")
            if chunk.expected > state.next or chunk.next <= state.next:
                return None
            records = [record for record in chunk.records if record.offset >= state.next]
            state.ahead = True
            rewind = await self._count(chunk.partition, state, records, chunk.next)
            if rewind is not None:
                return rewind
            state.ahead = False
            await self._clean(chunk.partition, state)
        return None

    async def _count(self, partition: Partition, state: _State, records: Sequence[Record], end: int) -> Rewind | None:
        """Count and commit *records* piece by piece; while Redis takes one in, the next one is counted."""
        done, expected = 0, state.next
        committing: asyncio.Task[Rewind | None] | None = None
        try:
            while True:
                if self._states.get(partition) is not state:
                    raise _ReleasedError
                state.forget(most=CACHED_OWNERS // max(1, len(self._states)))
                upto = min(done + state.piece, len(records))
                following = end if upto == len(records) else records[upto].offset
                try:
                    built, letters = await self._piece(partition, state, records[done:upto], expected, following)
                except Exception:
                    # What was counted on may be gone: Redis knows whether it is.
                    rewind = await committing if committing is not None else None
                    stored = await self._patience.persist("loading", lambda: self._stored([partition]))
                    if rewind is None and stored[partition] != state.next:
                        rewind = await self._refuse(partition, state, "written already")
                    if rewind is None:
                        raise
                    return rewind
                if committing is not None and (rewind := await committing) is not None:
                    self._uncounted += built.refused
                    return rewind
                if letters:
                    await self._dead_letters.send(letters)
                state.flying = built.facts
                committing = asyncio.create_task(self._commit(partition, state, built, following))
                done, expected = upto, following
                if done == len(records):
                    return await committing
        finally:
            if committing is not None:
                committing.cancel()
                await asyncio.gather(committing, return_exceptions=True)

    async def report(self, positions: Mapping[Partition, tuple[int, int]]) -> list[Rewind]:
        """Write how far each partition is read, and look for offsets that went back; see chunks.Processor."""
        if not positions:
            return []
        states = dict(self._states)
        expected = {partition: state.next for partition, state in states.items()}
        try:
            stored = await self._stored(list(expected))
            await self._say(positions, stored, states)
        except (errors.RedisError, OSError) as error:
            # The commits wait for Redis with patience; this comes again in a second.
            if not self._unreported:
                log.warning("report_failed", partitions=len(positions), error=str(error) or type(error).__name__)
            self._unreported = True
            return []
        if self._unreported:
            log.info("report_back", partitions=len(positions))
        self._unreported = False
        rewinds = []
        for partition, offset in stored.items():
            if offset < expected[partition]:
                async with states[partition].lock:
                    if self._states.get(partition) is states[partition]:
                        with suppress(_ReleasedError):
                            rewinds.append(await self._rewind(partition, states[partition], "audit"))
        return rewinds

    async def _stored(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Return the offsets that Redis holds, START where it holds none."""
        pipe = self._redis.pipeline(transaction=False)
        for partition in partitions:
            pipe.hget(keys.meta(self.tables.generation, partition), "offset")
        return {
            partition: START if offset is None else int(offset)
            for partition, offset in zip(partitions, await pipe.execute(), strict=True)
        }

    async def _say(
        self,
        positions: Mapping[Partition, tuple[int, int]],
        stored: Mapping[Partition, int],
        states: Mapping[Partition, _State],
    ) -> None:
        """Write how far each partition is read, by what Redis holds: after a loss of it, its readers must know."""
        generation = self.tables.generation
        status, clocks = {}, {}
        for partition, (end, position) in positions.items():
            offset, state = stored.get(partition, START), states.get(partition)
            reached = max(offset, 0)
            # All is read: what lies behind the stored offset are holes, such as markers of transactions, in no table.
            # So the log ends there for readers: whoever has seen that offset is through, and nobody before.
            is_through = state is not None and state.next == offset and position >= end and not state.lock.locked()
            ends = reached if is_through else end
            name = f"{partition.topic}:{partition.partition}"
            status[name] = codec.pack([ends, reached, now_ms()])
            if state is not None and (ahead := state.clocks.ahead_ms(now=now_ms())):
                clocks[name] = codec.pack([now_ms(), ahead])
        pipe = self._redis.pipeline(transaction=False)
        # Said again each second: a Redis that lost everything has to learn it anew.
        if self.leads:
            pipe.set(keys.GENERATION, generation, nx=True)
        pipe.hset(keys.topics(generation), mapping=self._counts)
        pipe.hset(keys.status(generation), mapping=status)
        if clocks:
            pipe.hset(keys.clocks(generation), mapping=clocks)
        pipe.exists(keys.about(generation))
        pipe.get(keys.REBUILD)
        pipe.get(keys.GENERATION)
        *_, described, rebuilt, leader = await pipe.execute()
        if not described:
            await generations.describe(self._redis, self._generation)
        if self.leads and leader != generation.encode():
            raise GenerationChanged(leader.decode())
        if self.leads:
            self._heed(positions, is_rebuilt=(rebuilt or b"").startswith(generation.encode() + b" "))

    def _heed(self, positions: Mapping[Partition, tuple[int, int]], *, is_rebuilt: bool) -> None:
        """Tell everything again until the rebuild that hands these tables over is gone, and where the log ends then."""
        was, self._beside = self._beside, REPORTS_ALONE if is_rebuilt else max(0, self._beside - 1)
        if was or self._beside:
            self.placed({partition: end for partition, (end, _) in positions.items()})

    async def _load(self, partition: Partition) -> _State:
        """Read what is stored of *partition* and begin from there. A half-written one is emptied first."""
        stored = await self._patience.persist("loading", lambda: self.tables.load(partition))
        while stored.corrupt:
            log.error("partition_corrupt", **partition._asdict(), action="rebuilding from the log's beginning")
            await self._patience.persist("wiping", lambda: self.tables.wipe(partition))
            stored = await self._patience.persist("loading", lambda: self.tables.load(partition))
        count = self._counts.get(partition.topic)
        if stored.partitions is not None and count is not None and stored.partitions != count:
            message = (
                f"{partition.topic} has {count} partitions, its tables were made for {stored.partitions}: "
                "conversations have moved. Delete the tables (keys dp:*) to rebuild them or use another topic."
            )
            raise TopicChanged(message)
        is_told = partition.topic in self._told
        engine = (Hearing if is_told else Engine)(
            self._definitions,
            watermark=stored.watermark,
            due=stored.due,
            labels=stored.labels,
            sources=stored.sources,
        )
        return _State(stored, engine, is_told=is_told)

    async def _rewind(self, partition: Partition, before: _State, why: str) -> Rewind:
        """Begin again from what is stored."""
        state = await self._load(partition)
        if self._states.get(partition) is not before:
            raise _ReleasedError
        self._states[partition] = state
        log.warning("partition_rewound", **partition._asdict(), why=why, read=before.next, stored=state.next)
        return Rewind(partition, None if state.next == START else state.next)

    async def _refuse(self, partition: Partition, state: _State, why: str) -> Rewind:
        """Count a refused commit, and begin again where Redis stands."""
        self.conflicts += 1
        self._uncounted += 1
        return await self._rewind(partition, state, why)

    async def _piece(
        self, partition: Partition, state: _State, records: Sequence[Record], expected: int, following: int
    ) -> tuple[Payload, list[DeadLetter]]:
        """Count the records from *expected* on, up to *following*; return what is to be committed, and sent before."""
        incoming: list[tuple[int, Event | Rejected | Batch]] = []
        for start in range(0, len(records), DECODED_AT_ONCE):
            some = records[start : start + DECODED_AT_ONCE]
            incoming += decode_batches(some) if state.is_told else decode_records(some, self._definitions.scales)
            # Meanwhile the commit before goes on its way.
            await asyncio.sleep(0)
        await self._fetch(partition, state, incoming, expected)
        delta = state.engine.run(incoming, state.facts_of, again=expected < state.told_until)
        if not state.is_told:
            now = now_ms()
            count_lags(incoming, delta, now=now)
            state.clocks.see(incoming, now=now)
        letters = _letters(partition, records, delta)
        # A refused commit is counted with the next one that is made.
        refused, self._uncounted = self._uncounted, 0
        if refused:
            delta.counts["conflicts"] += refused
        size = max(1, delta.size())
        least = LEAST_TOLD if state.is_told else LEAST_PIECE
        state.piece = max(least, min(MOST_PIECE, 2 * state.piece, len(records) * COMMIT_SIZE // size or 1))
        meta: dict[str, str | int] = {"committed": now_ms(), "since": state.since}
        if records:
            # `offset` may lie further, behind a marker of a transaction, which no export knows of.
            meta["last"] = records[-1].offset
        if delta.is_coarse:
            meta["coarse"] = delta.watermark or 0
        if self._teller is not None and delta.told:
            # Before the commit: what is committed has been told.
            behind = await self._teller.tell(delta.told, version=following, watermark=delta.watermark or 0)
            meta |= {keys.told_field(where): offset for where, offset in behind.items()}
        if expected == START:
            meta |= {"partitions": self._counts.get(partition.topic, 0), "born": now_ms()}
        built = payload(delta, expected=expected, following=following, lids=state.lids, known=state.packed, meta=meta)
        return built._replace(refused=refused), letters

    async def _commit(self, partition: Partition, state: _State, built: Payload, following: int) -> Rewind | None:
        """Commit, again while the outcome is unknown: the compare-and-set makes a second call harmless."""
        try:
            done = await self._patience.persist("committing", lambda: self.tables.commit(partition, built.message))
        except errors.ResponseError as error:
            stored = await self._patience.persist("loading", lambda: self.tables.load(partition))
            if not stored.corrupt or self._states.get(partition) is not state:
                raise
            log.exception("commit_failed", **partition._asdict(), error=str(error))
            return await self._rewind(partition, state, "commit failed")
        if done.applied:
            state.next = following
            state.keep(built.facts)
            return None
        self._uncounted += built.refused
        # Even where the offset is ours: somebody else may have written it, with other numbers for new label sets.
        return await self._refuse(partition, state, "went back" if done.offset < state.next else "written already")

    async def _fetch(self, partition: Partition, state: _State, incoming: Records, expected: int) -> None:
        """Bring the facts of all owners that *incoming* touches into the cache: as of *expected*, or of before."""
        if state.complete:
            return
        owners = state.engine.owners(incoming)
        missing = [key for key in owners if state.packed(key) is None and not state.engine.is_warm(key)]
        if missing:
            found = await self._patience.persist("loading", lambda: self.tables.facts(partition, missing))
            if found.offset > expected:
                raise _OvertakenError
            state.facts.update(found.facts)

    async def _clean(self, partition: Partition, state: _State) -> None:
        """Now and then take away what the watermark has passed. Nobody can tell when: it is not there anyway."""
        watermark = state.engine.watermark
        if watermark is None or watermark < state.cleaned_at + CLEAN_EVERY_MS:
            return
        state.cleaned_at = watermark
        owners = await self._patience.persist("cleaning", lambda: self.tables.expiring(partition, watermark))
        gone: list[Key] = []
        for at in range(0, len(owners), MOST_PIECE):
            gone += await self._gone(partition, owners[at : at + MOST_PIECE], watermark)
        for key in gone:
            state.facts.pop(key, None)
            state.flying.pop(key, None)
        await self._patience.persist(
            "cleaning",
            lambda: self.tables.clean(partition, offset=state.next, watermark=watermark, gone=gone),
        )

    async def _gone(self, partition: Partition, owners: Sequence[Key], watermark: int) -> list[Key]:
        """Return those of *owners* whose facts have expired by *watermark*."""
        found = await self._patience.persist("cleaning", lambda: self.tables.facts(partition, owners))
        return [
            key
            for key, blob in found.facts.items()
            if is_expired(
                key,
                codec.unpack_facts(key, blob).values(),
                watermark=watermark,
                definitions=self._definitions,
            )
        ]


def _letters(partition: Partition, records: Sequence[Record], delta: Delta) -> list[DeadLetter]:
    """Return what was rejected, whole, and count it in *delta*."""
    letters = []
    for index, rejected in delta.rejected:
        record = records[index]
        delta.counts[f"rejected:{rejected.reason}"] += 1
        where = (partition.topic, partition.partition, record.offset, record.timestamp)
        letters.append(DeadLetter(rejected.reason, *where, record.key, record.value))
    return letters
