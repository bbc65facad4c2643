"""The sweep of the bots: conversations that a bot began, and how its part ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.points import BOT_ENDED, HANDOFF_RESPONSE, Point
from aggregators.samples import IN_BOT
from aggregators.vocabulary import ACTOR, AUTO, BOT, BY, BY_CODE, RESOLVED, code_of, is_human_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Interval, Sample

_STARTED: Final = code_of("chat.started")
_QUEUED: Final = code_of("chat.queued")
_ACCEPTED: Final = code_of("chat.accepted")
_MESSAGE: Final = code_of("chat.message")
_COMMENTED: Final = code_of("ticket.commented")
_CALLBACK: Final = code_of("chat.callback_requested")
_ABANDONED: Final = code_of("chat.abandoned")
_CLOSED: Final = code_of("chat.closed")
_HANDOFF: Final = code_of("chat.bot_handoff")

TYPES: Final = frozenset(
    kind.code for kind in BY_CODE.values() if kind.family == "chat" and kind.name != "chat.flagged"
) | {_COMMENTED}
"""The types this sweep reads."""
_HANDING_OFF: Final = frozenset({_HANDOFF, _QUEUED, _ACCEPTED, _CALLBACK})

CONTAINED: Final = 1
HANDED_OFF: Final = 2
ABANDONED: Final = 3
"""The choices of BOT_ENDED: without a human and not left; on to humans, or to the wish for one; left."""


def observe(
    facts: Sequence[Fact],
    places: Places,
    definitions: Definitions,
    samples: list[Sample],
    intervals: list[Interval],
) -> None:
    """Add what one conversation contributes. `facts` are those of TYPES in the order of the sweep."""
    silent_ms = definitions.silent_ms
    begun = last = facts[0].at
    stretches: list[tuple[int, int]] = []  # of the bot's part, without the silences in it
    bot = False
    outcome = ended = 0
    responded: int | None = None
    for fact in facts:
        at, _, _, code, fields = fact
        if code == _STARTED and fields.get(BOT, False):
            bot = True
        if outcome:
            if responded is None and outcome == HANDED_OFF and _is_reply(fact):
                responded = at
            continue
        if at - last >= silent_ms:
            stretches.append((begun, last + silent_ms))
            begun = at
        last = at
        outcome = _outcome(fact)
        if outcome:
            ended = at
            if _is_reply(fact):
                responded = at
        elif code == _MESSAGE and fields[ACTOR] == "bot" and not fields.get(AUTO, False):
            bot = True
    if not bot:
        return
    stretches.append((begun, ended if outcome else last + silent_ms))
    for start, end in stretches:
        intervals += places.pieces(IN_BOT, start, end, facts[0].at)
    if outcome:
        samples.append(Point(BOT_ENDED.code, ended, places.at(ended), outcome))
    if responded is not None:
        samples.append(Point(HANDOFF_RESPONSE.code, responded, places.at(responded), responded - ended))


def _outcome(fact: Fact) -> int:
    """Return how *fact* ends the bot's part; 0 if it does not."""
    code, fields = fact.type, fact.fields
    if code in _HANDING_OFF:
        return HANDED_OFF
    if code == _ABANDONED:
        return ABANDONED
    if code == _CLOSED:
        return ABANDONED if fields.get(BY) == "customer" and fields.get(RESOLVED) is not True else CONTAINED
    return HANDED_OFF if _is_human(fact) else 0


def _is_human(fact: Fact) -> bool:
    code, fields = fact.type, fact.fields
    written = code in (_MESSAGE, _COMMENTED)
    return written and fields[ACTOR] == "human" and not fields.get(AUTO, False)


def _is_reply(fact: Fact) -> bool:
    return fact.type in (_MESSAGE, _COMMENTED) and is_human_reply(fact.fields)
