"""Patience (M4): how long customers are willing to wait, by Kaplan and Meier, from the bins of two sketches.

Who gave up showed how long theirs was. Who was answered would have waited for longer, nobody knows how long: that wait
is censored. Of those still there at each wait at which somebody gave up, so many gave up; the product of the shares
that did not is the share of customers who wait for longer (Kaplan and Meier 1958). Who is answered after exactly as
long as another one gave up was still there then. Without anybody answered it is the share of those who gave up later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.sketch import bin_of, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROUNDING: Final = 1e-9


class Curve(NamedTuple):
    """The share who wait for longer than the waits in a bin, for each in which somebody gave up, in ascending order.

    Nothing is known of what lies behind the bin of the `longest` wait of all (-1: there is none) while the share there
    is above 0.
    """

    falls: tuple[tuple[int, float], ...]
    longest: int

    @property
    def end(self) -> float:
        """The share who wait for longer than everybody whose wait is known."""
        return self.falls[-1][1] if self.falls else 1.0


def curve(gone: Mapping[int, int], answered: Mapping[int, int]) -> Curve:
    """Return the curve of waits until customers gave up and of waits until they were answered (bin → count)."""
    waits = sorted(index for index in gone.keys() | answered.keys() if gone.get(index, 0) + answered.get(index, 0) > 0)
    there = sum(gone.values()) + sum(answered.values())
    share = 1.0
    falls = []
    for index in waits:
        left = gone.get(index, 0)
        if left:
            share *= (there - left) / there
            falls.append((index, share))
        there -= left + answered.get(index, 0)
    return Curve(tuple(falls), waits[-1] if waits else -1)


def quantile_s(of: Curve, q: float) -> float | None:
    """Return the least wait in s at which a share *q* or more has given up; None where the curve never falls so low."""
    return next((value_of(index) / 1000 for index, share in of.falls if 1 - share + _ROUNDING >= q), None)


def share_beyond(of: Curve, wait_ms: int) -> float | None:
    """Return the share who wait for longer than *wait_ms*; None where nobody is known to have waited so long."""
    reached = bin_of(wait_ms)
    if of.longest < reached and (of.end > 0 or of.longest < 0):
        return None
    return next((share for index, share in reversed(of.falls) if index <= reached), 1.0)


def mean_s(of: Curve) -> float | None:
    """Return the mean patience in s; None where nobody gave up.

    It is the area under the curve up to the longest wait ÷ the share gone by then. Where all have gone by then that is
    the mean of the curve, else that of the exponential patience with the same area and the same share.
    """
    if not of.falls:
        return None
    area, share, since = 0.0, 1.0, 0.0
    for index, below in (*of.falls, (of.longest, 0.0)):
        until = value_of(index) / 1000
        area += share * (until - since)
        share, since = below, until
    return area / (1 - of.end)
