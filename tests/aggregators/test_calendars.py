"""Business hours: opening time by the calendar in force at the time, on days of 23, 24 and 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.calendars import (
    LONGEST_MS,
    Calendar,
    Openings,
    Schedule,
    Version,
    after_business,
    business_ms,
    is_open,
    joined,
    next_opening,
)
from aggregators.instants import DAY_MS, HOUR_MS, LATEST_MS, MINUTE_MS, SECOND_MS
from aggregators.zones import EPOCH, instant_of, rules_of, zone_of

EXAMPLES = settings(max_examples=80, derandomize=True, database=None, deadline=None)
FEWER = settings(EXAMPLES, max_examples=40)
ZONES = {
    name: zone_of(name, ZoneInfo(name))
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia")
}
BERLIN, NEW_YORK, LORD_HOWE, HAVANA, APIA = ZONES.values()
ALL_DAY: Openings = ((0, 1_440),)
OFFICE: Openings = ((9 * 60, 17 * 60),)
WORKDAYS = dict.fromkeys(range(5), OFFICE)


def at(text: str) -> int:
    """Return the epoch ms of an instant."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_MS


def always(calendar: Calendar) -> Schedule:
    """Return the schedule of a calendar that was always in force."""
    return Schedule("office", (Version(None, calendar),))


def daily(openings: Openings, *, zone: str = "Europe/Berlin") -> Schedule:
    """Return a schedule with the same hours every day."""
    return always(Calendar(ZONES[zone], week=dict.fromkeys(range(7), openings)))


def wall(text: str) -> Openings:
    """Return "01:00-02:30" as openings."""
    opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    return ((opens, closes),)


DECEMBER = always(
    Calendar(
        BERLIN,
        week=WORKDAYS,
        days={date(2026, 12, 24).toordinal(): ((9 * 60, 12 * 60),), date(2026, 12, 25).toordinal(): ()},
    )
)
"""Monday to Friday from 9 to 17; Thursday the 24th until 12, Friday the 25th is a holiday."""


# ------------------------------------------------------------------------------------------- days of 23 and 25 hours


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        # Midnight to midnight: the offset before the change, then the one after it.
        ("Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23),
        ("Europe/Berlin", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25),
        ("America/New_York", "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00", 23),
        ("America/New_York", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00", 25),
        # Lord Howe goes back by half an hour: 24.5 h. Havana goes from 00:00 to 01:00.
        ("Australia/Lord_Howe", "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30", 24.5),
        ("America/Havana", "2026-03-08T01:00-04:00", "2026-03-09T00:00-04:00", 23),
    ],
)
def test_a_whole_day_is_as_long_as_its_clocks_make_it(zone: str, start: str, end: str, hours: float) -> None:
    """From 00:00 to 24:00 it is open for 23, 25 or 24.5 hours, and the days around it lie end to end with it."""
    schedule = daily(ALL_DAY, zone=zone)

    assert business_ms(schedule, at(start), at(end)) == hours * HOUR_MS
    assert business_ms(schedule, at(start) - DAY_MS, at(end) + DAY_MS) == hours * HOUR_MS + 2 * DAY_MS


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        ("01:00-04:00", 2 * 60),  # 01-02 and 03-04
        ("01:00-02:30", 60),  # 01-02: 02:30 is left out and means the jump
        ("02:30-04:00", 60),  # from the jump, when it is 03:00, to 04:00
        ("02:15-02:45", 0),  # left out as a whole
        ("03:00-04:00", 60),
    ],
)
@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", "2026-03-29"), ("America/New_York", "2026-03-08")])
def test_a_time_that_is_left_out_means_the_jump(zone: str, day: str, hours: str, minutes: int) -> None:
    """The clocks go from 02:00 to 03:00.

    00:00   01:00   02:00=03:00   04:00
      |-------|-------|-----|-------|
    """
    noon = at(f"{day}T12:00Z")

    assert business_ms(daily(wall(hours), zone=zone), noon - 18 * HOUR_MS, noon) == minutes * MINUTE_MS


@pytest.mark.parametrize(
    ("zone", "day", "hours", "minutes"),
    [
        # Berlin goes from 03:00 back to 02:00: 02:00 to 03:00 comes twice.
        ("Europe/Berlin", "2026-10-25", "01:00-04:00", 4 * 60),  # 01-02, 02-03 twice, 03-04
        ("Europe/Berlin", "2026-10-25", "02:00-02:30", 30),  # the first time only
        ("Europe/Berlin", "2026-10-25", "02:30-04:00", 150),  # 30 min, the second 02-03, 03-04
        ("Europe/Berlin", "2026-10-25", "03:00-04:00", 60),
        # New York goes from 02:00 back to 01:00: 01:00 to 02:00 comes twice.
        ("America/New_York", "2026-11-01", "00:00-03:00", 4 * 60),
        ("America/New_York", "2026-11-01", "01:00-01:30", 30),
        ("America/New_York", "2026-11-01", "01:30-03:00", 150),
        ("America/New_York", "2026-11-01", "02:00-03:00", 60),
    ],
)
def test_a_time_that_comes_twice_means_the_first_of_the_two(zone: str, day: str, hours: str, minutes: int) -> None:
    """As a beginning and as an end."""
    noon = at(f"{day}T12:00Z")

    assert business_ms(daily(wall(hours), zone=zone), noon - 18 * HOUR_MS, noon) == minutes * MINUTE_MS


def test_a_target_runs_through_the_night_of_the_change() -> None:
    """Open around the clock, five hours from midnight: 06:00 where 02:00 is left out, 04:00 where it comes twice."""
    schedule = daily(ALL_DAY)

    spring = after_business(schedule, at("2026-03-29T00:00+01:00"), 5 * HOUR_MS)
    autumn = after_business(schedule, at("2026-10-25T00:00+02:00"), 5 * HOUR_MS)

    assert spring == at("2026-03-29T06:00+02:00")
    assert autumn == at("2026-10-25T04:00+01:00")


def test_office_hours_follow_the_clocks() -> None:
    """09:00 in Berlin is 08:00 UTC on the Friday before the change and 07:00 UTC on the Monday after it.

    From Friday 16:00 to Monday 10:00: 1 h + 1 h.
    """
    schedule = always(Calendar(BERLIN, week=WORKDAYS))

    assert business_ms(schedule, at("2026-03-27T15:00Z"), at("2026-03-30T08:00Z")) == 2 * HOUR_MS
    assert next_opening(schedule, at("2026-03-26T20:00Z")) == at("2026-03-27T08:00Z")
    assert next_opening(schedule, at("2026-03-27T20:00Z")) == at("2026-03-30T07:00Z")


def test_a_day_that_a_zone_leaves_out_has_no_hours() -> None:
    """Samoa went from 29 December 2011, 24:00, to the 31st: open around the clock, the 29th and the 31st are 48 h."""
    schedule = daily(ALL_DAY, zone="Pacific/Apia")
    thirtieth = always(Calendar(APIA, week={}, days={date(2011, 12, 30).toordinal(): ALL_DAY}))
    start, end = at("2011-12-29T00:00-10:00"), at("2012-01-01T00:00+14:00")

    assert business_ms(schedule, start, end) == end - start == 2 * DAY_MS
    assert business_ms(thirtieth, start, end) == 0


# ------------------------------------------------------------------------------------------------- weeks and holidays


def test_a_holiday_is_closed_and_a_special_day_has_its_own_hours() -> None:
    """From Wednesday 16:00 to Monday 10:00: 1 h + 3 h on the 24th + 0 on the holiday and the weekend + 1 h = 5 h."""
    assert business_ms(DECEMBER, at("2026-12-23T16:00+01:00"), at("2026-12-28T10:00+01:00")) == 5 * HOUR_MS


def test_a_target_passes_over_what_is_closed() -> None:
    """From Wednesday 16:00, five hours are over on Monday at 10:00, the first of them at 17:00 the same day."""
    start = at("2026-12-23T16:00+01:00")

    assert after_business(DECEMBER, start, 5 * HOUR_MS) == at("2026-12-28T10:00+01:00")
    assert after_business(DECEMBER, start, HOUR_MS) == at("2026-12-23T17:00+01:00")
    assert after_business(DECEMBER, start, HOUR_MS + 1) == at("2026-12-24T09:00+01:00") + 1


def test_what_is_due_at_closing_time_is_due_then() -> None:
    """1 h on Wednesday and 3 h on Thursday: 12:00 on Thursday, not Monday morning."""
    assert after_business(DECEMBER, at("2026-12-23T16:00+01:00"), 4 * HOUR_MS) == at("2026-12-24T12:00+01:00")


def test_hours_are_half_open() -> None:
    """Open at 09:00, closed at 17:00, to the millisecond."""
    opens, closes = at("2026-12-23T09:00+01:00"), at("2026-12-23T17:00+01:00")

    assert [is_open(DECEMBER, each) for each in (opens - 1, opens, closes - 1, closes)] == [False, True, True, False]
    assert next_opening(DECEMBER, opens - 1) == opens
    assert next_opening(DECEMBER, closes - 1) == closes - 1


def test_two_openings_of_a_day_have_a_break_between_them() -> None:
    """09:00-12:00 and 13:00-17:00: 11:00 to 14:00 is 2 h."""
    schedule = daily(((9 * 60, 12 * 60), (13 * 60, 17 * 60)))

    assert business_ms(schedule, at("2026-06-01T11:00+02:00"), at("2026-06-01T14:00+02:00")) == 2 * HOUR_MS


def test_hours_past_midnight_are_one_stretch() -> None:
    """22:00-24:00 and 00:00-06:00 every day: 23:00 to 07:00 is 7 h."""
    schedule = daily(((0, 6 * 60), (22 * 60, 24 * 60)))

    assert business_ms(schedule, at("2026-06-01T23:00+02:00"), at("2026-06-02T07:00+02:00")) == 7 * HOUR_MS


# ------------------------------------------------------------------------------------------- the calendar of the time


CHANGED = Schedule(
    "office",
    (
        Version(at("2026-06-01T00:00+02:00"), Calendar(BERLIN, week=WORKDAYS)),
        Version(at("2026-06-10T12:00+02:00"), Calendar(BERLIN, week=dict.fromkeys(range(7), ((9 * 60, 13 * 60),)))),
    ),
)
"""None until June; 9 to 17 from Monday to Friday; from Wednesday the 10th, 12:00, 9 to 13 every day."""


def test_a_calendar_that_changes_in_the_middle_counts_for_its_own_time() -> None:
    """Tuesday 16:00 to Saturday 10:00: 1 h by the old, 3 h and then 1 h on Wednesday, 4 + 4 + 1 h by the new = 14 h."""
    start, end = at("2026-06-09T16:00+02:00"), at("2026-06-13T10:00+02:00")

    assert business_ms(CHANGED, start, end) == 14 * HOUR_MS
    assert after_business(CHANGED, start, 14 * HOUR_MS) == end
    assert after_business(CHANGED, start, 5 * HOUR_MS) == at("2026-06-10T13:00+02:00")


def test_before_the_first_version_all_time_counts() -> None:
    """Sunday 31 May, 22:00, to Monday 10:00: 2 h without a calendar, then 1 h by the first."""
    start = at("2026-05-31T22:00+02:00")

    assert business_ms(CHANGED, start, at("2026-06-01T10:00+02:00")) == 3 * HOUR_MS
    assert after_business(CHANGED, start, 2 * HOUR_MS) == at("2026-06-01T00:00+02:00")
    assert after_business(CHANGED, start, 3 * HOUR_MS) == at("2026-06-01T10:00+02:00")


def test_the_version_in_force_has_a_number() -> None:
    """0 before the first; a version is in force from its very instant."""
    june, tenth = at("2026-06-01T00:00+02:00"), at("2026-06-10T12:00+02:00")

    assert [CHANGED.version_at(each) for each in (june - 1, june, tenth - 1, tenth)] == [0, 1, 1, 2]
    assert DECEMBER.version_at(0) == 1


def test_versions_come_into_force_one_after_the_other() -> None:
    """Two at one instant could both be meant."""
    calendar = Calendar(BERLIN, week={})

    for second in (None, 4, 5):
        with pytest.raises(ValueError, match="after the one before"):
            Schedule("office", (Version(5, calendar), Version(second, calendar)))


def test_without_a_calendar_business_time_is_elapsed_time() -> None:
    """Not 0."""
    assert business_ms(None, 1_000, 5_500) == 4_500
    assert after_business(None, 1_000, 4_500) == 5_500
    assert is_open(None, 1_000)
    assert next_opening(None, 1_000) == 1_000


def test_time_that_runs_backwards_is_none() -> None:
    """Neither with a calendar nor without; and nothing has to pass for a target of 0."""
    noon = at("2026-06-09T12:00+02:00")

    assert [business_ms(schedule, noon, noon - 1) for schedule in (None, DECEMBER)] == [0, 0]
    assert [after_business(schedule, noon, ms) for schedule in (None, DECEMBER) for ms in (0, -1)] == [noon] * 4


# ------------------------------------------------------------------------------------------------------- never, far off


def test_what_never_opens_is_never_due() -> None:
    """Closed for good, or from a version on; open once more on a special day."""
    closed = Calendar(BERLIN, week={})
    once = Calendar(BERLIN, week={}, days={date(2030, 1, 1).toordinal(): ((0, 60),)})
    noon = at("2026-06-09T12:00+02:00")
    ending = Schedule("x", (Version(None, Calendar(BERLIN, week=WORKDAYS)), Version(noon + HOUR_MS, closed)))

    assert after_business(always(closed), noon, 1) is None
    assert next_opening(always(closed), noon) is None
    assert after_business(ending, noon, HOUR_MS) == noon + HOUR_MS
    assert after_business(ending, noon, HOUR_MS + 1) is None
    assert after_business(always(once), noon, HOUR_MS) == at("2030-01-01T01:00+01:00")
    assert after_business(always(once), noon, HOUR_MS + 1) is None


def test_a_target_is_looked_for_during_ten_years() -> None:
    """Open around the clock; a millisecond more is not looked for."""
    start = at("2026-06-09T12:00+02:00")

    assert after_business(daily(ALL_DAY), start, LONGEST_MS) == start + LONGEST_MS
    assert after_business(daily(ALL_DAY), start, LONGEST_MS + 1) is None


def test_after_the_last_day_of_the_calendar_it_is_closed() -> None:
    """An event of the year 9999 does not stop anything."""
    last = at("9999-12-29T00:00+00:00")

    for zone in ZONES:
        schedule = daily(ALL_DAY, zone=zone)
        assert business_ms(schedule, last - DAY_MS, last) == DAY_MS
        assert business_ms(schedule, LATEST_MS - HOUR_MS, LATEST_MS) == 0
        assert after_business(schedule, LATEST_MS - HOUR_MS, 1) is None


# ---------------------------------------------------------------------------------------------------------- properties

SPANS = st.lists(st.integers(0, 48), max_size=6, unique=True).map(
    lambda ends: tuple((begin * 30, end * 30) for begin, end in zip(*[iter(sorted(ends))] * 2, strict=False))
)
"""Openings at half hours."""
CHANGES = [at(f"{day}T00:00Z") for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-25", "2026-11-01")]
"""Days on which the clocks of some of the zones change."""
DAYS = st.sampled_from(CHANGES).flatmap(lambda change: st.integers(change - 3 * DAY_MS, change + 3 * DAY_MS))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a zone, a week and some days that differ, near the changes of the clocks."""
    week = draw(st.dictionaries(st.integers(0, 6), SPANS))
    near = st.sampled_from(CHANGES).flatmap(lambda change: st.integers(-2, 2).map(lambda by: change // DAY_MS + by))
    days = draw(st.dictionaries(near.map(lambda day: EPOCH + day), SPANS, max_size=4))
    return Calendar(draw(st.sampled_from(list(ZONES.values()))), week=week, days=days)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule | None:
    """Draw up to three versions, the first with or without a beginning; or no schedule."""
    if draw(st.integers(0, 9)) == 0:
        return None
    begins: list[int | None] = [*sorted(draw(st.lists(DAYS, min_size=1, max_size=3, unique=True)))]
    begins[0] = draw(st.sampled_from([None, begins[0]]))
    return Schedule("x", tuple(Version(begin, draw(calendars())) for begin in begins))


@EXAMPLES
@given(schedule=schedules(), instants=st.lists(DAYS, min_size=3, max_size=6))
def test_business_time_adds_up_over_any_split(schedule: Schedule | None, instants: list[int]) -> None:
    """Of an interval cut anywhere, the parts are together the whole, and none is more than has elapsed."""
    cuts = sorted(instants)
    parts = [business_ms(schedule, *each) for each in pairwise(cuts)]

    assert sum(parts) == business_ms(schedule, cuts[0], cuts[-1])
    assert all(0 <= part <= end - start for part, (start, end) in zip(parts, pairwise(cuts), strict=True))


@EXAMPLES
@given(schedule=schedules(), start=DAYS, ms=st.integers(1, 5 * DAY_MS))
def test_a_deadline_is_the_first_instant_at_which_so_much_has_passed(
    schedule: Schedule | None, start: int, ms: int
) -> None:
    """At it the target has passed exactly, a millisecond before it has not; where there is none, it never has."""
    due = after_business(schedule, start, ms)

    if due is None:
        assert business_ms(schedule, start, start + LONGEST_MS) < ms
    else:
        assert business_ms(schedule, start, due) == ms
        assert business_ms(schedule, start, due - 1) == ms - 1


@EXAMPLES
@given(schedule=schedules(), start=DAYS, lasts=st.integers(1, 5 * DAY_MS))
def test_what_has_passed_was_due_by_then(schedule: Schedule | None, start: int, lasts: int) -> None:
    """The other way round: what has passed by an instant was due at it or, where it is closed since, before."""
    end = start + lasts
    passed = business_ms(schedule, start, end)
    due = after_business(schedule, start, passed)

    assert due is not None
    assert due <= end
    assert business_ms(schedule, due, end) == 0


@FEWER
@given(calendar=calendars(), start=DAYS.map(lambda ms: ms // MINUTE_MS), minutes=st.integers(0, 2 * 24 * 60))
def test_hours_are_read_off_a_clock_that_is_never_set_back(calendar: Calendar, start: int, minutes: int) -> None:
    """Minute by minute: open while the clock on the wall, held when it should go back, shows a time of the openings."""
    shown = datetime.min  # noqa: DTZ901 - a clock on a wall has no zone
    expected = 0
    for minute in range(start - 24 * 60, start + minutes):
        local = datetime.fromtimestamp(minute * 60, calendar.zone.info).replace(tzinfo=None, fold=0)
        shown = max(shown, local)
        openings = calendar.days.get(shown.toordinal(), calendar.week[shown.weekday()])
        of_day = shown.hour * 60 + shown.minute
        expected += minute >= start and any(opens <= of_day < closes for opens, closes in openings)

    begin = start * MINUTE_MS
    assert business_ms(always(calendar), begin, begin + minutes * MINUTE_MS) == expected * MINUTE_MS


# ------------------------------------------------------------------------------------------- what a calendar is made of


def test_openings_that_touch_are_one() -> None:
    """And it does not matter in which order they stand."""
    assert joined([(600, 720), (540, 600), (780, 800)]) == ((540, 720), (780, 800))


@pytest.mark.parametrize("openings", [[(0, 1_441)], [(-1, 5)], [(5, 5)], [(6, 5)], [(0, 10), (9, 20)]])
def test_openings_that_overlap_or_are_none_are_refused(openings: list[tuple[int, int]]) -> None:
    """Within one local day, each ending after it begins, apart from the others."""
    with pytest.raises(ValueError, match=r"openings|span"):
        joined(openings)


def test_calendars_are_equal_if_the_same_is_open() -> None:
    """However it was written: openings that touch, and a special day with the hours of its weekday."""
    monday = date(2026, 6, 1).toordinal()
    plain = Calendar(BERLIN, week={0: ((0, 600),)})
    spelt = Calendar(BERLIN, week={0: ((300, 600), (0, 300)), 1: ()}, days={monday: ((0, 600),), monday + 1: ()})

    assert (plain, hash(plain)) == (spelt, hash(spelt))
    assert plain != Calendar(NEW_YORK, week={0: ((0, 600),)})
    assert plain != Calendar(BERLIN, week={0: ((0, 601),)})
    assert plain != Calendar(BERLIN, week={0: ((0, 600),)}, days={monday: ()})


# --------------------------------------------------------------------------------------------------------------- zones


class Moved(tzinfo):
    """One hour ahead of UTC, and two from an instant on."""

    def __init__(self, change: datetime) -> None:
        self._change = change

    def utcoffset(self, when: datetime | None) -> timedelta:
        """Return the offset of a local time."""
        assert when is not None
        return timedelta(hours=2 if when.replace(tzinfo=UTC) - timedelta(hours=2) >= self._change else 1)

    def fromutc(self, when: datetime) -> datetime:
        """Return the local time of an instant."""
        return when + timedelta(hours=2 if when.replace(tzinfo=UTC) >= self._change else 1)

    def dst(self, when: datetime | None) -> None:
        """Say nothing of summer."""

    def tzname(self, when: datetime | None) -> str:
        """Return no name anybody knows."""
        return f"{when}"


def test_the_rules_of_a_zone_are_what_its_clocks_do() -> None:
    """Berlin and Paris agree since 1990; a change that comes an hour later, or a zone without one, makes others."""
    first, later = (Moved(datetime(2030, 5, 5, hour, tzinfo=UTC)) for hour in (3, 4))
    again = Moved(datetime(2030, 5, 5, 3, tzinfo=UTC))
    rules = [rules_of(info) for info in (BERLIN.info, NEW_YORK.info, timezone(timedelta(hours=1)), first, later)]

    assert rules_of(ZoneInfo("Europe/Paris")) == rules[0]
    assert rules_of(again) == rules[3]
    assert len({*rules}) == 5


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    """Also where there is no midnight: in Havana 8 March 2026 begins at 01:00, at 05:00 UTC."""
    day = date(2026, 3, 8).toordinal()

    for zone in ZONES.values():
        assert instant_of(zone.info, day, 1_440) == instant_of(zone.info, day + 1, 0)
    assert instant_of(HAVANA.info, day, 0) == instant_of(HAVANA.info, day, 30) == at("2026-03-08T05:00Z")
    assert instant_of(LORD_HOWE.info, date(2026, 10, 4).toordinal(), 150) == at("2026-10-04T02:30+11:00")
