"""Effort: the handle time of an agent's parts, with each millisecond divided by the parts it had in hand (KPIS M26)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from aggregators.instants import DAY_MS
from aggregators.points import EFFORT, EFFORT_BEFORE, Point
from aggregators.samples import Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.samples import Sample
    from aggregators.told import AgentDay, Share


class _Part(NamedTuple):
    """A part as far as it lies in the day, and in `by_number` how many ms so many parts were in hand."""

    share: Share
    start: int
    end: int
    by_number: dict[int, int]


def observe(day: AgentDay, samples: list[Sample]) -> None:
    """Add the effort that each part took within the agent's UTC day.

    A part is in hand from its accept to the end of its wrap-up, on hold too. What it took on the day of its end is
    dated at its end; what it took on a day before, at the midnight that ends that day. A part that nobody ended has no
    effort, yet while it was there the others had their agent for a share of the time only.
    """
    begin, end = day.day * DAY_MS, (day.day + 1) * DAY_MS
    parts = [
        _Part(share, max(begin, share.opened), min(end, share.wrapped), {})
        for shares in day.shares.values()
        for share in shares
        if share.opened < end and (share.wrapped > begin or share.opened == begin)
    ]
    _divide(parts)
    for share, _, _, by_number in parts:
        if share.lapsed:
            continue
        # Rounded down for each number of parts, so that no order of adding up can change it.
        took_ms = sum([ms // number for number, ms in by_number.items()])
        ended = share.wrapped <= end
        kind = EFFORT if ended else EFFORT_BEFORE
        labels = Labels(day.tenant, share.channel, share.queue)
        samples.append(Point(kind.code, share.wrapped if ended else end, labels, took_ms))


def _divide(parts: Sequence[_Part]) -> None:
    """Tell each part how long it shared its agent with how many others."""
    instants = sorted({each for part in parts for each in (part.start, part.end)})
    begins: dict[int, list[int]] = {}
    for place, part in enumerate(parts):
        begins.setdefault(part.start, []).append(place)
    in_hand: set[int] = set()
    for at, until in pairwise(instants):
        in_hand = {place for place in in_hand if parts[place].end > at}
        in_hand.update(place for place in begins.get(at, ()) if parts[place].end > at)
        for place in in_hand:
            by_number = parts[place].by_number
            by_number[len(in_hand)] = by_number.get(len(in_hand), 0) + until - at
