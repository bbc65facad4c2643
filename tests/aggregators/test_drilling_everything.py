"""Every number that a board shows of conversations is made again of its members, and of nothing else."""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from aggregators.catalogue import METRICS
from aggregators.definitions import FAMILIES, Definitions
from aggregators.drilling import NotDrilled
from aggregators.windows import WINDOWS
from stream.definitions_file import definitions_from
from stream.demo import definitions
from stream.offline import Offline
from tests import simulated
from tests.drilling import Opened, is_of_conversations, opened, wrong_with
from tests.oracle import instant
from tests.reference import REAL_DAY
from tests.simulated import DAY_MS, T0, Line

if TYPE_CHECKING:
    from aggregators.board import Row
    from aggregators.rolling import Group

INSTANTS = 20
NOBODY_BEHIND = {
    *("unique_customers", "tickets_per_customer", "known_contacts"),
    *("cost", "cost_per_received", "cost_per_resolution"),
    *("agent_state_seconds", "logged_in_seconds", "concurrency_mean"),
    *("occupancy_time_ratio", "occupancy_slot_ratio", "utilisation_ratio"),
    *("csat_jump", "csat_jump_sigmas", "csat_usual_ratio", "contact_reason_change_ratio"),
    *("queued_usual", "queued_usual_weeks", "queued_jump", "queued_jump_sigmas"),
    *("open", "wait_target_seconds"),
    *("expected_wait_seconds", "expected_wait_estimator_info"),
    *("patience_seconds", "patience_mean_seconds", "patience_beyond_target_ratio"),
    *("nps_30d_points", "nps_30d_responses"),
}
"""Estimates, sums of what only turns are kept of, comparisons with weeks before: they say why instead."""
NOT_SEEN = {
    *("csat_jump", "csat_jump_sigmas", "csat_usual_ratio"),
    *("queued_usual", "queued_jump", "queued_jump_sigmas"),
    *("expected_wait_error_seconds", "expected_wait_coverage_ratio"),
    "nps_30d_points",
}
"""These compare with weeks before, with what many were told, or are of thirty answers."""


def test_everything_a_simulated_centre_shows() -> None:
    """At 20 instants of nine days, just after somebody queued, each with one window in turn, in a third of the places.

    The log has second thoughts and lost ends, and every family counts it. The value is the board's to the last digit;
    sums and means of the members' values are it too, and members add up to every part that it is made of.
    """
    lines = [line for line in simulated.centre(days=9, rate=0.5) if b'"agent.heartbeat"' not in line.value]
    lines += [Line(line.at + 1, _says_it_was_easy(line)) for line in lines if b'"survey.sent"' in line.value]
    lines = simulated.with_second_thoughts(lines, share=0.15, seed=3)
    lines = simulated.without_closes(lines, share=0.05, seed=3)
    queued = [line.at + 1 for line in lines if b'"chat.queued"' in line.value and line.at < T0 + 9 * DAY_MS]
    offline = Offline(definitions=definitions_from(definitions.text()))
    found: list[Opened] = []
    wrong: list[str] = []
    fed = 0
    for number in range(1, INSTANTS + 1):
        as_of = queued[number * len(queued) // INSTANTS - 1]
        behind = next((place for place in range(fed, len(lines)) if lines[place].at >= as_of), len(lines))
        offline.feed(line.value for line in lines[fed:behind])
        fed = behind
        windows, third = {None, WINDOWS[(number - 1) % len(WINDOWS)]}, number % 3

        def is_wanted(row: Row, windows: set[str | None] = windows, third: int = third) -> bool:
            of_tenant = row.group.level == "tenant"
            return is_of_conversations(row) and row.window in windows and (of_tenant or _third(row.group) == third)

        for each in opened(offline, as_of, wanted=is_wanted):
            found.append(each)
            wrong += wrong_with(each)

    assert wrong == []
    refused = {each.row.metric.suffix for each in found if isinstance(each.found, NotDrilled)}
    assert refused <= NOBODY_BEHIND
    every = {each.suffix for each in METRICS if each.family != "total" and set(each.levels) & {"queue", "tenant"}}
    assert every - {each.row.metric.suffix for each in found} <= NOT_SEEN


@pytest.mark.skipif(not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl")
def test_the_real_day() -> None:
    """At 20 instants of one day of telephone contacts: all that it shows, in one window after the other."""
    lines = sorted((instant(json.loads(line)["at"]) or 0, line) for line in REAL_DAY.read_bytes().splitlines())
    offline = Offline(definitions=Definitions(families=FAMILIES))
    wrong: list[str] = []
    percentiles = fed = 0
    first, last = lines[0][0], lines[-1][0]

    for number in range(1, INSTANTS + 1):
        as_of = first + number * (last - first) // INSTANTS
        behind = bisect_left(lines, (as_of,))
        offline.feed(line for _, line in lines[fed:behind])
        fed = behind

        def is_wanted(row: Row, window: str = ("5m", "1h", "30m", "today")[number % 4]) -> bool:
            return is_of_conversations(row) and row.window in {None, window}

        for each in opened(offline, as_of, wanted=is_wanted):
            wrong += wrong_with(each)
            percentiles += each.row.metric.suffix == "wait_seconds" and each.row.extra == "0.95"

    assert wrong == []
    assert percentiles > INSTANTS


def _says_it_was_easy(line: Line) -> bytes:
    """Return a survey of another kind that is answered when *line* sends one: few are in this centre."""
    event = json.loads(line.value)
    about = {name: event[name] for name in ("tenant", "conversation") if name in event}
    return json.dumps(
        {"id": f"{event['id']}-easy", "type": "survey.responded", "at": line.at + 1, **about}
        | {"survey": "easy", "kind": "ces", "score": 6}
    ).encode()


def _third(group: Group) -> int:
    return crc32(" ".join(group.values).encode()) % 3
