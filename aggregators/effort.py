"""Effort: the handle time of an agent's parts, with each millisecond divided by the parts it had in hand (KPIS M26).

A part is in hand from its accept to the end of its wrap-up, on hold too. What it took on the day of its end is dated
at its end; what it took on a day before, at the midnight that ends that day. A part that nobody ended has no effort,
yet while it was there the others had their agent for a share of the time only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.points import EFFORT, EFFORT_BEFORE, Point

if TYPE_CHECKING:
    from aggregators.samples import Labels

InHand = dict[int, int]
"""By number of parts, how many ms of the day so many were in hand by an instant."""


def longer(in_hand: InHand, number: int, ms: int) -> InHand:
    """Return it for an instant *ms* later, where *number* parts were in hand until then."""
    return {**in_hand, number: in_hand.get(number, 0) + ms} if number else in_hand


def took_ms(before: InHand, after: InHand) -> int:
    """Return what a part took of its agent between two instants.

    Rounded down for each number of parts, so that no order of adding up can change it.
    """
    took = 0
    for number, ms in after.items():
        took += (ms - before.get(number, 0)) // number
    return took


def effort(labels: Labels, *, wrapped: int, end: int, took: int) -> Point:
    """Return what is counted of a part that is wrapped up at *wrapped*, on the day that ends at *end*."""
    ended = wrapped <= end
    return Point(EFFORT.code if ended else EFFORT_BEFORE.code, wrapped if ended else end, labels, took)
