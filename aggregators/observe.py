"""observe: everything one conversation contributes, as a pure function of its facts.

Whatever changes (a late event, another rating, a spam flag), the contributions are observed anew and the difference
to those before is committed; so a number that turned out wrong is taken back where it was counted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from aggregators import (
    bots,
    costs,
    coverage,
    customers,
    escalations,
    forgetting,
    health,
    legs,
    levels,
    measures,
    offers,
    points,
    presence,
    reasons,
    replies,
    resolution,
    selfservice,
    series,
    sla,
    surveys,
    telling,
    tells,
    work,
)
from aggregators.contacts import without_words
from aggregators.coverage import is_named
from aggregators.places import Places
from aggregators.points import Point
from aggregators.samples import (
    Interval,
    Labels,
    Sample,
)
from aggregators.vocabulary import ACTOR, BY_CODE, CHANNEL, FLAG, PUBLIC, QUEUE, TO_QUEUE, VALUE, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact, Key

_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""
Counted = TypeVar("Counted", Sample, Interval)
_OF_LEGS: Final = 1
_OF_REPLIES: Final = 2
_OF_SURVEYS: Final = 4
_FLAGGING: Final = 8
_MERGING: Final = 16
_OF_CHAT: Final = 32
_OF_WORK: Final = 64
_OF_BOTS: Final = 128
_OF_RESOLUTION: Final = 256
_WRITTEN: Final = 512
_OF_PRIORITY: Final = 1024
_HIDING: Final = 2048
_OF_OFFERS: Final = 4096


def _role(kind: EventType) -> int:
    return (
        (_OF_LEGS if kind.code in legs.TYPES else 0)
        | (_OF_REPLIES if kind.code in replies.TYPES else 0)
        | (_OF_SURVEYS if kind.code in surveys.TYPES else 0)
        | (_FLAGGING if kind.name in {"chat.flagged", "ticket.flagged"} else 0)
        | (_MERGING if kind.name == "ticket.merged" else 0)
        | (_OF_CHAT if kind.family == "chat" else 0)
        | (_OF_WORK if kind.code in work.TYPES else 0)
        | (_OF_BOTS if kind.code in bots.TYPES else 0)
        | (_OF_RESOLUTION if kind.code in resolution.TYPES else 0)
        | (_WRITTEN if kind.name in {"chat.message", "ticket.commented"} else 0)
        | (_OF_PRIORITY if kind.code == escalations.PRIORITY_CHANGED else 0)
        | (_HIDING if kind.code in forgetting.HIDING else 0)
        | (_OF_OFFERS if kind.code in offers.TYPES else 0)
    )


_ROLES: Final = (0, *(_role(BY_CODE[code]) for code in range(1, len(BY_CODE) + 1)))
"""Who reads events of a type, by its number."""
_ASKED: Final = {
    "volume": _WRITTEN,
    "work": _OF_WORK,
    "offers": _OF_OFFERS,
    "bots": _OF_BOTS,
    "resolution": _OF_RESOLUTION,
    "sla": _OF_RESOLUTION,
}
_OF_CONTACTS: Final = frozenset({"volume", "customers", "reasons"})
"""The families that count contacts."""
_DIRECTIONS: Final = {"customer": measures.CUSTOMER, "human": measures.HUMAN, "bot": measures.BOT}


@lru_cache(maxsize=16)
def _wanted(families: tuple[str, ...]) -> int:
    wanted = 0
    for family in families:
        wanted |= _ASKED.get(family, 0)
    return wanted


class Observation(NamedTuple):
    """What a conversation contributes: each sample and interval with how often, and its events by labels and type.

    Types are numbered as in `measures`: EVENTS + type, MESSAGES + who wrote. `open` tells whether it waits for
    something that no timer ends. `told` is what it says to its customers and agents. A `hidden` one counts like any
    other, and is no longer named behind a number.
    """

    samples: dict[Sample, int]
    intervals: dict[Interval, int]
    events: dict[Labels, dict[int, int]]
    open: bool
    told: telling.Telling
    hidden: bool = False


NOTHING: Final = Observation({}, {}, {}, open=False, told={})


def observe(key: Key, facts: Iterable[Fact], *, definitions: Definitions) -> Observation:
    """Return the contributions of the owner *key* as known from *facts* (in any order)."""
    if key.kind:
        return _observe_other(key, facts, definitions)
    return _Conversation(key, sorted(facts), definitions).observation()


def _observe_other(key: Key, facts: Iterable[Fact], definitions: Definitions) -> Observation:
    """Return the contributions of what is no conversation."""
    if key.kind == telling.BY_CUSTOMER:
        samples: list[Sample] = []
        intervals: list[Interval] = []
        visits = telling.visits_of(facts)
        customers.observe(key.tenant, key.subject, visits, definitions, samples, intervals)
        return Observation(_numbered(samples), _numbered(intervals), {}, open=False, told={})
    if telling.is_told(key.kind):
        if "people" not in definitions.families:
            return NOTHING
        lasting = presence.observe(telling.day_of(key, facts), definitions)
        return Observation(*lasting, {}, open=False, told={})
    if selfservice.is_session(key.kind) and "selfservice" in definitions.families:
        rows = sorted(facts)
        if not rows:
            return NOTHING
        seen: list[Sample] = []
        said = selfservice.observe(key.tenant, rows, seen)
        told = telling.of_session(key, said) if "customers" in definitions.families else {}
        return Observation(_numbered(seen), {}, {}, open=False, told=told)
    if costs.is_cost(key.kind) and "cost" in definitions.families:
        spent: list[Sample] = []
        costs.observe(key.tenant, facts, definitions, spent)
        return Observation(_numbered(spent), {}, {}, open=False, told={})
    if series.is_series(key.kind) and "kpi" in definitions.families:
        shown: list[Interval] = []
        series.observe(key.tenant, key.subject, sorted(facts), shown, kept_ms=definitions.retention_ms)
        return Observation({}, _numbered(shown), {}, open=False, told={})
    if telling.is_agents(key.kind) and "people" in definitions.families:
        return NOTHING._replace(told=telling.of_agent_event(key, facts))
    return NOTHING


class _Conversation:
    """The facts of one conversation in order, sorted out by sweep, with its channel and its queues over time."""

    def __init__(self, key: Key, facts: list[Fact], definitions: Definitions) -> None:
        self._key = key
        self._definitions = definitions
        self._facts = facts
        self._legs: list[Fact] = []
        self._messages: list[Fact] = []
        self._written: list[Fact] = []
        self._surveys: list[Fact] = []
        self._work: list[Fact] = []
        self._bots: list[Fact] = []
        self._offers: list[Fact] = []
        self._rings: Sequence[offers.Ring] = ()
        self._resolution: list[Fact] = []
        self._places = Places(key.tenant)
        self._counted: list[int] = []
        self._excluded = False
        self._hidden = False
        self._raised: Fact | None = None
        self._sort_out()

    def _sort_out(self) -> None:
        """Fill the registers. The channel is the last one named, whatever the event."""
        channel: str | None = None
        roles = 0
        flags: dict[str, bool] = {}
        wanted = _wanted(self._definitions.families)
        counted, places = self._counted, self._places
        for fact in self._facts:
            at, _, _, code, fields = fact
            if CHANNEL in fields:
                channel = fields[CHANNEL]
            queue = fields[TO_QUEUE] if TO_QUEUE in fields else fields.get(QUEUE)
            if queue is not None:
                places.name(at, queue)
            role = _ROLES[code]
            roles |= role
            counted.append(code)
            if role & _OF_LEGS:
                self._legs.append(fact)
            if role & _OF_REPLIES:
                self._messages.append(fact)
            elif role & _OF_SURVEYS:
                self._surveys.append(fact)
            elif role & _FLAGGING:
                flags[fields[FLAG]] = fields.get(VALUE, True)
            asked = role & wanted
            if asked:
                if asked & _WRITTEN:
                    self._written.append(fact)
                if asked & _OF_WORK:
                    self._work.append(fact)
                if asked & _OF_OFFERS:
                    self._offers.append(fact)
                if asked & _OF_BOTS:
                    self._bots.append(fact)
                if asked & _OF_RESOLUTION:
                    self._resolution.append(fact)
        if wanted & _OF_WORK and (roles & _OF_PRIORITY or self._definitions.tiers):
            self._raised = escalations.first_raise(self._facts, self._definitions)
        self._hidden = bool(roles & _HIDING)
        self._excluded = bool(roles & _MERGING) or flags.get("spam", False) or flags.get("test", False)
        self._places.channel = channel if channel is not None else "chat" if roles & _OF_CHAT else "email"

    def observation(self) -> Observation:
        if self._excluded:
            told = self._tell((), (), (), ())
            return NOTHING._replace(told=told, hidden=self._hidden) if told or self._hidden else NOTHING
        samples: list[Sample] = []
        intervals: list[Interval] = []
        deeds: list[levels.Credit] = []
        asked: list[levels.Asked] = []
        definitions, places = self._definitions, self._places
        families = definitions.families
        unanswered, clocks = "unanswered" in families, "sla" in families
        stretching = unanswered or clocks
        said = replies.sweep(self._messages, episode_gap_ms=definitions.episode_gap_ms, stretching=stretching)
        rows: list[legs.LegRow] = []
        if self._legs:
            rows = legs.sweep(self._legs, ghost_ms=definitions.ghost_ms)
        if rows:
            legs.observe(rows, places, definitions, said.replied_at, samples, intervals)
            if self._offers:
                self._rings = offers.sweep(self._offers, rows)
                offers.observe(self._rings, places, intervals)
        over = resolution.over_at(self._facts, definitions) if stretching and said.stretches else None
        replies.observe(said, places, samples, intervals, over=over)
        contacts = self._observe_contacts(said.contacts, samples)
        if self._surveys:
            surveys.observe(self._surveys, places, definitions, samples, asked)
        parts: list[tells.Part] = []
        solved: list[tells.Solved] = []
        if self._work or self._raised is not None:
            work.observe(
                self._work, places, definitions, samples, intervals, raised=self._raised, parts=parts, deeds=deeds
            )
        if self._bots:
            bots.observe(self._bots, places, definitions, samples, intervals)
        if self._resolution:
            counts = "resolution" in families
            into = (samples, intervals) if counts else ([], [])
            lives = resolution.observe(self._resolution, places, definitions, *into, solved=solved if counts else None)
            if clocks:
                sla.observe(
                    self._facts, said, lives, places,
                    over=over, definitions=definitions, samples=samples, intervals=intervals,
                )  # fmt: skip
        if "health" in families and self._facts:
            health.observe(self._facts, rows, places, definitions, samples)
        if unanswered:
            replies.observe_stretches(said, places, samples, intervals, over=over)
        if "customers" in families:
            coverage.observe(
                places, samples, contacts=contacts, solved=[each.at for each in solved], known=is_named(self._facts)
            )
        counted = _numbered(intervals)
        numbered = _numbered(samples)
        if definitions.levels:
            levels.add(self._facts, definitions, numbered, counted, deeds=deeds, asked=asked)
        waits_on = False
        for interval in counted:
            waits_on = waits_on or interval[3] is None
        told = self._tell(contacts, solved, samples, parts)
        return Observation(numbered, counted, self._events(), open=waits_on, told=told, hidden=self._hidden)

    def _observe_contacts(
        self, contacts: Sequence[tuple[int, bool]], samples: list[Sample]
    ) -> Sequence[tuple[int, bool]]:
        """Count the contacts, where they are asked for, and return them: of messages, else of a call."""
        families, places = self._definitions.families, self._places
        if not contacts and not _OF_CONTACTS.isdisjoint(families):
            contacts = without_words(self._facts, places.channel)
        if "volume" in families:
            for at, ours in contacts:
                samples.append(_new(Point, (points.CONTACT.code, at, places.at(at), 2 if ours else 1)))
        if contacts and "reasons" in families:
            reasons.observe(self._facts, places, contacts, samples)
        return contacts

    def _tell(
        self,
        contacts: Sequence[tuple[int, bool]],
        solved: Sequence[tells.Solved],
        samples: Sequence[Sample],
        parts: Sequence[tells.Part],
    ) -> telling.Telling:
        """Return what customers and agents are told: nothing of what is in no metric."""
        families, told = self._definitions.families, {}
        if "customers" in families:
            contained = [(each[1], each[2]) for each in samples if each[0] == _BOT_ENDED and each[3] == bots.CONTAINED]  # type: ignore[misc]  # a Point
            told = tells.to_customers(
                self._key, self._facts, self._places,
                contacts=contacts, solved=solved, contained=contained, counts=not self._excluded,
            )  # fmt: skip
        if "people" in families:
            told |= tells.to_agents(self._key, self._facts, parts, silent_ms=self._definitions.silent_ms)
            told |= tells.offers_to_agents(self._key, self._offers, self._rings)
        return told

    def _events(self) -> dict[Labels, dict[int, int]]:
        """Return the number of events of each type, and of messages by who wrote them, by the labels they stood at."""
        only = self._places.only
        events: dict[Labels, dict[int, int]] = {}
        if only is not None:
            codes: dict[int, int] = {}
            for code in self._counted:
                codes[code] = codes.get(code, 0) + 1
            events[only] = {measures.EVENTS + code: number for code, number in codes.items()}
        else:
            for fact in self._facts:
                numbers = events.setdefault(self._places.at(fact[0]), {})
                numbers[measures.EVENTS + fact[3]] = numbers.get(measures.EVENTS + fact[3], 0) + 1
        for fact in self._written:
            numbers = events[self._places.at(fact[0]) if only is None else only]
            measure = measures.MESSAGES + _direction(fact)
            numbers[measure] = numbers.get(measure, 0) + 1
        return events


_BOT_ENDED: Final = points.BOT_ENDED.code


def _direction(fact: Fact) -> int:
    """Return who wrote a message: what a human wrote in private is a note."""
    fields = fact[4]
    direction = _DIRECTIONS.get(fields[ACTOR], measures.SYSTEM)
    return measures.NOTE if direction == measures.HUMAN and not fields.get(PUBLIC, True) else direction


def _numbered(rows: list[Counted]) -> dict[Counted, int]:
    counts: dict[Counted, int] = dict.fromkeys(rows, 1)
    if len(counts) < len(rows):
        counts = dict.fromkeys(rows, 0)
        for row in rows:
            counts[row] += 1
    return counts
