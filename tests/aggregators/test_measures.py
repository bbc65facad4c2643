"""What each sample adds to its panes, to the last number."""

from dataclasses import replace
from fractions import Fraction
from math import gcd

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators import measures as m
from aggregators import points
from aggregators import samples as s
from aggregators.measures import fraction_index, fraction_of, name_of, rolling
from aggregators.sketch import EDGES, bin_of
from aggregators.vocabulary import BY_CODE, code_of
from stream.definitions_file import definitions_from
from tests.aggregators.running import DEFAULT
from tests.logs import T0

OFFICE = """
[calendars.office]
zone = "Europe/Berlin"
week = { mon-fri = "09:00-17:00" }
[[business_hours]]
calendar = "office"
"""
VOICE = s.Labels("default", "voice", "sales")
CHAT = s.Labels("default", "chat", "billing")


def leg(outcome: int, waited_ms: int, labels: s.Labels = VOICE) -> s.Leg:
    """A leg that ended after so long."""
    return s.Leg(s.LEG, T0 + waited_ms, labels, outcome, T0)


def added(sample: s.Sample) -> dict[int, int]:
    """Return what *sample* adds to its panes."""
    amounts = rolling(sample, DEFAULT)
    assert len(dict(amounts)) == len(amounts)
    return dict(amounts)


# ------------------------------------------------------------------------------------------------- panes


@pytest.mark.parametrize(("waited_ms", "within"), [(20_000, {m.ANSWERED_WITHIN: 1}), (20_001, {})])
def test_an_answer(waited_ms: int, within: dict[int, int]) -> None:
    """Its wait, its bin, and whether it was within the target, met at exactly its value."""
    assert added(leg(s.ANSWERED, waited_ms)) == {
        m.ANSWERED: 1,
        m.WAIT_MS: waited_ms,
        m.WAIT_BIN + bin_of(waited_ms): 1,
        **within,
    }


@pytest.mark.parametrize(
    ("waited_ms", "which", "within"),
    [
        (5_000, m.SHORT_ABANDONED, {m.ABANDONED_WITHIN: 1}),
        (5_001, m.ABANDONED, {m.ABANDONED_WITHIN: 1}),
        (20_000, m.ABANDONED, {m.ABANDONED_WITHIN: 1}),
        (20_001, m.ABANDONED, {}),
    ],
)
def test_an_abandonment(waited_ms: int, which: int, within: dict[int, int]) -> None:
    """Short up to its channel's threshold; both have a wait and a bin of their own."""
    assert added(leg(s.ABANDONED, waited_ms)) == {
        which: 1,
        m.ABANDON_WAIT_MS: waited_ms,
        m.ABANDON_WAIT_BIN + bin_of(waited_ms): 1,
        **within,
    }


@pytest.mark.parametrize(
    ("outcome", "waited_ms", "amounts"),
    [
        (s.LOST, 14_400_000, {m.LOST: 1}),
        (s.LOST, 1, {m.LOST: 1}),
        (s.CALLBACK, 20_000, {m.CALLBACK: 1, m.CALLBACK_WITHIN: 1}),
        (s.CALLBACK, 20_001, {m.CALLBACK: 1}),
        (s.FLOWED_OUT, 1, {m.FLOWED_OUT: 1}),
        (s.AGENT_CLOSED, 1, {m.AGENT_CLOSED: 1}),
    ],
)
def test_other_ends(outcome: int, waited_ms: int, amounts: dict[int, int]) -> None:
    """Counted; a call-back within the target is counted as such."""
    assert added(leg(outcome, waited_ms)) == amounts


def test_targets_are_of_the_channel() -> None:
    """A minute of chat is within; so is ten seconds short."""
    assert m.ANSWERED_WITHIN in added(leg(s.ANSWERED, 60_000, CHAT))
    assert m.SHORT_ABANDONED in added(leg(s.ABANDONED, 10_000, CHAT))
    assert m.ABANDONED in added(leg(s.ABANDONED, 10_001, CHAT))


@pytest.mark.parametrize(("took_ms", "within"), [(60_000, {m.FIRST_RESPONSES_WITHIN: 1}), (60_001, {})])
def test_a_first_response(took_ms: int, within: dict[int, int]) -> None:
    """Its time, its bin, and whether it was within the target."""
    assert added(s.Response(s.FIRST_RESPONSE, T0 + took_ms, CHAT, T0)) == {
        m.FIRST_RESPONSES: 1,
        m.FIRST_RESPONSE_MS: took_ms,
        m.FIRST_RESPONSE_BIN + bin_of(took_ms): 1,
        **within,
    }


def test_the_other_samples() -> None:
    """Opened legs, stays, replies, surveys and ratings."""
    assert added(s.Queued(s.QUEUED, T0, CHAT)) == {m.QUEUED: 1}
    assert added(s.Stay(s.STAY, T0, CHAT, 1, 700)) == {m.STAYS: 1, m.STAYS_ABANDONED: 1, m.STAYS_WAIT_MS: 700}
    reply = s.Response(s.REPLY, T0 + 9_000, CHAT, T0)
    assert added(reply) == {m.REPLIES: 1, m.REPLY_MS: 9_000, m.REPLY_BIN + bin_of(9_000): 1}
    assert added(s.SurveySent(s.SURVEY_SENT, T0, CHAT, 1)) == {m.SURVEYS_SENT: 1, m.SURVEYS_ANSWERED: 1}
    rating = s.Rating(s.CSAT, T0, CHAT, 3, 4, 1)
    assert added(rating) == {m.CSAT_RESPONSES: 1, m.CSAT_SATISFIED: 1, m.score_measure(m.CSAT_SCORE, 3, 4): 1}


def test_targets_and_thresholds_are_of_the_queue() -> None:
    """In billing 5 s are the target of waits and of first responses, and 1 s is short."""
    own = replace(
        DEFAULT,
        queue_wait_target_ms={"billing": 5_000},
        queue_response_target_ms={"billing": 5_000},
        queue_short_abandon_ms={"billing": 1_000},
    )

    assert m.ANSWERED_WITHIN not in dict(rolling(leg(s.ANSWERED, 5_001, CHAT), own))
    assert m.SHORT_ABANDONED not in dict(rolling(leg(s.ABANDONED, 1_001, CHAT), own))
    response = s.Response(s.FIRST_RESPONSE, T0 + 5_001, CHAT, T0)
    assert m.FIRST_RESPONSES_WITHIN not in dict(rolling(response, own))


@pytest.mark.parametrize(("families", "corrections"), [((), 0), (("business_time",), 3)])
def test_business_time_is_beside_elapsed_time_where_it_is_asked_for(
    families: tuple[str, ...], corrections: int
) -> None:
    """T0 is Monday at 1:00 in Berlin, and the office opens at 9: of a day all but 8 h are taken off, bin and sum."""
    office = replace(definitions_from(OFFICE), families=families)

    for kind, number in ((s.FIRST_RESPONSE, 3), (s.REPLY, 3)):
        assert len(rolling(s.Response(kind, T0 + 24 * 3_600_000, CHAT, T0), office)) == number + corrections


@pytest.mark.parametrize(
    ("numerator", "good", "amounts"),
    [(9, 1, {m.NPS_PROMOTERS: 1, m.NPS_DETRACTORS: 0}), (6, 0, {m.NPS_PROMOTERS: 0, m.NPS_DETRACTORS: 1})],
)
def test_a_recommendation(numerator: int, good: int, amounts: dict[int, int]) -> None:
    """9 of 10 is a promoter's, 6 of 10 a detractor's; the score is counted once."""
    score = m.score_measure(m.NPS_SCORE, numerator, 10)

    assert added(s.Rating(s.NPS, T0, CHAT, numerator, 10, good)) == {m.NPS_RESPONSES: 1, score: 1, **amounts}


@pytest.mark.parametrize(("late_ms", "amounts"), [(-1, {}), (0, {}), (1, {points.CLOSED.total: 1})])
def test_a_solve_whose_clock_stopped_before_it(late_ms: int, amounts: dict[int, int]) -> None:
    """Closed 1 ms after its clock stopped, it took 1 ms longer to the close; by time it is from 0 ms on."""
    solve = s.LastSolve(s.SOLVED, T0, CHAT, 700, 0, 1, 1, late_ms, -1, 0, 0)
    by_time = {points.AUTO_CLOSED.count: 1} if late_ms >= 0 else {}

    assert added(solve) == {points.SOLVED.total: 700, points.SOLVED.bins + bin_of(700): 1, **by_time, **amounts}


# ---------------------------------------------------------------------------------------------- all time


@pytest.mark.parametrize(
    ("waited_ms", "bucket"),
    [(0, 0), (5_000, 0), (5_001, 1), (20_000, 2), (20_001, 3), (86_400_000, 11), (86_400_001, 12)],
)
def test_histograms_count_up_to_their_bounds(waited_ms: int, bucket: int) -> None:
    """A bound is in its bucket, as Prometheus has it; the last bucket is open. Waits and first responses alike."""
    assert m.all_time(leg(s.ANSWERED, waited_ms), DEFAULT) == (
        (m.WAIT_BUCKET + bucket, 1),
        (m.WAIT_TOTAL_MS, waited_ms),
    )
    assert m.all_time(s.Response(s.FIRST_RESPONSE, T0 + waited_ms, CHAT, T0), DEFAULT) == (
        (m.FIRST_RESPONSE_BUCKET + bucket, 1),
        (m.FIRST_RESPONSE_TOTAL_MS, waited_ms),
    )


def test_what_is_in_no_histogram() -> None:
    """Only answers and first responses are; of other legs it is counted how they ended."""
    assert m.all_time(leg(s.ABANDONED, 5_000), DEFAULT) == ((m.SHORT_ABANDONED, 1),)
    assert m.all_time(leg(s.ABANDONED, 5_001), DEFAULT) == ((m.ABANDONED, 1),)
    assert m.all_time(leg(s.CALLBACK, 1), DEFAULT) == ((m.CALLBACK, 1),)
    assert m.all_time(leg(s.LOST, 1), DEFAULT) == ((m.LOST, 1),)
    assert m.all_time(s.Response(s.REPLY, T0 + 1, CHAT, T0), DEFAULT) == ()
    assert m.all_time(s.Queued(s.QUEUED, T0, CHAT), DEFAULT) == ()


def test_what_is_counted_for_all_time() -> None:
    """Received and solved once each."""
    assert m.all_time(points.Point(points.RECEIVED.code, T0, CHAT, 2), DEFAULT) == ((points.RECEIVED.count, 1),)
    assert m.all_time(points.Point(points.SOLVE.code, T0, CHAT, 2), DEFAULT) == ((points.RESOLVED.count, 1),)


# ------------------------------------------------------------------------------------- numbers and names


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(numerator=st.integers(0, 10**9), rest=st.integers(0, 10**9))
@example(numerator=1, rest=0)
@example(numerator=0, rest=1)
@example(numerator=10**17, rest=3)
def test_fractions_have_numbers(numerator: int, rest: int) -> None:
    """Each its own, and back."""
    divisor = gcd(numerator, rest) or 1
    part, whole = numerator // divisor, (numerator + rest) // divisor

    assert fraction_of(fraction_index(part, whole)) == (part, whole)


def test_no_two_fractions_share_a_number() -> None:
    """All with a denominator up to 60, no gaps to speak of: numbers stay small."""
    numbers = {fraction_index(n, d): Fraction(n, d) for d in range(61) for n in range(d + 1) if d}

    assert len(numbers) == sum(d + 1 for d in range(1, 61))
    assert max(numbers) < 61 * 62 // 2


def test_every_family_has_room() -> None:
    """Bins, buckets and types of events fit between one family and the next."""
    assert len(EDGES) <= m.FAMILY
    assert len(m.BUCKETS_S) + 1 <= m.FAMILY
    assert max(BY_CODE) < m.FAMILY


@pytest.mark.parametrize(
    ("measure", "name"),
    [
        (m.QUEUED, "queued"),
        (m.WAIT_TOTAL_MS, "wait_total_ms"),
        (m.WAIT_BIN, "wait:0"),
        (m.WAIT_BIN + 123, "wait:123"),
        (m.ABANDON_WAIT_BIN, "abandon_wait:0"),
        (m.FIRST_RESPONSE_BIN + 1, "first_response:1"),
        (m.REPLY_BIN + m.FAMILY - 1, "reply:4095"),
        (m.WAIT_BUCKET + 3, "wait_le:3"),
        (m.FIRST_RESPONSE_BUCKET + 12, "first_response_le:12"),
        (m.EVENTS + code_of("chat.queued"), "events:chat.queued"),
        (m.score_measure(m.CSAT_SCORE, 3, 4), "csat:3/4"),
        (m.score_measure(m.CSAT_SCORE, 0, 1), "csat:0/1"),
        (m.score_measure(m.CES_SCORE, 3, 4), "ces:3/4"),
        (m.score_measure(m.NPS_SCORE, 3, 4), "nps:3/4"),
        (m.MESSAGES + m.NOTE, "messages:note"),
    ],
)
def test_measures_have_readable_names(measure: int, name: str) -> None:
    """As the lines of `dump` show them."""
    assert name_of(measure) == name


def test_no_two_kinds_of_points_share_a_number_or_a_name() -> None:
    """What one counts is never counted for the other."""
    assert len({kind.code for kind in points.KINDS}) == len(points.KINDS) == len(points.BY_CODE)
    assert len({kind.name for kind in points.KINDS}) == len(points.KINDS)
