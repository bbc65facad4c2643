"""M70 by hours of the week: by the clock of the tenant, of full hours that are known."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from aggregators.instants import DAY_MS, HOUR_MS, SECOND_MS
from aggregators.week import Cell, hours_of_week, span_of_weeks
from tests.logs import T0

WEEK_MS = 7 * DAY_MS
BERLIN = ZoneInfo("Europe/Berlin")


def epoch_ms(text: str) -> int:
    """Return the instant of an RFC 3339 text."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_MS


def test_each_hour_of_the_week_is_a_mean_of_those_there_were() -> None:
    """T0 is Monday 2024-03-04 0:00 UTC. Two weeks and an hour: 3, 4 and 8 on Mondays at 0:00, 2 on a Sunday at 23:00.

    Monday 0:00 15 in 3 hours, 5 each; Sunday 23:00 2 in 2 hours, 1 each; Monday 1:00 none in 2 hours.
    """
    counts = {T0: 3, T0 + WEEK_MS: 4, T0 + 2 * WEEK_MS: 8, T0 + WEEK_MS - HOUR_MS: 2}

    cells = hours_of_week(counts, since=T0, until=T0 + 2 * WEEK_MS + HOUR_MS, zone=UTC)

    assert (cells[0][0], cells[0][0].mean) == (Cell(15, 3), 5)
    assert (cells[6][23], cells[6][23].mean) == (Cell(2, 2), 1)
    assert cells[0][1] == Cell(0, 2)


def test_hours_are_those_of_the_clock() -> None:
    """Monday 0:00 UTC is Monday 1:00 in Berlin, and 5:30 in India, where it belongs to the hour from 5:00."""
    berlin = hours_of_week({T0: 7}, since=T0, until=T0 + HOUR_MS, zone=BERLIN)
    india = hours_of_week({T0: 7}, since=T0, until=T0 + HOUR_MS, zone=ZoneInfo("Asia/Kolkata"))

    assert berlin[0][1] == india[0][5] == Cell(7, 1)
    assert berlin[0][0].mean is None


def test_days_of_23_and_25_hours() -> None:
    """Berlin 2024: on 31 March there is no hour from 2:00; on 27 October there are two, of 3 and of 5: 4 each.

    The days begin at 23:00 UTC on 30 March and at 22:00 UTC on 26 October.
    """
    spring, autumn = epoch_ms("2024-03-30T23:00:00Z"), epoch_ms("2024-10-26T22:00:00Z")

    short = hours_of_week({}, since=spring, until=spring + 23 * HOUR_MS, zone=BERLIN)[6]
    long = hours_of_week(
        {autumn + 2 * HOUR_MS: 3, autumn + 3 * HOUR_MS: 5}, since=autumn, until=autumn + 25 * HOUR_MS, zone=BERLIN
    )[6]

    assert [cell.hours for cell in short] == [1, 1, 0, *[1] * 21]
    assert [cell.hours for cell in long] == [1, 1, 2, *[1] * 21]
    assert (long[2].total, long[2].mean) == (8, 4)


def test_of_what_was_before_the_first_full_hour_nothing_is_said() -> None:
    """Known since 0:20 of the first day: from 1:00. The hour that goes on at 9:50 is none yet."""
    nine = T0 + 9 * HOUR_MS
    assert span_of_weeks(4, as_of=nine + 50 * 60_000, first=T0 + 20 * 60_000) == (T0 + HOUR_MS, nine)
    assert span_of_weeks(4, as_of=nine, first=T0) == (T0, nine)
    assert span_of_weeks(1, as_of=nine + WEEK_MS, first=T0) == (nine, nine + WEEK_MS)
    assert span_of_weeks(1, as_of=nine + 50 * 60_000, first=nine + 60_000) == (nine, nine)


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 50)), st.sampled_from([UTC, BERLIN]))
def test_nobody_is_lost_and_nobody_counted_twice(by_hour: dict[int, int], zone: tzinfo) -> None:
    """All that came in 300 hours stand in one cell each, and so do the hours, whatever clocks did in between."""
    start = epoch_ms("2024-03-28T00:00:00Z")
    counts = {start + hour * HOUR_MS: number for hour, number in by_hour.items()}

    cells = [cell for day in hours_of_week(counts, since=start, until=start + 300 * HOUR_MS, zone=zone) for cell in day]

    assert sum(cell.total for cell in cells) == sum(number for hour, number in by_hour.items() if hour < 300)
    assert (len(cells), sum(cell.hours for cell in cells)) == (168, 300)
