"""The sweep of the work: who handled a conversation and for how long, transfers, escalations, missed offers."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from aggregators.levels import Credit
from aggregators.parts import Part
from aggregators.places import NO_QUEUE
from aggregators.points import (
    CHAT_ENDED,
    ESCALATED,
    HANDLED_TOTAL,
    OFFER_MISSED,
    TRANSFERRED_IN,
    TRANSFERRED_OUT,
    Point,
)
from aggregators.samples import HANDLED, Handled
from aggregators.telling import last_hour
from aggregators.tells import Part as Told
from aggregators.vocabulary import (
    ACTOR,
    AGENT,
    AUTO,
    BY_CODE,
    KIND,
    PUBLIC,
    QUEUE,
    RESOLVED,
    TO_AGENT,
    TO_QUEUE,
    code_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Interval, Labels, Sample

_new: Final = tuple.__new__
"""As in observe: a named tuple in half the time."""
_QUEUED: Final = code_of("chat.queued")
_MISSED: Final = code_of("chat.offer_missed")
_ACCEPTED: Final = code_of("chat.accepted")
_MESSAGE: Final = code_of("chat.message")
_COMMENTED: Final = code_of("ticket.commented")
_TRANSFERRED: Final = code_of("chat.transferred")
_ABANDONED: Final = code_of("chat.abandoned")
_CLOSED: Final = code_of("chat.closed")
_HELD: Final = code_of("chat.held")
_RESUMED: Final = code_of("chat.resumed")
_RELEASED: Final = code_of("chat.released")
_WRAPPED: Final = code_of("chat.wrapup_ended")
_ESCALATED: Final = code_of("ticket.escalated")

ALIVE: Final = frozenset(
    kind.code for kind in BY_CODE.values() if kind.family == "chat" and kind.name != "chat.flagged"
)
"""What happens in a chat; flags, surveys and the fields of a ticket say nothing of whether it goes on."""
TYPES: Final = ALIVE | {_COMMENTED, _ESCALATED}
"""The types this sweep reads."""

ENDED: Final = 1
LEFT_IDLE: Final = 2
"""The choices of CHAT_ENDED: whatever end but the next; a customer who fell silent on an agent (M5d)."""


HANDLED_TOO: Final = 1
UNHANDLED: Final = 2
"""The choices of ESCALATED: an agent has accepted the conversation too, by now; none has, as of a ticket."""


class _Sweep:
    """One conversation. `_part` is the part that lasts, `_done` one that ended and whose wrap-up may follow."""

    def __init__(
        self,
        places: Places,
        definitions: Definitions,
        samples: list[Sample],
        intervals: list[Interval],
        *,
        raised: Fact | None,
        parts: list[Told],
        deeds: list[Credit],
    ) -> None:
        self._deeds = deeds
        self._parts = parts
        self._places = places
        self._silent_ms = definitions.silent_ms
        self._idle_ms = definitions.idle_ms
        self._samples = samples
        self._intervals = intervals
        self._part: Part | None = None
        self._done: Part | None = None
        self._talks = False  # whether anybody has written at all
        self._said: int | None = None  # when an agent wrote, while the customer has not written since
        self._answered = False
        self._left: Point | None = None
        self._escalated = raised
        self._is_handled = False
        self._lasted = 0  # how many intervals there were before the part

    def run(self, facts: Sequence[Fact]) -> None:
        last = 0
        for fact in facts:
            at = fact.at
            lapsed = self._part
            if lapsed is not None and at - last >= self._silent_ms:
                lapsed.lapse(last + self._silent_ms)
                self._lapse(lapsed, min(at, last_hour(last, self._silent_ms)))
                self._part = None
                if _revives(fact):
                    self._open(at, lapsed.agent, lapsed.labels)
            last = at
            self._step(fact)
        if self._part is not None:
            self._part.lapse(last + self._silent_ms)
            self._lapse(self._part, last_hour(last, self._silent_ms))
        if self._done is not None:
            self._handled(self._done, None)
        if self._left is not None:
            self._samples.append(self._left)
        escalated = self._escalated
        if escalated is not None:
            which = HANDLED_TOO if self._is_handled else UNHANDLED
            self._samples.append(Point(ESCALATED.code, escalated.at, self._before(escalated), which))

    def _step(self, fact: Fact) -> None:
        at, _, _, code, fields = fact
        part = self._part
        if code in (_MESSAGE, _COMMENTED):
            self._write(fact)
        elif code == _ACCEPTED:
            self._accept(at, fields.get(AGENT))
        elif code == _QUEUED:
            self._said = None  # who waits in a queue again has not fallen silent
            self._finish(at)
        elif code in (_CLOSED, _ABANDONED):
            self._finish(at)
            self._end_chat(fact)
        elif code == _RELEASED:
            if part is not None and part.is_of(fields.get(AGENT)):
                self._finish(at)
        elif code == _WRAPPED:
            self._wrap(at, fields.get(AGENT))
        elif code in (_HELD, _RESUMED):
            if part is not None:
                part.hold(at, held=code == _HELD)
        elif code == _TRANSFERRED:
            self._transfer(fact)
        elif code == _MISSED:
            missed = Point(OFFER_MISSED.code, at, self._places.at(at), 0)
            self._samples.append(missed)
            self._credit(fields.get(AGENT), missed)
        elif code == _ESCALATED:
            self._escalate(fact)

    def _accept(self, at: int, agent: str | None) -> None:
        self._answered = True
        if self._left is not None:
            self._samples.append(self._left)
            self._left = None
        part = self._part
        if part is not None:
            if part.is_of(agent):
                if part.agent is None:
                    part.agent = agent
                return
            self._finish(at)
        if self._done is not None:
            self._handled(self._done, None)
            self._done = None
        self._open(at, agent, self._places.at(at))

    def _open(self, at: int, agent: str | None, labels: Labels) -> None:
        self._is_handled = True
        self._part = Part(agent, labels, at, talks=self._talks, idle_ms=self._idle_ms, intervals=self._intervals)
        self._lasted = len(self._intervals)

    def _finish(self, at: int) -> None:
        """End the part that lasts, if one does; its wrap-up may follow."""
        part = self._part
        if part is None:
            return
        part.end(at)
        self._credit(part.agent, *self._intervals[self._lasted :])
        self._part = None
        if part.wrapped == at:
            self._handled(part, at)
        else:
            self._done = part

    def _wrap(self, at: int, agent: str | None) -> None:
        part = self._part
        if part is not None:
            if part.is_of(agent):
                # Of one rank with chat.released: at one instant it may come first, by its id.
                part.wrapped = at
        elif self._done is not None and self._done.is_of(agent):
            self._handled(self._done, at)
            self._done = None

    def _handled(self, part: Part, wrapped: int | None) -> None:
        at = part.ended if wrapped is None else wrapped
        after_ms = -1 if wrapped is None else wrapped - part.ended
        handled: Handled = _new(Handled, (HANDLED, at, part.labels, at - part.opened, part.gaps_ms, after_ms))
        self._samples.append(handled)
        self._credit(part.agent, handled)
        if part.agent is not None:
            self._parts.append(Told(part.agent, part.labels, part.opened, part.ended, at, lapsed=False))

    def _lapse(self, part: Part, at: int) -> None:
        """Let *part* have lapsed at *at*."""
        self._credit(part.agent, *self._intervals[self._lasted :])
        if part.agent is not None:
            self._parts.append(Told(part.agent, part.labels, part.opened, at, at, lapsed=True))

    def _credit(self, agent: str | None, *contents: Sample | Interval) -> None:
        """Note that *agent*, if somebody is named, did this."""
        if agent:
            self._deeds += [Credit(agent, each) for each in contents]

    def _write(self, fact: Fact) -> None:
        at, _, _, _, fields = fact
        actor = fields[ACTOR]
        if actor == "customer":
            # At one instant customers come before all other messages, whatever their ids.
            if self._said != at:
                self._said = None
        elif actor != "human" or fields.get(AUTO, False):
            return
        elif fields.get(PUBLIC, True):
            self._said = at
        if self._part is not None:
            self._part.write(at)
        self._talks = True

    def _transfer(self, fact: Fact) -> None:
        at, _, _, _, fields = fact
        kind, queue, agent = fields.get(KIND), fields.get(TO_QUEUE), fields.get(TO_AGENT)
        if kind != "reassignment":
            gone = Point(TRANSFERRED_OUT.code, at, self._before(fact), 0)
            self._samples.append(gone)
            self._credit(fields.get(AGENT) or (self._part.agent if self._part is not None else None), gone)
            if queue is not None:
                come = Point(TRANSFERRED_IN.code, at, self._places.of(queue), 0)
                self._samples.append(come)
                self._credit(agent, come)
            if kind == "escalation":
                self._escalate(fact)
        part = self._part
        if part is not None and (
            (queue is not None and queue != part.labels.queue) or (agent is not None and agent != part.agent)
        ):
            self._finish(at)

    def _escalate(self, fact: Fact) -> None:
        """Take an escalation: the first counts, and so does whether it was called one or is one by the definitions."""
        if self._escalated is None or fact < self._escalated:
            self._escalated = fact

    def _before(self, fact: Fact) -> Labels:
        """Return where it stood before the instant of *fact*: what else that instant names may be where it went."""
        place = bisect_left(self._places.named_at, fact.at)
        if place:
            return self._places.of(self._places.named[place - 1])
        if TO_QUEUE in fact.fields:
            return self._places.of(fact.fields.get(QUEUE, NO_QUEUE))
        return self._places.at(fact.at)

    def _end_chat(self, fact: Fact) -> None:
        """Let an answered chat have ended: once until it is accepted again, by its close rather than by who left."""
        at, _, _, code, fields = fact
        if not self._answered:
            return
        idle = self._said is not None and at - self._said >= self._idle_ms and fields.get(RESOLVED) is not True
        end = Point(CHAT_ENDED.code, at, self._places.at(at), LEFT_IDLE if idle else ENDED)
        if code == _CLOSED:
            self._samples.append(end)
            self._answered = False
            self._said = self._left = None
        elif self._left is None:
            self._left = end


def _revives(fact: Fact) -> bool:
    """Tell whether a chat that was given up goes on by *fact*: somebody writes, or it is held or taken from hold."""
    fields = fact.fields
    if fact.type in (_MESSAGE, _COMMENTED):
        return fields[ACTOR] == "customer" or (fields[ACTOR] == "human" and not fields.get(AUTO, False))
    return fact.type in (_HELD, _RESUMED)


def observe(
    facts: Sequence[Fact],
    places: Places,
    definitions: Definitions,
    samples: list[Sample],
    intervals: list[Interval],
    *,
    raised: Fact | None = None,
    parts: list[Told] | None = None,
    deeds: list[Credit] | None = None,
) -> None:
    """Add what one conversation contributes, to *parts* those of its agents whose names are known, to *deeds* theirs.

    `facts` are those of TYPES in the order of the sweep, `raised` the first event that raises it by the definitions.
    """
    told: list[Told] = [] if parts is None else parts
    credited: list[Credit] = [] if deeds is None else deeds
    _Sweep(places, definitions, samples, intervals, raised=raised, parts=told, deeds=credited).run(facts)
    handled = [each for each in samples if each[0] == HANDLED]
    if handled:
        _, at, labels = max(handled)[:3]
        total = sum([each[3] for each in handled])  # type: ignore[misc]  # Handled
        samples.append(Point(HANDLED_TOTAL.code, at, labels, total))
