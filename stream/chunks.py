"""What the transport hands to the agents, and what they hand it on to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

START = -1
"""The expected offset of a partition of which nothing is stored yet."""


class Partition(NamedTuple):
    """One partition of a source topic."""

    topic: str
    partition: int


class Record(Protocol):
    """What is read of a Kafka record; aiokafka's ConsumerRecord is one. `timestamp` is in epoch milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records of one partition.

    `expected` is the offset after the chunk before (START at the beginning of the log), `next` the one after this
    chunk. Offsets may have holes (control records), so `expected` may lie before the first record.
    """

    partition: Partition
    expected: int
    next: int
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Rewind:
    """What is stored lies before what was read: go back to `offset`, or to the log's beginning if it is None."""

    partition: Partition
    offset: int | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected record, whole, with the reason and where it stood."""

    reason: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class DeadLetterSink(Protocol):
    """Where rejected records go."""

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Return when every letter is durably stored; may store one more than once. Raises on cancellation only."""


class Processor(Protocol):
    """Applies chunks to the tables. All methods wait, with back-off and a log line, while Redis is away."""

    async def acquire(self, partitions: Iterable[Partition], counts: Mapping[str, int]) -> dict[Partition, int | None]:
        """Take over partitions; return the offset to read from, None where nothing is stored.

        `counts` is the number of partitions of each topic. Raises TopicChanged if it is not the stored one.
        """

    def placed(self, ends: Mapping[Partition, int]) -> None:
        """Take note of where logs ended when their reading began, or went back: owners before have read no further."""

    def release(self, partitions: Iterable[Partition]) -> None:
        """Forget what is cached of partitions that belong to somebody else now."""

    async def apply(self, chunk: Chunk) -> Rewind | None:
        """Commit a chunk. A chunk that was applied already, or was read before a rewind, changes nothing."""

    async def report(self, positions: Mapping[Partition, tuple[int, int]]) -> list[Rewind]:
        """Write {end offset, position} of each owned partition for the readers, and audit what is stored.

        Called each second, also when nothing arrives. Returns the partitions whose stored offset went back. Raises
        GenerationChanged when the tables counted are not those in force any more.
        """


class TopicChanged(Exception):
    """A topic has another number of partitions than its tables were made for; the text says what to do."""


class GenerationChanged(Exception):
    """Another generation has come into force; its tables are to be counted from now on. The text is its name."""
