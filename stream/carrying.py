"""What Kafka has deleted comes from the tables in force: facts before a log is counted anew, old panes after it.

Facts are the same by any definitions. So of conversations that began before the log does, and are still kept, the facts
are counted first, as if they stood before its first record: what is open stays open, and their numbers are by the new
definitions. Where facts have gone as well, only the panes can be taken over as they are: those are marked.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from aggregators.definitions import STATE_VERSION
from aggregators.delta import Delta
from aggregators.engine import Engine, expires_after_ms
from aggregators.events import Event
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.vocabulary import BY_CODE
from stream import codec, keys
from stream.carrying_panes import Panes
from stream.chunks import START, Partition
from stream.clock import now_ms
from stream.decoding import decode_records
from stream.errors import UsageError
from stream.kafka import client_options
from stream.offline import definitions_of
from stream.payload import payload
from stream.tables import RedisTables
from stream.telling import KafkaTeller
from stream.told import told_topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact, Key
    from aggregators.samples import Labels
    from stream.generations import Generation
    from stream.patience import Client
    from stream.settings import Settings

log = structlog.get_logger(__name__)

SEEN_FIRST = 100
"""So many records tell where a log begins in event time; one of them alone may be late or ahead."""
SLACK_MS = HOUR_MS
"""Facts so far behind that instant are counted as well: counting one twice changes nothing, missing one does."""
ANSWER_S = 20.0
OWNERS_AT_ONCE = 500
FOR_EVER_MS = 3_650 * DAY_MS
"""Retention while facts are counted: none of them is late, whatever order they are found in."""


class Carried(NamedTuple):
    """What a rebuild takes over: of how many partitions, and panes before which instant (epoch ms; None: of none)."""

    partitions: int = 0
    before: int | None = None


class Carrier:
    """Takes over what *spans* of the log do not reach, from generation *before* to *ours*."""

    def __init__(
        self,
        settings: Settings,
        client: Client,
        spans: Mapping[Partition, tuple[int, int]],
        *,
        before: Generation,
        ours: str,
    ) -> None:
        self._settings, self._redis = settings, client
        self._definitions = definitions_of(settings)
        self._before, self._ours = before, ours
        self._tables = RedisTables(client, ours)
        self._spans = {partition: span for partition, span in spans.items() if span[0] > 0}
        self._counts: dict[str, int] = defaultdict(int)
        for topic, _ in spans:
            self._counts[topic] += 1
        self._panes = Panes(client, before=before.name, ours=ours)

    async def prepare(self) -> None:
        """Count the facts from before the log's beginning of each partition that is not begun yet.

        Raises UsageError if the tables in force cannot be taken over, KafkaError if the log cannot be read.
        """
        wanting = [partition for partition in sorted(self._spans) if await self._is_wanting(partition)]
        if not wanting:
            return
        first = await self._first_instants(wanting)
        for partition in wanting:
            await self._tables.wipe(partition)
            await self._count_facts(partition, first[partition])

    async def finish(self) -> Carried:
        """Take over the panes and totals that facts no longer tell; where that was done before it changes nothing."""
        marks = []
        for partition in sorted(self._spans):
            mark = await self._redis.hget(keys.meta(self._ours, partition), "carried")
            if mark is not None:
                marks.append(int(mark))
                await self._panes.take(partition, before=int(mark))
            elif await self._is_wanting(partition):
                message = f"{partition.topic}/{partition.partition} was emptied meanwhile: run the rebuild again"
                raise UsageError(message)
        if marks:
            await self._take_told(before=max(marks))
        return Carried(len(marks), max(marks, default=None))

    async def _take_told(self, *, before: int) -> None:
        """Take over what customers and agents came to *before* an instant, from which not all is told anew."""
        try:
            theirs = told_topics(self._before.settings(self._settings))
        except ValueError as error:
            log.warning("carried_nothing", why=f"the definitions in force cannot be read by this version: {error}")
            return
        for which, topic in told_topics(self._settings).items():
            of = theirs.get(which)
            if of is None:
                continue
            count = await self._redis.hget(keys.topics(self._ours), topic)
            made_for = await self._redis.hget(keys.topics(self._before.name), of)
            if count != made_for:
                log.warning("carried_nothing", topic=topic, why=f"{of} has another number of partitions")
                continue
            for number in range(int(count or 0)):
                await self._panes.take(Partition(topic, number), before=before, of=Partition(of, number))

    async def _is_wanting(self, partition: Partition) -> bool:
        """Tell whether the tables in force know more of *partition* than the log, and ours do not yet."""
        held, made_for = await self._redis.hmget(keys.meta(self._before.name, partition), "offset", "partitions")
        ours = keys.meta(self._ours, partition)
        offset, seeding, carried = await self._redis.hmget(ours, "offset", "seeding", "carried")
        why = None
        if self._before.form != STATE_VERSION:
            why = f"the tables in force have stored form {self._before.form}, this version {STATE_VERSION}"
        elif made_for is not None and int(made_for) != self._counts[partition.topic]:
            why = "the topic has another number of partitions now"
        if why is not None:
            log.warning("carried_nothing", **partition._asdict(), why=why)
        if held is None or why is not None:
            return False
        if offset is None or seeding is not None:
            return True
        if carried is None and await self._redis.hexists(keys.about(self._ours), _field(partition)):
            # Emptied since, as a commit broke off or Redis lost something.
            return True
        # A log that lost its beginning only while it was read has been read; one that was read with a gap has not.
        begin = self._spans[partition][0]
        return int(offset) < begin

    async def _first_instants(self, partitions: Iterable[Partition]) -> dict[Partition, int | None]:
        """Return about when each log begins in event time, None where it holds nothing."""
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            client_id="deskpulse-rebuild",
            enable_auto_commit=False,
            isolation_level="read_committed",
        )
        found: dict[Partition, int | None] = {}
        try:
            async with asyncio.timeout(ANSWER_S):
                await consumer.start()
            for partition in partitions:
                where = TopicPartition(*partition)
                begin, end = self._spans[partition]
                consumer.assign([where])
                consumer.seek(where, begin)
                instants: list[int] = []
                async with asyncio.timeout(ANSWER_S):
                    while len(instants) < SEEN_FIRST and await consumer.position(where) < end:
                        read = await consumer.getmany(where, timeout_ms=500, max_records=SEEN_FIRST)
                        for _, event in decode_records(read.get(where, []), self._definitions.scales):
                            instants += [event.at] if isinstance(event, Event) else []
                found[partition] = int(median(instants)) if instants else None
        finally:
            await consumer.stop()
        return found

    async def _count_facts(self, partition: Partition, first: int | None) -> None:
        """Count the facts of *partition* from before *first* (None: all), and note which panes they leave not whole."""
        theirs = keys.prefix(self._before.name, partition)
        meta = await self._redis.hgetall(theirs + "m")
        until = (1 << 62) if first is None else first + SLACK_MS
        whole_from = int(meta.get(b"watermark", 0)) - self._before.retention_ms
        begin = self._spans[partition][0]
        labels = dict(map(codec.unpack_labels, (await self._redis.hgetall(theirs + "l")).values()))
        sources = {name.decode(): int(at) for name, at in (await self._redis.hgetall(theirs + "o")).items()}
        start = Delta(labels=dict(labels), sources=dict(sources))
        said: dict[str, str | int] = {
            "partitions": self._counts[partition.topic],
            "born": now_ms(),
            "since": f"{begin}:facts",
            "seeding": 1,
        }
        lids: dict[Labels, int] = {}
        await self._commit(partition, start, lids, said, expected=START)
        engine = Engine(replace(self._definitions, retention_ms=FOR_EVER_MS), labels=labels, sources=sources)
        counted = 0
        async with KafkaTeller(self._settings) as teller:
            async for facts in self._facts(theirs, until):
                counted += sum(map(len, facts.values()))
                delta = engine.run(_records(facts), _no_facts, again=True)
                _correct(delta, self._definitions)
                told: dict[str, str | int] = {}
                if told_topics(self._settings) and delta.told:
                    behind = await teller.tell(delta.told, version=begin, watermark=delta.watermark or 0)
                    told = {keys.told_field(where): offset for where, offset in behind.items()}
                await self._commit(partition, delta, lids, told, expected=begin)
        ours = keys.meta(self._ours, partition)
        await self._redis.hset(keys.about(self._ours), _field(partition), 1)
        await self._redis.hset(ours, "carried", min(until, whole_from))
        await self._redis.hdel(ours, "seeding")
        log.info("facts_carried", **partition._asdict(), facts=counted, log_begins=begin)

    async def _commit(
        self,
        partition: Partition,
        delta: Delta,
        lids: dict[Labels, int],
        meta: Mapping[str, str | int],
        *,
        expected: int,
    ) -> None:
        begin = self._spans[partition][0]
        built = payload(delta, expected=expected, following=begin, lids=lids, known=_no_blob, meta=meta)
        done = await self._tables.commit(partition, built.message)
        if not done.applied:
            message = f"{partition.topic}/{partition.partition}: another process writes these tables; run it again"
            raise UsageError(message)

    async def _facts(self, theirs: str, until: int) -> AsyncIterator[dict[Key, list[Fact]]]:
        """Yield {owner: facts before *until*} of all that is kept, some owners at a time."""
        some: dict[Key, list[Fact]] = {}
        for bucket in range(codec.FACT_BUCKETS):
            for owned, blob in (await self._redis.hgetall(f"{theirs}f:{bucket}")).items():
                key = codec.key_of(owned)
                facts = [fact for fact in codec.unpack_facts(key, blob).values() if fact.at < until]
                if facts:
                    some[key] = facts
                if len(some) >= OWNERS_AT_ONCE:
                    yield some
                    some = {}
        if some:
            yield some


def _field(partition: Partition) -> str:
    return f"carried:{partition.topic}:{partition.partition}"


def _records(facts: Mapping[Key, list[Fact]]) -> list[tuple[int, Event]]:
    """Return facts as the records they came from, in the order of their instants, each received at its own."""
    events = [
        Event(BY_CODE[fact.type], fact.at, key.tenant, key.subject, fact.id, None, fact.fields)
        for key, mine in facts.items()
        for fact in mine
    ]
    return [(event.at, event) for event in sorted(events, key=lambda event: (event.at, event.type.rank, event.id))]


def _correct(delta: Delta, definitions: Definitions) -> None:
    """Take out of *delta* what no record made: counts and restatements. Facts expire as the definitions have it."""
    delta.counts.clear()
    delta.log.clear()
    delta.sources.clear()
    delta.expiry.clear()
    after_ms = expires_after_ms(definitions)
    for key, put in delta.facts.items():
        last = max(fact.at for fact in put.facts.values())
        delta.expiry[(last + after_ms) // DAY_MS].add(key)


def _no_facts(_: Key) -> None:
    return None


def _no_blob(_: Key) -> None:
    return None
