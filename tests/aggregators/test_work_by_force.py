"""The work of chats made up at random: what always holds, and the parts by brute force."""

import json
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import points as p
from aggregators.instants import MINUTE_MS
from aggregators.observe import Observation
from aggregators.samples import ACTIVE, HELD, IDLE, Interval
from tests.aggregators.observed import observed, points_of
from tests.aggregators.worked import DAY_S
from tests.logs import T0

# --------------------------------------------------------------------------------------------- properties

AGENTS = st.sampled_from([None, "a-1", "a-2"])
QUEUES = st.sampled_from([None, "billing", "sales"])
KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "chat.queued": {"queue": st.sampled_from(["billing", "sales"])},
    "chat.offer_missed": {},
    "chat.accepted": {"agent": AGENTS},
    "chat.message": {
        "actor": st.sampled_from(["customer", "human", "bot"]),
        "auto": st.sampled_from([None, None, True]),
    },
    "chat.transferred": {
        "to_queue": QUEUES,
        "to_agent": AGENTS,
        "kind": st.sampled_from([None, "escalation", "reassignment"]),
    },
    "chat.abandoned": {},
    "chat.closed": {"resolved": st.sampled_from([None, True])},
    "chat.held": {},
    "chat.resumed": {},
    "chat.released": {"agent": AGENTS},
    "chat.wrapup_ended": {"agent": AGENTS},
    "ticket.escalated": {},
}
PAUSES_S = (0, 0, 1, 10, 60, 1_799, 1_800, 1_801, 3_600, DAY_S - 1, DAY_S, DAY_S + 1)


@st.composite
def logs(draw: Callable[..., Any]) -> list[bytes]:
    """A conversation of up to 16 events, half of them accepts, messages and holds; some share an id."""
    at = T0
    lines = []
    for number in range(draw(st.integers(1, 16))):
        at += 1_000 * draw(st.sampled_from(PAUSES_S))
        kind = draw(st.sampled_from(["chat.accepted", "chat.message", "chat.held", *KINDS]))
        fields = {name: draw(value) for name, value in KINDS[kind].items()}
        identifier = draw(st.sampled_from([f"e{number}", f"e{number}", f"e{number}", "shared"]))
        event = {"id": identifier, "type": kind, "at": at, "conversation": "c", **fields}
        lines.append(json.dumps({name: value for name, value in event.items() if value is not None}).encode())
    return lines


def few(examples: int) -> settings:
    """Return the settings of one property: always the same examples, bounded in number."""
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None)


@few(150)
@given(lines=logs(), chance=st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(lines: list[bytes], chance: random.Random) -> None:
    """The same contributions from the same events in any order, some of them twice."""
    again = [*lines, *chance.choices(lines, k=len(lines) // 2)]
    chance.shuffle(again)

    assert observed(again) == observed(lines)


@few(150)
@given(lines=logs())
def test_what_lasts_fits_together(lines: list[bytes]) -> None:
    """Nothing is active and on hold at once, or twice; all of it ends; idle is within, and later by the idle time.

    A handle time and its active twin come in pairs, and what is handled was active or on hold for that long.
    """
    seen = observed(lines)
    lasting = [each for each, number in seen.intervals.items() for _ in range(number) if each.kind in (ACTIVE, HELD)]
    stretches = sorted((each.start, each.end or 0) for each in lasting)
    idle = [each for each in seen.intervals if each.kind == IDLE]
    took, worked, after_work = (values(seen, kind) for kind in (p.HANDLED, p.HANDLED_ACTIVE, p.AFTER_WORK))

    assert all(start < end for start, end in stretches)
    assert all(before[1] <= then[0] for before, then in pairwise(stretches))
    assert all(each.start - each.since == 30 * MINUTE_MS for each in idle)
    assert all(each.end is not None for each in idle)
    assert len(took) == len(worked) >= len(after_work)
    assert 0 <= sum(worked) <= sum(took)
    assert sum(took) - sum(after_work) <= sum(end - start for start, end in stretches)


def values(seen: Observation, kind: p.PointKind) -> list[int]:
    """Return the values of the points of a kind."""
    return [point.value for point in points_of(seen) if point.kind == kind.code]


# -------------------------------------------------------------------------- the same by another road, by force

ENDING = ("chat.queued", "chat.closed", "chat.abandoned")
GOES_ON = ("chat.message", "chat.held", "chat.resumed")


def lasts(events: list[dict[str, Any]], t: int) -> bool:
    """Tell whether some agent has a part just before *t*: an accept that nothing since has ended.

    A silence of a day has, unless what comes first behind it says that the chat goes on. Of events at instants of their
    own, with agents that are always named.
    """
    known = [event for event in events if event["at"] < t]
    return any(
        event["type"] == "chat.accepted"
        and not any(ends_part(other, event["agent"]) for other in known[place + 1 :])
        and all(
            then["at"] - before["at"] < DAY_S * 1_000 or then["type"] in GOES_ON
            for before, then in pairwise(known[place:])
        )
        and t <= known[-1]["at"] + DAY_S * 1_000
        for place, event in enumerate(known)
    )


def ends_part(event: dict[str, Any], agent: str) -> bool:
    """Tell whether *event* ends a part of *agent*."""
    kind = event["type"]
    if kind == "chat.accepted":
        return bool(event["agent"] != agent)
    if kind == "chat.transferred":
        return bool(event["to_agent"] != agent)
    return kind in ENDING or (kind == "chat.released" and event["agent"] == agent)


@st.composite
def plain_logs(draw: Callable[..., Any]) -> list[dict[str, Any]]:
    """A conversation of up to 20 events at instants of their own, of two agents."""
    at = T0
    events = []
    for number in range(draw(st.integers(1, 20))):
        at += 1_000 * draw(st.sampled_from(PAUSES_S[2:]))
        kind = draw(st.sampled_from([*["chat.accepted"] * 3, "chat.transferred", "chat.released", *GOES_ON, *ENDING]))
        event = {"id": f"e{number}", "type": kind, "at": at, "conversation": "c", "queue": "billing"}
        event["agent"] = draw(st.sampled_from(["a-1", "a-2"]))
        if kind == "chat.message":
            event["actor"] = draw(st.sampled_from(["customer", "human"]))
        if kind == "chat.transferred":
            event["to_agent"] = draw(st.sampled_from(["a-1", "a-2"]))
        events.append(event)
    return events


@few(120)
@given(events=plain_logs())
def test_parts_by_force(events: list[dict[str, Any]]) -> None:
    """Around every event, and where a silence after it would end, a part lasts when the definition says so."""
    lines = [json.dumps(event).encode() for event in events]
    whole = observed(lines).intervals
    for at in [event["at"] for event in events]:
        for t in (at, at + 1, at + DAY_S * 1_000, at + DAY_S * 1_000 + 1):
            seen = observed([line for line, event in zip(lines, events, strict=True) if event["at"] < t]).intervals

            expected = lasts(events, t)

            assert holds(seen, t) == expected
            assert holds(whole, t) == expected


def holds(intervals: Iterable[Interval], t: int) -> bool:
    """Tell whether a part is active or on hold at *t*."""
    return any(each.kind in (ACTIVE, HELD) and each.start < t <= (each.end or 0) for each in intervals)
