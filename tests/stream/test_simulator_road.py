"""The road from the centre to the log: events come twice, late or out of order, and none is lost."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from stream.simulator import Centre, Event, Road

T0 = 1_795_075_200_000
"""2026-11-19T08:00:00Z, a Thursday morning."""


def hour() -> list[Event]:
    """Return an hour of events."""
    return list(Centre(seed=2).events(T0, T0 + HOUR_MS))


def test_a_good_road_changes_nothing() -> None:
    """Everything arrives once, in order, when it happens."""
    events = hour()

    assert [(arrival.at_ms, arrival.event) for arrival in Road().travel(events)] == [(e.at_ms, e) for e in events]


def test_a_bad_road_is_the_same_every_time() -> None:
    """The disorder is seeded too."""
    road = Road(duplicates=0.2, disorder_ms=10 * MINUTE_MS, late=0.01, seed=4)

    assert list(road.travel(hour())) == list(road.travel(hour()))


def test_nothing_is_lost_on_a_bad_road_and_nothing_arrives_before_it_happens() -> None:
    """Every event is there with its own bytes, in order of arrival, up to the disorder (or a day) late."""
    events = hour()
    road = Road(disorder_ms=10 * MINUTE_MS, late=0.01)

    arrivals = list(road.travel(events))

    assert Counter(arrival.event.value for arrival in arrivals) == Counter(event.value for event in events)
    assert all(before.at_ms <= after.at_ms for before, after in pairwise(arrivals))
    delays = [arrival.at_ms - arrival.event.at_ms for arrival in arrivals if arrival.event.lane != "all"]
    assert all(0 <= delay < 10 * MINUTE_MS or DAY_MS <= delay < DAY_MS + 10 * MINUTE_MS for delay in delays)
    assert 0.005 < sum(delay >= DAY_MS for delay in delays) / len(delays) < 0.015
    assert [arrival.event.at_ms for arrival in arrivals] != sorted(arrival.event.at_ms for arrival in arrivals)


def test_duplicates_are_up_to_three_more_of_the_same_id() -> None:
    """A fifth comes again; some copies say something else, but never an earlier instant, and keep their way."""
    events = {(event.key, json.loads(event.value)["id"]): event for event in hour() if event.lane != "all"}
    # Two tenants would share keys; this hour has one.
    copies: dict[tuple[str, str], list[Event]] = {}
    for _, event in Road(duplicates=0.2).travel(list(events.values())):
        copies.setdefault((event.key, json.loads(event.value)["id"]), []).append(event)

    counts = Counter(len(some) for some in copies.values())

    assert set(copies) == set(events)
    assert set(counts) == {1, 2, 3, 4}
    assert 0.17 < 1 - counts[1] / len(copies) < 0.23
    others = [copy for about, some in copies.items() for copy in some if copy.value != events[about].value]
    assert len(others) > 100
    for about, some in copies.items():
        assert all(copy.lane == events[about].lane and copy.at_ms >= events[about].at_ms for copy in some)


def test_heartbeats_arrive_at_once_and_once() -> None:
    """A source's heartbeat speaks for the connector, not for the road."""
    road = Road(duplicates=1, disorder_ms=MINUTE_MS, late=0.5)

    beats = [arrival for arrival in road.travel(hour()) if arrival.event.lane == "all"]

    assert len(beats) == 3 * 360
    assert all(arrival.at_ms == arrival.event.at_ms for arrival in beats)
