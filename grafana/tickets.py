"""Tickets and backlog: whether it grows, how long it takes to solve something, and which promises are at risk."""

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

CLOCKS = (("first_reply", "First replies"), ("next_reply", "Next replies"), ("resolution", "Solutions"))


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    rows = [
        Row(title="Open now, and what moved in the last $window", panels=[tile(each, width=3) for each in _backlog()]),
        Row(title="Solved in the last $window", panels=[tile(each, width=3) for each in _solved()]),
        Row(
            title="Final in the last $window: solved seven days before, and not reopened",
            panels=[tile(each, width=6) for each in _final()],
        ),
        Row(title="Promises (SLA policies)", panels=[tile(each, width=4) for each in _promises()]),
        Row(title="Queues", panels=[table_of_queues("Backlog by queue", _columns())]),
        Row(
            title="How it came to this",
            panels=[
                worst_queues(STATE["backlog_open"], "Open"),
                worst_queues(ROLLING["opened_resolved_ratio"], "Came in by what went out"),
                worst_queues(ROLLING["resolution_seconds"], "Solved, 9 of 10 within", extra="0.9"),
                worst_queues(STATE["sla_past_deadline"], "Solutions past their deadline", extra="resolution"),
            ],
        ),
    ]
    question = "Does the backlog grow, and what is late?"
    return frame.dashboard(uids.TICKETS, question, rows, site=site, refresh="30s")


def _backlog() -> list[Shown]:
    return [
        tile_of_all(STATE["backlog_open"], "Open"),
        tile_of_all(STATE["backlog_oldest_seconds"], "Oldest"),
        tile_of_all(ROLLING["received"], "Received"),
        tile_of_all(ROLLING["resolved"], "Solved"),
        tile_of_all(ROLLING["reopened"], "Reopened"),
        tile_of_all(ROLLING["resolution_rate_ratio"], "Solved by received", scale=scales.RESOLVED),
        tile_of_all(ROLLING["lapsed"], "Lapsed"),
        tile_of_all(ROLLING["auto_closed"], "Closed by a machine"),
    ]


def _solved() -> list[Shown]:
    return [
        tile_of_all(ROLLING["resolution_mean_seconds"], "Mean time to solve"),
        tile_of_all(ROLLING["resolution_seconds"], "Half within", extra="0.5"),
        tile_of_all(ROLLING["resolution_seconds"], "9 of 10 within", extra="0.9"),
        tile_of_all(ROLLING["resolved_within_ratio"], "Within 12 h", extra="12h"),
        tile_of_all(ROLLING["reopen_ratio"], "Reopened by customers", scale=scales.REOPENED),
        tile_of_all(ROLLING["one_owner_ratio"], "One owner throughout"),
        tile_of_all(ROLLING["replies_per_resolution_mean"], "Replies for each"),
        tile_of_all(ROLLING["no_reply_closed"], "Closed without a reply"),
    ]


def _final() -> list[Shown]:
    return [
        tile_of_all(ROLLING["resolutions_settled"], "Solved for good"),
        tile_of_all(ROLLING["resolution_settled_mean_seconds"], "Mean time to solve for good"),
        tile_of_all(ROLLING["resolution_settled_seconds"], "Half within, for good", extra="0.5"),
        tile_of_all(ROLLING["resolution_settled_seconds"], "9 of 10 within, for good", extra="0.9"),
    ]


def _promises() -> list[Shown]:
    attained = [
        tile_of_all(ROLLING["sla_attainment_ratio"], f"{name} in time", extra=clock, scale=scales.ATTAINMENT)
        for clock, name in CLOCKS
    ]
    past = [
        tile_of_all(STATE["sla_past_deadline"], f"{name}, past deadline now", extra=clock, scale=scales.BREACHED)
        for clock, name in CLOCKS
    ]
    return [*attained, *past]


def _columns() -> list[Shown]:
    return [
        column(STATE["backlog_open"], "Open"),
        column(STATE["backlog_oldest_seconds"], "Oldest"),
        column(ROLLING["received"], "Received"),
        column(ROLLING["resolved"], "Solved"),
        column(ROLLING["resolution_seconds"], "Solved, 9 of 10", extra="0.9"),
        column(ROLLING["reopen_ratio"], "Reopened", scale=scales.REOPENED),
        column(STATE["sla_at_risk"], "At risk", extra="resolution"),
        column(STATE["sla_past_deadline"], "Past deadline", extra="resolution", scale=scales.BREACHED),
    ]
