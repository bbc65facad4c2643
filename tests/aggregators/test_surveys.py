"""The sweep of the surveys row by row, and scores on their scales."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from aggregators.definitions import Definitions, Scale
from aggregators.events import USUAL_SCALES, Event
from aggregators.facts import Fact
from aggregators.surveys import TYPES, SurveyRow, is_good, normalise, sweep
from aggregators.vocabulary import KIND, SCORE, SURVEY, code_of
from tests.aggregators.running import incoming
from tests.logs import T0, Log, after


def surveys(log: Log, kind: str = "csat", scales: Mapping[str, Scale] = USUAL_SCALES) -> list[SurveyRow]:
    """Return the surveys of one kind."""
    events = [record.content for record in incoming(log.lines) if isinstance(record.content, Event)]
    facts = sorted(Fact(each.at, each.type.rank, each.id, each.type.code, each.fields) for each in events)
    return sweep([fact for fact in facts if fact.type in TYPES], kind=kind, scales=scales)


def test_a_survey_that_was_sent_and_answered() -> None:
    """3 of 1–5 is a half, on a scale of four steps."""
    assert surveys(Log().sent("00:00").responded("01:00", 3)) == [
        SurveyRow(T0, after("01:00"), Fraction(1, 2), Fraction(4), after("01:00"))
    ]


def test_surveys_come_by_their_id() -> None:
    """Sent, answered without being sent, and retracted, each is a row."""
    log = Log().responded("00:30", 1, "c").sent("00:10", "b").responded("00:20", 5, "a").retracted("00:40", "a")

    assert surveys(log) == [
        SurveyRow(None, None, None, None, withdrawn=(after("00:20"), Fraction(1), Fraction(4))),
        SurveyRow(after("00:10"), None, None, None),
        SurveyRow(None, after("00:30"), Fraction(0), Fraction(4), after("00:30")),
    ]


def test_a_survey_is_answered_from_its_first_response_on() -> None:
    """Until it is retracted; then from the next one on. Which response counts is another matter."""
    log = Log().responded("01:00", 1).responded("02:00", 5)
    assert [(row.answered, row.responded) for row in surveys(log)] == [(after("01:00"), after("02:00"))]

    assert [row.answered for row in surveys(log.retracted("03:00"))] == [None]
    assert [row.answered for row in surveys(log.responded("04:00", 3).responded("05:00", 4))] == [after("04:00")]


def test_a_retraction_of_nothing_makes_no_survey() -> None:
    """Before any response there is nothing to withdraw."""
    assert surveys(Log().retracted("00:00")) == []


def test_kinds_are_kept_apart() -> None:
    """Each sweep sees its own, a retraction whatever kind its survey is."""
    log = Log().sent("00:00", "n", kind="nps").responded("00:10", 9, "n", kind="nps").responded("00:20", 5, "s")

    assert surveys(log, "nps") == [SurveyRow(T0, after("00:10"), Fraction(9, 10), Fraction(10), after("00:10"))]
    assert [row.responded for row in surveys(log)] == [after("00:20")]
    assert surveys(log.retracted("00:30", "n"), "nps") == [
        SurveyRow(T0, None, None, None, withdrawn=(after("00:10"), Fraction(9, 10), Fraction(10)))
    ]


@pytest.mark.parametrize(
    ("score", "scale", "share", "span"),
    [
        (3.3, None, Fraction(23, 40), Fraction(4)),
        (0.1, {"min": 0, "max": 0.3}, Fraction(1, 3), Fraction(3, 10)),
        (2, {"direction": "down"}, Fraction(3, 4), Fraction(4)),
        (2, {"direction": "up"}, Fraction(1, 4), Fraction(4)),
        (4, {"max": 7}, Fraction(1, 2), Fraction(6)),
        (-1, {"min": -3, "max": 1}, Fraction(1, 2), Fraction(4)),
    ],
)
def test_scores_are_decimals_on_their_scale(
    score: float, scale: dict[str, object] | None, share: Fraction, span: Fraction
) -> None:
    """3.3 is 33/10 and not its binary neighbour; falling scales are turned round."""
    (row,) = surveys(Log().responded("00:00", score, scale=scale))

    assert (row.normalised, row.span) == (share, span)


def test_scores_on_the_scales_of_the_definitions() -> None:
    """Effort from 1, the best, to 5, as nothing else is said: 2 is three quarters; the event's own direction first."""
    scales = {"ces": Scale(Fraction(1), Fraction(5), falling=True)}
    log = Log().responded("00:00", 2, "a", kind="ces").responded("00:00", 2, "b", kind="ces", scale={"direction": "up"})

    assert [row.normalised for row in surveys(log, "ces", scales=scales)] == [Fraction(3, 4), Fraction(1, 4)]


@pytest.mark.parametrize(
    ("kind", "least", "span"), [("nps", Fraction(9, 10), 10), ("ces", Fraction(2, 3), 6), ("csat", Fraction(3, 4), 4)]
)
def test_what_is_good_begins_at_its_threshold(kind: str, least: Fraction, span: int) -> None:
    """A promoter gives 9 of 10, easy is 5 of 1–7, satisfied 4 of 1–5; of fewer steps only the best is satisfied."""
    usual = Definitions()

    assert is_good(kind, least, Fraction(span), usual)
    assert not is_good(kind, least - Fraction(1, 100), Fraction(span), usual)
    assert is_good(kind, least, Fraction(2), usual) == (kind != "csat")


def test_a_kind_without_a_scale_is_our_mistake() -> None:
    """Nobody asks for the score of an unknown kind; the message names it."""
    response = Fact(T0, 12, "x", code_of("survey.responded"), {SURVEY: "s", KIND: "mood", SCORE: 3})

    with pytest.raises(ValueError, match=r"^no scale is known for surveys of kind 'mood'$"):
        normalise(response)


@pytest.mark.parametrize("score", [2**60, float(2**60)])
def test_a_score_is_the_decimal_that_was_written(score: float) -> None:
    """1.152921504606847e+18 is not 2**60, though the two are equal in Python; what was seen before is no matter."""
    written = 1_152_921_504_606_847_000 if isinstance(score, float) else 2**60
    log = Log().responded("00:00", score, scale={"min": 0, "max": 2**61})

    assert [row.normalised for row in surveys(log)] == [Fraction(written, 2**61)]
