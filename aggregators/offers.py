"""The sweep of the offers: when a leg rings at an agent (M1), and who is offered what (M21).

An offer rings until it is missed, another one begins at the same agent, or its leg ends, however it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.samples import OFFERED, Interval
from aggregators.vocabulary import AGENT, REASON, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregators.facts import Fact
    from aggregators.legs import LegRow
    from aggregators.places import Places

_OFFERED: Final = code_of("chat.offered")
_MISSED: Final = code_of("chat.offer_missed")

TYPES: Final = frozenset({_OFFERED, _MISSED})
"""The types this sweep reads."""


class Ring(NamedTuple):
    """An offer of `leg` to `agent` ("": nobody is named) from `start` to `end`, that of the leg unless it was missed.

    `how` is that of told.Offer.
    """

    leg: LegRow
    agent: str
    start: int
    end: int
    how: int


def sweep(facts: Sequence[Fact], legs: Sequence[LegRow]) -> list[Ring]:
    """Return the offers of one conversation. What is offered outside a leg rings nowhere, at its end for no time.

    `facts` are those of TYPES in the order of the sweep.
    """
    rings: list[Ring] = []
    for leg in legs:
        ringing: dict[str, tuple[int, int]] = {}  # by agent: since when, and when it was offered last
        for at, _, _, code, fields in facts:
            if at < leg.opened or at > leg.ended:
                continue
            agent = fields.get(AGENT, "")
            if code == _OFFERED:
                ringing[agent] = (ringing[agent][0] if agent in ringing else at, at)
                continue
            for each in _missing(ringing, at, agent):
                start, last = ringing.pop(each)
                rings.append(Ring(leg, each or agent, start, at, 2 if REASON in fields else 1))
                if start < last == at:
                    # Of one instant offers are heard first, even what is offered again because it was missed.
                    ringing[each] = (at, at)
        rings += [Ring(leg, each, start, leg.ended, 0) for each, (start, _) in ringing.items()]
    return rings


def observe(rings: Iterable[Ring], places: Places, intervals: list[Interval]) -> None:
    """Add when each leg rang at somebody: once, however many it rang at."""
    spans: dict[LegRow, list[tuple[int, int]]] = {}
    for leg, _, start, end, _ in rings:
        if start < end:
            spans.setdefault(leg, []).append((start, end))
    for leg, of_leg in spans.items():
        since, until = -1, -1
        for start, end in sorted(of_leg):
            if start > until:
                if since >= 0:
                    intervals.append(Interval(OFFERED, places.of(leg.queue), since, until, since))
                since = start
            until = max(until, end)
        intervals.append(Interval(OFFERED, places.of(leg.queue), since, until, since))


def _missing(ringing: Mapping[str, tuple[int, int]], at: int, agent: str) -> list[str]:
    """Return whose offers are missed where *agent* missed one: "" is anybody whom it rang at before, else now."""
    if agent:
        return [each for each in (agent, "") if each in ringing][:1]
    before = [each for each, (start, _) in ringing.items() if start < at]
    return before or [*ringing]
