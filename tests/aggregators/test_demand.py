"""Demand against the same hour of the weeks before: what is usual, and what is more than chance."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.baseline import UP, count_change
from aggregators.calendars import Calendar, Schedule, Version
from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.zones import zone_of
from stream.offline import Offline
from stream.settings import load
from tests.logs import T0, Log
from tests.weeks import WEEK_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

UTC = zone_of("UTC", ZoneInfo("UTC"))
NINE, TEN = 9 * HOUR_MS, 10 * HOUR_MS
NOW = T0 + 3 * WEEK_MS + TEN + 55 * MINUTE_MS
"""10:55 on the fourth Monday: the hour from 10:00 is all of the last hour, to the quarter."""


def arrivals(*weeks: int, hour: int = 10) -> list[bytes]:
    """Return so many who queue on one Monday after the other, one each second from 5 min past the hour on."""
    log = Log(channel="chat", queue="billing")
    for week, number in enumerate(weeks):
        at = T0 + week * WEEK_MS + hour * HOUR_MS + 5 * MINUTE_MS
        for place in range(number):
            pen = log.of(conversation=f"{week}-{hour}-{place}")
            pen.add("chat.queued", at + place * SECOND_MS)
            pen.add("chat.abandoned", at + (place + 5) * SECOND_MS)
    return log.lines


def told(
    lines: Iterable[bytes],
    t: int = NOW,
    *,
    level: str = "queue",
    window: str = "1h",
    definitions: Definitions | None = None,
) -> dict[str, float]:
    """Return what is shown of demand at *t*, by the name without level and window."""
    offline = Offline(load(), definitions=definitions or Definitions(families=("baselines",)))
    offline.feed(lines)
    prefix = f"support_{level}_rolling_queued_"
    return {
        name.removeprefix(prefix): value
        for (name, pairs), value in offline.values(t).items()
        if name.startswith(prefix) and ("window", window) in pairs
    }


def test_twice_as_many_as_usual_is_a_jump() -> None:
    """Usually 20, now 40: λ = (40 + 60) / 4 = 25, √(25 · 4/3) = 5.7735, (40 − 20) / 5.7735 = 3.4641."""
    found = told(arrivals(20, 20, 20, 40))

    assert (found["usual"], found["usual_weeks"], found["jump"]) == (20, 3, 1)
    assert found["jump_sigmas"] == pytest.approx(3.4641, abs=0.0001)


def test_half_as_many_is_a_jump_downwards() -> None:
    """Usually 60, now 20: λ = 200 / 4 = 50, √(50 · 4/3) = 8.1650, −40 / 8.1650 = −4.8990. At every level."""
    for level in ("queue", "channel", "tenant"):
        found = told(arrivals(60, 60, 60, 20), level=level)

        assert (found["usual"], found["jump"]) == (60, -1)
        assert found["jump_sigmas"] == pytest.approx(-4.8990, abs=0.0001)


def test_weeks_that_differ_among_each_other_allow_more() -> None:
    """10, 20 and 30: φ = (100 + 0 + 100) / 20 / 2 = 5, so 40 is 20 / √(5 · 25 · 4/3) = 1.5492 away: no jump."""
    found = told(arrivals(10, 20, 30, 40))

    assert (found["usual"], found["jump"]) == (20, 0)
    assert found["jump_sigmas"] == pytest.approx(1.5492, abs=0.0001)


def test_a_peak_that_comes_each_monday_is_no_jump() -> None:
    """As always is 0 standard errors away."""
    assert told(arrivals(90, 90, 90, 90)) == {"usual": 90, "usual_weeks": 3, "jump": 0, "jump_sigmas": 0}


def test_with_less_than_three_weeks_nothing_is_usual_and_the_number_of_weeks_says_so() -> None:
    """Silent: two weeks, and none at all."""
    assert told(arrivals(20, 20, 40), NOW - WEEK_MS) == {"usual_weeks": 2}
    assert told(arrivals(40), NOW - 3 * WEEK_MS) == {"usual_weeks": 0}


def test_of_a_queue_that_is_new_no_weeks_are_known_however_old_its_tenant_is() -> None:
    """Twelve in its first hour are no jump over three weeks of nobody: there were none to come to."""
    older = [line.replace(b'"billing"', b'"sales"') for line in arrivals(20, 20, 20, 20)]
    lines = [*older, *[line.replace(b'"conversation": "', b'"conversation": "n') for line in arrivals(0, 0, 0, 12)]]
    of_both = Offline(load(), definitions=Definitions(families=("baselines",)))
    of_both.feed(lines)
    found = {
        (name.removeprefix("support_queue_rolling_queued_"), dict(pairs)["queue"]): value
        for (name, pairs), value in of_both.values(NOW).items()
        if name.startswith("support_queue_rolling_queued_") and ("window", "1h") in pairs
    }

    assert (found["usual_weeks", "sales"], found["usual_weeks", "billing"]) == (3, 0)
    assert (found["jump", "sales"], found.get(("jump", "billing"))) == (0, None)


def test_a_week_in_which_nobody_came_is_a_week() -> None:
    """20, nobody and 10 are 10 on average; of more weeks than three all count."""
    found = told(arrivals(20, 0, 10, 10))
    longer = told(arrivals(20, 0, 10, 10, 15), NOW + WEEK_MS)

    assert (found["usual"], found["usual_weeks"]) == (10, 3)
    assert (longer["usual"], longer["usual_weeks"]) == (10, 4)


def test_small_n_is_no_jump() -> None:
    """Nine instead of none are few; ten are enough: λ = 10 / 4, √(2.5 · 4/3) = 1.8257, 10 / 1.8257 = 5.4772."""
    lines = arrivals(1, hour=8)

    assert "jump" not in told([*lines, *arrivals(0, 0, 0, 9)])
    found = told([*lines, *arrivals(0, 0, 0, 10)])
    assert (found["usual"], found["jump"]) == (0, 1)
    assert found["jump_sigmas"] == pytest.approx(5.4772, abs=0.0001)


def test_each_hour_has_its_part_of_what_is_usual() -> None:
    """At 10:30 the last hour is half that from 9:00, usually 8, and half that from 10:00, usually 20: 14."""
    lines = [*arrivals(8, 8, 8, hour=9), *arrivals(20, 20, 20, 1)]
    day = T0 + 3 * WEEK_MS

    def usual(minutes: int) -> float:
        return told(lines, day + TEN + minutes * MINUTE_MS)["usual"]

    #       to the quarter:  10:15 is 3/4 · 8 + 1/4 · 20 = 11, 10:22 too, 10:23 is 14 already
    assert [usual(minutes) for minutes in (15, 22, 23, 30, 45, 60)] == [11, 11, 14, 14, 17, 20]


def test_what_is_usual_changes_with_the_quarter_though_nothing_comes() -> None:
    """One board that stands at one instant after the other shows what a new one would."""
    lines = [*arrivals(8, 8, 8, hour=9), *arrivals(20, 20, 20, 1)]
    offline = Offline(definitions=Definitions(families=("baselines",)))
    offline.feed(lines)
    day = T0 + 3 * WEEK_MS + TEN
    key = (
        "support_queue_rolling_queued_usual",
        (("tenant", "default"), ("channel", "chat"), ("queue", "billing"), ("window", "1h")),
    )

    assert [offline.values(day + minutes * MINUTE_MS)[key] for minutes in (15, 30, 45)] == [11, 14, 17]


def test_a_holiday_is_no_week_of_a_queue_with_a_calendar() -> None:
    """Closed on the second Monday, when nobody came: usual are the 20 of the two others; a third is wanted."""
    day = 8 * 60, 18 * 60
    second = (T0 + WEEK_MS) // (24 * HOUR_MS) + 719_163
    office = Calendar(UTC, week=dict.fromkeys(range(7), (day,)), days={second: ()})
    kept = Definitions(families=("baselines",), calendars={("", "", ""): Schedule("office", (Version(None, office),))})

    assert told(arrivals(20, 0, 20, 20), definitions=kept) == {"usual_weeks": 2}
    found = told(arrivals(20, 0, 20, 20, 20), NOW + WEEK_MS, definitions=kept)
    assert (found["usual"], found["usual_weeks"], found["jump"]) == (20, 3, 0)


def test_only_the_window_of_an_hour_is_set_against_hours_and_only_where_it_is_asked_for() -> None:
    """Nothing of 30 minutes or a day; nothing without the family."""
    lines = arrivals(20, 20, 20, 40)

    assert [told(lines, window=window) for window in ("30m", "today", "7d")] == [{}, {}, {}]
    assert told(lines, definitions=Definitions()) == {}


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_neither_order_nor_repeats_change_it(random: object, repeats: int) -> None:
    """Any permutation, some events several times."""
    lines = arrivals(6, 4, 5, 12)
    shuffled = lines + lines[:10] * repeats
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random

    assert told(shuffled) == told(lines)


def test_counts_of_no_week_and_of_nobody_say_nothing() -> None:
    """And a difference at exactly the least number is told: λ = 10 / 2 · 2 = 10, 10 / √10 = 3.1623."""
    found = count_change(10, [Fraction(0)], min_n=10, significance=0.01)

    assert count_change(50, [], min_n=10, significance=0.01) is None
    assert count_change(0, [Fraction(0)] * 3, min_n=0, significance=0.01) is None
    assert found is not None
    assert (found.direction, round(found.z, 4)) == (UP, 3.1623)
