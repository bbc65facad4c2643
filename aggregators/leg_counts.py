"""Leg counts: what a window counts of legs, by which service levels and the identity are recomputed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import measures as m

if TYPE_CHECKING:
    from collections.abc import Mapping


class LegCounts(NamedTuple):
    """Legs of a group in a window. `abandoned` is without the short ones, `…_within` up to the target, T included."""

    queued: int = 0
    answered: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    flowed_out: int = 0
    callback_requested: int = 0
    agent_closed: int = 0
    lost: int = 0
    answered_within: int = 0
    abandoned_within: int = 0
    callback_within: int = 0

    @property
    def ended(self) -> int:
        """How many ended, whatever their outcome."""
        return sum(self[1:8])

    @property
    def sums(self) -> dict[int, int]:
        """The same as measures."""
        return dict(zip(_MEASURES, self, strict=True))


_MEASURES: Final = (
    m.QUEUED,
    m.ANSWERED,
    m.ABANDONED,
    m.SHORT_ABANDONED,
    m.FLOWED_OUT,
    m.CALLBACK,
    m.AGENT_CLOSED,
    m.LOST,
    m.ANSWERED_WITHIN,
    m.ABANDONED_WITHIN,
    m.CALLBACK_WITHIN,
)
NO_LEGS: Final = LegCounts()


def leg_counts(sums: Mapping[int, int]) -> LegCounts:
    """Return the counts of legs among measures."""
    return LegCounts._make([sums.get(measure, 0) for measure in _MEASURES])
