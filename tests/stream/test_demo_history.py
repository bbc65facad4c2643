"""The days before the demo are a smaller centre, over when the past hour begins; every metric has something to say."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING

import pytest

from aggregators.catalogue import METRICS
from aggregators.definitions import FAMILIES
from stream.definitions_file import definitions_from
from stream.demo import definitions
from stream.demo.absent import absent
from stream.demo.history import history
from stream.demo.plan import PAST_MS, Plan
from stream.offline import Offline
from stream.simulator.profile import HOUR_MS

if TYPE_CHECKING:
    from stream.simulator import Event

NOW_MS = 1_772_884_800_000
"""2026-03-07T12:00:00Z, a Saturday."""
DAYS = 8
LOOK_MS = 300_000
WEEKS = 22


def plan(days: int) -> Plan:
    """Return the plan of a demo with so many *days* before it."""
    return Plan(days=days, rate=900, calm=True)


@cache
def before(days: int = DAYS) -> tuple[Event, ...]:
    """Return the history of a demo that begins now."""
    return tuple(history(plan(days), NOW_MS, step=lambda _: None))


def test_history_ends_before_the_past_hour_and_is_in_order() -> None:
    """Whoever came so late that it would not be over by then has not come: nobody waits from before."""
    instants = [event.at_ms for event in before()]
    asked: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in before():
        fields = json.loads(event.value)
        if "conversation" in fields:
            asked[fields["conversation"]][fields["type"]] += 1

    assert instants == sorted(instants)
    assert instants[0] < NOW_MS - DAYS * 24 * HOUR_MS + HOUR_MS
    last = max(event.at_ms for event in before() if b'"chat.queued"' in event.value)
    assert last < NOW_MS
    assert all(event.at_ms < NOW_MS - PAST_MS for event in before() if event.lane == "agent")
    assert len(asked) > 500


def test_each_day_of_history_is_a_step() -> None:
    """A bar has so many steps as there are days; without days there is nothing."""
    steps: list[int] = []

    history(Plan(days=2, rate=300), NOW_MS, step=steps.append)

    assert steps == [1, 1]
    assert history(Plan(), NOW_MS, step=steps.append) == []


def test_the_demo_counts_every_family() -> None:
    """What is asked for in its definitions is all that can be asked for."""
    assert set(definitions_from(definitions.text()).families) == set(FAMILIES)


@pytest.mark.parametrize("days", [0, DAYS, WEEKS])
def test_every_metric_has_a_value_or_is_absent_because(days: int) -> None:
    """After the past hour, with days before it or without: one value at any level in any window, else a reason.

    Every five minutes somebody looks, as `serve` does each second. A reason for what has a value is one too many.
    """
    offline = Offline(definitions=definitions_from(definitions.text()))
    offline.feed(event.value for event in before(days))
    hour = list(plan(days).centre(NOW_MS).events(NOW_MS - PAST_MS, NOW_MS))

    for t in range(NOW_MS - PAST_MS + LOOK_MS, NOW_MS + 1, LOOK_MS):
        offline.feed(event.value for event in hour if t - LOOK_MS <= event.at_ms < t)
        offline.board.move(t)
    shown = {row.metric.suffix for row in offline.board.rows()}

    reasons = absent(days)
    assert {metric.suffix for metric in METRICS} - shown == set(reasons)
    assert all(reason.startswith("because ") for reason in reasons.values())
