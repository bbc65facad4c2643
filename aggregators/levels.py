"""Levels that the definitions ask for: copies of what a conversation contributes, each under a name of its own.

Copies are labelled with the level and the name (`part`), and with channel and queue as they are, by which targets go.
They count at their level and nowhere else: sums over queues know nothing of them. Team, priority and language are those
that the conversation named last; of a survey, the team is that named last when it was sent. An agent has what it did.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.points import (
    BOT_ENDED_KNOWN,
    CES_SENT,
    CES_SETTLED,
    CONTACT_KNOWN,
    COVERED,
    FIRST_CONTACT_SAID,
    HANDOFF_RESPONSE,
    NPS_SENT,
    NPS_SETTLED,
    ORPHAN_STOP,
    REASON,
    REASONED,
    REVIVED,
    SOLVE_KNOWN,
    SURVEY_SETTLED,
    UNKNOWN_ACTOR,
)
from aggregators.samples import (
    ANSWERED,
    CES,
    CSAT,
    FIRST_RESPONSE,
    LEG,
    NPS,
    REPLY,
    SURVEY_SENT,
    Interval,
    Labels,
    Sample,
)
from aggregators.vocabulary import AGENT, LANGUAGE, PRIORITY, TEAM, TO_TEAM, code_of, is_human_reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact

_new: Final = tuple.__new__
"""As in observe: a named tuple in half the time."""
_ACCEPTED: Final = code_of("chat.accepted")
_ASSIGNING: Final = frozenset({_ACCEPTED, code_of("ticket.assigned")})
_RATINGS: Final = frozenset({CSAT, CES, NPS, FIRST_CONTACT_SAID.code})
_WRITTEN: Final = frozenset({code_of("chat.message"), code_of("ticket.commented")})
_OF_SURVEYS: Final = frozenset({SURVEY_SENT, CSAT, CES, NPS, CES_SENT.code, NPS_SENT.code}) | frozenset(
    {SURVEY_SETTLED.code, CES_SETTLED.code, NPS_SETTLED.code, FIRST_CONTACT_SAID.code}
)
_RESPONSES: Final = frozenset({FIRST_RESPONSE, REPLY, HANDOFF_RESPONSE.code})
_NOT_COPIED: Final = frozenset(
    {ORPHAN_STOP.code, UNKNOWN_ACTOR.code, REVIVED.code, COVERED.code}
    | {CONTACT_KNOWN.code, SOLVE_KNOWN.code, BOT_ENDED_KNOWN.code}
    | {REASON.code, REASONED.code}
)
"""The health of the facts is that of their sources; what customers do is counted where they are, reasons by theirs."""


class Credit(NamedTuple):
    """What an agent did."""

    agent: str
    content: Sample | Interval


class Asked(NamedTuple):
    """A sample of a survey, and the instant at which it stands who is rated: when it was sent, else when answered."""

    sample: Sample
    at: int


def part_of(level: str, name: str) -> str:
    """Return the `part` of labels that stand at *level* under *name*."""
    return f"{level}={name}"


def add(
    facts: Iterable[Fact],
    definitions: Definitions,
    samples: dict[Sample, int],
    intervals: dict[Interval, int],
    *,
    deeds: Iterable[Credit],
    asked: Iterable[Asked],
) -> None:
    """Add to *samples* and *intervals* their copies at *levels*. *facts* are all of the conversation in their order.

    *deeds* are of those that have done what no message and no accept tells, *asked* the samples of surveys.
    """
    levels = definitions.levels
    said = _said(facts)
    by_assignee = definitions.rated == "assigned"
    made: list[tuple[Sample, int]] = []
    lasting: list[tuple[Interval, int]] = []
    for level, named in (("priority", said.priority), ("team", said.team), ("language", said.language)):
        if level in levels and named:
            frozen = level == "team"
            part = part_of(level, named)
            for sample, number in samples.items():
                if sample[0] not in _NOT_COPIED and not (frozen and sample[0] in _OF_SURVEYS):
                    made.append((_sample(sample, part), number))
            lasting += [(_interval(interval, part), number) for interval, number in intervals.items()]
    if "team" in levels:
        for sample, at in asked:
            team = _last(said.teams_at, said.teams, _answered(sample, at) if by_assignee else at)
            if team:
                made.append((_sample(sample, part_of("team", team)), 1))
    if "agent" in levels:
        for credit in [*_credited(samples, said), *_rated(asked, said, by_assignee=by_assignee), *deeds]:
            part, content = part_of("agent", credit.agent), credit.content
            if isinstance(content, Interval):
                lasting.append((_interval(content, part), 1))
            else:
                made.append((_sample(content, part), 1))
    for sample, number in made:
        samples[sample] = samples.get(sample, 0) + number
    for interval, number in lasting:
        intervals[interval] = intervals.get(interval, 0) + number


class _Said(NamedTuple):
    """What the facts name: last, over time, and who replied and accepted at which instant, in order."""

    priority: str
    language: str
    team: str
    teams_at: list[int]
    teams: list[str]
    replied_at: list[int]
    replied: list[str]
    first_replied: dict[int, str]
    accepted: dict[int, list[str]]
    assigned_at: list[int]
    assigned: list[str]


def _said(facts: Iterable[Fact]) -> _Said:
    priority = language = team = ""
    teams_at: list[int] = []
    teams: list[str] = []
    replied_at: list[int] = []
    replied: list[str] = []
    first_replied: dict[int, str] = {}
    accepted: dict[int, list[str]] = {}
    assigned_at: list[int] = []
    assigned: list[str] = []
    for at, _, _, code, fields in facts:
        priority = fields.get(PRIORITY, priority)
        language = fields.get(LANGUAGE, language)
        named = fields.get(TO_TEAM, fields.get(TEAM))
        if named is not None:
            team = named
            teams_at.append(at)
            teams.append(named)
        if code in _WRITTEN:
            if is_human_reply(fields):
                agent = fields.get(AGENT, "")
                replied_at.append(at)
                replied.append(agent)
                first_replied.setdefault(at, agent)
        elif code == _ACCEPTED:
            accepted.setdefault(at, []).append(fields.get(AGENT, ""))
        if code in _ASSIGNING and AGENT in fields:
            assigned_at.append(at)
            assigned.append(fields[AGENT])
    return _Said(
        priority, language, team, teams_at, teams, replied_at, replied, first_replied, accepted, assigned_at, assigned
    )


def _answered(sample: Sample, at: int) -> int:
    """Return when a survey was answered, for its ratings; *at* for what else is counted of it."""
    return sample[1] if sample[0] in _RATINGS else at


def _credited(samples: Iterable[Sample], said: _Said) -> list[Credit]:
    """Return who gave which response, and who answered which leg: of several at an instant one each, in their order."""
    found: list[Credit] = []
    answered: dict[int, int] = {}
    for sample in samples:
        kind, at = sample[0], sample[1]
        agent = ""
        if kind in _RESPONSES:
            agent = said.first_replied.get(at, "")
        elif kind == LEG and sample[3] == ANSWERED:  # type: ignore[misc]  # a Leg
            place = answered.get(at, 0)
            answered[at] = place + 1
            accepts = said.accepted.get(at, [])
            agent = accepts[place] if place < len(accepts) else ""
        if agent:
            found.append(Credit(agent, sample))
    return found


def _rated(asked: Iterable[Asked], said: _Said, *, by_assignee: bool) -> list[Credit]:
    """Return who is rated: who sent the last human reply before the survey, whoever had it later.

    By assignee it is who was assigned or accepted last when the survey was answered.
    """
    if by_assignee:
        found = [(_last(said.assigned_at, said.assigned, _answered(sample, at)), sample) for sample, at in asked]
    else:
        found = [(_last(said.replied_at, said.replied, at), sample) for sample, at in asked]
    return [Credit(agent, sample) for agent, sample in found if agent]


def _last(instants: list[int], names: list[str], at: int) -> str:
    """Return the last name at or before *at*, "" if there is none."""
    place = bisect_right(instants, at)
    return names[place - 1] if place else ""


def _sample(sample: Sample, part: str) -> Sample:
    copy: Sample = _new(type(sample), (sample[0], sample[1], _labels(sample[2], part), *sample[3:]))
    return copy


def _interval(interval: Interval, part: str) -> Interval:
    copy: Interval = _new(Interval, (interval[0], _labels(interval[1], part), *interval[2:]))
    return copy


def _labels(labels: Labels, part: str) -> Labels:
    return Labels(labels[0], labels[1], labels[2], part)
