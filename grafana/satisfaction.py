"""Satisfaction: what customers say in surveys, how many say anything, and whether it differs from what is usual."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators.catalogue.voice import FEWEST
from grafana import frame, scales, uids
from grafana.frame import Row
from grafana.panels import tile
from grafana.promql import ROLLING, STATE, value
from grafana.queues import column, table_of_queues, tile_of_all, worst_queues

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import Dashboard

    from grafana.shown import Shown


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    rows = [
        Row(title="Satisfied customers (CSAT) over the last $window", panels=[tile(each, width=4) for each in _csat()]),
        Row(title="Surveys, over the last $window", panels=[tile(each, width=6) for each in _asked()]),
        Row(title="Answers by score, over the last $window", panels=[tile(each, width=4) for each in _by_score()]),
        Row(title="Against the same hours of weeks before", panels=[tile(each, width=6) for each in _usual()]),
        Row(
            title="Effort (CES) and recommendation (NPS) over the last $window",
            panels=[tile(each, width=3) for each in _others()],
        ),
        Row(title="Recommendation (NPS) of the last 30 days", panels=[tile(each, width=6) for each in _of_a_month()]),
        Row(title="Queues", panels=[table_of_queues("Surveys by queue, over the last $window", _columns())]),
        Row(
            title="How it came to this",
            panels=[
                worst_queues(ROLLING["csat_satisfied_ratio"], "Satisfied", low_is_bad=True),
                worst_queues(ROLLING["survey_response_ratio"], "Surveys answered", low_is_bad=True),
            ],
        ),
    ]
    question = "Are customers satisfied, and do enough of them say so?"
    return frame.dashboard(uids.SATISFACTION, question, rows, site=site)


def _csat() -> list[Shown]:
    return [
        tile_of_all(ROLLING["csat_satisfied_ratio"], "Satisfied", scale=scales.CSAT),
        tile_of_all(ROLLING["csat_satisfied_low_ratio"], "95 % certain: at least"),
        tile_of_all(ROLLING["csat_satisfied_high_ratio"], "95 % certain: at most"),
        tile_of_all(ROLLING["csat_mean_ratio"], "Mean score"),
        tile_of_all(ROLLING["csat_responses"], "Answers"),
        tile_of_all(ROLLING["survey_response_ratio"], "Share answered"),
    ]


def _asked() -> list[Shown]:
    return [
        tile_of_all(ROLLING["surveys_offered"], "Only shown, or shown first"),
        tile_of_all(ROLLING["surveys_sent"], "Sent"),
        tile_of_all(ROLLING["csat_raw_satisfied_ratio"], "Satisfied, disputed ones too"),
        tile_of_all(ROLLING["csat_raw_responses"], "Answers, disputed ones too"),
    ]


def _by_score() -> list[Shown]:
    scores = {"1": "Best", "0.75": "Three quarters", "0.5": "Middle", "0.25": "A quarter", "0": "Worst"}
    return [tile_of_all(ROLLING["csat_scores"], title, extra=score) for score, title in scores.items()]


def _usual() -> list[Shown]:
    return [
        tile_of_all(ROLLING["csat_usual_ratio"], "Usual at this hour"),
        tile_of_all(ROLLING["csat_jump"], "Differs from it (−1, 0, 1)"),
        tile_of_all(ROLLING["csat_jump_sigmas"], "By so many standard errors"),
        tile_of_all(ROLLING["survey_settled_response_ratio"], "Share answered, settled"),
    ]


def _others() -> list[Shown]:
    return [
        tile_of_all(ROLLING["ces_easy_ratio"], "Easy (CES)"),
        tile_of_all(ROLLING["ces_mean_ratio"], "Mean effort score"),
        tile_of_all(ROLLING["ces_responses"], "Answers, CES"),
        replace(_enough(tile_of_all(ROLLING["nps_points"], "NPS")), scale=scales.NPS),
        tile_of_all(ROLLING["nps_promoter_ratio"], "Promoters"),
        tile_of_all(ROLLING["nps_detractor_ratio"], "Detractors"),
        tile_of_all(ROLLING["nps_responses"], "Answers, NPS"),
        tile_of_all(ROLLING["nps_response_ratio"], "Share answered, NPS"),
    ]


def _of_a_month() -> list[Shown]:
    return [
        replace(tile_of_all(STATE["nps_30d_points"], "NPS, 30 days"), scale=scales.NPS),
        tile_of_all(STATE["nps_30d_responses"], "Answers, NPS, 30 days"),
    ]


def _enough(shown: Shown) -> Shown:
    """Return a net promoter score that is shown where it is made of enough answers."""
    responses = value(ROLLING["nps_responses"], shown.level)
    return replace(
        shown,
        expression=f"{shown.expression} and {responses} >= {FEWEST}",
        help=f"{shown.help} No data with fewer than {FEWEST} answers.",
    )


def _columns() -> list[Shown]:
    return [
        column(ROLLING["csat_responses"], "Answers"),
        column(ROLLING["csat_satisfied_ratio"], "Satisfied", scale=scales.CSAT),
        column(ROLLING["csat_satisfied_low_ratio"], "At least"),
        column(ROLLING["csat_satisfied_high_ratio"], "At most"),
        column(ROLLING["surveys_sent"], "Surveys sent"),
        column(ROLLING["survey_response_ratio"], "Share answered"),
        column(ROLLING["ces_easy_ratio"], "Easy (CES)"),
        _enough(column(ROLLING["nps_points"], "NPS")),
    ]
