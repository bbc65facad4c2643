"""What is stored of a log, as those read it who ask about instants gone by; without Kafka and Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.hindsight import Recorded
from aggregators.panes import FINE, HOUR, is_bucket_kept, is_kept

if TYPE_CHECKING:
    from aggregators.tables import Tables
    from stream.offline import Offline


def recorded(offline: Offline, *, everything: bool = False) -> Recorded:
    """Return what is kept of what *offline* was fed: its own tables, and those of what was told. Or *everything*."""
    found = Recorded(of_hours=offline.board.of_hours)
    found.watermark = max(filter(None, (offline.tables.watermark, offline.told.watermark)), default=None)
    for name, tables in (("all", offline.tables), ("told", offline.told)):
        _record(found, name, tables, everything=everything)
    return found


def _record(found: Recorded, partition: str, tables: Tables, *, everything: bool) -> None:
    watermark = tables.watermark or 0
    for pane, groups in tables.cells.items():
        if not everything and not is_kept(pane, watermark):
            continue
        for labels, amounts in groups.items():
            if pane.width == HOUR.ms:
                filled = any(amounts.values())
                found.set_hour(partition, pane.start, labels, filled=filled, amounts=amounts)
            else:
                found.add(pane, labels, amounts)
    for bucket, entries in tables.intervals.items():
        if everything or bucket < 0 or is_bucket_kept(bucket, watermark, kept_ms=FINE.kept_ms):
            found.set_intervals(partition, bucket, entries)
    for bucket, entries in tables.due.items():
        found.set_due(partition, bucket, entries)
    found.see_labels(tables.labels)
