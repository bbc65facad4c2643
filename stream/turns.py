"""Turns: what a worker reads next, the sources or what workers told one another of them.

Who is told anew is gone through anew, a customer with all visits and an agent from where its day has changed. While the
sources are far behind, they are therefore read for a while on their own, and then all that was told meanwhile at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stream.chunks import Partition

FAR_BEHIND = 10_000
"""So many records of one partition to read: the sources are caught up with, nobody looks at the last second."""
RECORDS_A_TURN = 100_000
"""So many records of the sources are read before what was told of them is."""
MOST_S = 20.0
"""No turn lasts longer."""


class Turns:
    """Whose turn it is. The sources and what is told are read together as long as no source is far behind."""

    def __init__(self, told: Collection[str]) -> None:
        """Take the topics of what is told."""
        self._told = frozenset(told)
        self._listening = False
        self._since: float | None = None
        self._read = 0

    def choose(self, lags: Mapping[Partition, int], *, now_s: float) -> frozenset[Partition]:
        """Return which of the partitions in *lags*, each with the records it is behind, are read now."""
        told = frozenset(partition for partition in lags if partition.topic in self._told)
        sources = frozenset(lags) - told
        if not told or all(lags[partition] <= FAR_BEHIND for partition in sources):
            self._since = None
            return frozenset(lags)
        if self._since is None:
            self._begin(now_s, listening=False)
        elif now_s >= self._since + MOST_S or (self._read >= RECORDS_A_TURN and not self._listening):
            self._begin(now_s, listening=not self._listening)
        return told if self._listening else sources

    def got(self, records: int, *, now_s: float) -> None:
        """Note how many records came of what was chosen. Where nothing more was told the sources go on."""
        self._read += records
        if self._since is not None and self._listening and not records:
            self._begin(now_s, listening=False)

    def _begin(self, now_s: float, *, listening: bool) -> None:
        self._listening, self._since, self._read = listening, now_s, 0
