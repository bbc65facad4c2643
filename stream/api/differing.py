"""What changed from one snapshot to the next, and a bounded memory of that."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.api.indexed import Index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.board import Row
    from stream.api.selecting import Chosen
    from stream.snapshot import Snapshot

REMEMBERED: Final = 120
"""So many versions are remembered at most: two minutes of them."""
REMEMBERED_ROWS: Final = 200_000
"""So many rows they have at most together."""


class Change(NamedTuple):
    """Rows that are new or have another value, and rows that are gone."""

    rows: list[Row]
    gone: list[Row]


@dataclass(frozen=True, slots=True)
class Version:
    """A snapshot by the number that its change has for those who follow; what changed is empty of the first."""

    number: int
    snapshot: Snapshot
    changed: Index
    gone: Index
    size: int = 0


def difference(old: Sequence[Row], new: Sequence[Row]) -> Change:
    """Return what changed from *old* rows to *new* ones.

    Rows of what did not change are the same objects in both: of a hundred thousand only few are compared.
    """
    before, after = set(map(id, old)), set(map(id, new))
    left = {row[:4]: row for row in old if id(row) not in after}
    rows = []
    for row in new:
        if id(row) not in before:
            was = left.pop(row[:4], None)
            if was is None or was.value != row.value:
                rows.append(row)
    return Change(rows, [*left.values()])


def following(before: Version, snapshot: Snapshot) -> Version:
    """Return the version after *before*, which shows *snapshot*."""
    rows, gone = difference(before.snapshot.rows, snapshot.rows)
    return Version(before.number + 1, snapshot, Index(rows), Index(gone), len(rows) + len(gone))


class Ring:
    """The last versions, oldest first: at most so many, and at most so many rows of them."""

    def __init__(self, *, versions: int = REMEMBERED, rows: int = REMEMBERED_ROWS) -> None:
        self._versions: deque[Version] = deque()
        self._most, self._most_rows = versions, rows
        self._rows = 0

    def add(self, version: Version) -> None:
        """Remember *version*, and forget the oldest ones that are too many."""
        self._versions.append(version)
        self._rows += version.size
        while self._versions and (len(self._versions) > self._most or self._rows > self._most_rows):
            self._rows -= self._versions.popleft().size

    def clear(self) -> None:
        """Forget everything."""
        self._versions.clear()
        self._rows = 0

    def since(self, number: int) -> list[Version] | None:
        """Return the versions after *number*, or None if some of them are forgotten or *number* is of no version."""
        if not self._versions or not self._versions[0].number - 1 <= number <= self._versions[-1].number:
            return None
        return [each for each in self._versions if each.number > number]


def together(versions: Sequence[Version], chosen: Chosen) -> Change:
    """Return what changed over *versions* of what is chosen: of each value the last that was said."""
    rows: dict[tuple[object, ...], Row] = {}
    gone: dict[tuple[object, ...], Row] = {}
    for version in versions:
        for row in chosen.rows(version.gone):
            rows.pop(row[:4], None)
            gone[row[:4]] = row
        for row in chosen.rows(version.changed):
            gone.pop(row[:4], None)
            rows[row[:4]] = row
    return Change([*rows.values()], [*gone.values()])
