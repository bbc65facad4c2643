"""Facts: what is known of one conversation is the set of its distinct events, nothing else.

Merging is set union with one rule for two events of the same id: the least (at, canonical bytes) counts. So it is
commutative, associative and idempotent, and no order of arrival can corrupt what is known.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from aggregators.instants import DAY_MS
from aggregators.vocabulary import BY_CODE, CONVERSATION, NAME, NAMES, RANKS, REASON, SESSION, TOLD, VERSION

if TYPE_CHECKING:
    from aggregators.events import Event

_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""

Merge = Literal["new", "replaced", "duplicate"]


class Fact(NamedTuple):
    """One event as it is kept. Facts of one conversation sort by (at, rank of the type, id): the order of the sweep."""

    at: int
    rank: int
    id: str
    type: int
    fields: dict[int, Any]


class Key(NamedTuple):
    """Who owns facts: a conversation of a tenant. `kind` is "" for conversations, else what else it is.

    `telling` has the kinds that own what is told.
    """

    tenant: str
    subject: str
    kind: str = ""


Facts = dict[str, Fact]
"""The facts of one owner, by event id."""


def key_of(event: Event) -> Key:
    """Return the owner of *event*: its conversation; its session or series on its UTC day; or itself without either.

    An agent's heartbeats of weeks would else be one owner, read and written again with each of them, and so would a
    session that everybody shares.
    """
    if event.type.subject == CONVERSATION:
        return _new(Key, (event.tenant, event.subject, ""))
    if event.type.subject == SESSION:
        return Key(event.tenant, event.subject, f"selfservice:{event.at // DAY_MS}")
    if event.type.subject == NAME:
        return Key(event.tenant, event.subject, f"kpi:{event.at // DAY_MS}")
    return Key(event.tenant, event.subject, f"{event.type.family}:{event.id}")


def stored(at: int, code: int, identifier: str, fields: dict[int, Any]) -> Fact:
    """Rebuild a fact from what is stored of it."""
    return _new(Fact, (at, RANKS[code], identifier, code, fields))


def canonical(fact: Fact, key: Key) -> bytes:
    """Return the bytes that decide between two events of one id and one instant (`docs/definitions.md`, Facts)."""
    named: dict[str, Any] = {NAMES[code]: value for code, value in fact.fields.items() if code != REASON}
    named["type"] = BY_CODE[fact.type].name
    if not key.kind:
        named["conversation"] = key.subject
    return json.dumps(named, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def merge(facts: Facts, fact: Fact, key: Key) -> Merge:
    """Add *fact* to *facts* in place and say what that changed. Of what is told, the greatest version counts."""
    known = facts.get(fact.id)
    if known is None:
        facts[fact.id] = fact
        return "new"
    if fact.type == TOLD:
        if fact.fields[VERSION] <= known.fields[VERSION]:
            return "duplicate"
        facts[fact.id] = fact
        return "replaced"
    if fact.at > known.at:
        return "duplicate"
    if fact.at == known.at:
        # Equality of Python values is not enough: 5 and 5.0 are different content.
        if fact.type == known.type and fact.fields == known.fields and repr(fact.fields) == repr(known.fields):
            return "duplicate"
        least, other = canonical(known, key), canonical(fact, key)
        # A reason decides only between what is the same without it: that is less which has none.
        if other > least or (other == least and (REASON not in known.fields or REASON in fact.fields)):
            return "duplicate"
    facts[fact.id] = fact
    return "replaced"
