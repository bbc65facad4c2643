"""Lasting: so many of each kind of interval of an agent since when, at its tenant and at its desks, one by queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.points import Point
from aggregators.samples import SPELLS, Interval, Labels

if TYPE_CHECKING:
    from aggregators.agents import Weights
    from aggregators.samples import Sample

_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""

Since = dict[int, tuple[int, int]]
"""By kind of interval how many last, and since when."""


class Swept(NamedTuple):
    """Samples and intervals, each with how often."""

    samples: dict[Sample, int]
    intervals: dict[Interval, int]


class Desks:
    """The labels of one tenant, by channel and queue: the same objects each time."""

    __slots__ = ("_labels", "_tenant", "everywhere")

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._labels: dict[tuple[str, str], Labels] = {}
        self.everywhere = Labels(tenant, "", "")

    def at(self, queue: str, channel: str = "") -> Labels:
        """Return the labels of a queue."""
        labels = self._labels.get((channel, queue))
        if labels is None:
            labels = self._labels[channel, queue] = Labels(self._tenant, channel, queue)
        return labels


class Lasting:
    """What lasts after an instant. At a queue it began when its kind did, or when the agent came to the queue."""

    __slots__ = ("_at_desks", "_at_tenant", "_desks", "_queues", "_weights")

    def __init__(self, desks: Desks, weights: Weights) -> None:
        self._desks = desks
        self._weights = weights
        self._at_tenant: Since = {}
        self._at_desks: Since = {}
        self._queues: dict[str, int] = {}

    def turned(self, at: int, weights: Weights, queues: dict[str, None], swept: Swept) -> Lasting:
        """Return what lasts from *at* on; add to *swept* what ends there, and by how much what is added up turns."""
        if weights is self._weights and queues.keys() == self._queues.keys():
            return self
        then = Lasting(self._desks, weights)
        then._at_tenant = self._turn_tenant(at, weights, swept)
        then._at_desks = self._turn_desks(at, weights, queues, swept)
        then._queues = {queue: self._queues.get(queue, at) for queue in queues}
        return then

    def _turn_tenant(self, at: int, weights: Weights, swept: Swept) -> Since:
        found: Since = {}
        now = weights.at_tenant
        for kind, lasts in self._at_tenant.items():
            number, start = lasts
            then = now.get(kind, 0)
            if then == number:
                found[kind] = lasts
                continue
            _end(swept, kind, self._desks.everywhere, start, at, number)
            _turn(swept, kind, self._desks.everywhere, at, then - number)
            if then:
                found[kind] = (then, at)
        for kind, number in now.items():
            if kind not in self._at_tenant:
                found[kind] = (number, at)
                _turn(swept, kind, self._desks.everywhere, at, number)
        return found

    def _turn_desks(self, at: int, weights: Weights, queues: dict[str, None], swept: Swept) -> Since:
        """Nothing is added up over windows at a desk."""
        found: Since = {}
        now = weights.at_desks
        for kind, lasts in self._at_desks.items():
            number, start = lasts
            goes_on = now.get(kind, 0) == number
            if goes_on:
                found[kind] = lasts
            for queue, came in self._queues.items():
                if not goes_on or queue not in queues:
                    _end(swept, kind, self._desks.at(queue), max(start, came), at, number)
        for kind, number in now.items():
            if kind not in found:
                found[kind] = (number, at)
        return found

    def close(self, at: int, other: Lasting, swept: Swept) -> None:
        """Let all of it end at *at*; add to *swept* what does not end there like this in *other* too."""
        for kind, lasts in self._at_tenant.items():
            theirs = other._at_tenant.get(kind)
            if theirs != lasts:
                number, start = lasts
                _end(swept, kind, self._desks.everywhere, start, at, number)
                if theirs is None or theirs[0] != number:
                    _turn(swept, kind, self._desks.everywhere, at, -number)
        for queue, came in self._queues.items():
            come = other._queues.get(queue, at)
            for kind, (number, start) in self._at_desks.items():
                since = max(start, came)
                theirs = other._at_desks.get(kind)
                if theirs is None or theirs[0] != number or max(theirs[1], come) != since:
                    _end(swept, kind, self._desks.at(queue), since, at, number)


def _end(swept: Swept, kind: int, labels: Labels, start: int, end: int, number: int) -> None:  # noqa: PLR0917 - hot
    interval: Interval = _new(Interval, (kind, labels, start, end, start))
    swept[1][interval] = number


def _turn(swept: Swept, kind: int, labels: Labels, at: int, by: int) -> None:
    """Let so many more, or less, of a kind last from *at* on."""
    turns = SPELLS.get(kind)
    if turns is not None:
        point: Point = _new(Point, (turns, at, labels, by))
        swept[0][point] = 1
