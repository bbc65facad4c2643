"""Logs of the simulated centre, small enough to be counted by brute force, and what may befall them on the way."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from stream.simulator import Centre, Road

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T0 = 1_772_668_800_000
"""2026-03-05T00:00:00Z, a Thursday. Long past: an event ahead of its record's timestamp would have a wrong clock."""
DAY_MS = 86_400_000
CLOSES = {"chat.closed", "chat.released", "chat.wrapup_ended", "ticket.status_changed"}
ENDS_OF_LEGS = {"chat.accepted", "chat.abandoned", "chat.flowed_out", "chat.callback_requested"}


class Line(NamedTuple):
    """One line, without a line feed, and the instant of its event in epoch ms."""

    at: int
    value: bytes


@cache
def centre(*, days: int, rate: float = 4, seed: int = 1, tenants: tuple[str, ...] = ("default",)) -> tuple[Line, ...]:
    """Return so many days of a centre with `rate` contacts an hour, in order of time."""
    made = Centre(seed=seed, rate=rate, tenants=tenants, heartbeat_ms=3_600_000)
    return tuple(Line(event.at_ms, event.value) for event in made.events(T0, T0 + days * DAY_MS))


def of_conversations(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that have a conversation."""
    return [line for line in lines if b'"conversation":' in line.value]


def without_closes(lines: Sequence[Line], *, share: float, seed: int) -> list[Line]:
    """Lose a share of what ends something: the source did not say so."""
    dice = Random(f"closes/{seed}")
    return [line for line in lines if _type(line.value) not in CLOSES or dice.random() >= share]


def without_ends_of_legs(lines: Sequence[Line], *, share: float, seed: int) -> list[Line]:
    """Lose a share of what ends a leg, with all that comes after it in its conversation."""
    dice = Random(f"legs/{seed}")
    cut: set[str] = set()
    found = []
    for line in lines:
        fields = json.loads(line.value)
        if fields["type"] in ENDS_OF_LEGS and dice.random() < share:
            cut.add(fields["conversation"])
        if fields["conversation"] not in cut:
            found.append(line)
    return found


def with_second_thoughts(lines: Sequence[Line], *, share: float, seed: int) -> list[Line]:
    """Flag, merge, delete and reopen a share of the conversations, some of it taken back, at any time after they began.

    In order of time, as *lines* are.
    """
    dice = Random(f"thoughts/{seed}")
    found = list(lines)
    begun: dict[tuple[Any, str], Line] = {}
    for line in of_conversations(lines):
        fields = json.loads(line.value)
        begun.setdefault((fields.get("tenant"), fields["conversation"]), line)
    for number, ((tenant, conversation), first) in enumerate(begun.items()):
        if dice.random() < share:
            at = first.at + int(dice.expovariate(1 / DAY_MS))
            about = {"conversation": conversation} | ({} if tenant is None else {"tenant": tenant})
            for place, (after_ms, event) in enumerate(_thought(dice)):
                fields = {"id": f"thought-{number}-{place}", "at": at + after_ms, **event, **about}
                found.append(Line(at + after_ms, json.dumps(fields).encode()))
    return sorted(found)


def _thought(dice: Random) -> list[tuple[int, dict[str, Any]]]:
    later = int(dice.expovariate(1 / 3_600_000))
    flag = dice.choice(("spam", "test"))
    courses: list[list[tuple[int, dict[str, Any]]]] = [
        [(0, {"type": "chat.flagged", "flag": flag})],
        [(0, {"type": "chat.flagged", "flag": flag}), (later, {"type": "chat.flagged", "flag": flag, "value": False})],
        [(0, {"type": "ticket.merged", "into": "another"})],
        [(0, {"type": "ticket.deleted"})],
        [(0, {"type": "chat.reopened", "by": "customer"})],
        [(0, {"type": "chat.reopened", "by": "human"})],
        [(0, {"type": "ticket.status_changed", "status": "solved", "by": "human"})],
        [
            (0, {"type": "ticket.status_changed", "status": "solved", "by": "human"}),
            (min(later, 600_000), {"type": "ticket.status_changed", "status": "open", "by": "human"}),
        ],
        [(9 * DAY_MS, {"type": "chat.message", "actor": "customer"})],
    ]
    return dice.choice(courses)


def with_other_customers(lines: Sequence[Line], *, share: float, seed: int) -> list[Line]:
    """Name somebody else in a share of the later events: customers are renamed, or known, topics too."""
    dice = Random(f"customers/{seed}")
    found = []
    for line in lines:
        if b'"conversation":' in line.value and dice.random() < share / 10:
            fields = json.loads(line.value) | {"customer": f"u-{dice.randrange(20)}"}
            if dice.random() < 0.5:
                fields["topic"] = dice.choice(("invoice", "refund", "login"))
            found.append(Line(line.at, json.dumps(fields).encode()))
        else:
            found.append(line)
    return found


def on_the_road(lines: Iterable[Line], *, duplicates: float, disorder_ms: int, late: float = 0.0) -> list[Line]:
    """Return the lines as they arrive, some twice or with other content, up to `disorder_ms` late, or a day."""
    from stream.simulator import Event

    events = [Event(line.at, "chat", "", line.value) for line in lines]
    road = Road(duplicates=duplicates, disorder_ms=disorder_ms, late=late)
    return [Line(arrival.event.at_ms, arrival.event.value) for arrival in road.travel(events)]


def _type(value: bytes) -> str:
    found: str = json.loads(value)["type"]
    return found
