"""Spells: how long something lasted within a window, exactly, from what began and what ended in it.

What holds now is known from the intervals, and what began and ended in the window [a, b) from points that add up in
its panes. With N(b) how many hold at b, n how many more began than ended, and D the sum of the instants of those that
began less that of those that ended, all of them together lasted

    N(b) · (b - a)  -  Σ (start - a)  +  Σ (end - a)   =   N(b) · (b - a)  -  D  +  n · a

within it: the whole window for what holds at its end, less what of the window lay before a start, and for what ended
the time up to its end. So a week costs no more than five minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.points import BY_CODE
from aggregators.samples import SPELLS

if TYPE_CHECKING:
    from aggregators.reading import Reading


def lasted_ms(reading: Reading, kind: int) -> int:
    """Return how many ms what is of *kind*, one of SPELLS, lasted within the window up to now, added up."""
    turn = BY_CODE[SPELLS[kind]]
    # The last pane may hold what lies ahead of now: the state knows how much of it.
    ahead, instants_ahead = reading.state.ahead.get(kind, (0, 0))
    turns = reading[turn.count] - ahead
    instants = reading[turn.total] - instants_ahead
    holding = reading.state.lasting.get(kind, 0)
    return holding * (reading.as_of - reading.start) - instants + turns * reading.start
