"""Places: where a conversation stood, its channel and its queues over time, as label sets."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from aggregators.samples import Interval, Labels

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_QUEUE: Final = "none"


class Places:
    """The queues that a conversation's events named, in order; `channel` is the last one named by any of them."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.channel = ""
        self.named_at: list[int] = []
        self.named: list[str] = []
        self._labels: dict[str, Labels] = {}

    @property
    def only(self) -> Labels | None:
        """The labels of all its events, None if they stood in several queues."""
        named = self.named
        if not named:
            return self.of(NO_QUEUE)
        return self.of(named[0]) if named.count(named[0]) == len(named) else None

    def at(self, instant: int) -> Labels:
        """Return the labels at *instant*: the last queue named at or before it, else the first named later."""
        if not self.named:
            return self.of(NO_QUEUE)
        return self.of(self.named[max(0, bisect_right(self.named_at, instant) - 1)])

    def of(self, queue: str) -> Labels:
        """Return the labels of *queue*."""
        labels = self._labels.get(queue)
        if labels is None:
            labels = self._labels[queue] = Labels(self.tenant, self.channel, queue)
        return labels

    def pieces(self, kind: int, start: int, end: int | None, since: int) -> Iterator[Interval]:
        """Yield what lasts from *start* to *end* by queue: at t it stands in the last queue named before t."""
        place = bisect_right(self.named_at, start)
        queue = self.named[place - 1] if place else NO_QUEUE
        for at, named in zip(self.named_at[place:], self.named[place:], strict=True):
            if end is not None and at >= end:
                break
            if named != queue:
                if at > start:
                    yield Interval(kind, self.of(queue), start, at, since)
                start, queue = at, named
        if end is None or end > start:
            yield Interval(kind, self.of(queue), start, end, since)
