"""Effort of an agent's parts: each millisecond divided by the parts in hand, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.points import BY_CODE, EFFORT, EFFORT_BEFORE, Point
from aggregators.samples import Labels
from tests.aggregators.agents import Diary, observed
from tests.logs import T0

if TYPE_CHECKING:
    from aggregators.told import AgentDay

Row = tuple[str, float, float]


def efforts(day: AgentDay) -> list[Row]:
    """Return (name, when, how much) of the effort of a day, in seconds after T0."""
    return sorted(
        (BY_CODE[each.kind].name, (each.at - T0) / 1000, each.value / 1000)
        for each in observed(day)[0].elements()
        if isinstance(each, Point) and BY_CODE[each.kind] in (EFFORT, EFFORT_BEFORE)
    )


def test_three_at_a_time_have_a_third_each() -> None:
    """9:00 to 9:01 one, to 9:02 two, to 9:03 three, all ending then: 60 + 30 + 20, 30 + 20 and 20 s."""
    diary = Diary().chat("9:00:00", "9:03:00").chat("9:01:00", "9:03:00").chat("9:02:00", "9:03:00")

    assert efforts(diary.day()) == [("effort", 32_580, 20), ("effort", 32_580, 50), ("effort", 32_580, 110)]


def test_effort_stands_where_the_part_is() -> None:
    """In its channel and queue: 10 s of a call about sales, dated at its end at 9:00:10."""
    diary = Diary(tenant="acme").chat("9:00:00", "9:00:10", channel="voice", queue="sales")
    at = T0 + 32_410_000

    found = [each for each in observed(diary.day())[0] if each[0] == EFFORT.code]

    assert found == [Point(EFFORT.code, at, Labels("acme", "voice", "sales"), 10_000)]


def test_milliseconds_are_rounded_down_for_each_number_of_parts() -> None:
    """100 ms by three are 33 ms, and once more 33 ms when three come together again: 200 // 3 = 66 in all."""
    diary = Diary().chat("9:00:00", "9:00:00.300").chat("9:00:00", "9:00:00.300")
    diary.chat("9:00:00", "9:00:00.100").chat("9:00:00.200", "9:00:00.300")

    # The long ones: 200 ms by three, 100 ms by two.
    assert [row[2] for row in efforts(diary.day())] == [0.033, 0.033, 0.116, 0.116]


def test_a_wrap_up_is_in_hand_and_a_lapsed_part_takes_its_share() -> None:
    """The wrap-up from 9:10 to 9:20 beside a part nobody ended: 10 min whole, then half: 10 + 5 min; the other none."""
    diary = Diary().chat("9:00:00", "9:10:00", "9:20:00").chat("9:10:00", "20:00:00", lapsed=True)

    assert efforts(diary.day()) == [("effort", 33_600, 900)]


def test_a_part_over_midnight_has_the_effort_of_each_day_apart() -> None:
    """23:50 to 0:30, from 0:00 to 0:20 beside another: 10 min at midnight, then 10 + 10 min at its end."""
    diary = Diary().chat("23:50:00", "24:30:00").chat("24:00:00", "24:20:00")

    assert efforts(diary.day(0)) == [("effort_before", 86_400, 600)]
    assert efforts(diary.day(1)) == [("effort", 87_600, 600), ("effort", 88_200, 1_200)]


def test_a_part_that_ends_at_midnight_is_of_the_day_that_ends() -> None:
    """Just once: the next day has nothing of it. One that is over as it begins is of the day that begins."""
    diary = Diary().chat("23:50:00", "24:00:00").chat("24:00:00", "24:00:00")

    assert efforts(diary.day(0)) == [("effort", 86_400, 600)]
    assert efforts(diary.day(1)) == [("effort", 86_400, 0)]
    alone = Diary().chat("23:50:00", "24:00:00")
    assert efforts(alone.day(1)) == []
    next_day = Diary().chat("24:00:00", "24:10:00").day(1)
    assert efforts(next_day._replace(day=next_day.day - 1)) == []


def test_what_is_over_as_it_begins_shares_nobody() -> None:
    """9:00 to 9:10 beside one of no length at 9:00: 10 min whole, and nothing; after one that nobody ended too."""
    diary = Diary().chat("8:00:00", "8:10:00", lapsed=True).chat("9:00:00", "9:00:00").chat("9:00:00", "9:10:00")

    assert efforts(diary.day()) == [("effort", 32_400, 0), ("effort", 33_000, 600)]
