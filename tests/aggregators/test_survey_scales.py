"""M60 to M62: what a survey is answered on where it does not say so itself stands in the definitions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aggregators.definitions import Definitions, Scale, usual_scales
from aggregators.events import Event, Rejected
from stream.decoding import decode_record
from stream.offline import Offline
from tests.logs import T0, Log, after

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Definitions()


def scaled(kind: str, least: float, most: float, *, falling: bool = False) -> Definitions:
    """Return definitions with another scale for a kind of survey."""
    scale = Scale(Fraction(str(least)), Fraction(str(most)), falling)
    return replace(DEFAULT, scales={**usual_scales(), kind: scale})


def shown(
    definitions: Definitions, kind: str, *scores: float, scale: Mapping[str, object] | None = None
) -> list[float]:
    """Return what is shown of the scores, each of a survey of its own: responses, mean and share of the good ones."""
    log = Log()
    for number, score in enumerate(scores):
        pen = log.of(conversation=f"c{number}")
        pen.add("survey.responded", "01:00", survey="s", kind=kind, score=score, scale=scale)
    offline = Offline(definitions=definitions)
    offline.feed(log.lines)
    labels = (("tenant", "default"), ("window", "5m"))
    values = offline.values(after("02:00"))
    share = {"csat": "csat_satisfied_ratio", "ces": "ces_easy_ratio", "nps": "nps_promoter_ratio"}[kind]
    names = [f"{kind}_responses", *([] if kind == "nps" else [f"{kind}_mean_ratio"]), share]
    return [values[f"support_tenant_rolling_{name}", labels] for name in names]


def test_three_faces() -> None:
    """M60: poor, average, great are 0, 50 and 100; of one each the mean is 0.5, and great alone is satisfied."""
    assert shown(scaled("csat", 1, 3), "csat", 1, 2, 3) == [3, 0.5, pytest.approx(1 / 3)]


def test_thumbs() -> None:
    """M60: down is 0 and up is 100; three up and one down make 0.75 both ways."""
    assert shown(scaled("csat", 0, 1), "csat", 1, 1, 1, 0) == [4, 0.75, 0.75]


def test_one_to_ten() -> None:
    """8 and 10 of 1 to 10 are 7/9 and 1: mean 8/9, both satisfied from 0.75 on; 7, which is 6/9, is not."""
    assert shown(scaled("csat", 1, 10), "csat", 8, 10) == [2, pytest.approx(8 / 9), 1]
    assert shown(scaled("csat", 1, 10), "csat", 7) == [1, pytest.approx(6 / 9), 0]


def test_the_best_grade_is_the_least() -> None:
    """School marks from 1 (the best) to 6, falling: 1 and 2 are 1 and 0.8, 6 is 0. Mean 0.6; two of three satisfied."""
    found = shown(scaled("csat", 1, 6, falling=True), "csat", 1, 2, 6)

    assert found == [3, pytest.approx(0.6), pytest.approx(2 / 3)]


def test_effort_in_both_directions() -> None:
    """M62: of 1 to 7 rising 6 is ease of 5/6; of 1 to 7 falling 2 is, and both are easy; 4 is half and is not."""
    rising, falling = scaled("ces", 1, 7), scaled("ces", 1, 7, falling=True)

    assert shown(rising, "ces", 6, 4) == [2, pytest.approx((5 / 6 + 3 / 6) / 2), 0.5]
    assert shown(falling, "ces", 2, 4) == [2, pytest.approx((5 / 6 + 3 / 6) / 2), 0.5]


def test_effort_of_five_is_easy_on_seven_and_not_on_the_falling_five() -> None:
    """M62: 5 of 1 to 7 is the first easy score, (5 − 1)/6 = 2/3; 5 of 1 to 5 effort is the hardest there is."""
    assert shown(scaled("ces", 1, 7), "ces", 5)[2] == 1
    assert shown(scaled("ces", 1, 5, falling=True), "ces", 5) == [1, 0, 0]


def test_what_the_response_says_wins_member_by_member() -> None:
    """On a falling 1 to 5 of the definitions: `max` 7 leaves it falling from 1, `up` turns it and leaves 1 to 5."""
    falling = scaled("csat", 1, 5, falling=True)

    assert shown(falling, "csat", 1, scale={"max": 7}) == [1, 1, 1]
    assert shown(falling, "csat", 4, scale={"max": 7}) == [1, 0.5, 0]
    assert shown(falling, "csat", 2, scale={"direction": "up"}) == [1, 0.25, 0]
    assert shown(scaled("csat", 1, 5), "csat", 2, scale={"direction": "down"}) == [1, 0.75, 1]


def test_a_promoter_is_a_share_of_the_scale() -> None:
    """Of 1 to 11 the promoters begin at 0.9, which is 10: of 9, 10, 11 there are two."""
    assert shown(scaled("nps", 1, 11), "nps", 9, 10, 11) == [3, pytest.approx(2 / 3)]


@pytest.mark.parametrize(
    ("definitions", "score", "scale", "reason"),
    [
        (DEFAULT, 8, None, "score_outside_scale"),
        (scaled("csat", 1, 10), 8, None, None),
        (scaled("csat", 1, 10), 11, None, "score_outside_scale"),
        (scaled("csat", 1, 3), 4, None, "score_outside_scale"),
        (scaled("csat", 1, 3), 4, {"max": 5}, None),
        (scaled("csat", 1, 3), 2, {"min": 3}, "bad_scale"),
        (scaled("csat", 0.1, 3.3), 3.3, None, None),
        (scaled("csat", 0.1, 3.3), 0.1, None, None),
        (scaled("csat", 0.1, 3.3), 3.4, None, "score_outside_scale"),
    ],
)
def test_a_score_is_rejected_on_the_scale_in_force(
    definitions: Definitions, score: float, scale: Mapping[str, object] | None, reason: str | None
) -> None:
    """8 is none of 1 to 5 and one of 1 to 10; the ends belong to the scale, decimals too."""
    log = Log().add("survey.responded", T0, survey="s", kind="csat", score=score, scale=scale)

    found = decode_record(log.lines[0], definitions.scales)

    assert (found.reason if isinstance(found, Rejected) else None) == reason
    assert isinstance(found, Event) is (reason is None)


def test_a_rejected_score_takes_no_part() -> None:
    """11 of 1 to 10 beside a 10: one response, whoever reads the file."""
    assert shown(scaled("csat", 1, 10), "csat", 10, 11) == [1, 1, 1]
