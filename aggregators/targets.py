"""Targets in force from an instant on: what starts then or later is measured against them, until the next ones.

first targets              since                      since
|===========================|==========================|- - - - - - >
             start  o- - - - - - - - - >  keeps the target it started with
"""

from __future__ import annotations

from typing import NamedTuple


class Targets(NamedTuple):
    """Targets of what starts at `since` (epoch ms) or later, in ms: of a queue, else of its channel, else `other`."""

    since: int
    by_channel: dict[str, int]
    other: int
    by_queue: dict[str, int]

    def of(self, channel: str, queue: str) -> int:
        """Return the target in *queue* of *channel*."""
        return target_of(self.by_channel, self.other, self.by_queue, channel, queue)

    @property
    def longest(self) -> int:
        """The longest of them."""
        return max([self.other, *self.by_channel.values(), *self.by_queue.values()])

    @property
    def content(self) -> list[object]:
        """All that decides which target is in force when; a channel with the target of the others says nothing."""
        said = {channel: target for channel, target in self.by_channel.items() if target != self.other}
        return [self.since, sorted(said.items()), self.other, sorted(self.by_queue.items())]


def target_of(by_channel: dict[str, int], other: int, by_queue: dict[str, int], channel: str, queue: str) -> int:
    """Return what holds in *queue* of *channel*: that of the queue, else that of the channel, else that of others."""
    mine = by_queue.get(queue)
    return by_channel.get(channel, other) if mine is None else mine


def in_force(versions: tuple[Targets, ...], start: int) -> Targets | None:
    """Return the last of *versions*, which are in order, that is in force at *start*; None before the first."""
    found: Targets | None = None
    for each in versions:
        if each.since > start:
            break
        found = each
    return found
