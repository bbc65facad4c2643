"""The clock of the events: how far all partitions have come, with no guess about those of which nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.chunks import Partition

REPORTS = 2
"""The report under way may have asked before the instant was seen; the one after it has not."""


class PartitionHealth(NamedTuple):
    """How far one partition is read. `lag` is in records, None while no worker has ever said where its end is.

    `watermark` is in event time; `reported_at` and `committed_at` are by the worker's wall clock.
    """

    partition: Partition
    watermark: int | None
    lag: int | None
    reported_at: int | None
    committed_at: int | None = None


class EventClock:
    """The least watermark of all partitions that hold any record.

    A partition without a watermark holds none if a worker has asked Kafka for its end since the others came so far.
    What a worker said before proves nothing, as records may be stored by now: until it speaks again the clock stands.
    """

    def __init__(self) -> None:
        self._shown: int | None = None
        self._next: int | None = None
        self._heard: dict[Partition, tuple[int | None, int]] = {}

    def as_of(self, health: Sequence[PartitionHealth], *, silent: Sequence[PartitionHealth]) -> int | None:
        """Return the instant (epoch ms) of the numbers, None before there is one. Call it each time *health* is read.

        Of *silent* partitions no worker reports any more: what was last said of them has to do.
        """
        blank = {each.partition: each for each in health if each.watermark is None}
        reached = min((each.watermark for each in health if each.watermark is not None), default=None)
        if reached is None or not blank or (self._shown is not None and reached <= self._shown):
            self._shown, self._next = reached, None
            return reached
        if self._next is None:
            self._heard = {partition: (each.reported_at, 0) for partition, each in blank.items()}
        self._next = reached if self._next is None else min(reached, self._next)
        self._listen(blank)
        quiet = {each.partition for each in silent}
        if all(each.lag == 0 and (one in quiet or self._heard[one][1] >= REPORTS) for one, each in blank.items()):
            self._shown, self._next = self._next, None
        return self._shown

    def _listen(self, blank: Mapping[Partition, PartitionHealth]) -> None:
        for partition, each in blank.items():
            at, reports = self._heard.get(partition, (each.reported_at, 0))
            self._heard[partition] = (each.reported_at, reports + (each.reported_at != at))
