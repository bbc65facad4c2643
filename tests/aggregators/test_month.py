"""M63: the net promoter score of 30 days, to the hour, and absent where there are fewer than 30 answers."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators.definitions import Definitions
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.measures import NPS_PROMOTERS, NPS_RESPONSES
from aggregators.month import Month
from aggregators.panes import FINE, Pane
from aggregators.rolling import Group
from aggregators.samples import Labels
from stream.offline import Offline
from tests.logs import T0, Log

SURVEYS = Definitions(families=("surveys",))
NOON = T0 + 40 * DAY_MS + 12 * HOUR_MS
"""A Saturday, 40 days after T0."""


def answers(log: Log, instant: int, *scores: int) -> Log:
    """Let each score answer a survey of its own at *instant*."""
    for score in scores:
        pen = log.of(conversation=f"c{len(log.lines)}", queue="billing")
        pen.add("survey.responded", instant, survey="s", kind="nps", score=score)
    return log


def fed(log: Log, definitions: Definitions = SURVEYS) -> Offline:
    """Return the numbers of a log."""
    offline = Offline(definitions=definitions)
    offline.feed(log.lines)
    return offline


def month(offline: Offline, as_of: int) -> tuple[Any, Any]:
    """Return how many answers there were within 30 days in the tenant, and the score."""
    values = offline.values(as_of)
    tenant = (("tenant", "default"),)
    return values.get(("support_tenant_nps_30d_responses", tenant)), values.get(
        ("support_tenant_nps_30d_points", tenant)
    )


def test_thirty_answers_make_a_score_and_twenty_nine_none() -> None:
    """Of 29 there is none; with one more, 15 promoters and 9 detractors of 30: 100 · 6 / 30."""
    log = answers(Log(), NOON - 20 * DAY_MS, *[9] * 15, *[7] * 6, *[6] * 8)
    assert month(fed(log), NOON) == (29, None)

    assert month(fed(answers(log, NOON - MINUTE_MS, 0)), NOON) == (30, 20)


def test_it_begins_with_the_hour_thirty_days_ago() -> None:
    """Half-open hours: at 12:00 those from 12:00 of 30 days ago on, at 12:59 still, at 13:00:00.001 from 13:00 on.

    12:00 ──── 29 ──── 12:59:59    13:00 ──── 31 ────            one at 11:59:59 is out of it
    """
    ago = NOON - 30 * DAY_MS
    log = answers(Log(), ago - SECOND_MS, 0)
    answers(log, ago, *[10] * 14)
    answers(log, ago + HOUR_MS - SECOND_MS, *[10] * 15)
    answers(log, ago + HOUR_MS, *[10] * 30, 0)

    offline = fed(log)

    assert month(offline, NOON) == (60, pytest.approx(100 * 58 / 60))
    assert month(offline, NOON + HOUR_MS - 1) == (60, pytest.approx(100 * 58 / 60))
    assert month(offline, NOON + HOUR_MS + 1) == (31, pytest.approx(100 * 29 / 31))
    assert month(offline, NOON + 2 * HOUR_MS + 1) == (0, None)


def test_the_hour_that_goes_on_counts_up_to_now_and_no_answer_counts_twice() -> None:
    """Thirty answers at 12:20:00, one at 12:40:00: none, 30, 31; at 13:00, at 13:01 and a day later still 31."""
    log = answers(Log(), NOON + 20 * MINUTE_MS, *[10] * 30)
    offline = fed(answers(log, NOON + 40 * MINUTE_MS, 0))

    at = [NOON + minutes * MINUTE_MS for minutes in (20, 21, 41, 60, 61, 24 * 60)]

    assert [month(offline, each)[0] for each in at] == [0, 30, 31, 31, 31, 31]


def test_a_rating_that_is_changed_late_is_corrected_in_its_month() -> None:
    """A ten of three weeks ago that becomes a zero, and one that is taken back: 29 of 30, then 28 of 29, too few."""
    log = answers(Log(), NOON - 21 * DAY_MS, *[10] * 30)
    offline = fed(log)
    assert month(offline, NOON) == (30, 100)

    pen = log.of(conversation="c0", queue="billing")
    offline.feed(pen.add("survey.responded", NOON - 21 * DAY_MS, survey="s", kind="nps", score=0).lines[-1:])
    assert month(offline, NOON + 1) == (30, pytest.approx(100 * 28 / 30))

    offline.feed(pen.add("survey.retracted", NOON - DAY_MS, survey="s").lines[-1:])
    assert month(offline, NOON + 2) == (29, None)


def test_without_the_family_there_is_none() -> None:
    """Nothing is added up that nobody asks for."""
    log = answers(Log(), NOON - DAY_MS, *[10] * 40)

    assert month(fed(log, Definitions()), NOON) == (None, None)


def test_what_changes_in_the_first_hour_of_the_month_is_corrected_once() -> None:
    """At 12:00 the hour from 12:00 of 30 days ago is the first: one of its 30 tens, looked at, becomes a zero."""
    ago = NOON - 30 * DAY_MS
    offline = fed(answers(Log(), ago, *[10] * 30))
    assert month(offline, NOON) == (30, 100)

    pen = Log().of(conversation="c0", queue="billing")
    offline.feed(pen.add("survey.responded", ago, survey="s", kind="nps", score=0).lines)

    assert month(offline, NOON) == (30, pytest.approx(100 * 28 / 30))


def test_an_hour_of_which_all_is_taken_back_counts_nothing() -> None:
    """Thirty tens of one hour and a ten of the next, which is retracted: 30."""
    log = answers(Log(), NOON - 21 * DAY_MS, *[10] * 30)
    offline = fed(answers(log, NOON - 21 * DAY_MS + HOUR_MS, 10))
    assert month(offline, NOON) == (31, 100)

    pen = log.of(conversation="c30", queue="billing")
    offline.feed(pen.add("survey.retracted", NOON - DAY_MS, survey="s").lines[-1:])

    assert month(offline, NOON + 1) == (30, 100)


TENANT, BILLING = Group("tenant", ("t",)), Labels("t", "chat", "billing")


def test_it_counts_in_the_groups_that_it_is_given() -> None:
    """And in others from the moment it is told of them; both are other months than before."""
    other = Group("tenant", ("other",))
    counted = Month(grouping=lambda _: (TENANT,))
    counted.put("p", NOON - HOUR_MS, BILLING, {NPS_RESPONSES: 3, NPS_PROMOTERS: 2})
    counted.move(NOON)
    assert [counted.sums(group) for group in (TENANT, other)] == [{NPS_RESPONSES: 3, NPS_PROMOTERS: 2}, {}]

    counted.regroup(lambda _: (other,))

    assert [counted.sums(group) for group in (TENANT, other)] == [{}, {NPS_RESPONSES: 3, NPS_PROMOTERS: 2}]
    assert counted.move(NOON) == {TENANT, other}


def test_a_look_back_over_the_hour_finds_what_was_there() -> None:
    """Answered at 12:00:00: counted at 13:00:05, by its hour, and at 12:59:55, by its ten seconds."""
    counted = Month(grouping=lambda _: (TENANT,))
    counted.add(Pane(FINE.ms, NOON), BILLING, {NPS_RESPONSES: 1})
    counted.put("p", NOON, BILLING, {NPS_RESPONSES: 1})

    for as_of in (NOON + HOUR_MS + 5 * SECOND_MS, NOON + HOUR_MS - 5 * SECOND_MS):
        counted.move(as_of)
        assert counted.sums(TENANT) == {NPS_RESPONSES: 1}
