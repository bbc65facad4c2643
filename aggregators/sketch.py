"""A sketch of durations: counts in bins whose bounds are integers, so that a sample can be taken back exactly.

Bin k holds the milliseconds [EDGES[k], EDGES[k + 1]); within a bin the largest is at most 10099/9901 of the smallest,
so the harmonic mean of both is within 0.99 % of every value in it (the bound of DDSketch, Masson, Rim and Lee 2019);
the hundredth that is left keeps rounding on the right side of 1 %.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RELATIVE_ERROR: Final = 0.01
_LARGEST_MS: Final = 100 * 366 * 86_400_000


def _edges() -> list[int]:
    edges = [0, 1]
    while edges[-1] <= _LARGEST_MS:
        edges.append(edges[-1] * 10_099 // 9_901 + 1)
    return edges


EDGES: Final[list[int]] = _edges()
"""Smallest duration of each bin, in ms; the last bin is open."""


def bin_of(duration_ms: int) -> int:
    """Return the number of the bin that holds *duration_ms*; negative durations count as 0."""
    return bisect_right(EDGES, duration_ms) - 1 if duration_ms > 0 else 0


def value_of(index: int) -> float:
    """Return the duration in ms that stands for bin *index*."""
    if index + 1 >= len(EDGES):
        return float(EDGES[index])
    least, most = EDGES[index], EDGES[index + 1] - 1
    return 2 * least * most / (least + most) if most else 0.0


def quantiles(bins: Mapping[int, int], ranks: Iterable[float]) -> list[float]:
    """Return the nearest-rank quantiles in ms of the samples in *bins* (bin → count, at least one sample).

    `ranks` are ascending, each in (0, 1].
    """
    ordered = sorted((index, count) for index, count in bins.items() if count > 0)
    total = sum(count for _, count in ordered)
    found = []
    position, seen = 0, ordered[0][1]
    for rank in ranks:
        # Nearest rank: the least k with k ≥ rank · n; the small step back keeps 0.9 · 10 from becoming 10.
        wanted = max(1, -int(-(rank * total - 1e-9) // 1))
        while seen < wanted:
            position += 1
            seen += ordered[position][1]
        found.append(value_of(ordered[position][0]))
    return found
