"""Queries of PromQL, put together from the catalogue: nobody types a metric name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.catalogue import LABELS, METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.catalogue import Metric
    from aggregators.pipeline_metrics import PipelineMetric
    from aggregators.rolling import Level

STATE: dict[str, Metric] = {metric.suffix: metric for metric in METRICS if metric.family == "state"}
ROLLING: dict[str, Metric] = {metric.suffix: metric for metric in METRICS if metric.family == "rolling"}
"""The metrics by their suffix; one that does not exist is a KeyError when the dashboard is built."""
ONE = {name: f'{name}="${name}"' for name in ("tenant", "channel", "queue")}
"""Matchers of variables that have one value; Grafana escapes nothing in them for regular expressions."""
ANY = ONE | {name: f'{name}=~"${name}"' for name in ("channel", "queue")}
"""Matchers of variables that may have several."""
WINDOW = "$window"
"""The window that is chosen."""
EVERY = "*"
"""Stands for all values of a metric's own label."""


def selector(
    metric: Metric,
    level: Level,
    extra: str | None = None,
    *,
    chosen: Mapping[str, str] = ANY,
    window: str = WINDOW,
) -> str:
    """Return the series of *metric* that the variables of the dashboard choose, *extra* as its own label's value.

    EVERY as *extra* leaves that label open. Raises ValueError if the metric has such a label and no value is given, or
    the other way round.
    """
    if (extra is None) != (metric.extra is None):
        message = f"{metric.suffix}: extra is {extra!r}, the metric's own label {metric.extra!r}"
        raise ValueError(message)
    matchers = [chosen[name] for name in LABELS[level]]
    if metric.family == "rolling":
        matchers.append(f'window="{window}"')
    if metric.extra and extra != EVERY:
        matchers.append(f'{metric.extra}="{extra}"')
    return f"{metric.name(level)}{{{','.join(matchers)}}}"


def value(metric: Metric, level: Level, extra: str | None = None) -> str:
    """Return one series per label set of *level*, however many instances of `serve` export it."""
    return f"max by ({', '.join(LABELS[level])}) ({selector(metric, level, extra)})"


def value_of_one(metric: Metric, level: Level, extra: str | None = None, *, window: str = WINDOW) -> str:
    """Return the one series of the queue (channel, tenant) that is chosen."""
    return f"max by ({', '.join(LABELS[level])}) ({selector(metric, level, extra, chosen=ONE, window=window)})"


def by_own_label(metric: Metric, level: Level) -> str:
    """Return one series per value of the metric's own label, and label set of *level*."""
    return f"max by ({', '.join(metric.labels(level))}) ({selector(metric, level, EVERY)})"


def age(metric: PipelineMetric) -> str:
    """Return how many seconds ago the instant in *metric* is, by the instance that is furthest."""
    return f"time() - max({metric.name})"


def latest(metric: PipelineMetric, function: str, span: str) -> str:
    """Return *function* (rate, increase) of a counter over *span*, summed over its labels.

    Every instance of `serve` exports the same counters: of these the greatest counts, not their sum.
    """
    raised = f"{function}({metric.name}[{span}])"
    labels = ", ".join(metric.labels)
    return f"sum(max by ({labels}) ({raised}))" if labels else f"max({raised})"


def worst(expression: str, *, count: int, low_is_bad: bool) -> str:
    """Return the *count* worst series of *expression*."""
    return f"{'bottomk' if low_is_bad else 'topk'}({count}, {expression})"


def greatest(metric: PipelineMetric, matchers: str = "") -> str:
    """Return one series per label set of a gauge of the processor, the greatest of all instances."""
    return f"max by ({', '.join(metric.labels)}) ({metric.name}{f'{{{matchers}}}' if matchers else ''})"


def rates(metric: PipelineMetric) -> str:
    """Return one rate per label set of a counter of the processor."""
    return f"max by ({', '.join(metric.labels)}) (rate({metric.name}[$__rate_interval]))"
