"""Names: which metric, at which level, a name of Prometheus means; what is nearest to a name that means nothing."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from aggregators.board import HISTOGRAM_PARTS
from aggregators.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregators.board import Row
    from aggregators.metric import Metric
    from aggregators.rolling import Level

_BUCKET = "bucket"
NEAR_ENOUGH = 0.6
LONGEST_NAME = 200
"""In characters; no name of a metric is longer."""


class Named(NamedTuple):
    """What a name means: a metric at a level; of a histogram `bucket`, `sum` or `count`, or None: all three."""

    metric: Metric
    level: Level
    part: str | None = None

    def means(self, row: Row) -> bool:
        """Tell whether *row*, one of this metric at this level, is of this part of it."""
        if self.part is None:
            return True
        return row.extra == self.part if self.part in HISTOGRAM_PARTS else row.extra not in HISTOGRAM_PARTS


@cache
def names() -> Mapping[str, Named]:
    """Return every name there is, in the order of the catalogue."""
    found: dict[str, Named] = {}
    for metric in METRICS:
        for level in metric.every_level:
            name = metric.name(level)
            found[name] = Named(metric, level)
            if metric.kind == "histogram":
                found |= {f"{name}_{part}": Named(metric, level, part) for part in (_BUCKET, *HISTOGRAM_PARTS)}
    return found


@cache
def every_metric() -> tuple[Named, ...]:
    """Return every metric at each of its levels once."""
    return tuple(each for each in names().values() if each.part is None)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean …?)" of what comes nearest to *name*; "" if nothing does."""
    close = get_close_matches(name[:LONGEST_NAME], list(known), n=1, cutoff=NEAR_ENOUGH)
    return f" (did you mean {close[0]!r}?)" if close else ""
