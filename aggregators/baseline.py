"""Changes against a baseline (M64, M73), and the interval of a share (KPIS, conventions 7).

A share or a mean of now is set against the same hours of the weeks before. A share is a mean of zeros and ones, so one
statistic serves both. All counts and sums are exact; floats begin where a root is drawn.
"""

from __future__ import annotations

from fractions import Fraction
from math import erfc, fsum, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UP: Final = "up"
DOWN: Final = "down"

_FEW: Final = 5
"""Below this many expected in a cell the normal approximation is not trusted (Cochran 1954)."""


class Share(NamedTuple):
    """So many successes of n."""

    n: int
    successes: int


class Moments(NamedTuple):
    """The number of some values, their sum and the sum of their squares."""

    n: int
    total: Fraction
    squares: Fraction


class Verdict(NamedTuple):
    """How now compares with the baseline: `now` and `baseline` are the shares or means, over `now_n` and `baseline_n`.

    `z` is in standard errors, above 0 where now is above. `p` is two-sided: how often there would be a difference as
    great with no change. `direction` is `UP` or `DOWN` where p is at most the significance asked for, otherwise None.
    `dispersion` is by how much the weeks before vary more than chance alone would let them, 1 where they do not.
    """

    now_n: int
    baseline_n: int
    now: float
    baseline: float
    z: float
    p: float
    direction: str | None
    dispersion: float


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share, None of nothing (n = 0).

    Wilson 1927, without correction for continuity: the shares from which the one seen is not too far in a test.
    """
    if n == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    # Neither end is left to rounding.
    return (max(0.0, centre - half) if successes else 0.0), (min(1.0, centre + half) if successes < n else 1.0)


def moments(scores: Mapping[Fraction, int]) -> Moments:
    """Return the moments of a distribution, score → count; counts of 0 and below are nothing."""
    held = [(score, count) for score, count in scores.items() if count > 0]
    return Moments(
        sum(count for _, count in held),
        sum((score * count for score, count in held), Fraction(0)),
        sum((score * score * count for score, count in held), Fraction(0)),
    )


def mean_change(
    now: Moments, baseline: Sequence[Moments], *, min_n: int, significance: float, p_at_least: float = 0.0
) -> Verdict | None:
    """Compare a mean with that of the baseline's buckets, None where now or all of them hold fewer than `min_n`.

    z is the difference over its standard error when there is no change, √(φ·s²·(1/n + 1/m)), where s² is the variance
    of all values about their common mean: for zeros and ones the pooled test of two shares. φ is the dispersion,
    Pearson's statistic of the buckets over its degrees of freedom and not below 1 (McCullagh and Nelder 1989, §4.5), so
    that a Monday which always differs is no alarm. p is by the normal distribution, and at least `p_at_least`.
    """
    before = _sum(baseline)
    if min(now.n, before.n) < max(1, min_n):
        return None
    dispersion = _dispersion(before, baseline)
    here, there = now.total / now.n, before.total / before.n
    variance = _variance(_sum((now, before))) * (Fraction(1, now.n) + Fraction(1, before.n))
    z = float(here - there) / sqrt(dispersion * variance) if variance else 0.0
    p = max(erfc(abs(z) / sqrt(2)), p_at_least)
    direction = None if p > significance else UP if z > 0 else DOWN
    return Verdict(now.n, before.n, float(here), float(there), z, p, direction, dispersion)


def share_change(now: Share, baseline: Sequence[Share], *, min_n: int, significance: float) -> Verdict | None:
    """Compare a share with that of the baseline's buckets, None where now or all of them hold fewer than `min_n`.

    As `mean_change`; where fewer than 5 are expected in any of the four cells, p is also at least that of Fisher's
    exact test.
    """
    n, m = now.n, sum(share.n for share in baseline)
    hits = now.successes + sum(share.successes for share in baseline)
    few = min(n, m) * min(hits, n + m - hits) < _FEW * (n + m)
    return mean_change(
        _of_share(now),
        [_of_share(share) for share in baseline],
        min_n=min_n,
        significance=significance,
        p_at_least=fisher(now.successes, n, hits=hits, total=n + m) if few else 0.0,
    )


def count_change(now: int, weeks: Sequence[Fraction], *, min_n: int, significance: float) -> Verdict | None:
    """Compare how many came with how many come in weeks, None where both are fewer than `min_n`, or there is no week.

    z is the difference from the mean of the k weeks over its standard error when there is no change, √(φ·λ·(1 + 1/k)),
    where λ is the mean of all k + 1: how many come is Poisson's. φ is the dispersion, Σ(c − mean)²/mean over k − 1 and
    not below 1, so that weeks that differ from each other anyway are no alarm. p is by the normal distribution.
    """
    k = len(weeks)
    before = sum(weeks, Fraction(0))
    if not k or not now + before or (now < min_n and before < min_n * k):
        return None
    mean = before / k
    dispersion = 1.0
    if k > 1 and mean:
        dispersion = max(1.0, float(sum(((each - mean) ** 2 for each in weeks), Fraction(0)) / mean / (k - 1)))
    variance = (now + before) / (k + 1) * Fraction(k + 1, k)
    z = float(now - mean) / sqrt(dispersion * variance)
    p = erfc(abs(z) / sqrt(2))
    direction = None if p > significance else UP if z > 0 else DOWN
    return Verdict(1, k, float(now), float(mean), z, p, direction, dispersion)


def fisher(successes: int, n: int, *, hits: int, total: int) -> float:
    """Return Fisher's exact p, two-sided: the chance of `successes` of n, or what is no likelier, out of `hits` of all.

    The weights are built from the likeliest outwards, so that none is too great for a float.
    """
    least, most = max(0, n + hits - total), min(n, hits)
    middle = (n + 1) * (hits + 1) // (total + 2)
    weights = {middle: 1.0}
    for k in range(middle, most):
        weights[k + 1] = weights[k] * ((n - k) * (hits - k)) / ((k + 1) * (total - n - hits + k + 1))
    for k in range(middle, least, -1):
        weights[k - 1] = weights[k] * (k * (total - n - hits + k)) / ((n - k + 1) * (hits - k + 1))
    # Outcomes that are as likely may differ by rounding.
    limit = weights[successes] * (1 + 1e-7)
    return fsum(weight for weight in weights.values() if weight <= limit) / fsum(weights.values())


def _of_share(share: Share) -> Moments:
    successes = Fraction(share.successes)
    return Moments(share.n, successes, successes)


def _sum(buckets: Iterable[Moments]) -> Moments:
    n, total, squares = 0, Fraction(0), Fraction(0)
    for bucket in buckets:
        n, total, squares = n + bucket.n, total + bucket.total, squares + bucket.squares
    return Moments(n, total, squares)


def _variance(of: Moments) -> Fraction:
    mean = of.total / of.n
    return of.squares / of.n - mean * mean


def _dispersion(together: Moments, buckets: Sequence[Moments]) -> float:
    held = [bucket for bucket in buckets if bucket.n]
    variance = _variance(together)
    if len(held) < 2 or not variance:  # noqa: PLR2004 - one bucket has nothing to differ from
        return 1.0
    mean = together.total / together.n
    apart = sum(((bucket.total - bucket.n * mean) ** 2 / bucket.n for bucket in held), Fraction(0))
    return max(1.0, float(apart / variance / (len(held) - 1)))
