"""First response and replies: who has had no answer, and how long customers wait for the first and for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import frame, scales, uids
from grafana.frame import Row
from grafana.panels import tile
from grafana.promql import ROLLING, STATE
from grafana.queues import column, table_of_queues, tile_of_all, worst_queues

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import Dashboard

    from grafana.shown import Shown


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    rows = [
        Row(title="Without an answer now, in the whole tenant", panels=[tile(each, width=4) for each in _now()]),
        Row(title="First responses over the last $window", panels=[tile(each, width=4) for each in _first()]),
        Row(title="Replies and business hours over the last $window", panels=[tile(each, width=4) for each in _next()]),
        Row(title="Queues", panels=[table_of_queues("Answers by queue, over the last $window", _columns())]),
        Row(
            title="How it came to this",
            panels=[
                worst_queues(STATE["first_response_open_past_target"], "Without a reply, past target"),
                worst_queues(ROLLING["first_response_attainment_ratio"], "First response in time", low_is_bad=True),
                worst_queues(ROLLING["first_response_seconds"], "First response, 9 of 10 within", extra="0.9"),
                worst_queues(ROLLING["reply_seconds"], "Next reply, 9 of 10 within", extra="0.9"),
            ],
        ),
    ]
    question = "Who has had no answer yet, and how long do customers wait for one?"
    return frame.dashboard(uids.FIRST_RESPONSE, question, rows, site=site)


def _now() -> list[Shown]:
    return [
        tile_of_all(STATE["first_response_open"], "Without a first reply"),
        tile_of_all(STATE["first_response_open_past_target"], "Past target", scale=scales.PAST_TARGET),
        tile_of_all(STATE["first_response_open_oldest_seconds"], "Longest without one"),
        tile_of_all(STATE["unanswered_conversations"], "Unanswered conversations", scale=scales.UNANSWERED),
        tile_of_all(STATE["unanswered_messages"], "Unanswered messages", scale=scales.UNANSWERED),
        tile_of_all(STATE["unanswered_oldest_seconds"], "Longest unanswered"),
    ]


def _first() -> list[Shown]:
    return [
        tile_of_all(ROLLING["first_responses"], "First replies"),
        tile_of_all(ROLLING["first_response_attainment_ratio"], "In time", scale=scales.ATTAINMENT),
        tile_of_all(ROLLING["first_response_mean_seconds"], "Mean"),
        tile_of_all(ROLLING["first_response_seconds"], "Half within", extra="0.5", scale=scales.FIRST_RESPONSE),
        tile_of_all(ROLLING["first_response_seconds"], "9 of 10 within", extra="0.9"),
        tile_of_all(ROLLING["first_response_seconds"], "99 of 100 within", extra="0.99"),
    ]


def _next() -> list[Shown]:
    return [
        tile_of_all(ROLLING["replies"], "Replies"),
        tile_of_all(ROLLING["reply_mean_seconds"], "Mean reply time"),
        tile_of_all(ROLLING["reply_seconds"], "9 of 10 replies within", extra="0.9"),
        tile_of_all(ROLLING["first_response_business_mean_seconds"], "First, business hours: mean"),
        tile_of_all(ROLLING["first_response_business_seconds"], "First, business hours: 9 of 10", extra="0.9"),
        tile_of_all(ROLLING["reply_business_seconds"], "Replies, business hours: 9 of 10", extra="0.9"),
    ]


def _columns() -> list[Shown]:
    return [
        column(STATE["first_response_open_past_target"], "Past target", scale=scales.PAST_TARGET),
        column(STATE["first_response_open"], "Without a reply"),
        column(STATE["first_response_open_oldest_seconds"], "Longest without"),
        column(ROLLING["first_response_attainment_ratio"], "In time", scale=scales.ATTAINMENT),
        column(ROLLING["first_response_seconds"], "First, half within", extra="0.5"),
        column(ROLLING["first_response_seconds"], "First, 9 of 10", extra="0.9"),
        column(ROLLING["reply_seconds"], "Replies, 9 of 10", extra="0.9"),
        column(STATE["unanswered_conversations"], "Unanswered", scale=scales.UNANSWERED),
    ]
