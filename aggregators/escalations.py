"""Escalations that nobody called so (M28): to rise to a later tier, or to be given a higher priority by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.touches import doer
from aggregators.vocabulary import PRIORITY, QUEUE, TEAM, TO_QUEUE, TO_TEAM, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact

PRIORITY_CHANGED: Final = code_of("ticket.priority_changed")
PRIORITIES: Final = {"low": 1, "normal": 2, "medium": 2, "high": 3, "urgent": 4, "critical": 4}
"""Names of priorities, from the least to the greatest; other names are neither more nor less than any."""


def first_raise(facts: Iterable[Fact], definitions: Definitions) -> Fact | None:
    """Return the first event that raises a conversation, None if none does. *facts* are all of its, in their order.

    A queue or team without a tier changes nothing: a conversation stays as high as it stood, and what enters at a
    tier has not risen to it.
    """
    tiered = bool(definitions.tiers)
    of_queue = of_team = priority = 0
    for fact in facts:
        _, _, _, code, fields = fact
        if tiered:
            stood = max(of_queue, of_team)
            queue = fields.get(TO_QUEUE) or fields.get(QUEUE)
            team = fields.get(TO_TEAM) or fields.get(TEAM)
            if queue is not None:
                of_queue = definitions.tier_of(queue) or of_queue
            if team is not None:
                of_team = definitions.tier_of(team) or of_team
            if 0 < stood < max(of_queue, of_team):
                return fact
        named = fields.get(PRIORITY)
        if named is not None:
            rank = PRIORITIES.get(named.lower(), 0)
            if code == PRIORITY_CHANGED and doer(fields) == "system" and 0 < priority < rank:
                return fact
            priority = rank
    return None
