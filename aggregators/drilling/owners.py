"""Owners: what the id of an index entry names: a conversation, where nothing was told or sent otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from aggregators import points as p
from aggregators import samples as s

if TYPE_CHECKING:
    from aggregators.samples import Interval, Sample

Owner = Literal["conversation", "customer", "agent", "session", "series", "currency"]
PEOPLE: Final[frozenset[Owner]] = frozenset({"customer", "agent"})
"""Owners that are people: without the scope for it nobody learns who."""

_OF_CUSTOMERS: Final = (
    *(p.ANCHOR, p.CALLED_BACK, p.ANCHOR_SETTLED, p.SOLVE_FOLLOWED, p.FIRST_CONTACT, p.FIRST_CONTACT_SETTLED),
    *(p.ONE_REPLY, p.ONE_TEAMMATE, p.BOT_VERIFIED, p.CUSTOMER, p.FIRST_OF_DAY, p.DEFLECTED),
)
_OF_SAMPLES: Final[dict[int, Owner]] = {
    **{kind.code: "customer" for kind in _OF_CUSTOMERS},
    **{kind.code: "agent" for kind in (p.EFFORT, p.EFFORT_BEFORE, *p.TURNS, *p.OFFER_TURNS)},
    **{kind.code: "session" for kind in (p.KB_SESSION, p.KB_VIEW, p.KB_SEARCH)},
    **{kind.code: "currency" for kind in (p.COST, p.COST_LEFT_OUT)},
}
_OF_INTERVALS: Final[dict[int, Owner]] = {
    **dict.fromkeys((*s.SPELLS, s.AGENTS_FREE, s.AGENTS_SHARED), "agent"),
    s.SERIES: "series",
}


def owner_of(content: Sample | Interval) -> Owner:
    """Return what the id beside *content* names."""
    kinds = _OF_INTERVALS if isinstance(content, s.Interval) else _OF_SAMPLES
    return kinds.get(content[0], "conversation")
