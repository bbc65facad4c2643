"""Faust's consumer and transport, with one event for each chunk of a partition."""

# ruff: noqa: ANN401, ARG002 - overriding internals is what this module is for; their signatures are theirs

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import faust
import structlog
from aiokafka.errors import ConsumerStoppedError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from stream.chunks import START, Partition, TopicChanged
from stream.told import read_topics
from stream.transport.thread import FAUST_LOGGER, ChunkThread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stream.chunks import Rewind
    from stream.transport.thread import Cursor, Delivery

log = structlog.get_logger(__name__)

ANSWER_WAIT_S = 3.0
BEYOND_END_TRIES = 10
LOST_AFTER_TICKS = 5


class Chunks(faust.Schema):
    """Hand the delivery to the agent as it is; decoding is the processor's work."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the key, which is None."""
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the delivery."""
        return message.value


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
