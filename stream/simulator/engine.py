"""The loop of the simulation: what happens next, in time order, and the events it leaves behind."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from stream.simulator.events import Event, Lane, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

_PARTS: dict[str, tuple[str, str]] = {}
# A NamedTuple's own constructor is a Python function; this is the same without it, a tenth of the whole run.
_new = tuple.__new__


class Subject:
    """What events are about: a conversation or an agent. Its events are numbered, so their ids are natural keys."""

    __slots__ = ("count", "epoch", "key", "lane", "prefix", "tail")

    def __init__(self, *, key: str, prefix: str, lane: Lane, tail: str) -> None:
        """`prefix` begins the ids; `tail` is JSON text that stands in every event, from its comma on."""
        self.key = key
        self.prefix = f'{{"id":"{prefix}-'
        self.lane = lane
        self.tail = tail
        self.count = 0
        self.epoch = False

    def head(self, type_: str) -> str:
        """Return the beginning of the next event's JSON text, up to the value of `at`."""
        self.count += 1
        try:
            word, rest = _PARTS[type_]
        except KeyError:
            word, rest = _PARTS[type_] = (type_.partition(".")[2], f'","type":"{type_}","at":')
        return f"{self.prefix}{word}-{self.count}{rest}"


class Engine:
    """A heap of what is to happen. Equal instants keep the order in which they were asked for."""

    __slots__ = ("dice", "heap", "out", "turn")

    def __init__(self, dice: Random) -> None:
        """Every draw of the simulation comes from *dice*, in the order of the loop."""
        self.dice = dice
        self.heap: list[tuple[int, int, Callable[[int, Any], None] | None, Any]] = []
        self.out: list[Event] = []
        self.turn = 0

    def call(self, at_ms: int, action: Callable[[int, Any], None], about: Any = None) -> None:  # noqa: ANN401 - what the action takes
        """Have `action(at_ms, about)` called at *at_ms*."""
        self.turn += 1
        heappush(self.heap, (at_ms, self.turn, action, about))

    def emit(self, now_ms: int, about: Subject, type_: str, fields: str = "") -> None:
        """Leave an event of this very instant. `fields` is JSON text that begins with a comma."""
        at = now_ms if about.epoch else quoted(now_ms)
        value = f"{about.head(type_)}{at}{about.tail}{fields}}}"
        self.out.append(_new(Event, (now_ms, about.lane, about.key, value.encode())))

    def later(self, at_ms: int, about: Subject, type_: str, fields: str = "") -> None:
        """Leave an event at *at_ms*, which is decided now."""
        self.turn += 1
        heappush(self.heap, (at_ms, self.turn, None, (about, about.head(type_), fields)))

    def run(self, end_ms: int | None) -> Iterator[Event]:
        """Yield the events with `at` before *end_ms* (None: without end), in time order."""
        heap, out = self.heap, self.out
        while heap:
            at_ms, _, action, about = heappop(heap)
            if end_ms is not None and at_ms >= end_ms:
                return
            if action is None:
                subject, head, fields = about
                at = at_ms if subject.epoch else quoted(at_ms)
                value = f"{head}{at}{subject.tail}{fields}}}"
                yield _new(Event, (at_ms, subject.lane, subject.key, value.encode()))
            else:
                action(at_ms, about)
                if out:
                    yield from out
                    out.clear()
