"""What follows from other measures, and so is not stored: it is added to what is when it is read.

What is counted value by value, in the bins of a sketch or by choice, need not be counted once more. And of what nearly
always equals something else only the difference is counted: the first solve is the last one, and the close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from aggregators import points as p

if TYPE_CHECKING:
    from collections.abc import Callable


class Measured(Protocol):
    """A `reading.Reading`, as far as it is needed here."""

    def __getitem__(self, measure: int, /) -> int:
        """Return a measure."""

    def choices(self, first: int, behind: int) -> int:
        """Return the sum of the measures from *first* up to *behind*, none of which follows from others."""

    def values(self, family: int) -> tuple[int, int]:
        """Return how many values are counted in a family of measures, and their sum."""


Follows = dict[int, "Callable[[Measured], int]"]


def _of_kind(kind: p.PointKind) -> Follows:
    if kind.adds == "choice":
        first, behind = kind.choice(1), kind.count + p.MEASURES_A_KIND
        return {kind.count: lambda r: r.choices(first, behind)}
    count: Follows = {kind.count: lambda r: r.values(kind.bins)[0]}
    if kind.adds == "number":
        return {**count, kind.total: lambda r: r.values(kind.bins)[1]}
    return count if kind.adds == "duration" else {}


def _same(kind: p.PointKind, as_kind: p.PointKind) -> Follows:
    return {kind.count: lambda r: r[as_kind.count], kind.total: lambda r: r[as_kind.total]}


FOLLOWS: Final[Follows] = {
    **{measure: read for kind in p.KINDS for measure, read in _of_kind(kind).items()},
    **_same(p.HANDLED_ACTIVE, p.HANDLED),
    **_same(p.SOLVED_UNPAUSED, p.SOLVED),
    **_same(p.FIRST_SOLVED, p.SOLVED),
    **_same(p.CLOSED, p.SOLVED),
    p.TOUCHES_TO_SOLVE.count: lambda r: r[p.SOLVED.count],
    p.SOLVE.count: lambda r: r[p.SOLVED.count] + r[p.SOLVE.choice(1)] + r[p.SOLVE.choice(2)],
    p.RESOLVED.count: lambda r: r[p.SOLVE.count],
}
"""By measure, what is to be added to what is stored of it."""
