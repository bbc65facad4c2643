"""Windows: which panes a rolling window is put together from, at an instant.

    15-minute panes      |=======|=======|=======|
    10-second panes                              |--|--|--|
    window               [from . . . . . . . . . . . . . . to)
                                                           as_of stands in the last pane

The last pane is the one that holds as_of - 1 ms, so a new answer shows at once; at multiples of 10 s a window is
exactly [as_of - W, as_of).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import FINE, HOUR, QUARTER
from aggregators.zones import instant_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from aggregators.definitions import Definitions

_FIXED_MS = {"5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS, "1h": HOUR_MS}
WINDOWS = ("5m", "30m", "1h", "today", "7d")
SHIFT = "shift"
"""The window there is beside WINDOWS, where the definitions have shifts."""
MONTH = "30d"
"""30 days, of hours instead of 15-minute panes: what `month` adds up."""
IDENTITY_WINDOWS = ("5m", "30m", "1h")
"""The identity is checked for these: intervals are kept as long as 10-second panes."""
_WEEK_MS = 7 * DAY_MS
_MONTH_MS = 30 * DAY_MS


class Span(NamedTuple):
    """The panes of a window: 15-minute ones in [start, middle), 10-second ones in [middle, end)."""

    start: int
    middle: int
    end: int


class Local(NamedTuple):
    """What is local of a tenant: its zone, and the minutes of its day at which shifts begin."""

    zone: tzinfo
    shifts: tuple[int, ...] = ()


UTC = Local(timezone.utc)  # noqa: UP017 - datetime.UTC is the same under a name that is taken here
EVERYBODY = ""
"""Stands for the tenants of which nothing is said."""
_NOTHING = Span(0, 0, 0)


def locals_of(definitions: Definitions, zone: tzinfo) -> dict[str, Local]:
    """Return by tenant what is local of those that have a zone or shifts of their own, and of EVERYBODY.

    *zone* is that of tenants without their own.
    """
    named = {EVERYBODY, *definitions.zones, *(shift.tenant for shift in definitions.shifts)}
    found = {}
    for tenant in sorted(named):
        own = definitions.zones.get(tenant)
        begins = {shift.begins for shift in definitions.shifts_of(tenant)}
        found[tenant] = Local(zone if own is None else own.info, tuple(sorted(begins)))
    return found


def span(window: str, as_of: int, local: Local = UTC) -> Span:
    """Return the panes of *window* at *as_of* (epoch ms). *today* begins at the midnight of *local*.

    *shift* begins where a shift last began, whether or not it has ended since; without shifts nothing is in it.
    """
    end = as_of + (-as_of) % FINE.ms
    if window in _FIXED_MS:
        start = as_of - _FIXED_MS[window]
        start -= start % FINE.ms
        return Span(start, start, end)
    if window == SHIFT and not local.shifts:
        return _NOTHING
    if window == MONTH:
        start = as_of - _MONTH_MS
        return Span(start - start % HOUR.ms, as_of - as_of % HOUR.ms, end)
    middle = as_of - as_of % QUARTER.ms
    if window == SHIFT:
        start = shift_begin(as_of - 1, local)
    else:
        start = midnight(as_of - 1, local.zone) if window == "today" else as_of - _WEEK_MS
    start -= start % QUARTER.ms
    return Span(start, max(start, middle), end)


def shift_begin(instant: int, local: Local) -> int:
    """Return the last instant at or before *instant* at which a shift of *local*, which has one, began, in epoch ms."""
    today = datetime.fromtimestamp(instant // SECOND_MS, local.zone).toordinal()
    begins = [instant_of(local.zone, day, minute) for day in (today - 1, today) for minute in local.shifts]
    return max(each for each in begins if each <= instant)


def midnight(instant: int, zone: tzinfo) -> int:
    """Return the last local midnight in *zone* at or before *instant*, in epoch ms.

    Where a day begins without a midnight (the clock goes forward at 24:00), its first instant is taken.
    """
    local = datetime.fromtimestamp(instant // SECOND_MS, zone)
    day = datetime(local.year, local.month, local.day, tzinfo=zone)
    start = int(day.timestamp()) * SECOND_MS
    if start > instant:  # the hour was repeated across midnight; the day began a day earlier
        start = int((day - timedelta(days=1)).timestamp()) * SECOND_MS
    return start
