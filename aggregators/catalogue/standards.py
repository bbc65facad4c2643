"""Standards: what the definitions say of a queue, so that a rule can hold the other numbers against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators.calendars import is_open
from aggregators.metric import Metric, state

if TYPE_CHECKING:
    from aggregators.reading import Reading, Value
    from aggregators.rolling import Level

_QUEUE: Final[tuple[Level, ...]] = ("queue",)


def _open(r: Reading) -> Value:
    schedule = r.definitions.calendar_of(*r.place)
    # What holds at an instant is what held just before it, here as for those who wait.
    return None if schedule is None else int(is_open(schedule, r.as_of - 1))


def _wait_target(r: Reading) -> Value:
    _, channel, queue = r.place
    return r.definitions.wait_target(channel, queue) / 1000


OPEN: Final = replace(
    state(
        "open",
        "0 or 1",
        "Whether the queue is open by its calendar: 1 open, 0 closed.",
        "the instant is opening time of the calendar that holds for the queue",
        "business hours",
        read=_open,
        edges="Absent where no calendar holds: then nothing is known of when the queue is open, and all time counts. "
        "Before the first version of a calendar, if it has a beginning, all time is open.",
    ),
    levels=_QUEUE,
    grows=True,
)
METRICS: tuple[Metric, ...] = (
    OPEN,
    replace(
        state(
            "wait_target_seconds",
            "s",
            "Within how long somebody who waits in the queue is to be answered.",
            "the target of the queue, else that of its channel",
            "M6",
            read=_wait_target,
            edges="Of the definitions in force, not of the file that is to be: it changes with `deskpulse rebuild`.",
        ),
        levels=_QUEUE,
    ),
)
