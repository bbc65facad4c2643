"""Telling: what the owners of events say to those who are counted across conversations, customers and agents.

Whoever is told is an owner of facts too, in a partition of its own: a customer for good, an agent for each UTC day.
A conversation tells every customer and agent it ever named, whole each time, or that it has nothing to do with them
(any more): so what was told twice, out of order, or before a crash and then told otherwise, is put right by the
greatest version.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aggregators.facts import Fact, Key
from aggregators.forgetting import stand_in
from aggregators.instants import DAY_MS, HOUR_MS, instant_ms
from aggregators.told import AgentDay, Contact, Contained, Offer, Session, Share, SolvedEpisode, Visit
from aggregators.vocabulary import (
    CONTENT,
    RANKS,
    SHIFT_END,
    SHIFT_START,
    TOLD,
    VERSION,
    code_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CUSTOMER: Final = 1
AGENT: Final = 2

OF_SESSION: Final = "s:"
"""How the ids of what sessions tell begin; those of conversations begin with `c:`, of agents' events with `e:`."""
OF_OFFERS: Final = "o:"
"""How the ids begin of what conversations tell of their offers."""
BY_CUSTOMER: Final = "by-customer"
BY_AGENT: Final = "by-agent"
MOST_DAYS: Final = 31
"""What is told of an agent reaches so many days at most, from its beginning on: more is a mistake of who sent it."""
_NAME: Final = 3
"""Where the customer's name stands in what is told, behind what is counted."""
_SCHEDULED: Final = code_of("agent.scheduled")


class To(NamedTuple):
    """Who is told (`which` is CUSTOMER or AGENT), and by whom: `id` is that of the conversation, or of the event."""

    which: int
    tenant: str
    subject: str
    id: str


class Said(NamedTuple):
    """What is told: it concerns the instants from `since` to `until` (epoch ms). `content` None: nothing (any more)."""

    since: int
    until: int
    content: tuple[Any, ...] | None


Telling = dict[To, Said]


class Row(NamedTuple):
    """One line of a telling, as it travels."""

    which: int
    tenant: str
    subject: str
    id: str
    since: int
    until: int
    content: Any


class Batch(NamedTuple):
    """A record of what is told: rows of one version, and how far its source had come in event time (`watermark`)."""

    version: int
    watermark: int
    rows: list[Row]


def changed(before: Telling, after: Telling, *, again: bool) -> Telling:
    """Return what there is to tell: what is not as before, or all of it *again*, where others may have told otherwise.

    An owner that has forgotten what it was asked about keeps nothing from anybody: whoever is not named any more is
    told so.
    """
    found = {to: said for to, said in after.items() if again or before.get(to) != said}
    for to, said in found.items():
        known = before.get(to)
        if known is not None and to.which == AGENT:
            # Days that were told before, and are not concerned any more, learn of it too.
            found[to] = said._replace(since=min(said.since, known.since), until=max(said.until, known.until))
    for to, said in before.items():
        if to not in after:
            found[to] = said._replace(content=None)
    return found


def joined(one: Telling, other: Telling) -> Telling:
    """Return everybody of two tellings, each with all the instants that either concerns."""
    found = one | other
    for to, said in one.items():
        more = other.get(to)
        if more is not None:
            found[to] = more._replace(since=min(said.since, more.since), until=max(said.until, more.until))
    return found


def of_agent_event(key: Key, facts: Iterable[Fact]) -> Telling:
    """Return what an event of an agent tells: the agent itself, on its day and on the next, or over all of a shift."""
    telling: Telling = {}
    for fact in facts:
        at, _, identifier, code, fields = fact
        since, until = at, at + DAY_MS
        if code == _SCHEDULED:
            since, until = instant_ms(fields[SHIFT_START]) or at, instant_ms(fields[SHIFT_END]) or at
        content = (at, code, tuple(sorted(fields.items())))
        telling[To(AGENT, key.tenant, key.subject, f"e:{identifier}")] = Said(since, max(since, until), content)
    return telling


def of_session(key: Key, told: Mapping[str, Session | None]) -> Telling:
    """Return what a session on the help pages tells those customers, by its day as conversations do."""
    day = int(key.kind.partition(":")[2])
    identifier = f"{OF_SESSION}{day}:{key.subject}"
    at = day * DAY_MS
    return {
        To(CUSTOMER, key.tenant, stand_in(key.tenant, name), identifier): Said(at, at, content and (*content, name))
        for name, content in told.items()
    }


def last_hour(last: int, silent_ms: int) -> int:
    """Return when a share in a conversation that was last heard of at *last* lapses: see told.Share."""
    lapses = last + silent_ms
    return lapses + -lapses % HOUR_MS


# What those who are told make of it.


def owners(row: Row) -> Iterator[tuple[str, str, str]]:
    """Yield the keys of the owners that *row* is for."""
    which, tenant, subject, _, since, until, _ = row
    if which == CUSTOMER:
        yield tenant, subject, BY_CUSTOMER
    else:
        first = since // DAY_MS
        for day in range(first, min(until // DAY_MS, first + MOST_DAYS) + 1):
            yield tenant, subject, _on_day(day)


@lru_cache(maxsize=64)
def _on_day(day: int) -> str:
    """Return the kind of an owner that is an agent on a day, the same object each time."""
    return f"{BY_AGENT}:{day}"


def fact_of(row: Row, version: int, kind: str) -> Fact:
    """Return *row* as a fact of an owner of this kind whom it is for, dated at the last it says of that one.

    For an agent's day that is its end at the latest: from then on it is kept like everything else.
    """
    which, _, _, identifier, _, until, content = row
    at = until if which == CUSTOMER else min(until, (day_number(kind) + 1) * DAY_MS)
    return Fact(at, RANKS[TOLD], identifier, TOLD, {VERSION: version, CONTENT: content})


def is_told(kind: str) -> bool:
    """Tell whether an owner of this kind is one that is told."""
    return kind.startswith("by-")


def visits_of(facts: Iterable[Fact]) -> dict[str, Visit]:
    """Return what the conversations of a customer told, by conversation, and what sessions did, by any other name."""
    visits = {}
    for fact in sorted(facts):
        identifier, content = fact[2], fact[4][CONTENT]
        if content is None:
            continue
        if identifier.startswith(OF_SESSION):
            visits[f"\0{identifier}"] = Visit((), (), (), (Session(*content[:_NAME]),))
            continue
        contacts, solved, contained = content[:_NAME]
        visits[identifier[2:]] = Visit(
            tuple(Contact(*row) for row in contacts),
            tuple(SolvedEpisode(*row) for row in solved),
            tuple(Contained(*row) for row in contained),
        )
    return visits


def name_in(fact: Fact) -> str:
    """Return the name that a customer was told under by a conversation or a session, "" for none."""
    content = fact[4][CONTENT]
    return content[_NAME] if content else ""


def day_of(key: Key, facts: Iterable[Fact]) -> AgentDay:
    """Return what is known of an agent on the day of *key*."""
    signs: list[Fact] = []
    shares: dict[str, tuple[Share, ...]] = {}
    offers: list[Offer] = []
    for fact in sorted(facts):
        sign = sign_of(fact)
        if sign is not None:
            signs.append(sign)
            continue
        offers += offers_of(fact)
        parts = shares_of(fact)
        if parts:
            conversation = fact[2][2:].partition(":")[2]
            shares[conversation] = (*shares.get(conversation, ()), *parts)
    return AgentDay(key.tenant, key.subject, day_number(key.kind), sorted(signs), shares, tuple(offers))


@lru_cache(maxsize=64)
def day_number(kind: str) -> int:
    """Return the day (days since 1970) of an owner that is an agent on a day."""
    return int(kind.partition(":")[2])


def sign_of(fact: Fact) -> Fact | None:
    """Return the event of an agent that was told to a day of it, None if that is something else."""
    content = fact[4][CONTENT]
    if not content or type(content[0]) is not int:
        return None
    at, code, kept = content
    return Fact(at, RANKS[code], fact[2][2:], code, dict(kept))


def shares_of(fact: Fact) -> list[Share]:
    """Return what a conversation told to a day of an agent, nothing if it was something else."""
    content = fact[4][CONTENT]
    if not content or type(content[0]) is int or fact[2].startswith(OF_OFFERS):
        return []
    return [Share(*row) for row in content]


def offers_of(fact: Fact) -> list[Offer]:
    """Return the offers that a conversation told to a day of an agent, nothing if it was something else."""
    return [Offer(*row) for row in fact[4][CONTENT] or ()] if fact[2].startswith(OF_OFFERS) else []


def is_agents(kind: str) -> bool:
    """Tell whether *kind* is that of an event of an agent, which owns itself where it comes in."""
    return kind.startswith("agent:")
