"""The expected wait (M7): advisory, as what is chosen depends on when somebody looked.

Definitions to the letter: `docs/definitions-expected-wait.md`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators.metric import Metric, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.reading import Reading, Value


def _band(r: Reading) -> Mapping[str, Value]:
    told = r.advice
    return {} if told is None else {"0.5": told.p50_ms / 1000, "0.9": told.p90_ms / 1000}


def _coverage(r: Reading) -> Mapping[str, Value]:
    return {} if r.advice is None else {"0.5": r.advice.within_p50, "0.9": r.advice.within_p90}


_METRICS = (
    state(
        "expected_wait_seconds",
        "s",
        "How long those who come now wait at most: half of them (q 0.5), nine of ten (q 0.9).",
        "quantiles of the waits of those to whom the chosen estimator said the like",
        "M7",
        read=_band,
        extra="q",
        edges="Nobody works: unknown, not ∞. Closed by the calendar: the time until it opens. Unknown until ten were "
        "answered within an hour.",
        vendors="Genesys, Google CCAI, expertflow: a point without a band; theirs are among the estimators",
    ),
    state(
        "expected_wait_error_seconds",
        "s",
        "Mean of |wait − expected wait (q 0.5)| over those answered lately who were told one.",
        "Σ |wait − P50 told| / told, of the last 400 answered",
        "M7",
        read=lambda r: None if r.advice is None or r.advice.error_ms is None else r.advice.error_ms / 1000,
        edges="Of those who were told a band and were answered; nobody is scored while it is closed. Absent "
        "before the first of them.",
    ),
    state(
        "expected_wait_coverage_ratio",
        "ratio",
        "Share of those answered lately who waited at most as long as they were told; ideally 0.5 and 0.9.",
        "waited ≤ told / told, of the last 400 answered",
        "M7",
        read=_coverage,
        extra="q",
        edges="Of those who were told a band and were answered; nobody is scored while it is closed.",
    ),
    state(
        "expected_wait_estimator_info",
        "1",
        "1; the label names the estimator that is chosen.",
        "the least mean error over the last 400 answered",
        "M7",
        read=lambda r: {} if r.advice is None else {r.advice.estimator: 1},
        extra="estimator",
        edges="`last_hour` until 30 are scored; `next_opening` while it is closed.",
    ),
)
METRICS: tuple[Metric, ...] = tuple(replace(each, levels=("queue",), advisory=True) for each in _METRICS)
