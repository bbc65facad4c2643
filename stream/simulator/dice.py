"""Random draws by table: a log-normal value costs one look-up, and is the same on every machine."""

from __future__ import annotations

from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

T = TypeVar("T")

_STEPS = 1024
_NORMAL = NormalDist()


class Spread(NamedTuple):
    """A distribution of durations: equally likely values in milliseconds, and their mean."""

    values_ms: tuple[int, ...]
    mean_ms: float

    def draw(self, dice: Random) -> int:
        """Return one of the values, in milliseconds."""
        return self.values_ms[int(dice.random() * _STEPS)]


def lognormal(median_s: float, sigma: float) -> Spread:
    """Return the log-normal distribution with this median in seconds; `sigma` is that of the logarithm."""
    values = tuple(
        max(1, round(1000 * median_s * exp(sigma * _NORMAL.inv_cdf((step + 0.5) / _STEPS)))) for step in range(_STEPS)
    )
    return Spread(values, sum(values) / _STEPS)


def exponential_ms(dice: Random, mean_ms: float) -> int:
    """Return a waiting time without memory, at least 1 ms."""
    return 1 + int(-log(1.0 - dice.random()) * mean_ms)


def weighted(weights: Mapping[T, int]) -> tuple[T, ...]:
    """Return each key as often as its weight says: `pick` of it draws by weight."""
    return tuple(key for key, weight in weights.items() for _ in range(weight))


def pick(dice: Random, choices: tuple[T, ...] | list[T]) -> T:
    """Return one of *choices*, each equally likely."""
    return choices[int(dice.random() * len(choices))]
