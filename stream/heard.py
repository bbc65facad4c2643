"""Whether all that was told has been heard: what the event clock waits for beside the sources themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.chunks import Partition


class Telling(NamedTuple):
    """One partition of what is told: the offset behind the last row told there, and the one that is counted up to."""

    told: int
    counted: int


class HeardAll:
    """The instant of the sources, held back until what they had told by then is counted where it was told.

    Sources go on while that is read, so it waits for what was told when it began to wait, not for what is told now.
    """

    def __init__(self) -> None:
        self._shown: int | None = None
        self._next: tuple[int, dict[Partition, int]] | None = None

    def as_of(self, reached: int | None, telling: Mapping[Partition, Telling]) -> int | None:
        """Return the instant that may be shown, None before there is one; *reached* is where the sources are.

        Call it each time they are read.
        """
        if reached is None or (self._shown is not None and reached < self._shown):
            self._shown, self._next = None, None
        if reached is None:
            return None
        if self._next is not None and _is_counted(self._next[1], telling):
            self._shown, self._next = self._next[0], None
        if self._next is None:
            awaited = {partition: each.told for partition, each in telling.items()}
            if _is_counted(awaited, telling):
                self._shown = reached
            else:
                self._next = (reached, awaited)
        return self._shown


def _is_counted(awaited: Mapping[Partition, int], telling: Mapping[Partition, Telling]) -> bool:
    return all(partition in telling and telling[partition].counted >= told for partition, told in awaited.items())
