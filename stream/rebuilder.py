"""The processor of a rebuild: it counts a generation that is not in force, and sends no dead letter a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.chunks import Partition
from stream.processor import TableProcessor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.chunks import DeadLetter, DeadLetterSink, Rewind
    from stream.settings import Settings


class Rebuilder(TableProcessor):
    """Counts a generation that is not in force. `positions` is {partition: (end of its log, offset reached)}."""

    leads = False

    def __init__(self, settings: Settings, dead_letters: DeadLetterSink) -> None:
        super().__init__(settings, dead_letters)
        self.positions: dict[Partition, tuple[int, int]] = {}
        self.reports = 0

    @property
    def trouble(self) -> str | None:
        """What Redis says that keeps it waiting, None if nothing does."""
        return self._patience.trouble

    async def report(self, positions: Mapping[Partition, tuple[int, int]]) -> list[Rewind]:
        """Report as a worker does, and remember how far it is."""
        rewinds = await super().report(positions)
        self.positions = dict(positions)
        self.reports += 1
        return rewinds


class NewLetters:
    """Sends on the letters of records that the generation in force had not counted: the others were sent by it."""

    def __init__(self, sink: DeadLetterSink, counted: Mapping[Partition, int]) -> None:
        self._sink, self._counted = sink, counted

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send those that nobody may have sent."""
        new = [each for each in letters if each.offset >= self._counted.get(Partition(each.topic, each.partition), 0)]
        if new:
            await self._sink.send(new)
