"""How fresh the numbers are: the instant they are for, and why they must not be taken for those of now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from aggregators.instants import HOUR_MS, MINUTE_MS
from aggregators.panes import FINE
from stream.event_clock import EventClock
from stream.heard import HeardAll

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.chunks import Partition
    from stream.event_clock import PartitionHealth
    from stream.heard import Telling

REPORT_GOOD_FOR_MS = 5_000
STALE_MS = 30_000
APART_MS: Final = FINE.kept_ms - HOUR_MS
"""A partition so far past the instant shown still has every 10-second pane of the longest window made of them, 1h."""


class Freshness:
    """What was seen of the partitions of one generation so far. All instants are in epoch ms."""

    def __init__(self, clock: Literal["wall", "event"]) -> None:
        self._clock = clock
        self._event_clock = EventClock()
        self._heard_all = HeardAll()
        self._at_end: dict[Partition, int] = {}
        self._heard: dict[Partition, tuple[int | None, int]] = {}

    def look(
        self, health: Sequence[PartitionHealth], *, now: int, told: Mapping[Partition, Telling] | None = None
    ) -> tuple[int | None, str | None]:
        """Return the instant the numbers are for, None if none may be shown, and why they may be stale.

        *told* are the partitions among them in which workers tell one another, with what was told and counted there.
        """
        telling = told or {}
        silent = [each for each in health if self._is_silent(each, now=now)]
        trouble = f"no worker reports on {_named(silent)}" if silent else None
        if self._clock == "event":
            sources = [each for each in health if each.partition not in telling]
            as_of = self._heard_all.as_of(self._event_clock.as_of(sources, silent=silent), telling)
            return as_of, trouble or ("a partition has not been read yet" if as_of is None else None)
        reached = [self._reached(each, silent=each in silent, now=now) for each in health]
        if not reached or any(mark is None for mark in reached):
            return None, trouble or "a partition has not been read yet"
        as_of = min(mark for mark in reached if mark is not None)
        if now - as_of > STALE_MS and trouble is None:
            trouble = f"the numbers are {(now - as_of) // 1000} s old: workers lag behind Kafka"
        return as_of, trouble

    def _is_silent(self, health: PartitionHealth, *, now: int) -> bool:
        """Tell whether the last report is too old: by its own instant, or by how long ago *now* was when it came."""
        # The second for a clock that was set back: what was said before lies in the future, and stays good for long.
        said, at = self._heard.get(health.partition, (None, now))
        if health.reported_at != said or at > now:
            at = now
        self._heard[health.partition] = (health.reported_at, at)
        return health.reported_at is None or now - min(at, health.reported_at) > REPORT_GOOD_FOR_MS

    def _reached(self, health: PartitionHealth, *, silent: bool, now: int) -> int | None:
        """Return the instant up to which everything of a partition is known to be there, None for none."""
        if health.lag == 0 and not silent:
            self._at_end[health.partition] = now
            return now
        # Read to its end a moment ago is as good as that moment; else the watermark tells how far it is.
        if self._at_end.get(health.partition, now) > now:
            # The clock was set back: that moment is none it has come to.
            del self._at_end[health.partition]
        known = [mark for mark in (health.watermark, self._at_end.get(health.partition)) if mark is not None]
        return min(now, max(known)) if known else None


def apart(health: Sequence[PartitionHealth], as_of: int | None) -> str | None:
    """Return which partition is so far past *as_of* that windows lack panes it has let go; None if none is."""
    marks = [(each.watermark, each.partition) for each in health if each.watermark is not None]
    if as_of is None or not marks or max(marks)[0] - as_of <= APART_MS:
        return None
    watermark, (topic, number) = max(marks)
    minutes = (watermark - as_of) // MINUTE_MS
    return f"{topic}/{number} is {minutes} minutes past the instant shown: windows lack what is not kept so long"


def _named(health: Sequence[PartitionHealth]) -> str:
    first = health[0].partition
    more = f" and {len(health) - 1} more" if len(health) > 1 else ""
    return f"{first.topic}/{first.partition}{more}"
