"""What the sweeps observe: samples, each at one instant, and intervals, each from one instant to another.

Both are plain tuples, because hundreds of thousands a second are compared as sets. The first three members of a
sample are always (kind, at, labels); of an interval (kind, labels, start).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aggregators import points
from aggregators.points import Point

# Kinds of samples.
QUEUED: Final = 1
LEG: Final = 2
STAY: Final = 3
FIRST_RESPONSE: Final = 4
REPLY: Final = 5
SURVEY_SENT: Final = 6
CSAT: Final = 7
CES: Final = 8
NPS: Final = 9
HANDLED: Final[int] = points.HANDLED.code
SOLVED: Final[int] = points.SOLVED.code
# The others from points.FIRST_CODE on: points.

# Outcomes of a leg.
ANSWERED: Final = 1
ABANDONED: Final = 2
FLOWED_OUT: Final = 3
CALLBACK: Final = 4
AGENT_CLOSED: Final = 5
LOST: Final = 6

# Kinds of intervals.
WAITED: Final = 1
WAITING: Final = 2
RESPONSE_OPEN: Final = 3
UNANSWERED: Final = 4
FOLLOWING: Final = 5
ACTIVE: Final = 6
HELD: Final = 7
IDLE: Final = 8
OPEN: Final = 9
IN_BOT: Final = 10
OFFERED: Final = 11
RESPONSE_LEFT: Final = 12
# Of the first reply; those of the other clocks are numbered by `of_clock`.
SLA_OPEN: Final = 20
SLA_AT_RISK: Final = 21
SLA_PAST: Final = 22

CLOCKS: Final = ("first_reply", "next_reply", "resolution")
"""The policy clocks, numbered from 1."""


def of_clock(kind: int, which: int) -> int:
    """Return the kind of interval that *kind* (SLA_OPEN, …) is of the clock numbered *which*."""
    return kind + 100 * (which - 1)


# Of agents: the states of M21 first; all but the last in the order of points.TURNS.
OFFLINE: Final = 30
AVAILABLE: Final = 31
BUSY: Final = 32
PARTIALLY_BUSY: Final = 33
ACW: Final = 34
ON_BREAK: Final = 35
AWAY: Final = 36
CUSTOM: Final = 37
IN_ERROR: Final = 38
STALE: Final = 39
LOGGED_IN: Final = 40
SHIFT: Final = 41
SLOTS: Final = 42
SLOTS_USED: Final = 43
CHATS: Final = 44
OCCUPIED_OUTSIDE: Final = 45
WORKED_OUTSIDE: Final = 46
BUSY_WITHOUT_CHAT: Final = 47
CHAT_IN_ERROR: Final = 48
AGENTS_FREE: Final = 49
# Of series computed elsewhere.
SERIES: Final = 50
# States of agents that offers make, in the order of points.OFFER_TURNS.
MISSED: Final = 51
REJECTED: Final = 52
INCOMING: Final = 53
AGENTS_SHARED: Final = 54

SPELLS: Final = {
    **{OFFLINE + place: kind.code for place, kind in enumerate(points.TURNS)},
    **{MISSED + place: kind.code for place, kind in enumerate(points.OFFER_TURNS)},
}
"""Kinds of intervals that are added up over windows: where they begin and end, points of these kinds say."""

SAMPLE_NAMES: Final = {
    QUEUED: "queued",
    LEG: "leg",
    STAY: "stay",
    FIRST_RESPONSE: "first_response",
    REPLY: "reply",
    SURVEY_SENT: "survey_sent",
    CSAT: "csat",
    CES: "ces",
    NPS: "nps",
    **{kind.code: kind.name for kind in points.KINDS},
}
OUTCOME_NAMES: Final = {
    ANSWERED: "answered",
    ABANDONED: "abandoned",
    FLOWED_OUT: "flowed_out",
    CALLBACK: "callback_requested",
    AGENT_CLOSED: "agent_closed",
    LOST: "lost",
}
INTERVAL_NAMES: Final = {
    WAITED: "waited",
    WAITING: "waiting",
    RESPONSE_OPEN: "first_response_open",
    UNANSWERED: "unanswered",
    FOLLOWING: "unanswered_following",
    ACTIVE: "active",
    HELD: "held",
    IDLE: "idle",
    OPEN: "open",
    IN_BOT: "in_bot",
    OFFERED: "offered",
    RESPONSE_LEFT: "first_response_left",
    **{
        of_clock(kind, which): f"{clock}_{name}"
        for which, clock in enumerate(CLOCKS, start=1)
        for kind, name in ((SLA_OPEN, "open"), (SLA_AT_RISK, "at_risk"), (SLA_PAST, "past_deadline"))
    },
    **{OFFLINE + place: kind.name for place, kind in enumerate(points.TURNS)},
    **{MISSED + place: kind.name for place, kind in enumerate(points.OFFER_TURNS)},
    AGENTS_FREE: "agents_free",
    AGENTS_SHARED: "agents_shared",
    SERIES: "series",
}


class Labels(NamedTuple):
    """The finest bounded dimensions; every level above is a sum over them.

    With a `part`, "level=name", they stand for a copy that counts at that level alone.
    """

    tenant: str
    channel: str
    queue: str
    part: str = ""


class Queued(NamedTuple):
    """A leg opened."""

    kind: int
    at: int
    labels: Labels


class Leg(NamedTuple):
    """A leg ended, after `at` − `opened` ms. `lost` ones are dated by the timer, in the future while they are open."""

    kind: int
    at: int
    labels: Labels
    outcome: int
    opened: int


class Stay(NamedTuple):
    """The last leg of a conversation ended; `waited_ms` over all its legs, `abandoned` 1 if nobody ever replied."""

    kind: int
    at: int
    labels: Labels
    abandoned: int
    waited_ms: int


class Response(NamedTuple):
    """A human reply at `at` to what the customer began at `started`: a first response or any reply."""

    kind: int
    at: int
    labels: Labels
    started: int


class SurveySent(NamedTuple):
    """A survey went out; `answered` is 1 when a response counts by now."""

    kind: int
    at: int
    labels: Labels
    answered: int


class Rating(NamedTuple):
    """A response: the score normalised to 0–1 as a reduced fraction, and 1 if it counts as a good one.

    Good is satisfied (CSAT), easy (CES), a promoter (NPS).
    """

    kind: int
    at: int
    labels: Labels
    numerator: int
    denominator: int
    good: int


class Handled(NamedTuple):
    """An agent's part of a conversation ended, its wrap-up too, `took_ms` after its accept.

    `gaps_ms` of it nothing happened; `after_ms` of it was the wrap-up, -1 where there was none.
    """

    kind: int
    at: int
    labels: Labels
    took_ms: int
    gaps_ms: int
    after_ms: int


class LastSolve(NamedTuple):
    """The last solve of an episode; its clock stopped after `took_ms`, `paused_ms` of them pending or on hold.

    `first` and `closed` are 1 if it was the first solve too, and the close at that instant. `late_ms` is by how much
    the clock stopped before `at` because time ran out, -1 where it did not. `replies` is -1 where no customer wrote.
    """

    kind: int
    at: int
    labels: Labels
    took_ms: int
    paused_ms: int
    first: int
    closed: int
    late_ms: int
    replies: int
    touches: int
    owners: int


class Twice(NamedTuple):
    """A duration of which business hours left only a part."""

    kind: int
    at: int
    labels: Labels
    elapsed_ms: int
    business_ms: int


Sample = Queued | Leg | Stay | Response | SurveySent | Rating | Handled | LastSolve | Twice | Point


SHAPES: Final[dict[int, type[Sample]]] = {
    QUEUED: Queued,
    LEG: Leg,
    STAY: Stay,
    FIRST_RESPONSE: Response,
    REPLY: Response,
    SURVEY_SENT: SurveySent,
    CSAT: Rating,
    CES: Rating,
    NPS: Rating,
    **dict.fromkeys((kind.code for kind in points.KINDS), Point),
    HANDLED: Handled,
    SOLVED: LastSolve,
    points.SOLVED_BUSINESS.code: Twice,
}


class Interval(NamedTuple):
    """Something lasts: it holds at t when start < t ≤ end (None: no end known).

    `since` is where its age begins: before `start` if it moved to another queue, the customer's first leg for waits.
    """

    kind: int
    labels: Labels
    start: int
    end: int | None
    since: int


def is_timer(sample: Sample) -> bool:
    """Tell whether *sample* comes about by time alone, so that an event in time takes it back."""
    kind = sample[0]
    return kind in points.TIMED or (kind == LEG and sample[3] == LOST)  # type: ignore[misc]  # a Leg
