"""M60, M61: what customers say when they are asked, and how many do."""

from fractions import Fraction

import pytest

from tests.aggregators.observed import shown
from tests.logs import Log, after, expects, offline

THUMBS = {"min": 0, "max": 1}
THREE = {"min": 1, "max": 3}
ELEVEN = {"min": 0, "max": 10}
DOWN = {"min": 1, "max": 5, "direction": "down"}


@pytest.mark.parametrize(
    ("scale", "score", "normalised", "satisfied"),
    [
        (None, 1, 0, 0),
        (None, 3, Fraction(1, 2), 0),
        (None, 4, Fraction(3, 4), 1),
        (None, 5, 1, 1),
        (None, 3.9, Fraction(29, 40), 0),
        (THUMBS, 0, 0, 0),
        (THUMBS, 1, 1, 1),
        (THREE, 2, Fraction(1, 2), 0),
        (THREE, 3, 1, 1),
        ({"min": 1, "max": 4}, 3.9, Fraction(29, 30), 0),
        (ELEVEN, 7, Fraction(7, 10), 0),
        (ELEVEN, 8, Fraction(8, 10), 1),
        (ELEVEN, 7.5, Fraction(3, 4), 1),
        (DOWN, 1, 1, 1),
        (DOWN, 2, Fraction(3, 4), 1),
        (DOWN, 5, 0, 0),
        ({"min": 0, "max": 1, "direction": "down"}, 0, 1, 1),
        ({"direction": "down"}, 1, 1, 1),
        ({"direction": "sideways"}, 5, 1, 1),
        ({"min": 0}, 4, Fraction(4, 5), 1),
        ({"max": 7}, 4, Fraction(1, 2), 0),
        ({"min": None, "max": None, "direction": None}, 5, 1, 1),
        ({}, 4, Fraction(3, 4), 1),
        ({"min": -2, "max": 2, "labels": ["bad", "good"]}, 1, Fraction(3, 4), 1),
    ],
)
def test_scores_are_normalised(
    scale: dict[str, object] | None, score: float, normalised: Fraction | int, satisfied: int
) -> None:
    """Missing members of the scale are at their defaults 1, 5, up; satisfied from 3/4 on long scales, else at 1."""
    log = Log().responded("00:00", score, scale=scale)

    expects(log, "01:00", csat_responses_5m=1, csat_mean_5m=normalised, csat_satisfied_5m=satisfied)


def test_the_mean_is_exact_over_scales() -> None:
    """1/3 + 1/2 + 7/10 over three scales: 23/45; none is satisfied."""
    log = Log()
    log.responded("00:00", 2, "s1", scale={"min": 1, "max": 4})
    log.responded("00:01", 3, "s2")
    log.responded("00:02", 7, "s3", scale=ELEVEN)

    expects(log, "01:00", csat_responses_5m=3, csat_mean_5m=Fraction(23, 45), csat_satisfied_5m=0)


def test_no_responses_no_mean() -> None:
    """A survey that nobody answered: sent is 1, responses 0, no mean and no share."""
    log = Log().sent("00:00")

    expects(log, "01:00", surveys_sent_5m=1, csat_responses_5m=0, csat_mean_5m=None, csat_satisfied_5m=None)


def test_the_scale_is_that_of_the_response() -> None:
    """A thumb up is 1 by its own scale, whatever the survey sent says."""
    log = Log().sent("00:00", scale=ELEVEN).responded("00:10", 1, scale=THUMBS)

    expects(log, "01:00", csat_mean_5m=1, csat_satisfied_5m=1)


def test_without_a_scale_the_default_not_that_of_the_sent() -> None:
    """Sent as 0–10, answered 5 without a scale: 5 of 1–5, the best."""
    log = Log().sent("00:00", scale=ELEVEN).responded("00:10", 5)

    expects(log, "01:00", csat_mean_5m=1)


# ----------------------------------------------------------------------------------- changed, retracted


def test_a_changed_rating_replaces() -> None:
    """The last response counts, at its own instant: the earlier window loses what it had.

    5m: [00:00 ── 5 ── 05:00) [05:00 ── 1 ── 10:00)
    """
    log = Log().responded("01:00", 5).responded("06:00", 1)

    expects(log, "05:00", csat_responses_5m=1, csat_mean_5m=1)
    expects(log, "10:00", csat_responses_5m=1, csat_mean_5m=0, csat_responses_1h=1, csat_mean_1h=0)


def test_the_last_response_is_by_order_not_arrival() -> None:
    """A response that arrives late does not replace one that was given later; at one instant the greater id wins."""
    expects(Log().responded("02:00", 5).responded("01:00", 1), "05:00", csat_responses_5m=1, csat_mean_5m=1)
    expects(Log().responded("02:00", 1, id="b").responded("02:00", 5, id="a"), "05:00", csat_mean_5m=0)


def test_a_retraction_withdraws() -> None:
    """No earlier response comes back."""
    log = Log().responded("01:00", 5).responded("02:00", 1).retracted("03:00")

    expects(log, "03:00", csat_responses_5m=1, csat_mean_5m=0)
    expects(log, "05:00", csat_responses_5m=0, csat_mean_5m=None)


def test_a_later_response_counts_again() -> None:
    """What is said after the retraction counts, and a retraction before any response is nothing."""
    log = Log().retracted("00:30").responded("01:00", 5).retracted("02:00").responded("03:00", 3)

    expects(log, "02:00", csat_responses_5m=1, csat_mean_5m=1)
    expects(log, "05:00", csat_responses_5m=1, csat_mean_5m=Fraction(1, 2))


def test_a_retraction_of_the_same_instant_is_after() -> None:
    """At one instant the response goes before the retraction, whatever their ids."""
    log = Log().retracted("01:00", id="a").responded("01:00", 5, id="b")

    expects(log, "05:00", csat_responses_5m=0)


def test_a_retraction_is_of_its_survey() -> None:
    """Another survey of the conversation stays; the survey sent stays sent."""
    log = Log().sent("00:00", "s1").responded("00:10", 5, "s1").responded("00:20", 3, "s2").retracted("00:30", "s1")

    expects(log, "01:00", surveys_sent_5m=1, csat_responses_5m=1, csat_mean_5m=Fraction(1, 2))


# ------------------------------------------------------------------------------------- which survey


def test_several_ids_are_several_surveys() -> None:
    """A second survey after a reopening is a second rating."""
    log = Log().sent("00:00", "s1").responded("00:10", 5, "s1").add("chat.reopened", "00:20").closed("00:30")
    log.sent("00:40", "s2").responded("00:50", 1, "s2")

    expects(log, "01:00", surveys_sent_5m=2, csat_responses_5m=2, csat_mean_5m=Fraction(1, 2))


def test_a_survey_id_is_of_its_conversation() -> None:
    """The same survey id in another conversation or tenant is another survey."""
    log = Log()
    for pen in (log, log.of(conversation="d"), log.of(tenant="acme")):
        pen.sent("00:00").responded("00:10", 5)

    expects(log, "01:00", "default", surveys_sent_5m=2, csat_responses_5m=2)
    expects(log, "01:00", "acme", surveys_sent_5m=1, csat_responses_5m=1)


@pytest.mark.parametrize("kind", ["nps", "ces", "mood"])
def test_other_kinds_are_no_csat(kind: str) -> None:
    """Net promoter and effort scores, and unknown kinds, are not mixed in."""
    log = Log().sent("00:00", kind=kind).responded("00:10", 5, kind=kind).responded("00:20", 1, "s2")

    expects(log, "01:00", surveys_sent_5m=0, csat_responses_5m=1, csat_mean_5m=0)


@pytest.mark.parametrize(
    "fields",
    [
        {"score": 0},
        {"score": 6},
        {"score": 5.001},
        {"score": 2, "scale": THUMBS},
        {"score": 5, "scale": {"min": 5, "max": 5}},
        {"score": 3, "scale": {"min": 5, "max": 1}},
        {"score": 1, "scale": {"max": 1}},
        {"score": "5"},
        {"score": True},
        {"score": None},
        {"score": 5, "scale": {"min": "1"}},
        {"score": 5, "scale": {"max": True}},
        {"score": 5, "scale": 5},
        {"score": 5, "scale": {"direction": 1}},
        {"score": 5, "kind": None},
        {"score": 5, "survey": None},
    ],
    ids=str,
)
def test_rejected_responses_change_nothing(fields: dict[str, object]) -> None:
    """A score outside its scale, or of a wrong type, is rejected: the earlier rating stands."""
    log = Log().responded("00:00", 3).add("survey.responded", "00:10", **{"survey": "s", "kind": "csat"} | fields)

    expects(log, "01:00", csat_responses_5m=1, csat_mean_5m=Fraction(1, 2))


def test_the_ends_of_a_scale_are_in_it() -> None:
    """1 and 5 of 1–5 are scores; so is 0.0 of 0–1."""
    log = Log().responded("00:00", 1, "a").responded("00:00", 5, "b").responded("00:00", 0.0, "d", scale=THUMBS)

    expects(log, "01:00", csat_responses_5m=3, csat_mean_5m=Fraction(1, 3))


# ------------------------------------------------------------------------------------- where and when


def test_a_rating_belongs_to_its_own_instant() -> None:
    """Sent in one window and answered in another, or three weeks later."""
    log = Log().sent("04:00").responded("06:00", 5)
    expects(log, "10:00", surveys_sent_5m=0, csat_responses_5m=1)

    log = Log().sent("0:00:00").responded("504:00:00", 5)
    expects(log, "504:05:00", surveys_sent_7d=0, csat_responses_5m=1, csat_mean_7d=1)


def test_the_queue_is_that_at_the_first_sent() -> None:
    """Sent in billing, answered in sales: billing; by the first sending, not the second."""
    log = Log(channel="chat").customer("00:00", queue="billing").sent("00:10").assigned("00:20", "sales")
    log.sent("00:30").responded("00:40", 5)

    expects(log, "01:00", "default", "chat", "billing", surveys_sent_5m=1, csat_responses_5m=1)
    expects(log, "01:00", "default", "chat", "sales", surveys_sent_5m=0, csat_responses_5m=0)


def test_the_queue_at_a_sending_that_is_stamped_later() -> None:
    """Stamped after the response by another clock: the queue is still that at the sending."""
    log = Log(channel="chat").customer("00:00", queue="billing").responded("00:10", 5).assigned("00:20", "sales")
    expects(log, "00:30", "default", "chat", "billing", csat_responses_5m=1)

    log.sent("00:30")

    expects(log, "01:00", "default", "chat", "billing", csat_responses_5m=0)
    expects(log, "01:00", "default", "chat", "sales", csat_responses_5m=1, surveys_sent_5m=1)


def test_without_a_sending_the_queue_is_that_at_the_response() -> None:
    """Nobody sent it: the queue at the response."""
    log = Log(channel="chat").customer("00:00", queue="billing").assigned("00:20", "sales").responded("00:20", 5)

    expects(log, "01:00", "default", "chat", "sales", csat_responses_5m=1)


def test_sent_again_is_one_survey_sent() -> None:
    """At the first sending; an earlier one that arrives late moves it.

    5m: [00:00 ── sent ── 05:00) [05:00 ── sent again ── 10:00)
    """
    log = Log().sent("06:00").sent("04:00")

    expects(log, "10:00", surveys_sent_5m=0, surveys_sent_30m=1)


# ----------------------------------------------------------------------------------- M61, response rate


def test_the_response_rate_has_the_same_surveys_on_both_sides() -> None:
    """Sent and answered stand where it was sent, and spam is in neither: billing 1/2, sales 0/1, together 1/3.

    c1 billing  sent -> sales, answered     c3 sales    sent
    c2 billing  sent                        c4 billing  sent, answered, spam
    """
    log = Log(channel="chat")
    log.of(conversation="c1").customer("00:00", queue="billing").sent("00:10").assigned("00:20", "sales")
    log.of(conversation="c1").responded("00:30", 5)
    log.of(conversation="c2").customer("00:00", queue="billing").sent("00:10")
    log.of(conversation="c3").customer("00:00", queue="sales").sent("00:10")
    log.of(conversation="c4").customer("00:00", queue="billing").sent("00:10").responded("00:30", 5).flagged("00:40")

    places = (("default", "chat", "billing"), ("default", "chat", "sales"), ("default", "chat"), ("default",))

    found = [shown(log, "01:00", *place)["survey_response_ratio"] for place in places]
    assert found == pytest.approx([1 / 2, 0, 1 / 3, 1 / 3])


def response_ratio(log: Log, clock: str, window: str) -> float | None:
    """What the product shows for the tenant `default`."""
    values = offline(log.lines, after(clock)).values(after(clock))
    return values.get(("support_tenant_rolling_survey_response_ratio", (("tenant", "default"), ("window", window))))


def test_the_response_rate_is_of_the_surveys_sent() -> None:
    """Of two sent in the window one was answered; a rating that nobody asked for is in neither."""
    log = Log().sent("00:00", "s1").sent("00:10", "s2").responded("00:30", 5, "s1").responded("00:40", 5, "s3")

    assert response_ratio(log, "01:00", "5m") == pytest.approx(1 / 2)


def test_the_response_rate_belongs_to_the_sending() -> None:
    """Answered six minutes later: the window that holds the sending has it, and the one of the answer has no ratio."""
    log = Log().sent("04:00").responded("10:00", 5)

    assert response_ratio(log, "05:00", "5m") == pytest.approx(0)
    assert response_ratio(log, "11:00", "5m") is None
    assert response_ratio(log, "11:00", "30m") == pytest.approx(1)


def test_no_surveys_no_response_rate() -> None:
    """Nothing sent: no ratio."""
    assert response_ratio(Log().responded("00:00", 5), "01:00", "5m") is None
