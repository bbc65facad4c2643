"""The sweep of self-service: what a session on the help pages came to on one day (M49).

`docs/definitions-customers.md` has every rule of it. Whether its customer made contact afterwards, the session does not
know: it tells the customer, who does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.points import KB_SEARCH, KB_SESSION, KB_VIEW, Point
from aggregators.samples import Labels
from aggregators.told import Session
from aggregators.vocabulary import CHANNEL, CUSTOMER, FOUND, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.facts import Fact
    from aggregators.samples import Sample

_KIND: Final = "selfservice:"
_SEARCHED: Final = code_of("selfservice.searched")
NO_CHANNEL: Final = "selfservice"
"""The channel of a session that names none."""

UNKNOWN: Final = 1
KNOWN: Final = 2
"""The choices of KB_SESSION: whether its customer is known."""
FOUND_SOME: Final = 1
FAILED: Final = 2
"""The choices of KB_SEARCH."""


def observe(tenant: str, facts: Sequence[Fact], samples: list[Sample]) -> dict[str, Session | None]:
    """Add what one session contributes; return what it tells the customer named last, and that it is nothing to others.

    `facts` are its events of one day in the order of the sweep, at least one.
    """
    channel = NO_CHANNEL
    told: dict[str, Session | None] = {}
    customer: str | None = None
    for fact in facts:
        fields = fact[4]
        channel = fields.get(CHANNEL, channel)
        customer = fields.get(CUSTOMER) or customer
        if customer is not None:
            told[customer] = None
    # No session stands in a queue.
    labels = Labels(tenant, channel, "")
    for at, _, _, code, fields in facts:
        if code == _SEARCHED:
            failed = fields.get(FOUND) is False
            samples.append(Point(KB_SEARCH.code, at, labels, FAILED if failed else FOUND_SOME))
        else:
            samples.append(Point(KB_VIEW.code, at, labels, 0))
    begun, ended = facts[0].at, facts[-1].at
    samples.append(Point(KB_SESSION.code, ended, labels, UNKNOWN if customer is None else KNOWN))
    if customer is not None:
        told[customer] = Session(begun, ended, channel)
    return told


def is_session(kind: str) -> bool:
    """Tell whether an owner of this kind is a session on a UTC day (`facts.key_of`)."""
    return kind.startswith(_KIND)
