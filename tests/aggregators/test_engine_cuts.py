"""Cases in which it once mattered how the records were cut into chunks."""

import orjson

from aggregators.instants import DAY_MS
from tests.aggregators.running import counted, incoming
from tests.logs import T0


def event(identifier: str, kind: str, day: float, **fields: str) -> bytes:
    """Return a line of conversation c (unless told) that happened *day* days after T0."""
    at = T0 + int(day * DAY_MS)
    return orjson.dumps({"id": identifier, "type": kind, "at": at, "conversation": "c", **fields})


def test_a_life_ends_by_what_is_known_of_it_not_by_what_was_replaced() -> None:
    """An event of day 34 turns out to be of day 1, so the conversation has expired by day 37, however records are cut.

    day      1        34   35   36  37
    known    x,y      (x)       |   |
    expires                     |   z begins a new life
    """
    records = incoming(
        [
            event("x", "chat.queued", 34, queue="billing"),
            event("x", "chat.queued", 1, queue="billing"),
            event("y", "chat.closed", 1.1, by="human"),
            event("o", "chat.started", 37, conversation="other"),
            event("z", "chat.started", 37),
        ],
        timestamp=lambda _: T0 + 40 * DAY_MS,
    )

    at_once, one_by_one = counted(records), counted(records, cuts=range(1, len(records)))

    assert at_once.lines() == one_by_one.lines()
    assert not any('"id":"y"' in line for line in at_once.lines())
