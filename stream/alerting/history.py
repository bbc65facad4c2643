"""Guards of alerts that look back: for how long anything is known, and what was not there a week ago."""

from __future__ import annotations

from typing import Final

from aggregators import pipeline_metrics as p
from stream.alerting.promql import PLACE, ago, both, greatest, grouped, own

DAY_S: Final = 86_400
COVERED: Final = f"max({own(p.COVERED, window='7d')})"
"""So many seconds of the last seven days are known."""


def known_for(seconds: int) -> str:
    """Return what is there while less than *seconds* of the last seven days are known."""
    return f"{COVERED} < {seconds}"


def new(series: str, place: tuple[str, ...] = PLACE) -> str:
    """Return the places that a week ago were not there, of what Prometheus knew then; none if it knew nothing."""
    unseen = grouped(both(series, ago(series, "7d"), operator=f"unless on ({', '.join(place)})"))
    return grouped(both(unseen, ago(greatest(p.AS_OF), "7d"), operator="and on ()"))
