"""Tells: what one conversation says to its customer and to its agents, from what its sweeps found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aggregators.forgetting import is_stand_in, stand_in
from aggregators.instants import DAY_MS
from aggregators.telling import AGENT, CUSTOMER, OF_OFFERS, Said, Telling, To, last_hour
from aggregators.told import Contact, Contained, Offer, Share, SolvedEpisode
from aggregators.vocabulary import AGENT as OF_AGENT
from aggregators.vocabulary import CUSTOMER as OF_CUSTOMER
from aggregators.vocabulary import KIND, TEAM, TO_QUEUE, TO_TEAM, TOPIC, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.facts import Fact, Key
    from aggregators.offers import Ring
    from aggregators.places import Places
    from aggregators.samples import Labels

_ACCEPTED: Final = code_of("chat.accepted")
_TRANSFERRED: Final = code_of("chat.transferred")
_ASSIGNED: Final = code_of("ticket.assigned")


class Solved(NamedTuple):
    """An episode solved for the last time at `at`: see told.SolvedEpisode.

    `before` is the last solve of the episode before it; `is_human` whether a human had it, as far as anything says so.
    """

    before: int | None
    at: int
    is_human: bool
    owners: int
    replies: int
    reopened: bool
    closes: int


class Part(NamedTuple):
    """What an agent did in a conversation; see told.Share."""

    agent: str
    labels: Labels
    opened: int
    ended: int
    wrapped: int
    lapsed: bool


def to_customers(
    key: Key,
    facts: Sequence[Fact],
    places: Places,
    *,
    contacts: Iterable[tuple[int, bool]],
    solved: Iterable[Solved],
    contained: Iterable[tuple[int, Labels]],
    counts: bool,
) -> Telling:
    """Return what the conversation tells every customer it ever named: its content the last one, nothing the others.

    They are told under what stands for them; their name, unless it is forgotten, comes behind the content.

    *contacts* are the instants of its episodes, each with whether the centre began it. *counts* is false where the
    conversation is in no metric.
    """
    named: list[str] = []
    topic = ""
    for fact in facts:
        fields = fact[4]
        if fields.get(OF_CUSTOMER):
            named.append(fields[OF_CUSTOMER])
        if TOPIC in fields:
            topic = fields[TOPIC]
    if not named:
        return {}
    # By the day: not every message has to be told, and for so long what was told is remembered.
    day = facts[-1][0]
    day -= day % DAY_MS
    content: tuple[Any, ...] | None = None
    if counts:
        content = (
            tuple(_contact(at, places, topic, by=2 if ours else 1) for at, ours in contacts),
            tuple(_solved(each, facts, places, topic) for each in solved),
            tuple(Contained(at, labels.channel, labels.queue) for at, labels in contained),
        )
        name = "" if is_stand_in(named[-1]) else named[-1]
        content = None if content == ((), (), ()) else (*content, name)
    owners = [stand_in(key.tenant, name) for name in dict.fromkeys(named)]
    telling = {To(CUSTOMER, key.tenant, owner, _id(key)): Said(day, day, None) for owner in owners}
    telling[To(CUSTOMER, key.tenant, stand_in(key.tenant, named[-1]), _id(key))] = Said(day, day, content)
    return telling


def to_agents(key: Key, facts: Sequence[Fact], parts: Iterable[Part], *, silent_ms: int) -> Telling:
    """Return what the conversation tells every agent who ever accepted it, or that there is nothing.

    It tells of the parts that began on one UTC day together: people come back to a conversation for months.
    """
    accepts = [(fact[0], fact[4].get(OF_AGENT)) for fact in facts if fact[3] == _ACCEPTED]
    agents = dict.fromkeys(agent for _, agent in accepts if agent is not None)
    if not agents:
        return {}
    first: dict[tuple[str, int], int] = {}
    for at, agent in accepts:
        # A part that nobody was named for is that of whoever is named next.
        for name in agents if agent is None else (agent,):
            first.setdefault((name, at // DAY_MS), at)
    shares: dict[tuple[str, int], list[Share]] = {}
    for part in parts:
        row = Share(part.labels.channel, part.labels.queue, part.opened, part.ended, part.wrapped, part.lapsed)
        shares.setdefault((part.agent, part.opened // DAY_MS), []).append(row)
    heard = _heard_last(facts, silent_ms)
    telling = {}
    for (agent, day), at in first.items():
        mine = shares.get((agent, day), [])
        until = max([last_hour(heard[day], silent_ms), *(share.wrapped for share in mine)])
        telling[To(AGENT, key.tenant, agent, f"c:{day}:{key.subject}")] = Said(at, until, tuple(mine) or None)
    return telling


def offers_to_agents(key: Key, facts: Iterable[Fact], rings: Iterable[Ring]) -> Telling:
    """Return what the conversation tells every agent whom it was ever offered to, or that there is nothing.

    It tells of the offers that began on one UTC day together. What was missed may matter for a day.
    """
    offers: dict[tuple[str, int], list[Offer]] = {}
    for fact in facts:
        agent = fact[4].get(OF_AGENT)
        if agent:
            offers.setdefault((agent, fact[0] // DAY_MS), [])
    for ring in rings:
        if ring.agent:
            offers.setdefault((ring.agent, ring.start // DAY_MS), []).append(Offer(ring.start, ring.end, ring.how))
    telling = {}
    for (agent, day), mine in offers.items():
        since = day * DAY_MS
        until = max([since, *(offer.end for offer in mine)]) + DAY_MS
        telling[To(AGENT, key.tenant, agent, f"{OF_OFFERS}{day}:{key.subject}")] = Said(
            since, until, tuple(mine) or None
        )
    return telling


def _heard_last(facts: Sequence[Fact], silent_ms: int) -> dict[int, int]:
    """Return for each UTC day with facts when the conversation was last heard of before it fell silent after that day.

    No part that began on the day lasts longer, but for its wrap-up. A fact that comes late can only move it on.
    """
    heard: dict[int, int] = {}
    talking: list[int] = []
    last = facts[0][0]
    for fact in facts:
        at = fact[0]
        if at - last >= silent_ms:
            heard.update(dict.fromkeys(talking, last))
            talking = []
        last = at
        day = at // DAY_MS
        if not talking or talking[-1] != day:
            talking.append(day)
    heard.update(dict.fromkeys(talking, last))
    return heard


def _id(key: Key) -> str:
    """Return the id of what is told: an event of an agent has its own, and conversations may be called like one."""
    return f"c:{key.subject}"


def _contact(at: int, places: Places, topic: str, *, by: int) -> Contact:
    labels = places.at(at)
    return Contact(at, labels.channel, labels.queue, topic, by)


def _solved(solved: Solved, facts: Iterable[Fact], places: Places, topic: str) -> SolvedEpisode:
    """Return the episode with its teams: who had it until its solve, and whether it was passed on.

    It is the first episode's what was done before the customer wrote, and the next one's what was done since the solve
    before. A move to another queue passes it on unless the team is known before it and named after it: teams are
    compared then.
    """
    teams: set[str] = set()
    transferred = moved = False
    for at, _, _, code, fields in facts:
        if at > solved.at or (solved.before is not None and at <= solved.before):
            continue
        is_known = bool(teams)
        if TEAM in fields:
            teams.add(fields[TEAM])
            moved = False
        if TO_TEAM in fields:
            transferred = transferred or (bool(teams) and fields[TO_TEAM] not in teams)
            teams.add(fields[TO_TEAM])
        if TO_QUEUE not in fields:
            continue
        if code == _TRANSFERRED and fields.get(KIND) != "reassignment":
            is_move = fields[TO_QUEUE] != _stood(places, at)
        else:
            is_move = code == _ASSIGNED and _stood(places, at) not in ("", fields[TO_QUEUE])
        if is_move and not (is_known and TO_TEAM in fields):
            transferred = transferred or moved or not is_known
            moved = True
    labels = places.at(solved.at)
    return SolvedEpisode(
        solved.at,
        labels.channel,
        labels.queue,
        topic,
        len(teams) if solved.is_human else 0,
        solved.owners,
        transferred or moved,
        solved.reopened,
        solved.replies,
        solved.closes,
    )


def _stood(places: Places, at: int) -> str:
    """Return the queue named last before *at*, "" if none was."""
    before = [queue for named_at, queue in zip(places.named_at, places.named, strict=True) if named_at < at]
    return before[-1] if before else ""
