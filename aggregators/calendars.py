"""Business hours: how much opening time lies between two instants, by the calendar that was in force at the time.

Openings are local times of one zone. Their ends become instants by `zones.instant_of`, so a day on which the clocks
go forward has 23 hours and one on which they go back 25:

    Europe/Berlin, 25 October 2026, open 01:00-04:00     01:00   02:00   02:00   03:00   04:00
                                                           |=======|=======|=======|=======|    4 h
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.instants import DAY_MS, MINUTE_MS
from aggregators.zones import DAY_MINUTES, EPOCH, LAST_DAY, Zone, instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Openings = tuple[tuple[int, int], ...]
"""Half-open spans of a local day in minutes, in order, apart from each other; 1,440 is 24:00."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_MS: Final = 3_650 * DAY_MS
"""Ten years: the longest that facts are kept, and how far `after_business` looks for opening time."""
_NO_BEGINNING: Final = -(1 << 60)
_NO_END: Final = 1 << 60
_CACHED_DAYS: Final = 65_536


class _Day(NamedTuple):
    """A local day as instants, [start, end), with its openings and how long they are together."""

    start: int
    end: int
    openings: tuple[tuple[int, int], ...]
    open_ms: int


class Calendar:
    """Opening hours of a week in one zone, and of days that differ. Equal and hashed by what is open when."""

    def __init__(self, zone: Zone, *, week: Mapping[int, Openings], days: Mapping[int, Openings] | None = None) -> None:
        """Take openings by weekday (0 is Monday; a missing one is closed), and by ordinal of a date.

        Raises ValueError for openings that overlap or are none.
        """
        self.zone = zone
        self.week: tuple[Openings, ...] = tuple(joined(week.get(weekday, ())) for weekday in range(len(WEEKDAYS)))
        other = {ordinal: joined(openings) for ordinal, openings in (days or {}).items()}
        self.days: dict[int, Openings] = {
            ordinal: openings for ordinal, openings in sorted(other.items()) if openings != self.week[_weekday(ordinal)]
        }
        self.content = (zone.rules, self.week, tuple(self.days.items()))
        """All that decides what is open when."""
        self._hash = hash(self.content)
        self._last_special = max(self.days, default=0)
        self._cache: dict[int, _Day] = {}
        self._midnight_ms = instant_of(zone.info, EPOCH, 0)

    def __eq__(self, other: object) -> bool:
        """Two calendars are equal if the same is open at every instant, as far as their content says."""
        return isinstance(other, Calendar) and self.content == other.content

    def __hash__(self) -> int:
        """Equal calendars have the same, computed once."""
        return self._hash

    def open_ms(self, start: int, end: int) -> int:
        """Return how much of [*start*, *end*) is opening time, in ms."""
        total = 0
        ordinal = self._ordinal_at(start)
        while True:
            day = self._day(ordinal)
            if start <= day.start and day.end <= end:
                total += day.open_ms
            else:
                for opened, closed in day.openings:
                    low, high = max(opened, start), min(closed, end)
                    if low < high:
                        total += high - low
            if day.end >= end:
                return total
            ordinal += 1

    def after(self, start: int, ms: int, *, until: int) -> int | None:
        """Return the first instant at which *ms* (above 0) have been open since *start*; None if not by *until*."""
        left = ms
        ordinal = self._ordinal_at(start)
        while True:
            day = self._day(ordinal)
            for opened, closed in day.openings:
                low, high = max(opened, start), min(closed, until)
                if low < high:
                    if left <= high - low:
                        return low + left
                    left -= high - low
            if day.end >= until or (ordinal > self._last_special and not any(self.week)):
                return None
            ordinal += 1

    def _ordinal_at(self, instant: int) -> int:
        """Return the local day that holds *instant*."""
        ordinal = min(EPOCH + (instant - self._midnight_ms) // DAY_MS, LAST_DAY + 1)
        while self._day(ordinal).end <= instant:
            ordinal += 1
        while self._day(ordinal).start > instant:
            ordinal -= 1
        return ordinal

    def _day(self, ordinal: int) -> _Day:
        day = self._cache.get(ordinal)
        if day is None:
            if len(self._cache) >= _CACHED_DAYS:
                self._cache.clear()
            day = self._cache[ordinal] = self._made(ordinal)
        return day

    def _made(self, ordinal: int) -> _Day:
        info = self.zone.info
        if ordinal > LAST_DAY:  # closed for ever, for no date is left to say when it opens
            return _Day(instant_of(info, LAST_DAY + 1, 0), _NO_END, (), 0)
        before, after = self._cache.get(ordinal - 1), self._cache.get(ordinal + 1)
        start = instant_of(info, ordinal, 0) if before is None else before.end
        end = instant_of(info, ordinal, DAY_MINUTES) if after is None else after.start
        minutes = self.days.get(ordinal, self.week[_weekday(ordinal)])
        if end - start == DAY_MS:  # the clocks run through, as on nearly every day
            spans = [(start + opens * MINUTE_MS, start + closes * MINUTE_MS) for opens, closes in minutes]
        else:
            spans = [(instant_of(info, ordinal, opens), instant_of(info, ordinal, closes)) for opens, closes in minutes]
        # An opening that the clocks jump over as a whole is none.
        openings = tuple((opened, closed) for opened, closed in spans if opened < closed)
        return _Day(start, end, openings, sum(closed - opened for opened, closed in openings))


class Version(NamedTuple):
    """A calendar, in force from *since* (epoch ms, None: always) until the next one of its schedule."""

    since: int | None
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Schedule:
    """The versions of a calendar in the order in which they came into force. Before the first, none was in force."""

    name: str
    versions: tuple[Version, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for versions out of order."""
        begun = [_begin(version) for version in self.versions]
        if any(before >= after for before, after in pairwise(begun)):
            message = "a version does not come into force after the one before it"
            raise ValueError(message)

    @property
    def content(self) -> tuple[object, ...]:
        """All that decides what is open when, without the name."""
        return tuple((version.since, version.calendar.content) for version in self.versions)

    def version_at(self, instant: int) -> int:
        """Return the number of the version in force at *instant*, from 1; 0 before the first."""
        return sum(1 for version in self.versions if _begin(version) <= instant)


def business_ms(schedule: Schedule | None, start: int, end: int) -> int:
    """Return how much opening time lies in [*start*, *end*), in ms; 0 where *end* is not after *start*.

    Each instant is judged by the version in force then. Where none is, and without a schedule, all time counts.
    """
    if end <= start:
        return 0
    if schedule is None:
        return end - start
    total, done = 0, start
    calendar: Calendar | None = None
    for version in schedule.versions:
        begin = min(max(_begin(version), done), end)
        total += _open_ms(calendar, done, begin)
        done, calendar = begin, version.calendar
    return total + _open_ms(calendar, done, end)


def after_business(schedule: Schedule | None, start: int, ms: int) -> int | None:
    """Return the first instant at which *ms* of opening time have passed since *start*; *start* where *ms* ≤ 0.

    What is due after eight hours of a day that is open for eight is due at its closing. None if that is never, or not
    within LONGEST_MS of *start* under a calendar.
    """
    if ms <= 0:
        return start
    if schedule is None:
        return start + ms
    left, done = ms, start
    calendar: Calendar | None = None
    for version in schedule.versions:
        begin = max(_begin(version), done)
        at = _after(calendar, done, left, until=begin)
        if at is not None:
            return at
        left -= _open_ms(calendar, done, begin)
        done, calendar = begin, version.calendar
    return _after(calendar, done, left, until=_NO_END if calendar is None else start + LONGEST_MS)


def is_open(schedule: Schedule | None, instant: int) -> bool:
    """Tell whether *instant* is opening time."""
    return business_ms(schedule, instant, instant + 1) == 1


def next_opening(schedule: Schedule | None, instant: int) -> int | None:
    """Return the first instant from *instant* on that is opening time; None as in `after_business`."""
    passed = after_business(schedule, instant, 1)
    return None if passed is None else passed - 1


def joined(openings: Iterable[tuple[int, int]]) -> Openings:
    """Return *openings* in order, those that touch made one. ValueError if one is none or two overlap."""
    result: list[tuple[int, int]] = []
    for opens, closes in sorted(openings):
        if not 0 <= opens < closes <= DAY_MINUTES:
            message = f"{opens} to {closes} is no span of the minutes of a day"
            raise ValueError(message)
        if result and opens < result[-1][1]:
            message = "two openings of a day overlap"
            raise ValueError(message)
        if result and opens == result[-1][1]:
            result[-1] = (result[-1][0], closes)
        else:
            result.append((opens, closes))
    return tuple(result)


def _begin(version: Version) -> int:
    return _NO_BEGINNING if version.since is None else version.since


def _open_ms(calendar: Calendar | None, start: int, end: int) -> int:
    if start >= end:
        return 0
    return end - start if calendar is None else calendar.open_ms(start, end)


def _after(calendar: Calendar | None, start: int, ms: int, *, until: int) -> int | None:
    if start >= until:
        return None
    if calendar is None:
        return start + ms if ms <= until - start else None
    return calendar.after(start, ms, until=until)


def _weekday(ordinal: int) -> int:
    """Return the weekday of a date's ordinal, 0 for Monday."""
    return (ordinal + 6) % 7
