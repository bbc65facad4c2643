"""The sweep of the policy clocks: until when a reply or a solve is due, and whether it came by then.

`docs/definitions-sla.md` has every rule of it. A clock keeps the policy of the channel, queue and instant of its start:

    start                    at risk         deadline
      |=========================|===============|- - - - - - >      open: from start to its stop
                                 ~~~~~~~~~~~~~~~                    at risk, then past the deadline

Where the definitions let a change of priority restart it, it begins anew there, with the policy of that instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.calendars import after_business, business_ms
from aggregators.escalations import PRIORITY_CHANGED
from aggregators.points import SLA_ATTAINED, SLA_BREACHED, SLA_UNMET, Point
from aggregators.samples import CLOCKS, SLA_AT_RISK, SLA_OPEN, SLA_PAST, of_clock
from aggregators.vocabulary import PRIORITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.calendars import Schedule
    from aggregators.definitions import Definitions
    from aggregators.episodes import Spans
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.replies import Replies
    from aggregators.resolution import Lives
    from aggregators.samples import Interval, Sample

FIRST_REPLY: Final = 1
NEXT_REPLY: Final = 2
RESOLUTION: Final = 3
"""The choices of SLA_BREACHED, and of SLA_UNMET for what came too late; their names stand in samples.CLOCKS."""
AFTER_RESOLVE: Final = 4
"""The choice of SLA_UNMET for a first response to an episode whose clock a resolve had ended before."""
_NO_PAUSE: Final[Spans] = []


class _Policy(NamedTuple):
    """What a clock keeps from its start: target and margin (the time before the deadline that is a risk), and hours."""

    target_ms: int
    margin_ms: int
    hours: Schedule | None


def observe(
    facts: Iterable[Fact],
    said: Replies,
    lives: Lives,
    places: Places,
    *,
    over: int | None,
    definitions: Definitions,
    samples: list[Sample],
    intervals: list[Interval],
) -> None:
    """Add what the clocks of one conversation contribute: of its replies as *said*, of its resolutions as in *lives*.

    *facts* are all of its, in their order. `said` has to have its stretches. Once the conversation is *over* no clock
    of a reply is open, and a reply meets none. What meets a clock is nearly always
    counted already, as a first response, a reply, a last solve: so only those that meet none are counted here
    (SLA_UNMET), and what is open only where nothing else says so.
    """
    changes = priority_changes(facts) if definitions.priority_restarts else []
    clocks = _Clocks(places, definitions, samples, intervals, changes)
    paused = [number for number, name in enumerate(CLOCKS, start=1) if name in definitions.pending_pauses]
    replied = set(said.replies)
    firsts = {wait.start for wait in said.open_responses}
    for messages, end in said.stretches:
        if end is None or end not in lives.contained:
            start = messages[0]
            which = FIRST_REPLY if start in firsts else NEXT_REPLY
            pauses = lives.pauses if which in paused else _NO_PAUSE
            met_at = end if end is not None and (end, start) in replied else None
            if over is None or (end is not None and end <= over):
                clocks.count(which, start, [(start, end)], met_at=met_at, pauses=pauses)
                continue
            if start < over:
                clocks.count(which, start, [(start, over)], met_at=None, pauses=pauses)
            if met_at is not None:
                samples.append(Point(SLA_UNMET.code, met_at, places.at(met_at), which))
    for at, start in said.first_responses:
        if (at, start) not in replied:
            samples.append(Point(SLA_UNMET.code, at, places.at(at), AFTER_RESOLVE))
    pauses = lives.pauses if RESOLUTION in paused else _NO_PAUSE
    for clock, stays, solved_at in lives.episodes:
        clocks.count(RESOLUTION, clock, stays, met_at=solved_at, pauses=pauses)


class _Clocks:
    """The clocks of one conversation."""

    def __init__(
        self,
        places: Places,
        definitions: Definitions,
        samples: list[Sample],
        intervals: list[Interval],
        changes: list[int],
    ) -> None:
        self._places = places
        self._definitions = definitions
        self._samples = samples
        self._intervals = intervals
        families = definitions.families
        self._solves_count = "resolution" in families
        self._changes = changes
        self._last_elsewhere = (FIRST_REPLY, NEXT_REPLY) if "unanswered" in families else (FIRST_REPLY,)

    def count(self, which: int, start: int, stays: Spans, *, met_at: int | None, pauses: Spans = _NO_PAUSE) -> None:
        """Count a clock that is open during *stays* and stands still during *pauses*; met at *met_at*, None if not."""
        deadline: int | None = None
        begin, left = start, stays
        for restart in (*self._restarts(which, start), None):
            if begin != start:
                left = _from(begin, stays)
            target_ms, margin_ms, hours = self._policy(which, begin)
            deadline = passed_at(target_ms, left, pauses, hours)
            if deadline is not None and restart is not None and restart < deadline:
                deadline = None
            risky = passed_at(target_ms - margin_ms, left, pauses, hours)
            until = restart if deadline is None else deadline
            if risky is not None and (until is None or risky < until):
                self._last(SLA_AT_RISK, which, left, risky, until, since=risky)
            if deadline is not None or restart is None:
                break
            begin = restart
        if deadline is not None:
            self._samples.append(Point(SLA_BREACHED.code, deadline, self._places.at(deadline), which))
            if met_at is not None:
                self._samples.append(Point(SLA_UNMET.code, met_at, self._places.at(met_at), which))
        elif met_at is not None and which == RESOLUTION and not self._solves_count:
            self._samples.append(Point(SLA_ATTAINED.code, met_at, self._places.at(met_at), 0))
        if which not in self._last_elsewhere:
            self._last(SLA_OPEN, which, stays, None, None, since=start)
        if deadline is not None:
            self._last(SLA_PAST, which, stays, deadline, None, since=deadline)

    def _restarts(self, which: int, start: int) -> list[int]:
        """Return when a clock begins anew: at each change of priority after its start, where that is asked for."""
        if not self._changes or CLOCKS[which - 1] not in self._definitions.priority_restarts:
            return []
        return [at for at in self._changes if at > start]

    def _policy(self, which: int, start: int) -> _Policy:
        definitions = self._definitions
        tenant, channel, queue, _ = self._places.at(start)
        if which == FIRST_REPLY:
            target_ms = definitions.response_target(channel, queue, start=start)
        elif which == NEXT_REPLY:
            target_ms = definitions.reply_target(channel, queue, start=start)
        else:
            target_ms = definitions.resolution_target(channel, queue, start=start)
        share = definitions.at_risk_share
        margin_ms = max(target_ms * share.numerator // share.denominator, definitions.at_risk_ms)
        return _Policy(target_ms, margin_ms, definitions.calendar_of(tenant, channel, queue))

    def _last(self, kind: int, which: int, stays: Spans, begin: int | None, until: int | None, *, since: int) -> None:
        """Let *kind* last while the clock is open, from *begin* until *until* (None: all of it)."""
        number = of_clock(kind, which)
        for start, end in stays:
            low = start if begin is None else max(start, begin)
            high = end if until is None or (end is not None and end < until) else until
            if high is None or low < high:
                self._intervals += self._places.pieces(number, low, high, since)


def priority_changes(facts: Iterable[Fact]) -> list[int]:
    """Return when the priority changed, in order. To be told the one that it has already is no change."""
    changes: list[int] = []
    priority = ""
    for at, _, _, code, fields in facts:
        named: str | None = fields.get(PRIORITY)
        if code == PRIORITY_CHANGED and (named is None or named.lower() != priority):
            changes.append(at)
        if named is not None:
            priority = named.lower()
    return changes


def _from(begin: int, stays: Spans) -> Spans:
    """Return what is left of *stays* from *begin* on."""
    return [(max(start, begin), end) for start, end in stays if end is None or end > begin]


def passed_at(ms: int, stays: Spans, pauses: Spans, hours: Schedule | None) -> int | None:
    """Return the first instant at which *ms* have run since the first of *stays*, while the clock is still open.

    It runs during *stays*, apart from *pauses*, in business hours. None where it stops before, or has not come so far.
    What is over at the very instant of a stop has not passed; it has where the clock opens again.
    """
    left = ms
    for start, end in stays:
        for begin, until in _running(start, end, pauses):
            at = after_business(hours, begin, left)
            if at is not None and (until is None or at <= until) and (end is None or at < end):
                return at
            if until is not None:
                left -= business_ms(hours, begin, until)
    return None


def _running(start: int, end: int | None, pauses: Spans) -> Sequence[tuple[int, int | None]]:
    """Return what [*start*, *end*) is without *pauses*, which are in order."""
    if not pauses:
        return ((start, end),)
    spans: list[tuple[int, int | None]] = []
    begin: int | None = start
    for since, until in pauses:
        if begin is None or (end is not None and since >= end):
            break
        if since > begin:
            spans.append((begin, since))
        if until is None or until > begin:
            begin = until
    if begin is not None and (end is None or begin < end):
        spans.append((begin, end))
    return spans
