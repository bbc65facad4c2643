"""Backlog, flows and reopening are what brute force says: every queue, channel and tenant, over simulated days."""

from __future__ import annotations

import json

from tests import simulated
from tests.brute_force import metrics_of, product, wrong
from tests.resolution_oracle import ResolutionOracle
from tests.simulated import DAY_MS, T0, Line

DAYS = 11
FEED_MS = 11 * 3_600_000
TENANTS = ("default", "acme")
NAMES = {
    *("backlog_open", "backlog_oldest_seconds", "rolling_received", "rolling_resolved", "rolling_reopened"),
    *("rolling_deleted", "rolling_resolution_rate_ratio", "rolling_received_resolved_ratio"),
    *("rolling_opened_resolved_ratio", "rolling_reopen_ratio", "rolling_async_abandonment_ratio"),
    "rolling_resolutions_settled",
}


def log(seed: int) -> list[Line]:
    """Return eleven days with flags, merges, deletions, corrections and late returns, of which 2 % of ends are lost.

    Of every third solve, close and reopening nobody knows who it was.
    """
    lines = simulated.of_conversations(simulated.centre(days=DAYS, rate=4, seed=seed, tenants=TENANTS))
    lines = simulated.with_second_thoughts(lines, share=0.15, seed=seed)
    lines = simulated.without_closes(lines, share=0.02, seed=seed)
    return simulated.on_the_road(without_names(lines), duplicates=0.05, disorder_ms=120_000)


def without_names(lines: list[Line]) -> list[Line]:
    """Return the lines, every third that says by whom without that."""
    found = []
    for number, line in enumerate(lines):
        fields = json.loads(line.value)
        if number % 3 == 0 and "by" in fields:
            del fields["by"]
            found.append(Line(line.at, json.dumps(fields).encode()))
        else:
            found.append(line)
    return found


def test_backlog_and_reopening_are_right_while_time_goes_by() -> None:
    """At 24 instants, of all events before each; all twelve metrics have had a value other than 0."""
    lines = log(1)
    oracle, offline = ResolutionOracle(line.value for line in lines), product(NAMES)
    met: set[str] = set()

    for t in range(T0 + FEED_MS, T0 + DAYS * DAY_MS + 1, FEED_MS):
        offline.feed(line.value for line in lines if t - FEED_MS <= line.at < t)
        right = oracle.at(t)
        assert wrong(right, offline.values(t)) == []
        met |= metrics_of(right)

    assert met == NAMES


def test_backlog_and_reopening_are_right_in_order_of_arrival() -> None:
    """With copies of other content, disorder and lines that are a day late, at the end and ten days after it."""
    lines = simulated.on_the_road(log(2), duplicates=0.05, disorder_ms=3_600_000, late=0.02)
    oracle, offline = ResolutionOracle(line.value for line in lines), product(NAMES)
    offline.feed(line.value for line in lines)

    last = max(line.at for line in lines)
    for t in (last + 1, last + DAY_MS, last + 10 * DAY_MS):
        assert wrong(oracle.at(t), offline.values(t)) == []
