"""Business hours against a count minute by minute, written from the definition alone.

What is open is said as a file of definitions would say it; the count below knows nothing else of the product.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.calendars import after_business, business_ms
from stream.definitions_file import definitions_from

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = 60_000
DAYS = 15
"""So many days from the beginning of a stretch are known, the change of the clocks among them."""
STRETCHES = {
    "Europe/Berlin": (datetime(2026, 3, 22, tzinfo=UTC), datetime(2026, 10, 18, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
}
"""A week before the clocks go forward and before they go back, in both zones."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(NamedTuple):
    """A version of a calendar: openings in minutes of the local day, by weekday and by date."""

    week: dict[int, list[tuple[int, int]]]
    special: dict[date, list[tuple[int, int]]]


def clock(minute: int) -> str:
    """Return a minute of the day as it is written."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def written(openings: Sequence[tuple[int, int]]) -> str:
    """Return the openings of a day as they are written."""
    return ", ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in openings) or "closed"


def file_of(zone: str, versions: Sequence[tuple[int | None, Hours]]) -> str:
    """Return the file of definitions with these versions, each from an instant on (None: always)."""
    lines = []
    for since, hours in versions:
        lines += ["[[calendars.office]]", f'zone = "{zone}"']
        if since is not None:
            lines.append(f"from = {datetime.fromtimestamp(since // 1000, UTC).isoformat()}")
        week = ", ".join(f'{WEEKDAYS[day]} = "{written(openings)}"' for day, openings in hours.week.items())
        special = ", ".join(f'{day} = "{written(openings)}"' for day, openings in hours.special.items())
        lines += [f"week = {{ {week} }}", f"special = {{ {special} }}"]
    return "\n".join([*lines, "[[business_hours]]", 'calendar = "office"', ""])


@cache
def wall_clock(zone: str, begin: datetime) -> list[datetime]:
    """Return the furthest that the clock on the wall has come, at each minute of a stretch and a day around it."""
    info = ZoneInfo(zone)
    instants = [begin + timedelta(minutes=minute) for minute in range(-24 * 60, (DAYS + 1) * 24 * 60)]
    return list(accumulate((each.astimezone(info).replace(tzinfo=None) for each in instants), max))


def open_minutes(zone: str, begin: datetime, hours: Hours) -> list[bool]:
    """Return of each minute of a stretch whether it is open.

    An opening of a local day lasts from the first minute at which the clock shows its beginning, or has jumped over it,
    to the first at which it shows its end, or has jumped over it.
    """
    shown = wall_clock(zone, begin)
    found = [False] * len(shown)
    day = shown[0].date()
    while day <= shown[-1].date():
        for opens, closes in hours.special.get(day, hours.week.get(day.weekday(), [])):
            midnight = datetime.combine(day, datetime.min.time())
            first = bisect_left(shown, midnight + timedelta(minutes=opens))
            end = bisect_left(shown, midnight + timedelta(minutes=closes))
            for minute in range(first, min(end, len(found))):
                found[minute] = True
        day += timedelta(days=1)
    return found[24 * 60 : -24 * 60]


def flags(zone: str, begin: datetime, versions: Sequence[tuple[int | None, Hours]]) -> list[bool]:
    """Return of each minute of a stretch whether it is open by the version in force then; before the first it is."""
    first = int(begin.timestamp()) * 1000
    found = [True] * (DAYS * 24 * 60)
    for since, hours in versions:
        by_this = open_minutes(zone, begin, hours)
        for minute in range(len(found)):
            if since is None or first + minute * MINUTE >= since:
                found[minute] = by_this[minute]
    return found


def counted(is_open: Sequence[bool], first: int, start: int, end: int) -> int:
    """Return how many ms of [start, end) lie in open minutes; the minutes begin at *first*."""
    total = 0
    for minute in range((start - first) // MINUTE, min((end - first) // MINUTE + 1, len(is_open))):
        begin = first + minute * MINUTE
        if is_open[minute]:
            total += max(0, min(end, begin + MINUTE) - max(start, begin))
    return total


def passed(is_open: Sequence[bool], first: int, start: int, ms: int) -> int | None:
    """Return the first instant at which *ms* of open minutes have passed since *start*; None if not in the stretch."""
    for minute in range((start - first) // MINUTE, len(is_open)):
        begin = max(first + minute * MINUTE, start)
        end = first + (minute + 1) * MINUTE
        if is_open[minute] and begin < end:
            if ms <= end - begin:
                return begin + ms
            ms -= end - begin
    return None


MINUTES = st.one_of(
    st.sampled_from((0, 60, 90, 119, 120, 121, 150, 180, 181, 240, 540, 1_020, 1_440)), st.integers(0, 1_440)
)
SPANS = st.lists(MINUTES, min_size=2, max_size=4, unique=True).map(
    lambda ends: [(a, b) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)]
)
PLACES = st.sampled_from([(zone, begin) for zone, begins in STRETCHES.items() for begin in begins])
WITHIN_MS = st.integers(0, DAYS * 24 * 60 * MINUTE)
BEFORE_ALL = st.integers(-2 * 24 * 60 * MINUTE, DAYS * 24 * 60 * MINUTE)


@st.composite
def hours_of(draw: st.DrawFn, begin: datetime) -> Hours:
    """A week, and up to three dates of the stretch that differ."""
    week = {day: draw(SPANS) for day in draw(st.sets(st.integers(0, 6), max_size=7))}
    offsets = draw(st.sets(st.integers(0, DAYS - 1), max_size=3))
    special = {begin.date() + timedelta(days=offset): draw(st.one_of(st.just([]), SPANS)) for offset in offsets}
    return Hours(week, special)


@settings(max_examples=80, derandomize=True, database=None, deadline=None)
@given(place=PLACES, data=st.data())
def test_business_time_is_that_of_the_minutes_one_by_one(place: tuple[str, datetime], data: st.DataObject) -> None:
    """Around the changes of the clocks in two zones, with holidays, and with a calendar that changes in between."""
    zone, begin = place
    first = int(begin.timestamp()) * 1000
    since = data.draw(st.one_of(st.none(), BEFORE_ALL.map(lambda ms: first + ms - ms % MINUTE)), label="since")
    versions: list[tuple[int | None, Hours]] = [(since, data.draw(hours_of(begin)))]
    if data.draw(st.booleans(), label="changes"):
        least = first if since is None else since + MINUTE
        later = data.draw(st.integers(1, 12 * 24 * 60), label="later")
        versions.append((least + later * MINUTE, data.draw(hours_of(begin))))
    schedule = definitions_from(file_of(zone, versions)).calendar_of("acme", "email", "billing")
    is_open = flags(zone, begin, versions)
    for _ in range(4):
        start, end = sorted((first + data.draw(WITHIN_MS), first + data.draw(WITHIN_MS)))
        assert business_ms(schedule, start, end) == counted(is_open, first, start, end)
        ms = data.draw(st.integers(1, 40 * 60 * MINUTE))
        by_minutes = passed(is_open, first, start, ms)
        if by_minutes is None:
            found = after_business(schedule, start, ms)
            assert found is None or found > first + DAYS * 24 * 60 * MINUTE
        else:
            assert after_business(schedule, start, ms) == by_minutes


@pytest.mark.parametrize(
    ("zone", "begin", "sunday", "minutes"),
    [
        ("Europe/Berlin", 0, date(2026, 3, 29), 23 * 60),
        ("Europe/Berlin", 1, date(2026, 10, 25), 25 * 60),
        ("America/New_York", 0, date(2026, 3, 8), 23 * 60),
        ("America/New_York", 1, date(2026, 11, 1), 25 * 60),
    ],
)
def test_the_count_itself_knows_the_days_of_23_and_25_hours(zone: str, begin: int, sunday: date, minutes: int) -> None:
    """The brute force is right where it is easily seen: a Sunday that is open all day."""
    is_open = open_minutes(zone, STRETCHES[zone][begin], Hours({}, {sunday: [(0, 1_440)]}))

    assert sum(is_open) == minutes
