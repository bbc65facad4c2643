"""The road from the sources to the log: some events come twice, late, or out of order."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import orjson

from stream.simulator.dice import exponential_ms
from stream.simulator.events import Event, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY_MS = 86_400_000
COPIES = 3
COPY_AFTER_MS = 20_000
ALTERED = 0.3
RECEIPT_MS = 2_000


class Arrival(NamedTuple):
    """An event, and when it arrives: never before it happened."""

    at_ms: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """How bad the road is.

    `duplicates`: the share of events sent again, one to three times; three copies of ten say something else under
    the same id, no earlier than the original. `disorder_ms`: each event arrives up to so much later than it happened,
    so that two may change places. `late`: the share that arrives a day late. Heartbeats arrive at once, and once.
    """

    duplicates: float = 0.0
    disorder_ms: int = 0
    late: float = 0.0
    seed: int = 1

    def travel(self, events: Iterable[Event]) -> Iterator[Arrival]:
        """Yield what arrives in order of arrival. *events* come in time order; at their end the road is emptied."""
        if not (self.duplicates or self.disorder_ms or self.late):
            yield from (Arrival(event.at_ms, event) for event in events)
            return
        dice = Random(f"road/{self.seed}")
        under_way: list[tuple[int, int, Event]] = []
        turn = 0
        for event in events:
            while under_way and under_way[0][0] <= event.at_ms:
                arrives_ms, _, done = heappop(under_way)
                yield Arrival(arrives_ms, done)
            if event.lane == "all":
                yield Arrival(event.at_ms, event)
                continue
            for one in self._copies(event, dice):
                turn += 1
                heappush(under_way, (self._arrives_ms(one, dice, again=one is not event), turn, one))
        while under_way:
            arrives_ms, _, done = heappop(under_way)
            yield Arrival(arrives_ms, done)

    def _copies(self, event: Event, dice: Random) -> list[Event]:
        if not self.duplicates or dice.random() >= self.duplicates:
            return [event]
        return [event, *(_copy(event, dice) for _ in range(1 + int(dice.random() * COPIES)))]

    def _arrives_ms(self, event: Event, dice: Random, *, again: bool) -> int:
        at_ms = event.at_ms
        if again:
            at_ms += exponential_ms(dice, COPY_AFTER_MS)
        if self.disorder_ms:
            at_ms += int(dice.random() * self.disorder_ms)
        if self.late and dice.random() < self.late:
            at_ms += DAY_MS
        return at_ms


def _copy(event: Event, dice: Random) -> Event:
    """Return the event once more: the same bytes, or another text under the same id."""
    if dice.random() >= ALTERED:
        return Event(*event)
    fields = orjson.loads(event.value)
    way = dice.random()
    at_ms = event.at_ms
    if way < 0.4:  # noqa: PLR2004 - stamped on receipt
        at_ms += 1 + int(dice.random() * RECEIPT_MS)
        fields["at"] = stamp(at_ms)
    elif way < 0.7:  # noqa: PLR2004 - another notation, which is no other content
        fields["at"] = at_ms if isinstance(fields["at"], str) else stamp(at_ms)
    else:
        fields["priority"] = "high"
    return Event(at_ms, event.lane, event.key, orjson.dumps(fields))
