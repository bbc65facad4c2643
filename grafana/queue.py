"""One queue: who waits in it, how long, whether the service level holds, and what becomes of those who came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grafana import frame, links, restated, scales, uids
from grafana.frame import Row
from grafana.panels import lines, tile
from grafana.promql import ROLLING, STATE
from grafana.shown import of_one

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, timeseries
    from grafana_foundation_sdk.models.dashboard import Dashboard

    from aggregators.catalogue import Metric
    from grafana.scale import Scale
    from grafana.shown import Shown

VARIANTS = ("SL3", "SL1", "SL2", "SL4", "SL5", "SL6", "SL_live")
ENDS = (
    ("answered", "Answered"),
    ("abandoned", "Abandoned"),
    ("short_abandoned", "Given up at once"),
    ("flowed_out", "Left for elsewhere"),
    ("callback_requested", "To be called back"),
    ("agent_closed", "Closed unanswered"),
    ("lost", "Lost"),
)


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    rows = [
        Row(title="$queue ($channel): now", panels=[tile(each, width=4) for each in _now()]),
        Row(title="Waits over the last $window", panels=[tile(each, width=4) for each in _waits()]),
        Row(title="Service level over the last $window, by variant", panels=_variants()),
        Row(
            title="What became of those who came in the last $window",
            panels=[tile(each, width=3) for each in _outcomes()],
        ),
        Row(
            title="Demand in the last hour against the same hour of weeks before",
            panels=[tile(each, width=4) for each in _demand()],
        ),
        Row(title="How it came to this", panels=_graphs()),
        Row(title="History, restated (needs the Infinity plug-in)", panels=restated.panels(), is_closed=True),
    ]
    question = "What happens in this one queue?"
    return frame.dashboard(uids.QUEUE, question, rows, site=site, one_queue=True, refresh="5s")


def _one(metric: Metric, title: str, *, extra: str | None = None, scale: Scale | None = None) -> Shown:
    return of_one(metric, "queue", title, extra=extra, scale=scale)


def _now() -> list[Shown]:
    return [
        _one(STATE["waiting"], "Waiting"),
        _one(STATE["waiting_past_target"], "Past target", scale=scales.PAST_TARGET),
        _one(STATE["oldest_wait_seconds"], "Longest wait here"),
        _one(STATE["oldest_customer_wait_seconds"], "Longest wait, all queues stood in"),
        _one(STATE["expected_wait_seconds"], "Expected wait, half within", extra="0.5"),
        _one(STATE["expected_wait_seconds"], "Expected wait, 9 of 10 within", extra="0.9"),
    ]


def _waits() -> list[Shown]:
    return [
        _one(ROLLING["wait_mean_seconds"], "Mean wait (ASA)"),
        _one(ROLLING["wait_seconds"], "Half answered within", extra="0.5"),
        _one(ROLLING["wait_seconds"], "9 of 10 answered within", extra="0.9"),
        _one(ROLLING["wait_all_mean_seconds"], "Mean wait, given up too"),
        _one(ROLLING["abandon_wait_mean_seconds"], "Mean time until given up"),
        _one(ROLLING["abandon_wait_seconds"], "9 of 10 given up within", extra="0.9"),
    ]


def _variants() -> list[stat.Panel]:
    shown = [_one(ROLLING["service_level_ratio"], name, extra=name, scale=scales.SERVICE_LEVEL) for name in VARIANTS]
    # Seven tiles on a grid of 24: the one that the wallboard shows is wider.
    return [tile(each, width=3 if index else 6) for index, each in enumerate(shown)]


def _outcomes() -> list[Shown]:
    return [
        _one(ROLLING["abandonment_ratio"], "Abandonment", scale=scales.ABANDONMENT),
        *(_one(ROLLING[suffix], title) for suffix, title in ENDS),
    ]


def _demand() -> list[Shown]:
    # The baseline is of the last hour whichever window is chosen, so what it is set against is of that hour too.
    return [
        _hour("queued", "Came in the last hour"),
        _hour("queued_usual", "Usual at this hour"),
        _hour("queued_jump", "Differs from it (−1, 0, 1)"),
        _hour("queued_jump_sigmas", "By so many standard errors"),
        _hour("queued_usual_weeks", "Weeks that it is usual of"),
    ]


def _hour(suffix: str, title: str) -> Shown:
    return of_one(ROLLING[suffix], "queue", title, window="1h")


def _graphs() -> list[timeseries.Panel]:
    return [
        _graph("Waiting", [("waiting", None, "waiting"), ("waiting_past_target", None, "past target")]),
        _graph(
            "Waits, last $window",
            [
                ("wait_seconds", "0.9", "9 of 10 answered within"),
                ("wait_mean_seconds", None, "mean of those answered"),
                ("abandon_wait_mean_seconds", None, "mean until given up"),
            ],
        ),
        _graph(
            "Service level, last $window",
            [
                ("service_level_ratio", "SL3", "SL3"),
                ("service_level_ratio", "SL_live", "SL_live"),
                ("service_level_low_ratio", None, "95 % certain: at least"),
                ("service_level_high_ratio", None, "95 % certain: at most"),
            ],
            width=8,
        ),
        _graph(
            "Came and left, last $window",
            [
                ("queued", None, "came"),
                ("queued_usual", None, "usually come (window 1h)"),
                ("answered", None, "answered"),
                ("abandoned", None, "abandoned"),
            ],
            width=8,
        ),
        _graph(
            "Abandonment, last $window",
            [
                ("abandonment_ratio", None, "without short ones"),
                ("abandonment_with_short_ratio", None, "with short ones"),
            ],
            width=8,
        ),
    ]


def _graph(title: str, drawn: list[tuple[str, str | None, str]], *, width: int = 12) -> timeseries.Panel:
    known = STATE | ROLLING
    shown = [replace(_one(known[suffix], legend, extra=extra), legend=legend) for suffix, extra, legend in drawn]
    return lines(title, shown, width=width, labels=links.CHOSEN)
