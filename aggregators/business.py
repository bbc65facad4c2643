"""Business time beside elapsed time: what opening hours leave of a duration, and until when something is due.

A duration is stored as it elapsed. Where a calendar holds and leaves less of it, a correction is stored beside it: what
has to be added to sum and sketch of the elapsed ones to have those of business time. So business time costs nothing
where there is no calendar, and is elapsed time there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.calendars import after_business, business_ms
from aggregators.sketch import bin_of

if TYPE_CHECKING:
    from aggregators.calendars import Schedule
    from aggregators.definitions import Definitions
    from aggregators.points import PointKind
    from aggregators.samples import Labels


def hours_of(definitions: Definitions, labels: Labels) -> Schedule | None:
    """Return the business hours that hold at *labels*, None if all time counts."""
    return definitions.calendar_of(labels[0], labels[1], labels[2]) if definitions.calendars else None


def due_at(hours: Schedule | None, start: int, target_ms: int) -> int | None:
    """Return the instant up to which *target_ms* since *start* is kept; None if it is for ever."""
    return start + target_ms if hours is None else after_business(hours, start, target_ms)


def response_due(definitions: Definitions, labels: Labels, hours: Schedule | None, start: int) -> int | None:
    """Return the instant up to which a first response to what came at *start* is in time; None if it is for ever.

    That is its target, but not longer than the limits: one on the clock of the target, one whatever the clock.
    """
    target_ms = definitions.response_target(labels[1], labels[2], start=start)
    limit_ms = definitions.response_limit_ms
    if 0 <= limit_ms < target_ms:
        target_ms = limit_ms
    due = due_at(hours, start, target_ms)
    elapsed_ms = definitions.response_elapsed_limit_ms
    if elapsed_ms >= 0 and (due is None or start + elapsed_ms < due):
        return start + elapsed_ms
    return due


def correction(kind: PointKind, hours: Schedule | None, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return what to add to the elapsed measures of a duration for those of business time, as measures of *kind*."""
    if hours is None:
        return ()
    return corrected(kind, end - start, business_ms(hours, start, end))


def corrected(kind: PointKind, elapsed_ms: int, open_ms: int) -> tuple[tuple[int, int], ...]:
    """Return the correction that leaves *open_ms* of *elapsed_ms*."""
    if elapsed_ms == open_ms:
        return ()
    old, new = bin_of(elapsed_ms), bin_of(open_ms)
    less = (kind.total, open_ms - elapsed_ms)
    return (less,) if old == new else (less, (kind.bins + old, -1), (kind.bins + new, 1))
