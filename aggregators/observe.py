"""observe: everything one conversation contributes, as a pure function of its facts.

Whatever changes (a late event, another rating, a spam flag), the contributions are observed anew and the difference
to those before is committed; so a number that turned out wrong is taken back where it was counted.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from aggregators import legs, replies, surveys
from aggregators.samples import (
    ABANDONED,
    CSAT,
    FIRST_RESPONSE,
    LEG,
    LOST,
    QUEUED,
    REPLY,
    RESPONSE_OPEN,
    STAY,
    SURVEY_SENT,
    WAITED,
    WAITING,
    Csat,
    Interval,
    Labels,
    Leg,
    Queued,
    Response,
    Sample,
    Stay,
    SurveySent,
)
from aggregators.vocabulary import BY_CODE, CHANNEL, FLAG, QUEUE, TO_QUEUE, VALUE, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact, Key

NO_QUEUE: Final = "none"
_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""
Counted = TypeVar("Counted", Sample, Interval)
_OF_LEGS: Final = 1
_OF_REPLIES: Final = 2
_OF_SURVEYS: Final = 4
_FLAGGING: Final = 8
_MERGING: Final = 16
_OF_CHAT: Final = 32


def _role(kind: EventType) -> int:
    return (
        (_OF_LEGS if kind.code in legs.TYPES else 0)
        | (_OF_REPLIES if kind.code in replies.TYPES else 0)
        | (_OF_SURVEYS if kind.code in surveys.TYPES else 0)
        | (_FLAGGING if kind.name in {"chat.flagged", "ticket.flagged"} else 0)
        | (_MERGING if kind.name == "ticket.merged" else 0)
        | (_OF_CHAT if kind.family == "chat" else 0)
    )


_ROLES: Final = (0, *(_role(BY_CODE[code]) for code in range(1, len(BY_CODE) + 1)))
"""Who reads events of a type, by its number."""


class Observation(NamedTuple):
    """What a conversation contributes: each sample and interval with how often, and its events by labels and type.

    `open` tells whether it waits for something that no timer ends.
    """

    samples: dict[Sample, int]
    intervals: dict[Interval, int]
    events: dict[Labels, dict[int, int]]
    open: bool


NOTHING: Final = Observation({}, {}, {}, open=False)


def observe(key: Key, facts: Iterable[Fact], *, definitions: Definitions) -> Observation:
    """Return the contributions of the conversation *key* as known from *facts* (in any order)."""
    if key.kind:
        return NOTHING
    return _Conversation(key, sorted(facts), definitions).observation()


class _Conversation:
    """The facts of one conversation in order, sorted out by sweep, with its channel and its queues over time."""

    def __init__(self, key: Key, facts: list[Fact], definitions: Definitions) -> None:
        self._definitions = definitions
        self._tenant = key.tenant
        self._facts = facts
        self._legs: list[Fact] = []
        self._messages: list[Fact] = []
        self._surveys: list[Fact] = []
        self._named_at: list[int] = []
        self._named: list[str] = []
        self._labels: dict[str, Labels] = {}
        self._codes: list[int] = []
        self._excluded = False
        self._channel = self._sort_out()

    def _sort_out(self) -> str:
        """Fill the registers; return the channel: the last one named, whatever the event."""
        channel: str | None = None
        roles = 0
        flags: dict[str, bool] = {}
        codes, named_at, named = self._codes, self._named_at, self._named
        for fact in self._facts:
            at, _, _, code, fields = fact
            codes.append(code)
            if CHANNEL in fields:
                channel = fields[CHANNEL]
            queue = fields[TO_QUEUE] if TO_QUEUE in fields else fields.get(QUEUE)
            if queue is not None:
                named_at.append(at)
                named.append(queue)
            role = _ROLES[code]
            roles |= role
            if role & _OF_LEGS:
                self._legs.append(fact)
            if role & _OF_REPLIES:
                self._messages.append(fact)
            elif role & _OF_SURVEYS:
                self._surveys.append(fact)
            elif role & _FLAGGING:
                flags[fields[FLAG]] = fields.get(VALUE, True)
        self._excluded = bool(roles & _MERGING) or flags.get("spam", False) or flags.get("test", False)
        return channel if channel is not None else "chat" if roles & _OF_CHAT else "email"

    def observation(self) -> Observation:
        if self._excluded:
            return NOTHING
        samples: list[Sample] = []
        intervals: list[Interval] = []
        said = replies.sweep(self._messages, episode_gap_ms=self._definitions.episode_gap_ms)
        if self._legs:
            self._observe_legs(samples, intervals, human_replied=said.human_replied)
        for at, since in said.first_responses:
            samples.append(_new(Response, (FIRST_RESPONSE, at, self._labels_at(at), since)))
        for at, since in said.replies:
            samples.append(_new(Response, (REPLY, at, self._labels_at(at), since)))
        waits_on = False
        for wait in said.open_responses:
            intervals += self._pieces(wait)
            waits_on = waits_on or wait.end is None
        if self._surveys:
            self._observe_surveys(samples)
        return Observation(_counted(samples), _counted(intervals), self._events(), open=waits_on)

    def _observe_legs(self, samples: list[Sample], intervals: list[Interval], *, human_replied: bool) -> None:
        rows = legs.sweep(self._legs, ghost_ms=self._definitions.ghost_ms)
        if not rows:
            return
        first = rows[0].opened
        for queue, opened, ended, outcome in rows:
            labels = self._labels_of(queue)
            samples.append(_new(Queued, (QUEUED, opened, labels)))
            samples.append(_new(Leg, (LEG, ended, labels, LOST if outcome is None else outcome, opened)))
            if ended > opened:
                intervals.append(Interval(WAITING if outcome is None else WAITED, labels, opened, ended, first))
        queue, opened, ended, outcome = rows[-1]
        abandoned = outcome == ABANDONED
        short = abandoned and self._definitions.is_short(self._channel, ended - opened)
        if outcome is not None and outcome != LOST and not short:
            waited = sum(row.ended - row.opened for row in rows)
            left = int(abandoned and not human_replied)
            samples.append(Stay(STAY, ended, self._labels_of(queue), left, waited))

    def _observe_surveys(self, samples: list[Sample]) -> None:
        definitions = self._definitions
        for row in surveys.sweep(self._surveys, kind="csat"):
            if row.sent is not None:
                samples.append(SurveySent(SURVEY_SENT, row.sent, self._labels_at(row.sent), int(bool(row.responded))))
            if row.responded is not None and row.normalised is not None and row.span is not None:
                asked = row.responded if row.sent is None else row.sent
                wide = row.span >= definitions.satisfied_wide_scale
                satisfied = row.normalised >= definitions.satisfied_from if wide else row.normalised == 1
                share = row.normalised
                labels = self._labels_at(asked)
                samples.append(Csat(CSAT, row.responded, labels, share.numerator, share.denominator, int(satisfied)))

    def _events(self) -> dict[Labels, dict[int, int]]:
        """Return the number of events of each type by the labels they stood at."""
        named = self._named
        if named.count(named[0]) == len(named) if named else True:
            numbers: dict[int, int] = {}
            for code in self._codes:
                numbers[code] = numbers.get(code, 0) + 1
            return {self._labels_of(named[0] if named else NO_QUEUE): numbers}
        events: dict[Labels, dict[int, int]] = {}
        for fact in self._facts:
            numbers = events.setdefault(self._labels_at(fact[0]), {})
            numbers[fact[3]] = numbers.get(fact[3], 0) + 1
        return events

    def _pieces(self, wait: replies.OpenResponse) -> Iterable[Interval]:
        """Split an open response where its queue changes: at t it stands in the last queue named before t."""
        start, end = wait
        place = bisect_right(self._named_at, start)
        queue = self._named[place - 1] if place else NO_QUEUE
        since = start
        for at, named in zip(self._named_at[place:], self._named[place:], strict=True):
            if end is not None and at >= end:
                break
            if named != queue:
                if at > start:
                    yield Interval(RESPONSE_OPEN, self._labels_of(queue), start, at, since)
                start, queue = at, named
        if end is None or end > start:
            yield Interval(RESPONSE_OPEN, self._labels_of(queue), start, end, since)

    def _labels_at(self, instant: int) -> Labels:
        """Return the labels at *instant*: the last queue named at or before it, else the first named later."""
        if not self._named:
            return self._labels_of(NO_QUEUE)
        return self._labels_of(self._named[max(0, bisect_right(self._named_at, instant) - 1)])

    def _labels_of(self, queue: str) -> Labels:
        labels = self._labels.get(queue)
        if labels is None:
            labels = self._labels[queue] = Labels(self._tenant, self._channel, queue)
        return labels


def _counted(rows: list[Counted]) -> dict[Counted, int]:
    counts: dict[Counted, int] = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    return counts
