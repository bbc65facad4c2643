"""Delays of events on their way here: from when they happened to when they counted, and by which clock."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from aggregators.engine import MAX_SOURCES
from aggregators.events import Event
from aggregators.instants import DAY_MS, MINUTE_MS
from aggregators.pipeline_metrics import EVENT_LAG_BOUNDS_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from aggregators.delta import Delta

LAG: Final = "lag:"
"""How the counts of the histogram begin: `lag:0` is its first bucket, one behind the last bound its last."""
LAG_SUM: Final = "lag_ms"
_BOUNDS_MS: Final = [round(1000 * bound) for bound in EVENT_LAG_BOUNDS_S]
REMEMBERED_MS: Final = 5 * MINUTE_MS
OLD_MS: Final = 2 * REMEMBERED_MS
"""What a worker said of clocks so long ago says nothing any more."""


def count_lags(incoming: Iterable[tuple[int, Any]], delta: Delta, *, now: int) -> None:
    """Count in *delta* how long ago the events that it applies happened, at *now* (epoch ms). Below 0 is 0."""
    refused = {index for index, _ in delta.rejected}
    lags = sorted(
        now - content.at
        for index, (_, content) in enumerate(incoming)
        if type(content) is Event and index not in refused
    )
    if not lags:
        return
    below = 0
    for bucket, bound in enumerate((*_BOUNDS_MS, lags[-1])):
        upto = max(below, bisect_right(lags, bound))
        if upto > below:
            delta.counts[f"{LAG}{bucket}"] += upto - below
        below = upto
    delta.counts[LAG_SUM] += sum(lag for lag in lags if lag > 0)


class SourceClocks:
    """How far the clock of each source is ahead of Kafka's, at least, by the quickest event of the last minutes.

    An event is on its way for some time, so its stamp is as far ahead of its record's as its clock is, or less.
    """

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self._since = 0

    def see(self, incoming: Iterable[tuple[int, Any]], *, now: int) -> None:
        """Take in records: (timestamp in epoch ms, what it decoded to). *now* is the wall clock."""
        self._forget(now)
        latest = self._latest
        for timestamp, content in incoming:
            if type(content) is Event and content.source is not None:
                ahead = content.at - timestamp
                known = latest.get(content.source)
                if (known is None and len(latest) < MAX_SOURCES) or (known is not None and ahead > known):
                    latest[content.source] = ahead

    def ahead_ms(self, *, now: int) -> dict[str, int]:
        """Return by how many ms each source is ahead; below 0: behind, or nothing of it came sooner.

        A source of which even the quickest event took more than a day is not there: it tells of old days.
        """
        self._forget(now)
        return merged([self._before, self._latest])

    def _forget(self, now: int) -> None:
        age = now - self._since
        if not 0 <= age < REMEMBERED_MS:
            self._before = self._latest if 0 <= age < 2 * REMEMBERED_MS else {}
            self._latest, self._since = {}, now


def merged(clocks: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the most that any of *clocks* says of each source."""
    found: dict[str, int] = {}
    for each in clocks:
        for source, ahead in each.items():
            if ahead > -DAY_MS:
                found[source] = max(ahead, found.get(source, ahead))
    return found
