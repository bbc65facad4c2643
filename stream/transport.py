"""Faust's transport with one event per partition chunk. Every overridden internal of Faust and aiokafka is here.

But for one, of how a group is joined: see joining.py. Its signature is checked here too.

The consumer's thread strings the chunks together: each begins where the one before ended, or where the last seek
went. So a chunk may be handed over late or again, never with a gap before it that nobody sees.
"""

# ruff: noqa: SLF001, ANN401, ARG002 - overriding internals is what this module is for; their signatures are theirs

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import aiokafka
import faust
import structlog
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from stream.chunks import START, Chunk, Partition, TopicChanged
from stream.errors import UsageError
from stream.joining import MarkingAssignor, join_by_marks
from stream.told import read_topics, told_topics
from stream.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping

    from stream.chunks import Rewind

log = structlog.get_logger(__name__)
T = TypeVar("T")
FAUST_LOGGER = logging.getLogger("faust.transport")

VERSIONS = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14."}
SIGNATURES: dict[str, tuple[Any, str]] = {
    "faust Consumer._drain_messages": (driver.Consumer._drain_messages, "self fetcher"),
    "faust Consumer._new_offset": (driver.Consumer._new_offset, "self tp"),
    "faust Consumer._wait_next_records": (driver.Consumer._wait_next_records, "self timeout"),
    "faust Consumer.on_partitions_assigned": (driver.Consumer.on_partitions_assigned, "self assigned generation_id"),
    "faust Consumer.perform_seek": (driver.Consumer.perform_seek, "self"),
    "faust Consumer.seek_to_committed": (driver.Consumer.seek_to_committed, "self"),
    "faust Consumer.verify_event_path": (driver.Consumer.verify_event_path, "self now tp"),
    "faust Consumer._new_consumer_thread": (driver.Consumer._new_consumer_thread, "self"),
    "faust ConsumerThread._commit": (driver.AIOKafkaConsumerThread._commit, "self offsets"),
    "faust ConsumerThread._create_consumer": (driver.AIOKafkaConsumerThread._create_consumer, "self loop"),
    "faust ConsumerThread.on_partitions_assigned": (
        driver.AIOKafkaConsumerThread.on_partitions_assigned,
        "self assigned generation_id",
    ),
    "faust ConsumerThread.on_partitions_revoked": (driver.AIOKafkaConsumerThread.on_partitions_revoked, "self revoked"),
    "faust App._consumer_wait_empty": (faust.App._consumer_wait_empty, "self consumer logger"),
    "faust App._create_directories": (faust.App._create_directories, "self"),
    "faust App._new_transport": (faust.App._new_transport, "self"),
    "mode ServiceThread.on_crash": (driver.ServiceThread.on_crash, "self msg fmt kwargs"),
    "aiokafka Fetcher.fetched_records": (
        aiokafka_fetcher.Fetcher.fetched_records,
        "self partitions timeout max_records",
    ),
    "aiokafka PartitionRecords._consumer_record": (
        aiokafka_fetcher.PartitionRecords._consumer_record,
        "self tp record",
    ),
    "aiokafka FetchResult.getall": (aiokafka_fetcher.FetchResult.getall, "self max_records"),
    "aiokafka FetchResult.check_assignment": (aiokafka_fetcher.FetchResult.check_assignment, "self tp"),
    "aiokafka GroupCoordinator.check_errors": (GroupCoordinator.check_errors, "self"),
    "aiokafka GroupCoordinator._lookup_assignor": (GroupCoordinator._lookup_assignor, "self name"),
    "aiokafka GroupCoordinator.request_rejoin": (GroupCoordinator.request_rejoin, "self"),
    "aiokafka CoordinatorGroupRebalance.perform_group_join": (CoordinatorGroupRebalance.perform_group_join, "self"),
    "aiokafka RoundRobinPartitionAssignor.assign": (RoundRobinPartitionAssignor.assign, "cluster members"),
}

RECORDS_A_FETCH = 8_000
FETCH_BYTES = 16 * 1_048_576
PARTITION_BYTES = 1_048_576
FETCH_WAIT_S = 1.0
NOTHING_MORE_S = 0.4
"""Longer than a broker waits before it says that there is nothing (`fetch_max_wait_ms`)."""
ANSWER_WAIT_S = 3.0
BEYOND_END_TRIES = 10
LOST_AFTER_TICKS = 5


def check_libraries() -> None:
    """Raise UsageError if a library is not the one whose internals are overridden here; it names the package."""
    for package, wanted in VERSIONS.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "none"
        if found != wanted and not (wanted.endswith(".") and found.startswith(wanted)):
            asked = f"{package}=={wanted}*" if wanted.endswith(".") else f"{package}=={wanted}"
            message = f"{package}: version {found} is installed, Deskpulse needs {asked}"
            raise UsageError(message)
    for name, (function, wanted) in SIGNATURES.items():
        found = " ".join(inspect.signature(function).parameters)
        if found != wanted:
            package = {"faust": "faust-streaming", "mode": "mode-streaming"}.get(name.split()[0], name.split()[0])
            message = (
                f"{package}: {name} takes ({found}), Deskpulse knows it with ({wanted}); install the pinned version"
            )
            raise UsageError(message)


@dataclass(slots=True)
class Cursor:
    """Where one partition is read. The consumer's thread alone writes it."""

    epoch: int
    expected: int
    position: int


class Delivery(NamedTuple):
    """A chunk, and the seek it was read after: a later seek makes it void."""

    chunk: Chunk
    epoch: int


class Chunks(faust.Schema):
    """Hand the delivery to the agent as it is; decoding is the processor's work."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the key, which is None."""
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the delivery."""
        return message.value


class ChunkThread(driver.AIOKafkaConsumerThread):
    """The thread with aiokafka's consumer: fetches, seeks and heartbeats go on while the main thread counts."""

    logger = FAUST_LOGGER

    def __post_init__(self) -> None:
        """Start with no partition."""
        super().__post_init__()
        self.cursors: dict[Partition, Cursor] = {}
        self._epoch = 0
        self._turns = Turns(told_topics(self.app.settings).values())

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* in this thread, from the main one.

        Not in Faust's method queue: its two workers would let a commit that waits for a broker hold up a fetch.
        """
        running = asyncio.run_coroutine_threadsafe(work, self.thread_loop)
        try:
            return await asyncio.shield(asyncio.wrap_future(running))
        except asyncio.CancelledError:
            if not self.thread_loop.is_closed():
                running.cancel()
            raise

    async def fetch(self) -> list[Delivery]:
        """Return the next chunks, or none after FETCH_WAIT_S. Raises KafkaError; then no record is skipped."""
        consumer = self._ensure_consumer()
        consumer._coordinator.check_errors()
        if not self.cursors or not self.consumer.flow_active:
            await asyncio.sleep(0.05)
            return []
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        if fetcher._fetch_task.done():
            fetcher._fetch_task.result()
        with fetcher._subscriptions.fetch_context():
            try:
                # Only partitions that were placed: Kafka's committed offset, where aiokafka begins, means nothing here.
                chosen = self._turns.choose(self._lags(), now_s=time.monotonic())
                all_of_it = len(chosen) == len(self.cursors)
                batches = await fetcher.fetched_records(
                    chosen, timeout=FETCH_WAIT_S if all_of_it else NOTHING_MORE_S, max_records=RECORDS_A_FETCH
                )
            except BaseException:
                self._unread()
                raise
        self._turns.got(sum(map(len, batches.values())), now_s=time.monotonic())
        # No await from the drain above to here: what was drained belongs to these very cursors.
        return self._string(batches)

    async def go(self, targets: Mapping[Partition, tuple[int, int]]) -> None:
        """Go to {partition: (expected, position)}; partitions that were taken away meanwhile are left out."""
        consumer = self._ensure_consumer()
        for partition, (expected, position) in targets.items():
            try:
                consumer.seek(TopicPartition(*partition), position)
                consumer.resume(TopicPartition(*partition))
            except IllegalStateError:
                continue
            self._epoch += 1
            self.cursors[partition] = Cursor(self._epoch, expected, position)

    async def limits(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return {partition: (first offset of the log, its end)}. Raises KafkaError."""
        consumer = self._ensure_consumer()
        asked = [TopicPartition(*partition) for partition in partitions]
        begins, ends = await asyncio.gather(consumer.beginning_offsets(asked), consumer.end_offsets(asked))
        return {Partition(*one): (begins[one], ends[one]) for one in asked}

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Return the end offset of each partition's log. Raises KafkaError."""
        found = await self._ensure_consumer().end_offsets([TopicPartition(*partition) for partition in partitions])
        return {Partition(*one): offset for one, offset in found.items()}

    async def refresh_counts(self, topics: Iterable[str]) -> dict[str, int]:
        """Return the number of partitions of each topic that exists, by metadata asked for now."""
        await self._ensure_consumer()._client.force_metadata_update()
        return self.counts(topics)

    def counts(self, topics: Iterable[str]) -> dict[str, int]:
        """Return the number of partitions of each topic that exists, by the metadata at hand."""
        cluster = self._ensure_consumer()._client.cluster
        return {topic: len(found) for topic in topics if (found := cluster.partitions_for_topic(topic))}

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Fetch nothing until the partitions are placed: a broker answers what is asked behind a fetch after it."""
        self._ensure_consumer().pause(*(TopicPartition(*tp) for tp in assigned))
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Read nothing of them any more, from this very moment."""
        for tp in revoked:
            self.cursors.pop(Partition(*tp), None)
        await super().on_partitions_revoked(revoked)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Tell Kafka where Redis stands: a hint for tools that show lag, so that failing is no matter."""
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        hints = {TopicPartition(*tp): OffsetAndMetadata(offset, "") for tp, offset in offsets.items()}
        try:
            async with asyncio.timeout(1.0):
                await consumer.commit({tp: hint for tp, hint in hints.items() if tp in assigned})
        except (KafkaError, TimeoutError) as error:
            log.debug("commit_hint_failed", error=str(error))
            return False
        return True

    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> aiokafka.AIOKafkaConsumer:
        # The decoder's own records have all that is read of one; aiokafka's copy of each costs 1.2 µs, a third of all.
        aiokafka_fetcher.PartitionRecords._consumer_record = _as_decoded
        aiokafka_fetcher.FetchResult.getall = _drained
        join_by_marks()
        return aiokafka.AIOKafkaConsumer(
            **self.app.client_options,
            client_id="deskpulse-worker",
            group_id=self.app.settings.group,
            group_instance_id=self.app.settings.instance,
            partition_assignment_strategy=[MarkingAssignor()],
            enable_auto_commit=False,
            # Never a silent reset: an offset that is not in the log is an error, and `place` deals with it.
            auto_offset_reset="none",
            # What a transaction took back never happened, and its end is where a log ends; `export` reads the same way.
            isolation_level="read_committed",
            max_poll_records=RECORDS_A_FETCH,
            # Redis may be away for hours; a member that only waits for it keeps its partitions.
            max_poll_interval_ms=86_400_000,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=10_000,
            # A partition that is not in the running fetch waits for its end.
            fetch_max_wait_ms=250,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_BYTES,
            metadata_max_age_ms=10_000,
            request_timeout_ms=15_000,
            check_crcs=True,
        )

    def _string(self, batches: Mapping[TopicPartition, list[Any]]) -> list[Delivery]:
        deliveries = []
        for partition, cursor in self.cursors.items():
            position = self._position(partition)
            if position is None:
                continue
            records = batches.get(TopicPartition(*partition))
            if records:
                deliveries.append(Delivery(Chunk(partition, cursor.expected, position, records), cursor.epoch))
                cursor.expected = position
            # After `expected`: who reads them the other way round never takes for a hole what is not applied yet.
            cursor.position = position
        return deliveries

    def _unread(self) -> None:
        """Take back what a fetch that failed in the middle had drained already."""
        for partition, cursor in self.cursors.items():
            if self._position(partition) not in (None, cursor.position):
                self._ensure_consumer().seek(TopicPartition(*partition), cursor.position)

    def _lags(self) -> dict[Partition, int]:
        """Return how many offsets each partition is behind, as far as fetches have said."""
        return {partition: self._lag(partition) for partition in self.cursors}

    def _lag(self, partition: Partition) -> int:
        state = self._state(partition)
        return max(0, state.highwater - state.position) if state and state.highwater is not None else 0

    def _position(self, partition: Partition) -> int | None:
        state = self._state(partition)
        return state.position if state else None

    def _state(self, partition: Partition) -> Any:
        """Return what aiokafka knows of a partition that is assigned and has a position, else None."""
        subscription = self._ensure_consumer()._subscription.subscription
        state = subscription and subscription.assignment and subscription.assignment.state_value(partition)
        return state if state and state.has_valid_position else None

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Print nothing: the worker logs the reason once."""


def _as_decoded(_records: object, _tp: TopicPartition, record: T) -> T:
    return record


def _drained(self: Any, max_records: int) -> list[Any]:
    """Return up to so many records of one fetched partition, as FetchResult.getall does, without a call for each."""
    if not self.check_assignment(self._topic_partition) or not self.has_more():
        return []
    unpacked = self._partition_records._records_iterator
    records = list(islice(unpacked, max_records))
    self._update_position()
    if len(records) < max_records:
        self._partition_records = None
    return records


class ChunkConsumer(driver.Consumer):
    """Faust's consumer, placed by the processor's offsets, handing over deliveries."""

    logger = FAUST_LOGGER
    _thread: ChunkThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what Faust gives its consumers."""
        super().__init__(*args, **kwargs)
        self.hand = asyncio.Lock()
        """Held while a chunk is applied or a partition is placed."""
        self._applied: dict[Partition, int] = {}
        self._counts: dict[str, int] = {}
        self._owned: set[Partition] = set()
        self._answers = True
        self._waiting: dict[Partition, tuple[int, int, int]] = {}

    # What the agents use.

    def is_current(self, delivery: Delivery) -> bool:
        """Tell whether the delivery is of a partition that is ours, and was read after its last seek."""
        return self.flow_active and self._is_of_last_seek(delivery)

    def applied(self, delivery: Delivery) -> None:
        """Note that the chunk is durable."""
        if self._is_of_last_seek(delivery):
            self._applied[delivery.chunk.partition] = delivery.chunk.next

    async def rewind(self, rewind: Rewind) -> None:
        """Go back as the processor says. Raises TopicChanged if the log is another one. Call it with `hand` held."""
        if rewind.partition not in self._thread.cursors:
            return
        log.warning("rewind", topic=rewind.partition.topic, partition=rewind.partition.partition, offset=rewind.offset)
        await self.place({rewind.partition: rewind.offset})

    async def positions(self) -> dict[Partition, tuple[int, int]]:
        """Return {partition: (end of the log now, offset that all before is applied of)}; empty if Kafka is away.

        Raises TopicChanged if a topic has another number of partitions, or a shorter log, than when it was taken.
        """
        cursors = dict(self._thread.cursors)
        self._check_counts()
        try:
            async with asyncio.timeout(ANSWER_WAIT_S):
                ends = await self._thread.call(self._thread.ends(cursors)) if cursors else {}
        except (KafkaError, TimeoutError) as error:
            if self._answers:
                log.warning("kafka_unreachable", error=str(error) or "no answer", partitions=len(cursors))
            self._answers = False
            return {}
        if not self._answers:
            log.info("kafka_connected", partitions=len(cursors))
        self._answers = True
        await self._reread_lost(cursors)
        return {one: (end, self._applied_position(one, cursors[one])) for one, end in ends.items()}

    async def place(self, stored: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """Read each partition from the stored offset, or from the log's beginning where nothing is stored.

        Waits while Kafka is away. Raises TopicChanged if a stored offset lies beyond the end of its log.
        """
        targets = {}
        limits = await self._limits(stored)
        self.app.processor.placed({partition: end for partition, (_, end) in limits.items()})
        for partition, (begin, end) in limits.items():
            offset = stored[partition]
            if offset is not None and offset > end:
                await self._wait_for_end(partition, offset)
            first = 0 if offset is None else offset
            if first < begin:
                log.error(
                    "log_gap", topic=partition.topic, partition=partition.partition, missing=begin - first,
                    stored=offset, begin=begin, hint="Kafka deleted records that were not counted; see retention.ms",
                )  # fmt: skip
            targets[partition] = (START if offset is None else offset, max(first, begin))
        await self._thread.call(self._thread.go(targets))
        self._applied.update({partition: expected for partition, (expected, _) in targets.items()})
        return {partition: position for partition, (_, position) in targets.items()}

    # What Faust calls.

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Place what was assigned by what Redis holds. The only place where a seek survives an assignment."""
        partitions = [Partition(*tp) for tp in self.assignment()]
        self._counts = await self._thread.call(self._thread.refresh_counts(read_topics(self.app.settings)))
        stored = await self.app.processor.acquire(partitions, self._counts)
        placed = await self.place({partition: stored.get(partition) for partition in partitions})
        log.info("partitions_placed", partitions=len(placed), new=sum(one is None for one in stored.values()))
        return {TP(*partition): offset for partition, offset in placed.items()}

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hand nothing over until the partitions are placed; forget those that are somebody else's now."""
        self.stop_flow()
        owned = {Partition(*tp) for tp in assigned}
        lost, self._owned = self._owned - owned, owned
        log.info("partitions_assigned", partitions=len(owned), lost=len(lost), generation=generation_id)
        for partition in lost:
            self._applied.pop(partition, None)
        self.app.processor.release(lost)
        await super().on_partitions_assigned(assigned, generation_id)

    # Faust sleeps a second when every partition is buffered; the channel's queue already pushes back.
    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Do nothing."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: `positions` and the processor's own log lines say what waits for what."""

    def _new_offset(self, tp: TP) -> int | None:
        """Return what is durable in Redis: what Kafka is told is a hint for tools that show lag."""
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        offset = self._applied.get(Partition(*tp), START)
        return offset if offset > 0 else None

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                for delivery in await self._fetch():
                    await self._hand_over(delivery)
        except (ConsumerStoppedError, asyncio.CancelledError):
            if not self.app.should_stop:
                raise

    async def _fetch(self) -> list[Delivery]:
        try:
            return await self._thread.call(self._thread.fetch())
        except ConsumerStoppedError:
            raise
        except OffsetOutOfRangeError as error:
            partitions = [Partition(*tp) for tp in error.args[0]]
            async with self.hand:
                owned = {one: self._applied[one] for one in partitions if one in self._thread.cursors}
                await self.place({one: None if offset == START else offset for one, offset in owned.items()})
        except NoOffsetForPartitionError:
            pass  # what aiokafka says of a partition that is about to be placed
        except KafkaError as error:
            log.warning("fetch_failed", error=str(error), retriable=error.retriable)
            await asyncio.sleep(1.0)
        return []

    async def _hand_over(self, delivery: Delivery) -> None:
        """Give the chunk to the agent's queue, which may wait. A chunk is dropped only if a seek made it void."""
        if not self.flow_active:
            await self.can_resume_flow.wait()
        if not self.is_current(delivery):
            return
        chunk = delivery.chunk
        last = chunk.records[-1]
        await self.callback(
            ConsumerMessage(
                chunk.partition.topic, chunk.partition.partition, chunk.next - 1, last.timestamp / 1000.0, 0,
                None, None, delivery, None, 0, 0, TP(*chunk.partition),
                generation_id=self.app.consumer_generation_id,
            )
        )  # fmt: skip

    def _is_of_last_seek(self, delivery: Delivery) -> bool:
        cursor = self._thread.cursors.get(delivery.chunk.partition)
        return cursor is not None and cursor.epoch == delivery.epoch

    # What is asked of Kafka.

    async def _limits(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        asked = list(partitions)
        while asked:
            try:
                async with asyncio.timeout(ANSWER_WAIT_S):
                    return await self._thread.call(self._thread.limits(asked))
            except (KafkaError, TimeoutError) as error:
                log.warning("kafka_unreachable", error=str(error) or "no answer", partitions=len(asked))
                await asyncio.sleep(1.0)
        return {}

    async def _wait_for_end(self, partition: Partition, offset: int) -> None:
        """Return when the log is as long as *offset* again: a new leader may lag for a moment.

        Raises TopicChanged if it stays shorter.
        """
        end = 0
        for _ in range(BEYOND_END_TRIES):
            _, end = (await self._limits([partition]))[partition]
            if offset <= end:
                return
            await asyncio.sleep(1.0)
        log.error("log_shorter", topic=partition.topic, partition=partition.partition, stored=offset, end=end)
        message = (
            f"{partition.topic}, partition {partition.partition}: its log ends at {end}, but {offset} was counted: "
            "the topic was made anew, or DESKPULSE_KAFKA is another cluster. Nothing more is counted: "
            "point DESKPULSE_REDIS at an empty database to count the new topic, or bring the old one back"
        )
        raise TopicChanged(message)

    async def _reread_lost(self, cursors: Mapping[Partition, Cursor]) -> None:
        """Read again what was read and never came to the agent: no way to that is known, and it would stand still."""
        if self.hand.locked() or not self.flow_active:
            return
        waiting = {
            one: (self._applied[one], at.expected)
            for one, at in cursors.items()
            if self._applied.get(one) != at.expected
        }
        self._waiting = {one: (*seam, self._ticks(one, seam) + 1) for one, seam in waiting.items()}
        for partition in [one for one, (*_, ticks) in self._waiting.items() if ticks >= LOST_AFTER_TICKS]:
            applied = self._applied[partition]
            log.error("chunk_lost", topic=partition.topic, partition=partition.partition, offset=applied)
            async with self.hand:
                await self.place({partition: None if applied == START else applied})

    def _ticks(self, partition: Partition, seam: tuple[int, int]) -> int:
        *before, ticks = self._waiting.get(partition, (0, 0, 0))
        return ticks if tuple(before) == seam else 0

    def _check_counts(self) -> None:
        for topic, count in self._thread.counts(self._counts).items():
            if count != self._counts[topic]:
                message = (
                    f"{topic}: has {count} partitions, and had {self._counts[topic]} when it was taken over; keys are "
                    "in other partitions now. Point DESKPULSE_REDIS at an empty database to count it anew"
                )
                raise TopicChanged(message)

    def _applied_position(self, partition: Partition, cursor: Cursor) -> int:
        applied, position = self._applied.get(partition, START), cursor.position
        # All that was read is applied: what follows up to the position are holes, such as markers of transactions.
        return position if applied == cursor.expected else max(applied, 0)


class ChunkTransport(driver.Transport):
    """Faust's aiokafka transport with the consumer above."""

    Consumer = ChunkConsumer
