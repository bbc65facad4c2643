"""In every queue: who waited + who came = who was answered, left, passed on, lost + who waits. Over whole days."""

from __future__ import annotations

import json
from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING

import pytest

from aggregators.board import ALL_METRICS
from aggregators.catalogue import METRICS
from aggregators.instants import MINUTE_MS
from aggregators.windows import IDENTITY_WINDOWS
from stream.offline import Offline
from tests import simulated
from tests.adding_up import ENDS, not_adding_up
from tests.oracle import GHOST, Leg, conversations, instant, legs_of, withdrawn
from tests.reference import REAL_DAY, by_instant, real_day_table
from tests.simulated import DAY_MS, T0

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.columns import Series

SHOWN = ("waiting", "queued", *ENDS)
METRICS_OF_QUEUES = {
    **dict.fromkeys(ALL_METRICS, ()),
    "queue": [metric for metric in METRICS if metric.family != "total" and metric.suffix in SHOWN],
}
"""No others are looked at, and those of all levels take their time."""


def ms_of(at: object) -> int:
    """Return the epoch ms of an instant as it is written."""
    found = instant(at)
    assert found is not None
    return found


def product() -> Offline:
    """Return the product, which shows the legs of queues alone."""
    return Offline(metrics=METRICS_OF_QUEUES)


def seen(offline: Offline, t: int) -> dict[Series, float]:
    """Return what is shown at *t*; what the product itself says of the identity must be that all adds up."""
    shown = offline.values(t)
    assert [offline.board.violations(window) for window in IDENTITY_WINDOWS] == [0, 0, 0]
    return shown


@pytest.mark.skipif(not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl")
def test_the_real_day_adds_up_at_every_instant_of_its_table() -> None:
    """Every minute, each queue, windows 5m, 30m and 1h: by the product's own count and from what is shown alone."""
    lines = [(ms_of(json.loads(line)["at"]), line) for line in REAL_DAY.read_bytes().splitlines()]
    instants = sorted(ms_of(t) for t in by_instant(real_day_table("tenant")))
    offline, shown = product(), {}

    since = 0
    for t in instants:
        offline.feed(line for at, line in lines if since <= at < t)
        shown[t] = seen(offline, t)
        since = t

    assert len(instants) > 1_000
    assert {t: rest for t in instants if (rest := not_adding_up(shown, t))} == {}


def test_a_simulated_week_with_lost_ends_adds_up() -> None:
    """One in a hundred ends of a leg is never told: those legs are lost four hours later, and counted as that.

    Every minute the product finds no queue that does not add up, and none does from what is shown alone. (A leg that is
    lost and comes to life again has waited all the time: there is none here.)
    """
    lines = simulated.without_ends_of_legs(simulated.of_conversations(simulated.centre(days=7)), share=0.01, seed=1)
    offline, shown = product(), {}

    place = 0
    for t in range(T0 + MINUTE_MS, T0 + 7 * DAY_MS + 1, MINUTE_MS):
        behind = bisect_left(lines, t, lo=place, key=attrgetter("at"))
        offline.feed(line.value for line in lines[place:behind])
        shown[t] = seen(offline, t)
        place = behind

    end = T0 + 7 * DAY_MS
    legs = legs_told(line.value for line in lines)
    lost = sum(leg.outcome == "lost" and leg.ended < end for leg in legs)
    revived = [leg for leg in legs if leg.outcome != "lost" and leg.ended - leg.opened >= GHOST]
    week = sum(
        value
        for (name, pairs), value in offline.values(end).items()
        if name == "support_queue_rolling_lost" and ("window", "7d") in pairs
    )
    assert week == lost > 0
    assert revived == []
    assert {t: rest for t in shown if (rest := not_adding_up(shown, t))} == {}


def legs_told(lines: Iterable[bytes]) -> list[Leg]:
    """Return all legs that brute force finds."""
    return [leg for events in conversations(lines).values() if not withdrawn(events) for leg in legs_of(events)]
