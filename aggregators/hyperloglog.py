"""HyperLogLog (M72): how many different customers, as an estimate, from counts that can be taken back.

Flajolet, Fusy, Gandouet and Meunier 2007, with hashes of 64 bits (Heule, Nunkesser and Hall 2013) and the estimator of
Ertl 2017 (arXiv:1702.01284), which needs no tables and no correction at either end of its range.

A contribution of a customer is one unit in the cell (register, rank) that their hash names. Cells are sums: adding one
and taking it away leaves no trace, and panes are put together by adding. What the sketch reads of a register is the
greatest rank with a count above 0: the maximum that the algorithm asks for, of what is still there.
"""

from __future__ import annotations

from hashlib import blake2b
from math import inf, log, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HASH_BITS: Final = 64
PRECISION: Final = 10
REGISTERS: Final = 1 << PRECISION
STANDARD_ERROR: Final = sqrt(3 * log(2) - 1) / sqrt(REGISTERS)
"""Of an estimate, as a share of the number: 3.2 %, and less where customers are fewer than registers."""
_REST_BITS: Final = 30
"""So many bits after those of the register have the rank: enough for 10^12 customers."""
GREATEST_RANK: Final = _REST_BITS + 1

_REST: Final = (1 << _REST_BITS) - 1
_UNUSED_BITS: Final = HASH_BITS - PRECISION - _REST_BITS
_RANKS: Final = 32
"""Cells are numbered in steps of this, a power of two above the greatest rank."""
CELLS: Final = _RANKS * REGISTERS


def hash_of(text: str) -> int:
    """Return 64 bits that are the same in every process: BLAKE2b of the text in UTF-8, the first byte on top."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=HASH_BITS // 8).digest(), "big")


def add(hashed: int) -> tuple[int, int]:
    """Return (register, rank) of the cell that what was hashed adds to.

    The upper bits name the register; the rank is the place, from 1, of the first bit set in the 30 that follow.
    """
    used = hashed >> _UNUSED_BITS
    return used >> _REST_BITS, _REST_BITS - (used & _REST).bit_length() + 1


def cell_index(register: int, rank: int) -> int:
    """Number the cells from 0 to below `CELLS`, for their measures."""
    return register * _RANKS + rank


def cell_of(index: int) -> tuple[int, int]:
    """Return (register, rank) of the cell numbered *index*."""
    return divmod(index, _RANKS)


def ranks(counts: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Return register → rank of cells (register, rank) → count; counts of 0 and below are nothing."""
    found: dict[int, int] = {}
    for (register, rank), count in counts.items():
        if count > 0 and rank > found.get(register, 0):
            found[register] = rank
    return found


def merge(left: Mapping[int, int], right: Mapping[int, int]) -> dict[int, int]:
    """Return the sketch of all that either has seen: the greater rank of each register."""
    merged = dict(left)
    for register, rank in right.items():
        if rank > merged.get(register, 0):
            merged[register] = rank
    return merged


def estimate(sketch: Mapping[int, int]) -> float:
    """Return about how many different customers a sketch (register → rank) has seen: 0 for none.

    Ertl's improved raw estimator (2017, algorithm 6); infinite when every register has the greatest rank, which takes
    some 10^13 customers.
    """
    with_rank = [0] * (GREATEST_RANK + 1)
    for rank in sketch.values():
        with_rank[rank] += 1
    with_rank[0] = REGISTERS - len(sketch)
    if with_rank[0] == REGISTERS:
        return 0.0
    z = REGISTERS * _tau(1 - with_rank[GREATEST_RANK] / REGISTERS)
    for rank in range(GREATEST_RANK - 1, 0, -1):
        z = (z + with_rank[rank]) / 2
    z += REGISTERS * _sigma(with_rank[0] / REGISTERS)
    return REGISTERS * REGISTERS / (2 * log(2) * z) if z else inf


def _sigma(x: float) -> float:
    """Return x + Σ x^(2^k) · 2^(k−1) over k ≥ 1, for 0 ≤ x < 1: what registers without a rank stand for."""
    total, before, weight = x, -1.0, 1.0
    while total != before:
        x *= x
        before = total
        total += x * weight
        weight += weight
    return total


def _tau(x: float) -> float:
    """Return (1 − x − Σ (1 − x^(2^−k))² · 2^−k) / 3 over k ≥ 1: what registers at the greatest rank stand for."""
    if x in {0.0, 1.0}:
        return 0.0
    total, before, weight = 1 - x, -1.0, 1.0
    while total != before:
        x = sqrt(x)
        before = total
        weight /= 2
        total -= (1 - x) ** 2 * weight
    return total / 3
