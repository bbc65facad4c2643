"""The rows of a snapshot by metric, so that an answer goes through those it is about and no others."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING

from aggregators.metric import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from aggregators.board import Row
    from aggregators.metric import Metric
    from aggregators.rolling import Group, Level
    from stream.snapshot import Snapshot


class Index:
    """The rows of one snapshot, in the order of the snapshot for each metric at each level."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[tuple[Metric, Level], list[Row]] = defaultdict(list)
        groups: dict[int, Group] = {}
        for row in rows:
            group = row.group
            self._rows[row.metric, group.level].append(row)
            groups[id(group)] = group  # rows of a group share it, and tuples hash slowly
        self._groups = frozenset(groups.values())

    def of(self, metric: Metric, level: Level) -> Sequence[Row]:
        """Return the rows of *metric* at *level*."""
        return self._rows.get((metric, level), ())

    @property
    def groups(self) -> Collection[Group]:
        """Return every label set that has a row."""
        return self._groups

    def known(self, label: str, *, sees: Callable[[str], bool], among: Mapping[str, Collection[str]]) -> set[str]:
        """Return the values that a label of places has, in tenants that are seen and places that are *among* these."""
        found = set()
        for level, values in self._groups:
            names = LABELS[level]
            if label in names and sees(values[0]):
                place = dict(zip(names, values, strict=True))
                if all(place[name] in those for name, those in among.items() if name in place and name != label):
                    found.add(place[label])
        return found


class Indexes:
    """The index of the latest snapshot that somebody asked about, made once. May be called on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: Sequence[Row] = ()
        self._index = Index(())

    def of(self, snapshot: Snapshot) -> Index:
        """Return the index of *snapshot*. Whoever asks about one that is being made waits until it is."""
        with self._lock:
            # While Redis is away snapshots differ in what they say of that, and share their rows.
            if snapshot.rows is not self._rows:
                self._rows, self._index = snapshot.rows, Index(snapshot.rows)
            return self._index
