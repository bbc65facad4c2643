"""Indexing: what an owner has in the buckets of stops and of intervals, put where anything of it has changed.

Of whoever is observed whole all that stands in a bucket is put together, in place of what stood there. Of an agent's
day only what changes is seen: that is put one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

from aggregators.delta import Entry
from aggregators.panes import FINE, bucket_of, is_bucket_kept
from aggregators.points import NO_STOPS
from aggregators.samples import is_timer

if TYPE_CHECKING:
    from aggregators.delta import Delta, Held
    from aggregators.facts import Key
    from aggregators.samples import Interval, Labels, Sample

OPEN_BUCKETS: Final = 64
_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""


def open_bucket(conversation: str) -> int:
    """Return the bucket of the intervals of *conversation* without an end: below 0, spread by conversation."""
    return -1 - crc32(conversation.encode()) % OPEN_BUCKETS


def is_held(sample: Sample) -> bool:
    """Tell whether *sample* is put together with the others of its owner: timers come about without looking at it."""
    return sample[0] not in NO_STOPS and not is_timer(sample)


def hold_stops(key: Key, buckets: set[int], samples: dict[Sample, int], delta: Delta) -> None:
    """Put the samples of an owner that are held into those of their *buckets* in which anything has changed."""
    found: dict[int, Held] = {bucket: [] for bucket in buckets}
    for sample, number in samples.items():
        held = found.get(bucket_of(sample[1]))
        if held is not None and is_held(sample):
            held.append((sample, number))
    for bucket, held in found.items():
        delta.stopped[bucket][key] = held


def hold_intervals(
    key: Key, before: dict[Interval, int], after: dict[Interval, int], delta: Delta, *, watermark: int
) -> set[Labels]:
    """Put the intervals of an owner that stand in buckets in which anything has changed, unless those are long past.

    Returns the label sets of what came about.
    """
    lasting = open_bucket(key[1])
    found: dict[int, Held] = {}
    labels: set[Labels] = set()
    for interval, number in after.items():
        if not before or before.get(interval, 0) != number:
            labels.add(interval[1])
            found[_bucket(interval, lasting)] = []
    for interval in before:
        if interval not in after:
            found[_bucket(interval, lasting)] = []
    if not found:
        return labels
    for interval, number in after.items():
        held = found.get(_bucket(interval, lasting))
        if held is not None:
            held.append((interval, number))
    for bucket, held in found.items():
        if _is_kept(bucket, watermark):
            delta.lasting[bucket][key] = held
    return labels


def change_intervals(
    key: Key, before: dict[Interval, int], after: dict[Interval, int], delta: Delta, *, watermark: int
) -> set[Labels]:
    """Put each interval of an owner that has changed, unless it ended too long ago.

    Returns the label sets of what came about.
    """
    changes = {interval: number for interval, number in after.items() if before.get(interval, 0) != number}
    labels = {interval[1] for interval in changes}
    changes.update((interval, 0) for interval in before if interval not in after)
    lasting = open_bucket(key[1])
    for interval, number in changes.items():
        bucket = _bucket(interval, lasting)
        if _is_kept(bucket, watermark):
            delta.intervals[bucket][_new(Entry, (key[0], key[1], interval))] = number
    return labels


def _bucket(interval: Interval, lasting: int) -> int:
    """Return the bucket of *interval*: that of its end, *lasting* where there is none."""
    end = interval[3]
    return lasting if end is None else bucket_of(end)


def _is_kept(bucket: int, watermark: int) -> bool:
    return bucket < 0 or is_bucket_kept(bucket, watermark, kept_ms=FINE.kept_ms)
