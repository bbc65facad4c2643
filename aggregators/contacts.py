"""Contacts: how often a customer began something with the centre in one conversation (M46, M70, M72).

Where customers write it is the sweep of the messages that knows: an episode begins with a message. A call has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.vocabulary import INITIATED_BY, OURS, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.facts import Fact

_STARTED: Final = code_of("chat.started")
_QUEUED: Final = code_of("chat.queued")
_CREATED: Final = code_of("ticket.created")
_CALLS: Final = "voice"


def without_words(facts: Sequence[Fact], channel: str) -> list[tuple[int, bool]]:
    """Return the contact of a conversation in which the customer never wrote, and whether we began it; none if none.

    It begins where the customer entered a queue first; a call of channel `voice` where it started, if that was earlier.
    A window that opened with a bot's greeting is no contact. `facts` are those of the conversation in its order.
    """
    begun: int | None = None
    ours = False
    for fact in facts:
        code, fields = fact.type, fact.fields
        if begun is None and (code == _QUEUED or (code == _STARTED and channel == _CALLS)):
            begun = fact.at
        if code in (_STARTED, _CREATED) and INITIATED_BY in fields:
            ours = fields[INITIATED_BY] in OURS
    return [] if begun is None else [(begun, ours)]
