"""Queries of PromQL, put together from the catalogue: nobody types a metric name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.catalogue import LABELS, METRICS

if TYPE_CHECKING:
    from aggregators.catalogue import Metric
    from aggregators.pipeline_metrics import PipelineMetric
    from aggregators.rolling import Level

STATE: dict[str, Metric] = {metric.suffix: metric for metric in METRICS if metric.family == "state"}
ROLLING: dict[str, Metric] = {metric.suffix: metric for metric in METRICS if metric.family == "rolling"}
"""The metrics by their suffix; one that does not exist is a KeyError when the dashboard is built."""
_CHOSEN = {"tenant": 'tenant="$tenant"', "channel": 'channel=~"$channel"', "queue": 'queue=~"$queue"'}


def selector(metric: Metric, level: Level, extra: str | None = None) -> str:
    """Return the series of *metric* that the variables of the dashboard choose, *extra* as its own label's value.

    Raises ValueError if the metric has such a label and no value is given, or the other way round.
    """
    if (extra is None) != (metric.extra is None):
        message = f"{metric.suffix}: extra is {extra!r}, the metric's own label {metric.extra!r}"
        raise ValueError(message)
    matchers = [_CHOSEN[name] for name in LABELS[level]]
    if metric.family == "rolling":
        matchers.append('window="$window"')
    if metric.extra:
        matchers.append(f'{metric.extra}="{extra}"')
    return f"{metric.name(level)}{{{','.join(matchers)}}}"


def value(metric: Metric, level: Level, extra: str | None = None) -> str:
    """Return one series per label set of *level*, however many instances of `serve` export it."""
    return f"max by ({', '.join(LABELS[level])}) ({selector(metric, level, extra)})"


def total(metric: Metric) -> str:
    """Return the sum over the queues chosen; for counts of state alone, since ratios and means do not add up."""
    return f"sum({value(metric, 'queue')})"


def age(metric: PipelineMetric) -> str:
    """Return how many seconds ago the instant in *metric* is, by the instance that is furthest."""
    return f"time() - max({metric.name})"


def worst(expression: str, *, count: int, low_is_bad: bool) -> str:
    """Return the *count* worst series of *expression*."""
    return f"{'bottomk' if low_is_bad else 'topk'}({count}, {expression})"
