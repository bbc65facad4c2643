"""The patience for the staffing what-if (M30) from events in files: by Kaplan and Meier, as the board has it (M4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators import measures as m
from aggregators.kaplan_meier import curve, mean_s
from aggregators.panes import QUARTER
from stream.batch import read_events
from stream.errors import UsageError
from stream.offline import Offline
from stream.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from aggregators.samples import Labels
    from aggregators.tables import Tables


def patience_s(files: Sequence[Path], *, channel: str | None = None, queue: str | None = None) -> float:
    """Return the mean patience in s of all legs in *files*, or of those of a channel and a queue.

    Of more than eight days those before the last eight are left out. UsageError where nobody there gave up.
    """
    offline = Offline(load())
    offline.apply(read_events("staffing", files, offline.definitions))
    gone, answered = (
        _bins(offline.tables, family, channel=channel, queue=queue) for family in (m.ABANDON_WAIT_BIN, m.WAIT_BIN)
    )
    found = mean_s(curve(gone, answered))
    if not found:
        where = [f"{kind} {name}" for kind, name in (("channel", channel), ("queue", queue)) if name is not None]
        message = f"--patience-from: nobody gave up waiting in {' and '.join(where) or 'any queue'}"
        raise UsageError(message)
    return found


def _bins(tables: Tables, family: int, *, channel: str | None, queue: str | None) -> dict[int, int]:
    def is_asked_for(labels: Labels) -> bool:
        return not labels.part and channel in {None, labels.channel} and queue in {None, labels.queue}

    found: dict[int, int] = {}
    cells: Iterable[dict[int, int]] = (
        amounts
        for pane, groups in tables.cells.items()
        if pane.width == QUARTER.ms
        for labels, amounts in groups.items()
        if is_asked_for(labels)
    )
    for amounts in cells:
        for measure, number in amounts.items():
            if family <= measure < family + m.FAMILY:
                found[measure - family] = found.get(measure - family, 0) + number
    return found
