"""Series computed elsewhere, shown on the same board: the last value of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators.metric import Metric, state
from aggregators.series import MICROS

if TYPE_CHECKING:
    from aggregators.reading import Reading, Value


def _value(r: Reading) -> Value:
    return None if r.state.latest is None else r.state.latest[1] / MICROS


def _timestamp(r: Reading) -> Value:
    return None if r.state.latest is None else r.state.latest[0] / 1000


METRICS: tuple[Metric, ...] = tuple(
    replace(metric, levels=("series",))
    for metric in (
        state(
            "value",
            "as sent",
            "Last value of a series that is computed elsewhere, such as ESAT, churn, conversion or revenue.",
            "value of the last kpi.sample of the name",
            "kpi.sample",
            read=_value,
            edges="by its instant, whenever it comes; to a millionth; gone 35 d (the retention) after it; series over "
            "the cap of a level are not shown at all",
        ),
        state(
            "timestamp_seconds",
            "s",
            "When the last value of the series is from.",
            "instant of the last kpi.sample of the name, in seconds since 1970",
            "kpi.sample",
            read=_timestamp,
            edges="that of the value, not of its arrival; gone with it",
        ),
    )
)
