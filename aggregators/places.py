"""Places: where a conversation stood, its channel and its queues over time, as label sets."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from aggregators.samples import Interval, Labels

NO_QUEUE: Final = "none"
_new: Final = tuple.__new__
"""As in observe: a named tuple in half the time."""


class Places:
    """The queues that a conversation's events named, in order; `channel` is the last one named by any of them."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.channel = ""
        self.named_at: list[int] = []
        self.named: list[str] = []
        self._labels: dict[str, Labels] = {}

    def name(self, at: int, queue: str) -> None:
        """Take in that an event at *at*, none before those so far, named *queue*."""
        if not self.named or self.named[-1] != queue:
            self.named_at.append(at)
            self.named.append(queue)

    @property
    def only(self) -> Labels | None:
        """The labels of all its events, None if they stood in several queues."""
        named = self.named
        if not named:
            return self.of(NO_QUEUE)
        return self.of(named[0]) if len(named) == 1 else None

    def at(self, instant: int) -> Labels:
        """Return the labels at *instant*: the last queue named at or before it, else the first named later."""
        named = self.named
        if not named:
            return self.of(NO_QUEUE)
        if len(named) == 1:
            return self.of(named[0])
        place = bisect_right(self.named_at, instant)
        return self.of(named[place - 1] if place else named[0])

    def of(self, queue: str) -> Labels:
        """Return the labels of *queue*."""
        labels = self._labels.get(queue)
        if labels is None:
            labels = self._labels[queue] = Labels(self.tenant, self.channel, queue)
        return labels

    def pieces(self, kind: int, start: int, end: int | None, since: int) -> list[Interval]:
        """Return what lasts from *start* to *end* by queue: at t it stands in the last queue named before t."""
        found: list[Interval] = []
        named_at, named = self.named_at, self.named
        place = bisect_right(named_at, start)
        queue = named[place - 1] if place else NO_QUEUE
        for number in range(place, len(named)):
            at = named_at[number]
            if end is not None and at >= end:
                break
            if named[number] != queue:
                if at > start:
                    found.append(_new(Interval, (kind, self.of(queue), start, at, since)))
                start, queue = at, named[number]
        if end is None or end > start:
            found.append(_new(Interval, (kind, self.of(queue), start, end, since)))
        return found
