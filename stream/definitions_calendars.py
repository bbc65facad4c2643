"""The part of the file of definitions about business hours: calendars, their versions, and where they hold."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aggregators.calendars import Calendar, Openings, Schedule, Version
from stream import definitions_values as values
from stream.toml_table import Table, Wrong, converted, dotted

if TYPE_CHECKING:
    from stream.toml_lines import KeyPath

ALWAYS = "always"
"""Instead of the name of a calendar: all time counts."""


def calendars_from(calendars: Table, applied: list[Table]) -> dict[tuple[str, str, str], Schedule | None]:
    """Return which calendar holds for each (tenant, channel, queue) that *applied* names; "" is any."""
    known: dict[str, Schedule | None] = {ALWAYS: None}
    for name in calendars.names():
        if name == ALWAYS:
            raise Wrong((*calendars.path, name), "stands for no calendar and is no name for one (try office)")
        known[name] = _schedule(name, calendars.tables(name), (*calendars.path, name))
    found: dict[tuple[str, str, str], Schedule | None] = {}
    used = set()
    for table in applied:
        name = table.take("calendar", values.name)
        tenant, channel, queue = (table.optional(key, values.name, "") for key in ("tenant", "channel", "queue"))
        where = tenant, channel, queue
        table.done()
        if name not in known:
            raise Wrong((*table.path, "calendar"), f"there is no calendar {name!r} (try {', '.join(sorted(known))})")
        if where in found:
            raise Wrong(table.path, "says again what one above says: tenant, channel and queue are the same")
        found[where] = known[name]
        used.add(name)
    for name in sorted(known.keys() - used - {ALWAYS}):
        raise Wrong((*calendars.path, name), f'is used nowhere (try [[business_hours]] with calendar = "{name}")')
    return found


def _schedule(name: str, tables: list[Table], path: KeyPath) -> Schedule:
    versions: list[Version] = []
    for table in tables:
        zone = table.take("zone", values.zone)
        since = table.take("from", partial(values.instant, zone=zone)) if versions or table.has("from") else None
        before = versions[-1].since if versions else None
        if since is not None and before is not None and since <= before:
            raise Wrong((*table.path, "from"), "has to be later than that of the version above")
        versions.append(Version(since, Calendar(zone, week=_week(table.table("week")), days=_days(table))))
        table.done()
    if not versions:
        raise Wrong(path, f"has no version (try [{dotted(path)}])")
    return Schedule(name, tuple(versions))


def _week(table: Table) -> dict[int, Openings]:
    week: dict[int, Openings] = {}
    for key in table.names():
        days = converted(values.weekdays, key, (*table.path, key))
        openings = table.take(key, values.hours)
        if week.keys() & set(days):
            raise Wrong((*table.path, key), "has a day that stands above already")
        week |= dict.fromkeys(days, openings)
    return week


def _days(table: Table) -> dict[int, Openings]:
    none: tuple[int, ...] = ()
    days: dict[int, Openings] = dict.fromkeys(table.optional("holidays", _dates, none), ())
    special = table.table("special")
    for key in special.names():
        day = converted(values.day, key, (*special.path, key))
        if day in days:
            raise Wrong((*special.path, key), "is a date that stands above already, or among the holidays")
        days[day] = special.take(key, values.hours)
    return days


def _dates(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        message = f"{values.shown(value)} is not a list of dates (try [2026-12-25])"
        raise ValueError(message)  # noqa: TRY004 - whoever wrote the file is told
    return tuple(values.day(each) for each in value)
