"""Health of the facts: stops whose start never came, actors of no known kind, what came back, what is named at all.

`docs/definitions-health.md` has every rule of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.points import COVERED, ORPHAN_STOP, REVIVED, UNKNOWN_ACTOR, Point
from aggregators.samples import ABANDONED, ANSWERED, CALLBACK, FLOWED_OUT, LOST
from aggregators.vocabulary import ACTOR, AGENT, CUSTOMER, INITIATED_BY, OURS, STAGE, STATUS, TO_AGENT, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.legs import LegRow
    from aggregators.places import Places
    from aggregators.samples import Sample

ORPHANS: Final = {
    1: "accepted",
    2: "abandoned",
    3: "flowed_out",
    4: "callback_requested",
    5: "released",
    6: "wrapup_ended",
    7: "resumed",
    8: "closed",
    9: "solved",
}
"""The choices of ORPHAN_STOP: the stop that has no start."""
LEG_REVIVED: Final = 1
CHAT_REVIVED: Final = 2
"""The choices of REVIVED."""
NAMED_CUSTOMER: Final = 1
NAMED_AGENT: Final = 2
NAMED_QUEUE: Final = 4
"""A choice of COVERED is 1 + the sum of what is named."""
COVERED_BY: Final = {"customer": NAMED_CUSTOMER, "agent": NAMED_AGENT, "queue": NAMED_QUEUE}

_KNOWN_ACTORS: Final = frozenset({"customer", "human", "bot", "system"})
_ACCEPTED: Final = code_of("chat.accepted")
_ABANDONED: Final = code_of("chat.abandoned")
_FLOWED_OUT: Final = code_of("chat.flowed_out")
_CALLBACK: Final = code_of("chat.callback_requested")
_RELEASED: Final = code_of("chat.released")
_WRAPPED: Final = code_of("chat.wrapup_ended")
_HELD: Final = code_of("chat.held")
_RESUMED: Final = code_of("chat.resumed")
_CLOSED: Final = code_of("chat.closed")
_STATUS: Final = code_of("ticket.status_changed")
_BEGUN: Final = frozenset({code_of("chat.started"), code_of("ticket.created")})
_SOLVED: Final = frozenset({"solved", "closed"})
_WAITING: Final = frozenset({"queue", "ringing"})
_OUTCOMES: Final = {_ACCEPTED: ANSWERED, _ABANDONED: ABANDONED, _FLOWED_OUT: FLOWED_OUT, _CALLBACK: CALLBACK}
_STOPS: Final = {
    _ACCEPTED: 1,
    _ABANDONED: 2,
    _FLOWED_OUT: 3,
    _CALLBACK: 4,
    _RELEASED: 5,
    _WRAPPED: 6,
    _RESUMED: 7,
    _CLOSED: 8,
    _STATUS: 9,
}


def observe(
    facts: Sequence[Fact], rows: Sequence[LegRow], places: Places, definitions: Definitions, samples: list[Sample]
) -> None:
    """Add what all *facts* of one conversation, in the order of the sweep, say of themselves; *rows* are its legs."""
    named = NAMED_QUEUE if places.named else 0
    ended = {(row.ended, row.outcome) for row in rows}
    ours = accepted = held = False
    for place, fact in enumerate(facts):
        at, _, _, code, fields = fact
        if fields.get(ACTOR, "system") not in _KNOWN_ACTORS:
            samples.append(Point(UNKNOWN_ACTOR.code, at, places.at(at), 0))
        if fields.get(CUSTOMER):
            named |= NAMED_CUSTOMER
        if fields.get(AGENT) or fields.get(TO_AGENT):
            named |= NAMED_AGENT
        if code in _BEGUN:
            ours = fields.get(INITIATED_BY, "agent" if ours else "") in OURS
        elif code == _HELD:
            held = True
        elif code in _STOPS:
            if code in _OUTCOMES:
                waited = any(row.opened <= at for row in rows)
                orphan = (at, _OUTCOMES[code]) not in ended and _lacks_leg(
                    fact, first=place == 0, begun=waited or accepted or ours
                )
                accepted = accepted or code == _ACCEPTED
            elif code == _RESUMED:
                orphan = not held
            elif code in (_RELEASED, _WRAPPED):
                orphan = not accepted
            else:
                orphan = place == 0 and (code == _CLOSED or fields[STATUS] in _SOLVED)
            if orphan:
                samples.append(Point(ORPHAN_STOP.code, at, places.at(at), _STOPS[code]))
    samples += [
        Point(REVIVED.code, row.ended, places.of(row.queue), LEG_REVIVED)
        for row in rows
        if row.outcome is not None and row.outcome != LOST and row.ended - row.opened >= definitions.ghost_ms
    ]
    since = facts[0].at
    samples.append(Point(COVERED.code, since, places.at(since), 1 + named))


def _lacks_leg(stop: Fact, *, first: bool, begun: bool) -> bool:
    """Tell whether a stop that ended no leg should have. `begun`: it waited or was accepted before, or we began it."""
    code = stop.type
    if code == _ACCEPTED:
        return not begun
    if code == _FLOWED_OUT:
        return True
    stage = stop.fields.get(STAGE)
    return stage in _WAITING if stage is not None else first
