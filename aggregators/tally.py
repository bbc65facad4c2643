"""The tally: samples and events added up into the cells of one delta, each into every pane that holds its instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import measures, points
from aggregators.panes import ALL_TIME, FINE, STOPS_KEPT_MS, WIDTHS, Pane, bucket_of, is_bucket_kept, is_kept

if TYPE_CHECKING:
    from aggregators.definitions import Definitions
    from aggregators.delta import Delta, Entry
    from aggregators.samples import Labels, Sample

    Cells = dict[int, int]


NO_BUCKET: Final = -1
"""Of a sample that is in no index of stops."""


class _Stretch:
    """What the samples of one fine pane have in common: the panes that hold it, and its bucket of stops, if kept."""

    __slots__ = ("bucket", "cells", "panes")

    def __init__(self, panes: list[dict[Labels, Cells]], bucket: int) -> None:
        self.panes = panes
        self.bucket = bucket
        self.cells: dict[Labels, list[Cells]] = {}


class Tally:
    """Adds to the cells and to the single stops of *delta*."""

    def __init__(self, delta: Delta, definitions: Definitions) -> None:
        self.delta = delta
        self._definitions = definitions
        self._stretches: dict[int, _Stretch] = {}

    def add_events(self, labels: Labels, before: Cells, after: Cells) -> None:
        """Count the events of one label set in *after* (measure → number) and no longer those in *before*."""
        cells = _of(self._groups(ALL_TIME), labels)
        for measure, number in after.items():
            by = number - before.get(measure, 0)
            if by:
                cells[measure] = cells.get(measure, 0) + by
        for measure, number in before.items():
            if measure not in after:
                cells[measure] = cells.get(measure, 0) - number

    def add_single(self, entry: Entry, by: int, number: int, *, watermark: int) -> None:
        """Count a sample as `add` does, and note that it stands *number* times in the index of stops."""
        sample: Sample = entry[2]  # type: ignore[assignment]  # timers and what days come to are samples
        bucket = self.add(sample, by, watermark=watermark)
        if bucket != NO_BUCKET:
            self.delta.stops[bucket][entry] = number

    def add(self, sample: Sample, by: int, *, watermark: int) -> int:
        """Count a sample *by* times more. Panes that *watermark* has passed for good are left out.

        Returns its bucket in the index of stops, NO_BUCKET where it is in none.
        """
        at, labels = sample[1], sample[2]
        stretch = self._stretches.get(at // FINE.ms)
        if stretch is None:
            stretch = self._stretches[at // FINE.ms] = self._stretch(at, watermark)
        rows = stretch.cells.get(labels)
        if rows is None:
            rows = stretch.cells[labels] = [_of(pane, labels) for pane in stretch.panes]
        amounts = measures.ROLLING[sample[0]](sample, self._definitions)
        for cells in rows:
            for measure, amount in amounts:
                cells[measure] = cells.get(measure, 0) + amount * by
        if sample[0] in measures.TOTALLED and not labels[3]:
            cells = _of(self._groups(ALL_TIME), labels)
            for measure, amount in measures.all_time(sample, self._definitions):
                cells[measure] = cells.get(measure, 0) + amount * by
        return NO_BUCKET if sample[0] in points.NO_STOPS else stretch.bucket

    def _stretch(self, at: int, watermark: int) -> _Stretch:
        panes = [Pane(width.ms, at - at % width.ms) for width in WIDTHS]
        bucket = bucket_of(at)
        kept = is_bucket_kept(bucket, watermark, kept_ms=STOPS_KEPT_MS)
        return _Stretch(
            [self._groups(pane) for pane in panes if is_kept(pane, watermark)],
            bucket if kept else NO_BUCKET,
        )

    def _groups(self, pane: Pane) -> dict[Labels, Cells]:
        groups = self.delta.cells.get(pane)
        if groups is None:
            groups = self.delta.cells[pane] = {}
        return groups


def _of(groups: dict[Labels, Cells], labels: Labels) -> Cells:
    cells = groups.get(labels)
    if cells is None:
        cells = groups[labels] = {}
    return cells
