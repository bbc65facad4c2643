"""M61 to M63 as they are shown: effort and recommendation beside satisfaction."""

from __future__ import annotations

import pytest

from tests.aggregators.observed import shown
from tests.logs import Log


def rated(kind: str, *scores: float, **fields: object) -> Log:
    """Return a log in which each score answers a survey of its own."""
    log = Log()
    for number, score in enumerate(scores):
        pen = log.of(conversation=f"c{number}")
        pen.add("survey.sent", "00:00", survey="s", kind=kind)
        pen.add("survey.responded", "01:00", survey="s", kind=kind, score=score, **fields)
    return log


def test_nps_is_promoters_less_detractors() -> None:
    """M63: 9–10, 7–8, 0–6. Of 10, 9, 8, 7, 6, 0 two promote and two detract: 0; with another 10 it is 1 of 7."""
    even = shown(rated("nps", 10, 9, 8, 7, 6, 0), "02:00")
    assert (even["nps_responses"], even["nps_points"]) == (6, 0)
    assert even["nps_promoter_ratio"] == even["nps_detractor_ratio"] == pytest.approx(2 / 6)

    # (3 − 2) / 7
    assert shown(rated("nps", 10, 9, 8, 7, 6, 0, 10), "02:00")["nps_points"] == pytest.approx(100 / 7)


def test_nps_of_nobody_is_absent() -> None:
    """No data is not 0."""
    found = shown(Log().add("survey.sent", "00:00", survey="s", kind="nps"), "02:00")

    assert "nps_points" not in found
    assert (found["nps_surveys_sent"], found["nps_response_ratio"], found["nps_responses"]) == (1, 0, 0)


def test_ces_is_easy_from_five() -> None:
    """M62: 1–7, easy from 5. Of 7, 5, 4, 1 two say so; the mean ease is (6 + 4 + 3 + 0) / 6 / 4."""
    found = shown(rated("ces", 7, 5, 4, 1), "02:00")

    assert (found["ces_responses"], found["ces_easy_ratio"]) == (4, 0.5)
    assert found["ces_mean_ratio"] == pytest.approx(13 / 24)
    assert (found["ces_surveys_sent"], found["ces_response_ratio"]) == (4, 1)


def test_effort_downwards_is_ease_turned_round() -> None:
    """M62: direction in the definition. On 1–5 where 1 is no effort, 1 and 2 are ease of 1 and 3/4."""
    found = shown(rated("ces", 1, 2, scale={"min": 1, "max": 5, "direction": "down"}), "02:00")

    assert found["ces_mean_ratio"] == pytest.approx(7 / 8)
    assert found["ces_easy_ratio"] == 1


def test_ces_on_its_own_scale() -> None:
    """M62: 7, 5, 4 and 1 of 7 are 4.25 in the mean; 1 and 2 of 5 downwards, ease of 7/8, are 1 + 7/8 x 6 = 6.25."""
    assert shown(rated("ces", 7, 5, 4, 1), "02:00")["ces_mean_score"] == pytest.approx(4.25)
    turned = shown(rated("ces", 1, 2, scale={"min": 1, "max": 5, "direction": "down"}), "02:00")
    assert turned["ces_mean_score"] == pytest.approx(6.25)
    assert "ces_mean_score" not in shown(rated("nps", 10), "02:00")


def test_kinds_of_surveys_do_not_mix() -> None:
    """M60: never mix forms in a series."""
    log = rated("nps", 10).of(conversation="d")
    log.add("survey.responded", "01:00", survey="s", kind="csat", score=1)

    found = shown(log, "02:00")

    assert (found["csat_responses"], found["csat_mean_ratio"]) == (1, 0)
    assert (found["nps_responses"], found["nps_points"], found["ces_responses"]) == (1, 100, 0)


def test_a_changed_and_a_retracted_answer() -> None:
    """M60, M63: a changed rating replaces the one before, a retracted one is gone."""
    log = Log().add("survey.responded", "01:00", survey="s", kind="nps", score=2)
    assert shown(log, "02:00")["nps_points"] == -100

    log.add("survey.responded", "01:30", survey="s", kind="nps", score=9)
    assert shown(log, "02:00")["nps_points"] == 100

    log.add("survey.retracted", "01:40", survey="s")
    found = shown(log, "02:00")
    assert found["nps_responses"] == 0
    assert "nps_points" not in found
