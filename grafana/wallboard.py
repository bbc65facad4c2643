"""The wallboard: whether anybody waits too long now, and where. Every tile is a door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators import pipeline_metrics as p
from grafana import frame, scales, uids
from grafana.frame import Row
from grafana.health import do_not_add_up, not_applied
from grafana.panels import tile
from grafana.promql import ROLLING, STATE
from grafana.queues import column, table_of_queues, tile_of_all, worst_queues
from grafana.shown import pipeline, since

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import timeseries
    from grafana_foundation_sdk.models.dashboard import Dashboard

    from grafana.shown import Shown

VARIANT = "SL3"
QUANTILE = "0.9"


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    queues = table_of_queues("Queues over the last $window", _columns(), height=9)
    rows = [
        Row(title="Now, in the whole tenant", panels=[tile(each, width=4) for each in _now()]),
        Row(
            title="The whole tenant over the last $window", panels=[tile(each, width=4) for each in _over_the_window()]
        ),
        Row(title="Queues", panels=[queues]),
        Row(title="Can these numbers be believed?", panels=[tile(each, width=6) for each in _health()]),
        Row(title="How it came to this", panels=_graphs()),
    ]
    question = "Does anybody wait too long now, and where?"
    return frame.dashboard(uids.WALLBOARD, question, rows, site=site, refresh="5s")


def _now() -> list[Shown]:
    return [
        tile_of_all(STATE["waiting"], "Waiting", to=uids.QUEUE),
        tile_of_all(STATE["waiting_past_target"], "Waiting past target", scale=scales.PAST_TARGET, to=uids.QUEUE),
        tile_of_all(STATE["oldest_wait_seconds"], "Longest wait", to=uids.QUEUE),
        tile_of_all(STATE["first_response_open"], "Without a reply", to=uids.FIRST_RESPONSE),
        tile_of_all(
            STATE["first_response_open_past_target"],
            "Without a reply, past target",
            scale=scales.PAST_TARGET,
            to=uids.FIRST_RESPONSE,
        ),
        tile_of_all(STATE["first_response_open_oldest_seconds"], "Longest without a reply", to=uids.FIRST_RESPONSE),
    ]


def _over_the_window() -> list[Shown]:
    return [
        tile_of_all(
            ROLLING["service_level_ratio"],
            "Service level",
            extra=VARIANT,
            scale=scales.SERVICE_LEVEL,
            to=uids.QUEUE,
        ),
        tile_of_all(ROLLING["abandonment_ratio"], "Abandoned", scale=scales.ABANDONMENT, to=uids.QUEUE),
        tile_of_all(ROLLING["wait_mean_seconds"], "Mean wait (ASA)", to=uids.QUEUE),
        tile_of_all(
            ROLLING["first_response_seconds"],
            "First response, 9 of 10 within",
            extra=QUANTILE,
            to=uids.FIRST_RESPONSE,
        ),
        tile_of_all(
            ROLLING["first_response_attainment_ratio"],
            "First response in time",
            scale=scales.ATTAINMENT,
            to=uids.FIRST_RESPONSE,
        ),
        tile_of_all(ROLLING["csat_satisfied_ratio"], "Satisfied", scale=scales.CSAT, to=uids.SATISFACTION),
    ]


def _columns() -> list[Shown]:
    return [
        column(STATE["waiting_past_target"], "Past target", scale=scales.PAST_TARGET),
        column(STATE["waiting"], "Waiting"),
        column(STATE["oldest_wait_seconds"], "Longest wait"),
        column(ROLLING["service_level_ratio"], "Service level", extra=VARIANT, scale=scales.SERVICE_LEVEL),
        column(ROLLING["abandonment_ratio"], "Abandoned", scale=scales.ABANDONMENT),
        column(ROLLING["wait_mean_seconds"], "Mean wait"),
        column(ROLLING["first_response_seconds"], "First response, 9 of 10", extra=QUANTILE),
        column(ROLLING["csat_satisfied_ratio"], "Satisfied", scale=scales.CSAT),
        column(ROLLING["csat_responses"], "Surveys answered"),
    ]


def _graphs() -> list[timeseries.Panel]:
    return [
        worst_queues(STATE["waiting_past_target"], "Waiting past target"),
        worst_queues(ROLLING["service_level_ratio"], "Service level", extra=VARIANT, low_is_bad=True),
        worst_queues(ROLLING["abandonment_ratio"], "Abandoned"),
        worst_queues(ROLLING["first_response_seconds"], "First response, 9 of 10 within", extra=QUANTILE),
    ]


def _health() -> list[Shown]:
    shown = [
        since(p.AS_OF, "Age of the numbers", scale=scales.AGE),
        not_applied(),
        do_not_add_up(),
        pipeline(p.FOLDED, "Names counted as other", unit="names"),
    ]
    return [replace(each, to=uids.HEALTH) for each in shown]
