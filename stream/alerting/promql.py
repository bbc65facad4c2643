"""PromQL by the catalogue: a metric that does not exist, or lacks a label that is pinned, is a KeyError.

Every instance of `serve` exports the same numbers, so each selector takes the greatest of them, by the labels that the
catalogue knows: whatever else a scrape adds (instance, pod, namespace) is dropped. So are those that are pinned: what
is left is the place, and two selectors of a place match without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.metric import Metric
    from aggregators.pipeline_metrics import PipelineMetric
    from aggregators.rolling import Level

JOB: Final = "deskpulse"
"""The name of the scrape job in `prometheus.yml`."""
PLACE: Final = ("tenant", "channel", "queue")
_BY_NAME: Final[dict[str, tuple[Metric, Level]]] = {
    metric.name(level): (metric, level) for metric in METRICS for level in metric.levels
}


def name_of(suffix: str, *, window: str = "", level: str = "queue") -> str:
    """Return the full name of a metric: a rolling one where there is a window. KeyError if there is none."""
    name = f"support_{level}_{'rolling_' if window else ''}{suffix}"
    metric, found = _BY_NAME[name]
    return metric.name(found)


def selector(suffix: str, *, window: str = "", level: str = "queue", **pinned: str) -> str:
    """Return the series of a metric, its labels beside those of the place pinned. KeyError if one is missing."""
    name = name_of(suffix, window=window, level=level)
    metric, found = _BY_NAME[name]
    matchers = {"job": JOB, **({"window": window} if window else {}), **pinned}
    for label in matchers.keys() - {"job"}:
        if label not in metric.labels(found):
            raise KeyError(label)
    return _matching(name, matchers)


def gauge(suffix: str, *, window: str = "", level: str = "queue", **pinned: str) -> str:
    """Return a gauge of each place, whatever instance it is from."""
    chosen = selector(suffix, window=window, level=level, **pinned)
    return f"max by ({_kept(suffix, *pinned, window=window, level=level)}) ({chosen})"


def ago(series: str, time: str) -> str:
    """Return a gauge as it was so much earlier."""
    return f"{series.removesuffix(')')} offset {time})"


def least(suffix: str, over: str) -> str:
    """Return the least of a gauge of each place *over* a time."""
    return f"min by ({_kept(suffix)}) (min_over_time({selector(suffix)}[{over}]))"


def own(metric: PipelineMetric, **pinned: str) -> str:
    """Return the series of a metric of the processor."""
    return _matching(metric.name, {"job": JOB, **pinned})


def greatest(metric: PipelineMetric, *dropped: str, of: str = "{}", **pinned: str) -> str:
    """Return the greatest of a metric of the processor, or *of* it, by its labels without those *dropped* or pinned."""
    return f"max by ({labels_of(metric, *dropped, *pinned)}) ({of.replace('{}', own(metric, **pinned))})"


def labels_of(metric: PipelineMetric, *dropped: str) -> str:
    """Return the labels of a metric of the processor, as they stand in `by ()`."""
    return ", ".join(("job", *(label for label in metric.labels if label not in dropped)))


def lines(*parts: str, by: int = 2) -> str:
    """Return *parts* below each other, each indented: the operand of an operator."""
    return "\n".join(f"{' ' * by}{line}" for part in parts for line in part.splitlines())


def both(*operands: str, operator: str = "and") -> str:
    """Return operands with *operator* between them, which stands out to the left."""
    return f"\n{operator}\n".join(lines(operand) for operand in operands)


def grouped(expression: str) -> str:
    """Return *expression* in parentheses."""
    return f"(\n{lines(expression)}\n)" if "\n" in expression else f"({expression})"


def _kept(suffix: str, *dropped: str, window: str = "", level: str = "queue") -> str:
    metric, found = _BY_NAME[name_of(suffix, window=window, level=level)]
    return ", ".join(("job", *(label for label in metric.labels(found) if label not in {"window", *dropped})))


def _matching(name: str, matchers: Mapping[str, str]) -> str:
    said = ",".join([f'{label}="{value}"' for label, value in matchers.items()])
    return f"{name}{{{said}}}"
