"""Instants read from what is sent, and written back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.instants import LATEST_MS, MINUTE_MS, instant_ms, rfc3339
from tests.logs import T0

EXAMPLES = settings(max_examples=300, derandomize=True, database=None, deadline=None)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-04T00:00:00Z",
        "2024-03-04t00:00:00z",
        "2024-03-04T00:00:00.000Z",
        "2024-03-04T00:00:00.0009Z",
        "2024-03-04T00:00:00+00:00",
        "2024-03-04T01:00:00+01:00",
        "2024-03-03T18:15:00.0-05:45",
        "2024-03-04T23:59:00+23:59",
    ],
)
def test_notations_of_one_instant(text: str) -> None:
    """Any zone, any number of digits; what is beyond milliseconds is cut off."""
    assert instant_ms(text) == T0


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-04T00:00:00",
        "2024-03-04 00:00:00Z",
        "2024-03-04T00:00Z",
        "2024-03-04",
        "2024-3-4T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-03-04T24:00:00Z",
        "2024-03-04T00:60:00Z",
        "2024-03-04T00:00:60Z",
        "2024-03-04T00:00:00.Z",
        "2024-03-04T00:00:00+24:00",
        "2024-03-04T00:00:00+00:60",
        "2024-03-04T00:00:00+0000",
        "2024-03-04T00:00:00ZZ",
        " 2024-03-04T00:00:00Z",
        "\uff12024-03-04T00:00:00Z",
        "",
        "1709510400000",
        1709510400.0,
        True,
        None,
        [T0],
        LATEST_MS + 1,
        -LATEST_MS - 1,
    ],
)
def test_what_is_no_instant(value: object) -> None:
    """No zone, no date of the calendar, other digits, another type, beyond the year 9999."""
    assert instant_ms(value) is None
    assert instant_ms(value) is None


def test_integers_are_milliseconds() -> None:
    """As they are, up to the last one of the year 9999."""
    assert [instant_ms(value) for value in (0, T0, LATEST_MS, -LATEST_MS)] == [0, T0, LATEST_MS, -LATEST_MS]
    assert instant_ms("9999-12-31T23:59:59.999Z") == LATEST_MS


@EXAMPLES
@given(instant=st.integers(631_152_000_000, 4_102_444_800_000), offset=st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_written_and_read_an_instant_is_the_same(instant: int, offset: int) -> None:
    """In any zone, as Python's own clock writes it, and as we do."""
    zone = timezone(timedelta(minutes=offset))
    local = datetime.fromtimestamp(instant // 1000, UTC) + timedelta(milliseconds=instant % 1000)

    assert instant_ms(local.astimezone(zone).isoformat(timespec="milliseconds")) == instant
    assert instant_ms(rfc3339(instant)) == instant


def test_milliseconds_are_written_where_there_are_any() -> None:
    """Three digits or none."""
    assert [rfc3339(T0 + ms) for ms in (0, 7, MINUTE_MS)] == [
        "2024-03-04T00:00:00Z",
        "2024-03-04T00:00:00.007Z",
        "2024-03-04T00:01:00Z",
    ]


def test_more_stamps_than_are_remembered() -> None:
    """What was looked up once may be forgotten and is found again."""
    stamps = [rfc3339(T0 + minute * MINUTE_MS + minute % 1000) for minute in range(70_000)]

    assert [instant_ms(stamp) for stamp in stamps] == [T0 + n * MINUTE_MS + n % 1000 for n in range(70_000)]
    assert instant_ms(stamps[0]) == T0
