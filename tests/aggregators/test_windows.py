"""Which panes a window is made of, at an instant and in a zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import FINE, QUARTER
from aggregators.windows import WINDOWS, Local, Span, midnight, span
from tests.logs import T0, after

EXAMPLES = settings(max_examples=200, derandomize=True, database=None, deadline=None)
INSTANTS = st.integers(T0 - 400 * DAY_MS, T0 + 400 * DAY_MS)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe")
BERLIN, HAVANA, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana"), ZoneInfo("America/New_York")
NUUK = ZoneInfo("America/Nuuk")


def local(text: str, zone: ZoneInfo, *, fold: int = 0) -> int:
    """Return the epoch ms of a wall clock's reading."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()) * SECOND_MS


# ------------------------------------------------------------------------------------------- fixed lengths


@pytest.mark.parametrize(("window", "length_ms"), [("5m", 5 * MINUTE_MS), ("30m", 30 * MINUTE_MS), ("1h", HOUR_MS)])
def test_at_its_step_a_window_is_exactly_its_length(window: str, length_ms: int) -> None:
    """At a multiple of 10 s.

    [as_of − W · · · · · · · · · · · · · · · as_of)
    10 s |--|--|--|--|--|--|--|--|--|--|--|--|
    """
    as_of = after("12:34:50")

    assert span(window, as_of) == Span(as_of - length_ms, as_of - length_ms, as_of)


def test_between_its_steps_a_window_holds_the_pane_it_stands_in() -> None:
    """At T0 + 12:34:53.001 it reaches back to the pane of as_of − 5 min, and forward to the end of the running pane.

    12:29:50 [|--|--|--| · · · |--|--|) 12:35:00
                as_of − 5 min        ^ as_of
    """
    assert span("5m", after("12:34:53.001")) == Span(after("12:29:50"), after("12:29:50"), after("12:35:00"))


def test_the_last_pane_is_that_of_the_millisecond_before() -> None:
    """At T0 + 10.000 s it is [0, 10 s); a millisecond later the next pane begins to count."""
    assert [span("5m", T0 + ms).end - T0 for ms in (9_999, 10_000, 10_001)] == [10_000, 10_000, 20_000]


# --------------------------------------------------------------------------------------------- long windows


def test_a_week_is_composed_of_two_widths() -> None:
    """Quarters of an hour up to the one as_of stands in, 10-second panes from there.

    15 min |=======|=======| · · · |=======|
    10 s                                   |--|--|--|
    as_of T0 + 12:34:53.001                        ^
    """
    week = span("7d", after("12:34:53.001"))

    assert week == Span(after("12:30:00") - 7 * DAY_MS, after("12:30:00"), after("12:35:00"))


def test_a_week_at_a_quarter_is_exactly_a_week() -> None:
    """At 12:30 sharp there are no 10-second panes in it.

    15 min |=======|=======| · · · |=======|
    as_of                                  ^ 12:30:00.000
    """
    as_of = after("12:30:00")

    assert span("7d", as_of) == Span(as_of - 7 * DAY_MS, as_of, as_of)


@EXAMPLES
@given(window=st.sampled_from(WINDOWS), as_of=INSTANTS, zone=st.sampled_from(ZONES))
@example(window="today", as_of=T0, zone="UTC")
@example(window="today", as_of=T0 + 1, zone="UTC")
def test_a_window_is_made_of_whole_panes(window: str, as_of: int, zone: str) -> None:
    """Quarters, then 10-second panes, aligned; the last one holds as_of − 1 ms and nothing is counted twice."""
    held = span(window, as_of, Local(ZoneInfo(zone)))

    assert held.start <= held.middle <= held.end
    assert held.start < as_of <= held.end < as_of + FINE.ms
    assert [held.end % FINE.ms, held.middle % FINE.ms] == [0, 0]
    assert held.middle == held.start or (held.start % QUARTER.ms, held.middle % QUARTER.ms) == (0, 0)
    assert held.end - held.middle <= max(QUARTER.ms, HOUR_MS + FINE.ms)


@EXAMPLES
@given(
    window=st.sampled_from(WINDOWS), as_of=INSTANTS, later_ms=st.integers(0, 3 * DAY_MS), zone=st.sampled_from(ZONES)
)
def test_windows_only_go_forward(window: str, as_of: int, later_ms: int, zone: str) -> None:
    """No bound of a window goes back while the clock goes on."""
    before, now = (span(window, instant, Local(ZoneInfo(zone))) for instant in (as_of, as_of + later_ms))

    assert all(new >= old for old, new in zip(before, now, strict=True))


# --------------------------------------------------------------------------------------------------- today


def test_midnight_sharp_is_still_the_day_before() -> None:
    """The window ends before as_of, so that at midnight the whole day is shown, and a millisecond later nothing.

    day before [00:00 · · · · · · · 24:00)[00:00 · · ·
    as_of                               ^  today = 24 h
    as_of + 1 ms                         ^ today = the running 10-second pane
    """
    assert span("today", T0) == Span(T0 - DAY_MS, T0, T0)
    assert span("today", T0 + 1) == Span(T0, T0, T0 + FINE.ms)


@pytest.mark.parametrize(
    ("day", "next_day", "hours"),
    [
        ("2024-03-31", "2024-04-01", 23),
        ("2024-06-15", "2024-06-16", 24),
        ("2024-10-27", "2024-10-28", 25),
    ],
)
def test_a_day_in_berlin(day: str, next_day: str, hours: int) -> None:
    """Clocks go forward and back at night: today has 23, 24 or 25 hours.

    [00:00 · 02:00→03:00 · · · 24:00)   23 h in March
    [00:00 · 03:00→02:00 · · · 24:00)   25 h in October
    """
    end = local(next_day, BERLIN)

    assert span("today", end, Local(BERLIN)) == Span(local(day, BERLIN), end, end)
    assert end - local(day, BERLIN) == hours * HOUR_MS


@pytest.mark.parametrize(
    ("day", "next_day", "hours"), [("2024-03-10", "2024-03-11", 23), ("2024-11-03", "2024-11-04", 25)]
)
def test_a_day_in_new_york(day: str, next_day: str, hours: int) -> None:
    """The same, three weeks earlier in spring and one week later in autumn."""
    end = local(next_day, NEW_YORK)

    assert span("today", end, Local(NEW_YORK)) == Span(end - hours * HOUR_MS, end, end)
    assert midnight(end - 1, NEW_YORK) == local(day, NEW_YORK)


def test_the_repeated_hour_is_of_one_day() -> None:
    """Both 02:30 of the last Sunday in October count from the same midnight."""
    twice = [local("2024-10-27T02:30", BERLIN, fold=fold) for fold in (0, 1)]

    assert twice[1] - twice[0] == HOUR_MS
    assert [midnight(instant, BERLIN) for instant in twice] == [local("2024-10-27", BERLIN)] * 2


def test_a_day_that_begins_at_one() -> None:
    """In Havana the clock goes from 24:00 to 01:00: the day begins with its first instant, 23 hours before its end."""
    first = local("2024-03-11", HAVANA) - 23 * HOUR_MS

    assert [midnight(first + ms, HAVANA) for ms in (0, 1, HOUR_MS)] == [first] * 3
    assert midnight(first - 1, HAVANA) == first - 24 * HOUR_MS


def test_an_hour_that_is_repeated_across_midnight() -> None:
    """In Havana the clock goes from 01:00 back to 00:00: the first midnight begins the day of both."""
    begin = local("2024-11-03T00:00", HAVANA)
    again = local("2024-11-03T00:30", HAVANA, fold=1)

    assert again - begin == 90 * MINUTE_MS
    assert midnight(again, HAVANA) == begin


def test_a_day_that_ends_twice() -> None:
    """In Nuuk the clock goes from 24:00 back to 23:00: both 23:30 count from the same midnight."""
    first, second = (local("2024-10-26T23:30", NUUK, fold=fold) for fold in (0, 1))

    assert second - first == HOUR_MS
    assert [midnight(instant, NUUK) for instant in (first, second)] == [local("2024-10-26", NUUK)] * 2


@EXAMPLES
@given(instant=INSTANTS, zone=st.sampled_from(ZONES))
def test_midnight_is_the_last_one(instant: int, zone: str) -> None:
    """At or before the instant, less than 25 hours and a bit ago, with a local clock at 00:00 and the same date."""
    start = midnight(instant, ZoneInfo(zone))
    clock = datetime.fromtimestamp(start // SECOND_MS, UTC).astimezone(ZoneInfo(zone))
    now = datetime.fromtimestamp(instant // SECOND_MS, UTC).astimezone(ZoneInfo(zone))

    assert 0 <= instant - start < 25 * HOUR_MS
    assert (clock.hour, clock.minute, clock.second, clock.date()) == (0, 0, 0, now.date())
