"""Formulas of more than one line: the service level, patience, a histogram's buckets, quantiles of small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import kaplan_meier as km
from aggregators import measures as m
from aggregators.reading import QUANTILES, Reading, Value, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_ROUNDING: Final = 1e-9


def all_abandoned(r: Reading) -> int:
    """Return the legs abandoned, the short ones too."""
    return r[m.ABANDONED] + r[m.SHORT_ABANDONED]


def service_levels(r: Reading) -> dict[str, Value]:
    """Return the service level (M6) under all variants, as ratios; SLg where the definitions have its switches."""
    return {variant: ratio(*parts) for variant, parts in service_level_parts(r).items()}


def service_level_parts(r: Reading) -> dict[str, tuple[int, int]]:
    """Return of each variant of the service level the legs above the line and those below."""
    a, b, s = r[m.ANSWERED], all_abandoned(r), r[m.SHORT_ABANDONED]
    a_in, b_in = r[m.ANSWERED_WITHIN], r[m.ABANDONED_WITHIN]
    levels = {
        "SL1": (a_in, a),
        "SL2": (a_in, a + b),
        "SL3": (a_in, a + b - b_in),
        "SL4": (a_in + b_in, a + b),
        "SL5": (a_in + s, a + b),
        "SL6": (a_in + b_in + r[m.CALLBACK_WITHIN], r[m.QUEUED]),
        "SL_live": (a_in, a + b - b_in + r.state.waiting_past_target),
    }
    switches = r.definitions.genesys
    if switches is not None:
        levels["SLg"] = (a_in, a + _genesys(r, switches))
    return levels


def _genesys(r: Reading, switches: Collection[str]) -> int:
    """Return what stands beside the answered in the denominator of SLg."""
    left = 0 if "abandoned_out" in switches else r[m.ABANDONED] if "short_out" in switches else all_abandoned(r)
    return left + (r[m.FLOWED_OUT] if "flow_outs_in" in switches else 0)


def patience_quantiles(r: Reading) -> dict[str, Value]:
    """Return the quantiles of the patience (M4) in seconds, without those that the curve does not reach."""
    curve = _patience(r)
    return {str(q): km.quantile_s(curve, q) for q in QUANTILES}


def patience_mean(r: Reading) -> Value:
    """Return the mean of the patience (M4) in seconds."""
    return km.mean_s(_patience(r))


def patience_beyond_target(r: Reading) -> Value:
    """Return the share who wait for longer than the target of a queue or channel."""
    _, channel, *queue = r.place
    return km.share_beyond(_patience(r), r.definitions.wait_target(channel, *queue))


def _patience(r: Reading) -> km.Curve:
    return km.curve(r.counted(m.ABANDON_WAIT_BIN), r.counted(m.WAIT_BIN))


def histogram(bucket: int, total: int) -> Callable[[Reading], Mapping[str, Value]]:
    """Return what reads a histogram: cumulative buckets by their upper bound in seconds, `count` and `sum`."""

    def read(r: Reading) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        seen = 0
        for index, bound in enumerate((*map(str, map(float, m.BUCKETS_S)), "+Inf")):
            seen += r[bucket + index]
            found[bound] = seen
        found |= {"count": seen, "sum": r[total] / 1000}
        return found

    return read


def number_quantiles(family: int) -> Callable[[Reading], Mapping[str, Value]]:
    """Return what reads the exact nearest-rank quantiles of small integers: how often each came, counted in *family*.

    Numbers of `points.FAMILY` − 1 and more are one. Nothing is read where there are none.
    """

    def read(r: Reading) -> Mapping[str, Value]:
        numbers = sorted((number, n) for number, n in r.counted(family).items() if n > 0)
        total = sum(n for _, n in numbers)
        found: dict[str, Value] = {}
        seen = 0
        for number, n in numbers:
            seen += n
            # The least number that at least a share q of them do not exceed; a rounding error is no more than that.
            for q in QUANTILES[len(found) :]:
                if seen + _ROUNDING < q * total:
                    break
                found[str(q)] = number
        return found

    return read
