"""The thread with aiokafka's consumer: it fetches, and strings the chunks together.

Each begins where the one before ended, or where the last seek went. So a chunk may be handed over late or again, never
with a gap before it that nobody sees.
"""

# ruff: noqa: SLF001, ANN401, ARG002 - overriding internals is what this module is for; their signatures are theirs

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import aiokafka
import structlog
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver

from stream.chunks import Chunk, Partition
from stream.joining import MarkingAssignor, join_by_marks
from stream.told import told_topics
from stream.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping

    from faust.types import TP

log = structlog.get_logger(__name__)
T = TypeVar("T")
FAUST_LOGGER = logging.getLogger("faust.transport")

RECORDS_A_FETCH = 8_000
FETCH_BYTES = 16 * 1_048_576
PARTITION_BYTES = 1_048_576
FETCH_WAIT_S = 1.0
NOTHING_MORE_S = 0.4
"""Longer than a broker waits before it says that there is nothing (`fetch_max_wait_ms`)."""


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
