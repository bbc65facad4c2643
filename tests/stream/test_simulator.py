"""The simulated support centre: the same every time, well-formed, and believable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import islice, pairwise
from statistics import mean, median
from typing import Any

import pytest

from aggregators.events import Rejected, decode
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, instant_ms
from aggregators.vocabulary import NAMES, TYPES
from stream.simulator import Centre, Event, Spike
from stream.simulator.profile import DESKS, LOAD, slots_needed

T0 = 1_795_075_200_000
"""2026-11-19T08:00:00Z, a Thursday morning."""
TEXT = {"chat", "web", "sms"}


@cache
def calm_day() -> tuple[tuple[Event, dict[str, Any]], ...]:
    """Return eight hours of a centre in which nothing goes wrong, with the events as they are read."""
    centre = Centre(seed=7, rate=900, tenants=("default", "acme"), incident_gap_ms=0)
    return tuple((event, json.loads(event.value)) for event in centre.events(T0, T0 + 8 * HOUR_MS))


def legs(day: tuple[tuple[Event, dict[str, Any]], ...]) -> list[tuple[str, str, float]]:
    """Return channel, outcome and wait in seconds of each leg that was answered or abandoned."""
    channels: dict[tuple[str, str], str] = {}
    opened: dict[tuple[str, str], int] = {}
    found = []
    for event, fields in day:
        who = (fields.get("tenant", "default"), fields.get("conversation", ""))
        if fields["type"] == "chat.started":
            channels[who] = fields["channel"]
        elif fields["type"] == "chat.queued":
            opened[who] = event.at_ms
        elif fields["type"] in {"chat.accepted", "chat.abandoned", "chat.flowed_out", "chat.callback_requested"}:
            start_ms = opened.pop(who, None)
            if start_ms is not None:
                found.append((channels[who], fields["type"], (event.at_ms - start_ms) / 1000))
    return found


def test_the_same_seed_and_span_give_the_same_bytes() -> None:
    """A run can be repeated to the byte; another seed is another centre."""
    runs = [b"\n".join(event.value for event in Centre(seed=seed).events(T0, T0 + HOUR_MS)) for seed in (1, 1, 2)]

    assert runs[0] == runs[1] != runs[2]


def test_every_process_gives_the_same_bytes() -> None:
    """Nothing depends on the order of a set or on a hash that another process draws."""
    command = [sys.executable, "-m", "stream.cli", "simulate", "--out", "-", "--for", "20m", "--tenants", "a,b"]
    runs = [
        subprocess.run(
            [*command, "--start", "2026-11-19T08:00:00Z"],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]

    assert runs[0] == runs[1] != b""


def test_a_longer_span_only_adds_events_at_the_end() -> None:
    """What is simulated live begins like what is simulated for a fixed span."""
    short = list(Centre().events(T0, T0 + HOUR_MS // 2))

    endless = list(islice(Centre().events(T0), len(short)))

    assert endless == short


def test_events_come_in_time_order_and_inside_the_span() -> None:
    """`start` <= at < `end`, never backwards."""
    day = calm_day()

    assert all(before.at_ms <= after.at_ms for (before, _), (after, _) in pairwise(day))
    assert day[0][0].at_ms >= T0
    assert day[-1][0].at_ms < T0 + 8 * HOUR_MS


def test_ids_are_unique_within_what_they_are_about() -> None:
    """One event, one id of at most 128 characters: per tenant and conversation, and for all that has none."""
    ids = Counter((fields.get("tenant"), fields.get("conversation"), fields["id"]) for _, fields in calm_day())

    assert max(ids.values()) == 1
    assert max(len(name) for _, _, name in ids) <= 128


def test_two_tenants_have_conversations_of_the_same_name() -> None:
    """Identity is (tenant, conversation); the simulator makes sure that it matters."""
    names: dict[str, set[str]] = {"default": set(), "acme": set()}
    for _, fields in calm_day():
        if "conversation" in fields:
            names[fields.get("tenant", "default")].add(fields["conversation"])

    assert len(names["default"] & names["acme"]) > 100


def test_two_simulations_share_no_conversation() -> None:
    """A demo started again in the same topics does not continue the conversations of the first."""
    first, second = (
        {event.key for event in Centre().events(start, start + HOUR_MS // 4) if event.lane == "chat"}
        for start in (T0, T0 + 1000)
    )

    assert first.isdisjoint(second)


def test_every_type_of_event_is_there() -> None:
    """The centre speaks the whole wire format."""
    seen = {fields["type"] for _, fields in calm_day()}
    for event in Centre(seed=1, rate=2_000).events(T0, T0 + 2 * HOUR_MS):
        seen.add(json.loads(event.value)["type"])

    assert seen == set(TYPES)


FRAME = {"id", "at", "type", "conversation", "source"}


def test_events_have_what_their_type_requires_and_nothing_unknown() -> None:
    """Required fields are there, the instant reads back, no field is misspelt."""
    for event, fields in calm_day():
        kind = TYPES[fields["type"]]
        names = {code: name for name, (code, _) in kind.fields.items()}
        assert instant_ms(fields["at"]) == event.at_ms
        assert {"id", "at", "type"} <= set(fields) <= {*kind.fields, *FRAME}, fields
        assert all((names.get(code) or NAMES[code]) in fields for code in kind.required), fields
        assert not isinstance(decode(fields), Rejected), fields


def test_lanes_keep_a_conversation_together() -> None:
    """Chats and calls go one way, tickets another, agents a third; only heartbeats of sources go to everybody."""
    lanes: dict[str, set[str]] = {}
    for event, fields in calm_day():
        lanes.setdefault(fields["type"].partition(".")[0], set()).add(event.lane)
        assert event.key == fields.get("conversation", event.key)

    assert lanes["chat"] == {"chat"}
    assert lanes["ticket"] == {"ticket"}
    assert lanes["survey"] == {"chat", "ticket"}
    assert lanes["source"] == {"all"}
    assert lanes["agent"] == lanes["cost"] == lanes["kpi"] == lanes["selfservice"] == {"agent"}


def test_arrivals_follow_the_hour() -> None:
    """Three in the morning is quiet, ten is not; over a week the rate is the one that was asked for."""
    assert mean(LOAD) == pytest.approx(1, abs=0.02)

    hours = Counter(
        (event.at_ms - T0) // HOUR_MS
        for event in Centre(rate=300, incident_gap_ms=0).events(T0, T0 + DAY_MS)
        if b'"type":"chat.started"' in event.value
    )

    assert hours[2] > 2 * hours[19]


def test_service_is_believable_on_a_calm_day() -> None:
    """Most are answered within the target, a few in a hundred give up, waits are seconds to minutes."""
    found = legs(calm_day())
    for channels, target_s in ((TEXT, 60), ({"voice"}, 20)):
        answered = [wait for channel, outcome, wait in found if channel in channels and outcome == "chat.accepted"]
        left = [wait for channel, outcome, wait in found if channel in channels and outcome == "chat.abandoned"]
        late_leavers = sum(wait > target_s for wait in left)
        assert 0.7 < sum(wait <= target_s for wait in answered) / (len(answered) + late_leavers) < 0.93
        assert 0.02 < len(left) / (len(answered) + len(left)) < 0.11
        assert 3 < mean(answered) < 60


def test_first_replies_on_text_take_seconds_to_minutes() -> None:
    """From the first customer message to the first public human reply, bot and queue included."""
    asked: dict[tuple[str, str], int] = {}
    times = []
    for event, fields in calm_day():
        if fields["type"] == "chat.message":
            who = (fields.get("tenant", "default"), fields["conversation"])
            if fields["actor"] == "customer":
                asked.setdefault(who, event.at_ms)
            elif fields["actor"] == "human" and fields.get("public", True) and not fields.get("auto"):
                start_ms = asked.get(who)
                if start_ms is not None and start_ms > 0:
                    times.append((event.at_ms - start_ms) / 1000)
                    asked[who] = -1

    assert len(times) > 1_000
    assert 10 < median(times) < 60


def test_ratings_are_believable() -> None:
    """A third answers; the mean of the normalised ratings is a good three quarters; scores are on their scale."""
    sent, scores = 0, []
    for _, fields in calm_day():
        if fields.get("kind") == "csat":
            sent += fields["type"] == "survey.sent"
            if fields["type"] == "survey.responded":
                scale = fields.get("scale", {"min": 1, "max": 5, "direction": "up"})
                score = (fields["score"] - scale["min"]) / (scale["max"] - scale["min"])
                scores.append(score if scale["direction"] == "up" else 1 - score)

    assert all(0 <= score <= 1 for score in scores)
    assert 0.7 < mean(scores) < 0.85
    assert 0.25 < len(scores) / sent < 0.45


def test_no_agent_has_more_conversations_than_slots() -> None:
    """Calls one at a time, chats three, what rings or is wrapped up included: offers beyond that are never made."""
    channels: dict[tuple[str, str], str] = {}
    busy: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for _, fields in calm_day():
        who = (fields.get("tenant", "default"), fields.get("conversation", ""))
        if fields["type"] == "chat.started":
            channels[who] = fields["channel"]
        elif fields["type"] == "chat.wrapup_ended":
            busy[fields["agent"]] -= 1
        elif fields["type"] == "chat.accepted":
            busy[fields["agent"]] += 1
            kind = "voice" if channels[who] == "voice" else "text"
            most[kind] = max(most[kind], busy[fields["agent"]])

    assert dict(most) == {"voice": 1, "text": 3}


def test_a_spike_brings_five_times_the_customers_and_a_queue() -> None:
    """Ten minutes of it leave many more people waiting in that queue than anywhere else."""
    spike = Spike("billing", T0 + 30 * MINUTE_MS)
    waiting: Counter[str] = Counter()
    most: Counter[str] = Counter()
    where: dict[str, str] = {}
    for event in Centre(seed=3, incident_gap_ms=0, spikes=(spike,)).events(T0, T0 + 40 * MINUTE_MS):
        fields = json.loads(event.value)
        if fields["type"] == "chat.queued":
            where[fields["conversation"]] = fields["queue"]
            waiting[fields["queue"]] += 1
            most[fields["queue"]] = max(most[fields["queue"]], waiting[fields["queue"]])
        elif fields["type"] in {"chat.accepted", "chat.abandoned", "chat.flowed_out", "chat.callback_requested"}:
            queue = where.pop(fields.get("conversation", ""), None)
            if queue:
                waiting[queue] -= 1

    assert most["billing"] > 25
    assert most["billing"] > 2 * max(count for queue, count in most.items() if queue != "billing")


def worst_quarters(centre: Centre) -> int:
    """Return how many gave up in the worst three quarters of an hour of one queue, out of five hours of all."""
    given_up: Counter[tuple[str, int]] = Counter()
    queues: dict[str, str] = {}
    for event in centre.events(T0, T0 + 5 * HOUR_MS):
        if b'"type":"chat.queued"' in event.value:
            queues[event.key] = json.loads(event.value)["queue"]
        elif b'"type":"chat.abandoned"' in event.value and event.key in queues:
            given_up[queues[event.key], (event.at_ms - T0) // (15 * MINUTE_MS)] += 1
    return sum(count for _, count in given_up.most_common(3))


def test_incidents_come_by_themselves() -> None:
    """Without orders, a morning holds stretches in which far more people give up than on a calm one."""
    calm, troubled = (worst_quarters(Centre(seed=5, rate=500, incident_gap_ms=gap_ms)) for gap_ms in (0, HOUR_MS))

    assert troubled > 1.5 * calm


def test_a_spike_of_an_unknown_queue_is_refused() -> None:
    """The error names the queues there are."""
    with pytest.raises(ValueError, match=r"'legal' is not a queue .*billing"):
        Centre(spikes=(Spike("legal", T0),))


def test_enough_agents_are_more_than_the_work() -> None:
    """Staffing is never below the work, and relatively less above it in a large centre."""
    needed = {work: slots_needed(work, desk=DESKS["text"]) for work in (0.5, 10, 200)}

    assert all(slots > work for work, slots in needed.items())
    assert needed[200] / 200 < needed[10] / 10 < needed[0.5] / 0.5
