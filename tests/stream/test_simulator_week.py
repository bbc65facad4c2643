"""A simulated week: every kind of course a conversation takes, in believable shares; customers who come again."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from aggregators.events import Rejected, decode
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, instant_ms
from aggregators.vocabulary import TYPES
from stream.simulator import Centre
from stream.simulator.profile import CHANNEL_MODE

T0 = 1_795_075_200_000
"""2026-11-19T08:00:00Z, a Thursday morning."""
WEEK_MS = 7 * DAY_MS
LEFT_OUT = {"agent.heartbeat", "source.heartbeat", "agent.state_changed", "chat.message"}
"""Most of the week: counted, not kept, and only the first of each are decoded."""
DECODED = 500

Kept = tuple[int, dict[str, Any]]


class Week(NamedTuple):
    """How many events of each type there were, which were rejected, and most types' by type and by conversation."""

    counts: Counter[str]
    rejected: list[Rejected]
    by_type: dict[str, list[Kept]]
    by_conversation: dict[str, list[Kept]]


@cache
def week() -> Week:
    """Return a week of a small centre with its incidents."""
    found = Week(Counter(), [], defaultdict(list), defaultdict(list))
    for event in Centre(seed=1, rate=40, heartbeat_ms=HOUR_MS).events(T0, T0 + WEEK_MS):
        type_ = event.value.split(b'"type":"', 1)[1].split(b'"', 1)[0].decode()
        found.counts[type_] += 1
        if type_ in LEFT_OUT and found.counts[type_] > DECODED:
            continue
        fields = json.loads(event.value)
        decoded = decode(fields)
        if isinstance(decoded, Rejected):
            found.rejected.append(decoded)
        if type_ not in LEFT_OUT:
            found.by_type[type_].append((event.at_ms, fields))
            if "conversation" in fields:
                found.by_conversation[fields["conversation"]].append((event.at_ms, fields))
    return found


def of(*types: str) -> list[Kept]:
    """Return the week's events of these types."""
    return [each for type_ in types for each in week().by_type[type_]]


def values(type_: str, name: str) -> set[Any]:
    """Return every value that a field has in the week's events of a type; None where it is left out."""
    return {fields.get(name) for _, fields in of(type_)}


def test_a_week_has_every_type_of_event_and_none_is_rejected() -> None:
    """Even those that are rare: callbacks asked for, conversations forgotten."""
    assert week().rejected == []
    assert set(week().counts) == set(TYPES)


@pytest.mark.parametrize(
    ("type_", "name", "expected"),
    [
        ("chat.started", "initiated_by", {"customer", "agent", "system"}),
        ("chat.started", "bot", {True, False, None}),
        ("chat.started", "priority", {"normal", "high", "urgent"}),
        ("chat.offer_missed", "reason", {"timeout", "rejected"}),
        ("chat.transferred", "kind", {"transfer", "escalation", "reassignment"}),
        ("chat.abandoned", "stage", {"bot", "queue", "ringing", "chat"}),
        ("chat.closed", "by", {"customer", "human", "bot", "system"}),
        ("chat.reopened", "by", {"customer", "human"}),
        ("chat.flagged", "flag", {"spam", "test"}),
        ("chat.flagged", "value", {None, False}),
        ("ticket.created", "initiated_by", {"customer", "agent", "system"}),
        ("ticket.created", "channel", {"email", "social", "offline"}),
        ("ticket.created", "priority", {"low", "normal", "high", "urgent"}),
        ("ticket.status_changed", "status", {"new", "open", "pending", "on_hold", "solved", "closed"}),
        ("ticket.status_changed", "by", {"customer", "human", "system"}),
        ("ticket.flagged", "value", {None, False}),
        ("survey.offered", "kind", {"csat"}),
        ("survey.sent", "kind", {"csat", "ces", "nps"}),
        ("selfservice.searched", "found", {True, False}),
    ],
)
def test_every_course_is_taken(type_: str, name: str, expected: set[Any]) -> None:
    """A field has each of the values that the wire format names for it; None is a field left out."""
    assert values(type_, name) == expected


def test_surveys_of_effort_come_in_both_directions() -> None:
    """Ease from 1 to 7, the more the better, and trouble from 1 to 5, the less the better."""
    scales = [fields["scale"] for _, fields in of("survey.sent") if fields["kind"] == "ces"]

    assert {(scale["min"], scale["max"], scale["direction"]) for scale in scales} == {(1, 7, "up"), (1, 5, "down")}


def test_some_ratings_are_changed_taken_back_or_days_late() -> None:
    """A changed one has the survey's id again; a few are given more than a day after they were asked for."""
    sent = {fields["survey"]: at_ms for at_ms, fields in of("survey.sent")}
    responded = of("survey.responded")
    times = Counter(fields["survey"] for _, fields in responded)

    assert 0.01 < sum(count > 1 for count in times.values()) / len(times) < 0.06
    assert 0.005 < len(of("survey.retracted")) / len(times) < 0.04
    assert 0.005 < sum(at_ms - sent[fields["survey"]] > DAY_MS for at_ms, fields in responded) / len(times) < 0.04


def test_outcomes_of_chats_come_in_believable_shares() -> None:
    """Of the contacts with a bot, the answered, and the closed."""
    counts = week().counts
    begun_by_bot = sum(fields.get("bot", False) for _, fields in of("chat.started"))
    by = Counter(fields["by"] for _, fields in of("chat.closed"))
    stages = Counter(fields["stage"] for _, fields in of("chat.abandoned"))
    resolved = Counter(fields["resolved"] for _, fields in of("chat.closed") if fields["by"] == "human")

    assert 0.15 < by["bot"] / begun_by_bot < 0.3
    assert 0.05 < stages["bot"] / begun_by_bot < 0.1
    assert 0.65 < counts["chat.bot_handoff"] / begun_by_bot < 0.8
    assert 0.008 < stages["queue"] / counts["chat.queued"] < 0.12
    assert 0.02 < counts["chat.offer_missed"] / counts["chat.offered"] < 0.04
    assert 0.05 < counts["chat.transferred"] / counts["chat.accepted"] < 0.12
    assert 0.02 < counts["chat.reopened"] / counts["chat.closed"] < 0.05
    assert 0.7 < resolved[True] / resolved.total() < 0.9
    assert counts["chat.resumed"] <= counts["chat.held"] < 0.12 * counts["chat.accepted"]
    assert counts["chat.wrapup_ended"] <= counts["chat.released"] <= counts["chat.accepted"]


def statuses(ticket: list[Kept]) -> list[tuple[int, str, str]]:
    """Return the instants, statuses and authors of a ticket's changes of status."""
    return [(at_ms, each["status"], each["by"]) for at_ms, each in ticket if each["type"] == "ticket.status_changed"]


def test_tickets_are_solved_and_some_are_reopened_by_the_customer_within_days() -> None:
    """Most are solved; of these, four to ten of a hundred come back, some more than a day later."""
    courses = [statuses(week().by_conversation[fields["conversation"]]) for _, fields in of("ticket.created")]
    solved = [course for course in courses if any(status == "solved" for _, status, _ in course)]
    back = [
        after_ms - before_ms
        for course in solved
        for (before_ms, before, _), (after_ms, after, by) in pairwise(course)
        if (before, after, by) == ("solved", "open", "customer")
    ]

    assert 0.8 < len(solved) / len(courses) < 0.98
    assert 0.04 < len(back) / len(solved) < 0.1
    assert DAY_MS < max(back) < WEEK_MS


def test_some_tickets_end_before_anybody_answers() -> None:
    """The customer withdraws it, or it is closed unseen: there is no word of a human in it."""
    ended = 0
    for _, created in of("ticket.created"):
        ticket = week().by_conversation[created["conversation"]]
        answered = any(fields.get("actor") == "human" for _, fields in ticket)
        ended += not answered and any(status in {"solved", "closed"} for _, status, _ in statuses(ticket))

    assert 0.01 < ended / len(of("ticket.created")) < 0.04


def test_what_is_merged_was_written_twice() -> None:
    """The ticket it goes into is an older one of the same customer about the same thing, and is no merged one."""
    created = {fields["conversation"]: (at_ms, fields) for at_ms, fields in of("ticket.created")}
    merged = {fields["conversation"]: fields["into"] for _, fields in of("ticket.merged")}

    assert not set(merged) & set(merged.values())
    for second, first in merged.items():
        assert created[first][0] < created[second][0]
        assert created[first][1]["customer"] == created[second][1]["customer"]
        assert created[first][1]["topic"] == created[second][1]["topic"]


def test_tags_come_early_in_wrap_up_and_long_after_the_solution() -> None:
    """A reason may be known hours after the number it belongs to."""
    solved: dict[str, int] = {}
    delays = []
    for fields_at_ms, fields in sorted(of("ticket.status_changed", "ticket.tagged"), key=lambda each: each[0]):
        name = fields["conversation"]
        if fields["type"] == "ticket.tagged":
            delays.append(fields_at_ms - solved.get(name, fields_at_ms))
        elif fields["status"] == "solved":
            solved[name] = fields_at_ms
    wrapped = [fields for _, fields in of("chat.wrapup_ended")]

    assert delays.count(0) > len(delays) / 3
    assert max(delays) > 4 * HOUR_MS
    assert 0.2 < sum("tags" in fields for fields in wrapped) / len(wrapped) < 0.4


def test_who_falls_silent_is_closed_after_half_an_hour_and_who_leaves_at_once() -> None:
    """Some are seen to leave an agent, of others nothing is heard until the silence closes the conversation."""
    waits: dict[bool, set[int]] = {True: set(), False: set()}
    for chat in week().by_conversation.values():
        for closed_ms, fields in chat:
            if fields["type"] == "chat.closed" and fields.get("reason") == "idle":
                before = [(at_ms, each) for at_ms, each in chat if at_ms < closed_ms]
                seen = any(each["type"] == "chat.abandoned" for _, each in before)
                released_ms = max(at_ms for at_ms, each in before if each["type"] == "chat.released")
                waits[seen].add(closed_ms - released_ms)

    assert waits == {True: {MINUTE_MS}, False: {35 * MINUTE_MS}}


def contacts() -> dict[str, list[tuple[int, str, str]]]:
    """Return the instants, channels and topics of the contacts that each known customer began."""
    found = defaultdict(list)
    for at_ms, fields in sorted(of("chat.started", "ticket.created"), key=lambda each: each[0]):
        if "customer" in fields and fields["initiated_by"] == "customer":
            found[fields["customer"]].append((at_ms, fields["channel"], fields["topic"]))
    return found


def test_customers_come_again_over_other_channels() -> None:
    """Of those of the first three days, one or two in ten are back within four days; half of them elsewhere."""
    again, elsewhere, same_topic, customers = 0, 0, 0, 0
    for visits in contacts().values():
        (first_ms, channel, topic), later = visits[0], visits[1:]
        if first_ms < T0 + 3 * DAY_MS:
            customers += 1
            soon = [visit for visit in later if visit[0] - first_ms < 4 * DAY_MS]
            again += bool(soon)
            elsewhere += any(its_channel != channel for _, its_channel, _ in soon)
            same_topic += any(its_topic == topic for _, _, its_topic in soon)

    assert 0.1 < again / customers < 0.3
    assert 0.3 < elsewhere / again < 0.8
    assert same_topic / again > 0.5


def test_some_customers_stay_unknown() -> None:
    """On the web and on the telephone only; whoever writes has an address."""
    known: dict[str, Counter[bool]] = defaultdict(Counter)
    for _, fields in of("chat.started", "ticket.created"):
        known[fields["channel"]]["customer" in fields] += 1

    assert {channel for channel, counts in known.items() if counts[False]} == {"web", "voice"}
    assert all(0.1 < known[channel][False] / known[channel].total() < 0.35 for channel in ("web", "voice"))
    assert set(known) == set(CHANNEL_MODE)


def test_some_ask_after_they_looked_for_themselves() -> None:
    """A fifth of the signed-in sessions is followed by a contact within a day, more often where nothing was found."""
    begun = {customer: [at_ms for at_ms, _, _ in visits] for customer, visits in contacts().items()}
    sessions: dict[str, tuple[int, dict[str, Any]]] = {}
    pages: Counter[str] = Counter()
    for at_ms, fields in sorted(of("selfservice.viewed", "selfservice.searched"), key=lambda each: each[0]):
        sessions[fields["session"]] = at_ms, fields
        pages[fields["session"]] += 1
    asked: dict[bool, Counter[bool]] = {True: Counter(), False: Counter()}
    for at_ms, fields in sessions.values():
        if "customer" in fields and at_ms < T0 + 6 * DAY_MS:
            follows = any(0 <= contact_ms - at_ms < DAY_MS for contact_ms in begun.get(fields["customer"], ()))
            asked[fields.get("found", True)][follows] += 1
    helped, lost = asked[True], asked[False]

    assert max(pages.values()) > 2
    assert 0.06 < helped[True] / helped.total() < 0.2 < lost[True] / lost.total() < 0.5


def test_costs_cover_every_hour_of_every_channel_once() -> None:
    """Each period is a whole hour, and they follow one another without a gap."""
    ends: dict[str, list[int]] = defaultdict(list)
    for at_ms, fields in of("cost.recorded"):
        start_ms, end_ms = instant_ms(fields["period_start"]), instant_ms(fields["period_end"])
        assert (start_ms, end_ms) == (at_ms - HOUR_MS, at_ms)
        assert fields["amount"] > 0
        ends[fields["channel"]].append(at_ms)

    assert set(ends) == set(CHANNEL_MODE)
    assert all(found == list(range(T0 + HOUR_MS, T0 + WEEK_MS, HOUR_MS)) for found in ends.values())


def test_figures_from_outside_stay_near_where_they_lie() -> None:
    """Each series is a slow walk: no value is far from the one before."""
    series: dict[str, list[float]] = defaultdict(list)
    for _, fields in of("kpi.sample"):
        series[fields["name"]].append(fields["value"])

    assert set(series) == {
        "website_visitors",
        "esat",
        "churn_ratio",
        "conversion_ratio",
        "recurring_revenue_eur",
        "review_score",
    }
    del series["website_visitors"]
    for found in series.values():
        assert len(set(found)) > 10
        assert all(abs(after - before) < 0.1 * before for before, after in pairwise(found))
