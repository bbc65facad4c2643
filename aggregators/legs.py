"""The sweep of the legs: stays of a conversation in queues, each with exactly one outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.samples import (
    ABANDONED,
    AGENT_CLOSED,
    ANSWERED,
    CALLBACK,
    FLOWED_OUT,
    LEG,
    LOST,
    QUEUED,
    STAY,
    WAITED,
    WAITING,
    Interval,
    Leg,
    Queued,
    Stay,
)
from aggregators.vocabulary import BY, QUEUE, STAGE, TO_QUEUE, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Sample

_new: Final = tuple.__new__
"""As in observe: a named tuple in half the time."""
_QUEUED: Final = code_of("chat.queued")
_ACCEPTED: Final = code_of("chat.accepted")
_ABANDONED: Final = code_of("chat.abandoned")
_FLOWED_OUT: Final = code_of("chat.flowed_out")
_CALLBACK: Final = code_of("chat.callback_requested")
_CLOSED: Final = code_of("chat.closed")
_TRANSFERRED: Final = code_of("chat.transferred")

TYPES: Final = frozenset({_QUEUED, _ACCEPTED, _ABANDONED, _FLOWED_OUT, _CALLBACK, _CLOSED, _TRANSFERRED})
"""The types this sweep reads."""
_OVERTAKING: Final = frozenset({_ACCEPTED, _ABANDONED, _FLOWED_OUT, _CALLBACK, _CLOSED})
_NEVER: Final = 1 << 62
_VOICE: Final = "voice"
_ELSEWHERE: Final = frozenset({"bot", "chat"})


class LegRow(NamedTuple):
    """One leg in `queue`. `outcome` is None while it is open; then `ended` is where the timer would end it."""

    queue: str
    opened: int
    ended: int
    outcome: int | None


def sweep(facts: Sequence[Fact], *, ghost_ms: int) -> list[LegRow]:
    """Return the legs of one conversation, in the order they opened. `facts` are in the order of the sweep."""
    legs: list[LegRow] = []
    queue = ""
    opened: int | None = None
    for at, instant in _instants(facts):
        if len(instant) > 1 and opened is not None and at < opened + ghost_ms:
            _close_first(instant, queue)
        for fact in instant:
            code, fields = fact.type, fact.fields
            if code == _QUEUED:
                target = fields[QUEUE]
                if opened is not None:
                    if at >= opened + ghost_ms:
                        legs.append(LegRow(queue, opened, opened + ghost_ms, LOST))
                    elif target == queue:
                        continue
                    else:
                        legs.append(LegRow(queue, opened, at, FLOWED_OUT))
                queue, opened = target, at
            elif opened is not None:
                revives = at >= opened + ghost_ms
                outcome = _outcome(fact, queue)
                if outcome is None or (revives and code == _ABANDONED and fields.get(STAGE) in _ELSEWHERE):
                    continue
                legs.append(LegRow(queue, opened, at, outcome))
                opened = None
    if opened is not None:
        legs.append(LegRow(queue, opened, opened + ghost_ms, None))
    return legs


def stays(legs: Sequence[LegRow], *, gap_ms: int) -> Iterator[Sequence[LegRow]]:
    """Yield the legs that are one wait of a customer together, in their order.

    Behind a leg that was lost nobody waited on; and what opens more than *gap_ms* after the leg before it ended is in a
    conversation that is used again.
    """
    start = 0
    for place in range(1, len(legs)):
        before = legs[place - 1]
        if before.outcome == LOST or legs[place].opened - before.ended > gap_ms:
            yield legs[start:place]
            start = place
    yield legs[start:]


def _instants(facts: Sequence[Fact]) -> Iterator[tuple[int, list[Fact]]]:
    start, count = 0, len(facts)
    while start < count:
        at = facts[start].at
        end = start + 1
        while end < count and facts[end].at == at:
            end += 1
        yield at, list(facts[start:end])
        start = end


def _close_first(instant: list[Fact], queue: str) -> None:
    """Let the first outcome of an instant overtake a chat.queued elsewhere: what was open before is closed first."""
    others = (n for n, fact in enumerate(instant) if fact.type == _QUEUED and fact.fields[QUEUE] != queue)
    elsewhere = next(others, None)
    outcome = next((n for n, fact in enumerate(instant) if fact.type in _OVERTAKING), None)
    if elsewhere is not None and outcome is not None and elsewhere < outcome:
        instant.insert(elsewhere, instant.pop(outcome))


def _outcome(fact: Fact, queue: str) -> int | None:
    code, fields = fact.type, fact.fields
    if code == _ACCEPTED:
        return ANSWERED
    if code == _ABANDONED:
        return ABANDONED
    if code == _CLOSED:
        return ABANDONED if fields.get(BY) == "customer" else AGENT_CLOSED
    if code == _TRANSFERRED:
        target = fields.get(TO_QUEUE)
        return FLOWED_OUT if target is not None and target != queue else None
    return FLOWED_OUT if code == _FLOWED_OUT else CALLBACK


def observe(  # noqa: PLR0917 - every sweep adds to both lists
    rows: Sequence[LegRow],
    places: Places,
    definitions: Definitions,
    replied_at: Sequence[int],
    samples: list[Sample],
    intervals: list[Interval],
) -> None:
    """Add what the legs of one conversation contribute, of which there are some; humans wrote at *replied_at*."""
    behind = _NEVER
    for stay in reversed([*stays(rows, gap_ms=definitions.episode_gap_ms)]):
        first = stay[0].opened
        for queue, opened, ended, outcome in stay:
            labels = places.of(queue)
            samples.append(_new(Queued, (QUEUED, opened, labels)))
            samples.append(_new(Leg, (LEG, ended, labels, LOST if outcome is None else outcome, opened)))
            if ended > opened:
                intervals.append(Interval(WAITING if outcome is None else WAITED, labels, opened, ended, first))
        # A reply from before any leg is one to the first of them.
        since = first if stay[0] is not rows[0] else 0
        _observe_stay(stay, [at for at in replied_at if since <= at < behind], places, definitions, samples)
        behind = first


def _observe_stay(
    stay: Sequence[LegRow], replied_at: Sequence[int], places: Places, definitions: Definitions, samples: list[Sample]
) -> None:
    """Count what the legs of one wait came to, unless nobody knows its end; humans wrote at *replied_at*."""
    queue, opened, ended, outcome = stay[-1]
    abandoned = outcome == ABANDONED
    short = abandoned and definitions.is_short(places.channel, ended - opened, queue)
    if outcome is None or outcome == LOST or short:
        return
    # Who answers a call speaks to the customer, and nobody writes that down.
    spoken = places.channel == _VOICE and any([row.outcome == ANSWERED for row in stay])  # noqa: C419 - a generator is slow here
    left = int(abandoned and not replied_at and not spoken)
    samples.append(Stay(STAY, ended, places.of(queue), left, sum([row.ended - row.opened for row in stay])))
