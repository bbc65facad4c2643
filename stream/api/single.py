"""Single numbers: the one that a request names by its metric and every label it has."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from aggregators.metric import LABELS
from aggregators.rolling import Group
from stream.api.problems import Wrong

if TYPE_CHECKING:
    from aggregators.metric import Metric
    from stream.api.selecting import Chosen, Selection


class Number(NamedTuple):
    """One number: of a metric at a place."""

    name: str
    metric: Metric
    group: Group
    window: str | None
    extra: str | None

    @property
    def labels(self) -> dict[str, str]:
        """All its labels but the window, in the order of the catalogue."""
        labels = dict(zip(LABELS[self.group.level], self.group.values, strict=True))
        return labels | ({self.metric.extra: self.extra} if self.metric.extra and self.extra is not None else {})


def number_of(query: Selection, chosen: Chosen) -> Number:
    """Return the one number that is meant; Wrong, which names what is missing, if it is none or several."""
    if len(query.metric) != 1:
        raise _wrong(parameter="metric", problem="one metric is needed")
    (named,) = chosen.named
    metric = named.metric
    given: dict[str, str] = {}
    for label in metric.labels(named.level):
        values = getattr(query, label)
        if len(values) != 1:
            raise _wrong(parameter=label, problem=f"one is needed: {query.metric[0]} has this label")
        given[label] = values[0]
    return Number(
        query.metric[0],
        metric,
        Group(named.level, tuple(given[label] for label in LABELS[named.level])),
        given.get("window"),
        given[metric.extra] if metric.extra else None,
    )


def _wrong(*, parameter: str, problem: str) -> Wrong:
    return Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, f"{parameter}: {problem}", parameter=parameter)
