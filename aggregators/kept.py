"""Kept hours: which label sets have cells at all, told by the widest panes, which are kept longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.panes import HOUR, Pane, is_kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregators.samples import Labels


class KeptHours:
    """The hours that hold anything of a label set, in any partition. Three months of them: one number an hour."""

    def __init__(self) -> None:
        self._bits: dict[object, int] = {}
        self._hours: dict[Labels, dict[int, int]] = {}
        self._latest: dict[Labels, int] = {}
        self._earliest: dict[Labels, int] = {}
        self._forgot: int | None = None

    def put(self, partition: object, start: int, labels: Labels, *, filled: bool) -> None:
        """Say whether the hour from *start* of a partition holds anything of *labels*."""
        bit = self._bits.setdefault(partition, 1 << len(self._bits))
        hours = self._hours.setdefault(labels, {})
        partitions = hours.get(start, 0)
        partitions = partitions | bit if filled else partitions & ~bit
        if partitions:
            hours[start] = partitions
            self._latest[labels] = max(start, self._latest.get(labels, start))
            self._earliest[labels] = min(start, self._earliest.get(labels, start))
        elif hours.pop(start, None) and start in (self._latest[labels], self._earliest[labels]):
            self._relate(labels, hours)

    def labels(self, as_of: int) -> Iterator[Labels]:
        """Yield the label sets that have an hour kept at *as_of*."""
        for labels, start in self._latest.items():
            if is_kept(Pane(HOUR.ms, start), as_of):
                yield labels

    def since(self) -> dict[str, int]:
        """Return by tenant where the first hour begins that holds anything of it."""
        found: dict[str, int] = {}
        for labels, start in self._earliest.items():
            found[labels.tenant] = min(start, found.get(labels.tenant, start))
        return found

    def forget(self, as_of: int) -> None:
        """Forget the hours that are not kept any more at *as_of*: once an hour, as there are so many."""
        if as_of // HOUR.ms == self._forgot:
            return
        self._forgot = as_of // HOUR.ms
        for labels, hours in list(self._hours.items()):
            for start in [each for each in hours if not is_kept(Pane(HOUR.ms, each), as_of)]:
                del hours[start]
            self._relate(labels, hours)

    def _relate(self, labels: Labels, hours: dict[int, int]) -> None:
        if hours:
            self._latest[labels] = max(hours)
            self._earliest[labels] = min(hours)
        else:
            self._latest.pop(labels, None)
            self._earliest.pop(labels, None)
            del self._hours[labels]
