"""Agents of the simulated centre: what they say of themselves fits what they have in hand."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import cache
from itertools import groupby
from typing import Any

import pytest

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, instant_ms
from stream.simulator import Centre
from stream.simulator.presence import HEARTBEAT_MS

T0 = 1_795_075_200_000
"""2026-11-19T08:00:00Z, a Thursday morning."""
SPAN_MS = 2 * DAY_MS
PAUSES = {"break", "away", "error", "custom:meeting", "custom:training"}
CONCERNED = ("agent.", "chat.offered", "chat.accepted", "chat.released", "chat.wrapup_ended", "ticket.assigned")

Said = tuple[int, str, dict[str, Any]]


@cache
def days() -> tuple[Said, ...]:
    """Return what is heard of agents in two days: the instant, the type of event, its fields."""
    found = []
    centre = Centre(seed=3, rate=200, tenants=("default", "acme"), heartbeat_ms=HOUR_MS)
    for event in centre.events(T0, T0 + SPAN_MS):
        type_ = event.value.split(b'"type":"', 1)[1].split(b'"', 1)[0].decode()
        if type_.startswith(CONCERNED) and b'"agent":' in event.value:
            found.append((event.at_ms, type_, json.loads(event.value)))
    return tuple(found)


def agents() -> set[str]:
    """Return the names of all who came to work."""
    return {fields["agent"] for _, _, fields in days()}


def conversation(fields: dict[str, Any]) -> tuple[str, str]:
    """Return the identity of the conversation that an event is about."""
    return fields.get("tenant", "default"), fields["conversation"]


def contradiction(state: str, *, held: int, wrapped: int, slots: int) -> str:
    """Return what is wrong with an agent who says *state* with so many conversations in talk and in wrap-up."""
    if held > slots:
        return "more than slots"
    if held:
        fits = state == "busy" or (state == "available" and held + wrapped < slots)
    elif wrapped:
        fits = state == "acw"
    else:
        fits = state in PAUSES | {"available", "offline"}
    return "" if fits else f"{state} with {held} in talk and {wrapped} in wrap-up"


def test_agents_say_what_they_do_at_every_instant() -> None:
    """Busy or, with a slot left, available in talk; acw in wrap-up alone; on a pause or offline with empty hands."""
    held: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    wrapped: Counter[str] = Counter()
    state: dict[str, str] = {}
    slots: dict[str, int] = {}
    found: Counter[str] = Counter()
    for _, said in groupby(days(), key=lambda each: each[0]):
        touched = set()
        for _, type_, fields in said:
            agent = fields["agent"]
            touched.add(agent)
            if type_ == "chat.accepted":
                held[agent].add(conversation(fields))
            elif type_ == "chat.released":
                held[agent].remove(conversation(fields))
                wrapped[agent] += 1
            elif type_ == "chat.wrapup_ended":
                wrapped[agent] -= 1
            elif type_ == "agent.state_changed":
                state[agent] = fields["state"]
            elif type_ == "agent.capacity_changed":
                slots[agent] = fields["slots"]
        for agent in touched & set(slots):
            wrong = contradiction(
                state.get(agent, "offline"), held=len(held[agent]), wrapped=wrapped[agent], slots=slots[agent]
            )
            found[wrong] += 1

    assert set(found) == {""}
    assert found[""] > 10_000


def test_nobody_is_offered_a_conversation_on_a_pause() -> None:
    """Offers go to those who are available, or who wrap up one chat with a slot left for another."""
    state: dict[str, str] = {}
    found: Counter[str] = Counter()
    for _, type_, fields in days():
        if type_ == "agent.state_changed":
            state[fields["agent"]] = fields["state"]
        elif type_ == "chat.offered":
            found[state[fields["agent"]]] += 1

    assert set(found) == {"available", "acw"}
    assert found["available"] > 5 * found["acw"]


def test_every_state_takes_a_believable_part_of_the_shift() -> None:
    """Pauses of all kinds, incidents included, take some 5 to 25 % of it, and each state is there."""
    since: dict[str, tuple[str, int]] = {}
    spent: Counter[str] = Counter()
    for at_ms, type_, fields in days():
        if type_ == "agent.state_changed":
            state, start_ms = since.get(fields["agent"], ("offline", at_ms))
            spent[state] += at_ms - start_ms
            since[fields["agent"]] = (fields["state"], at_ms)

    on_shift = spent.total() - spent["offline"]
    assert set(spent) == PAUSES | {"available", "busy", "acw", "offline"}
    assert 0.05 < sum(spent[state] for state in PAUSES) / on_shift < 0.25
    assert 0.01 < spent["acw"] / on_shift < 0.1


def test_shifts_end_when_they_are_said_to() -> None:
    """Four to eight hours after the opening; who still talks goes a little later, nobody earlier."""
    ends: dict[str, int] = {}
    over = []
    for at_ms, type_, fields in days():
        if type_ == "agent.scheduled":
            start_ms, end_ms = instant_ms(fields["shift_start"]), instant_ms(fields["shift_end"])
            assert start_ms is not None
            assert end_ms is not None
            assert start_ms <= at_ms <= start_ms + MINUTE_MS
            assert at_ms == T0 or 4 * HOUR_MS <= end_ms - start_ms <= 8 * HOUR_MS
            ends[fields["agent"]] = end_ms
        elif type_ == "agent.state_changed" and fields["state"] == "offline":
            over.append(at_ms - ends[fields["agent"]])

    assert len(over) > 60
    assert all(0 <= late_ms < HOUR_MS for late_ms in over)


def test_heartbeats_repeat_the_state_every_two_minutes() -> None:
    """A heartbeat says what was said last, also for a while after some log-outs."""
    state: dict[str, str] = {}
    last: dict[str, int] = {}
    gaps: Counter[int] = Counter()
    after_logout = 0
    for at_ms, type_, fields in days():
        agent = fields["agent"]
        if type_ == "agent.state_changed":
            state[agent] = fields["state"]
        elif type_ == "agent.scheduled":
            last.pop(agent, None)
        elif type_ == "agent.heartbeat":
            assert fields["state"] == state[agent]
            after_logout += state[agent] == "offline"
            if agent in last:
                gaps[at_ms - last[agent]] += 1
            last[agent] = at_ms

    assert set(gaps) == {HEARTBEAT_MS}
    assert after_logout > 0


def test_some_forget_to_log_out() -> None:
    """Their last word is that they are there, and then not even a heartbeat comes until their next shift."""
    state: dict[str, str] = {}
    heard: dict[str, int] = {}
    ends: dict[str, int] = {}
    silences = []
    shifts = 0
    last = [(T0 + SPAN_MS, "agent.scheduled", {"agent": agent, "shift_end": T0}) for agent in agents()]
    for at_ms, type_, fields in (*days(), *last):
        agent = fields["agent"]
        if type_ == "agent.scheduled":
            over = agent in ends and ends[agent] < at_ms - 2 * HOUR_MS
            shifts += over
            if over and state[agent] != "offline":
                silences.append(heard[agent] - ends[agent])
            ends[agent] = instant_ms(fields["shift_end"]) or 0
        elif type_ == "agent.state_changed":
            state[agent] = fields["state"]
        if type_.startswith("agent."):
            heard[agent] = at_ms

    assert 0.005 < len(silences) / shifts < 0.08
    assert all(-HEARTBEAT_MS <= silent_ms < HOUR_MS for silent_ms in silences)


def test_agents_are_moved_and_beginners_get_another_slot() -> None:
    """Skills and capacity change within a shift, not only at its beginning."""
    changed = [
        (type_, fields["agent"])
        for _, type_, fields in days()
        if type_ in {"agent.scheduled", "agent.queues_changed", "agent.capacity_changed"}
    ]
    counts = Counter(type_ for type_, _ in changed)

    assert counts["agent.queues_changed"] > counts["agent.scheduled"]
    assert counts["agent.capacity_changed"] > counts["agent.scheduled"]


def test_tickets_go_to_people_who_are_there() -> None:
    """Whoever is given a ticket is on shift at that moment."""
    state: dict[str, str] = {}
    found: Counter[str] = Counter()
    for _, type_, fields in days():
        if type_ == "agent.state_changed":
            state[fields["agent"]] = fields["state"]
        elif type_ == "ticket.assigned":
            found[state[fields["agent"]]] += 1

    assert "offline" not in found
    assert found["available"] / found.total() > 0.5


@pytest.mark.parametrize("way", ["to_agent", "to_queue"])
def test_handing_over_leaves_one_owner(way: str) -> None:
    """After a transfer the one who gave it away is released, before or when somebody else accepts."""
    given: dict[tuple[str, str], str] = {}
    checked = 0
    centre = Centre(seed=5, rate=400, incident_gap_ms=0)
    for event in centre.events(T0, T0 + 2 * HOUR_MS):
        fields = json.loads(event.value)
        if fields["type"] == "chat.transferred" and way in fields:
            given[conversation(fields)] = fields["agent"]
        elif fields["type"] == "chat.released" and given.get(conversation(fields)) == fields["agent"]:
            del given[conversation(fields)]
            checked += 1
        elif fields["type"] == "chat.accepted":
            assert conversation(fields) not in given

    assert checked > 5
