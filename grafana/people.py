"""People: how many are there and can take somebody, how busy they are, and what a conversation takes them.

No agent has a name here: numbers by agent are for whom the definitions name, and stand on no dashboard.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators.metric import LABELS
from grafana import frame, links, scales, uids
from grafana.frame import Row
from grafana.panels import lines, tile
from grafana.promql import EVERY, ROLLING, STATE, by_own_label, value, worst
from grafana.queues import LINES, tile_of_all
from grafana.rows import rows
from grafana.shown import of

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import timeseries
    from grafana_foundation_sdk.models.dashboard import Dashboard

    from grafana.scale import Scale
    from grafana.shown import Shown

OPT_IN = "Opt-in: all of it is counted where the definitions ask for `people`, what a conversation takes for `work`."


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    queues = rows(
        "Agents by queue, now",
        _columns(),
        keys=("queue",),
        height=7,
        labels=LABELS["desk"],
        link=links.board(uids.QUEUE, "This queue", {"queue": links.OF_THE_ROW["queue"]}),
        description="One row for each queue that agents serve; who serves several stands in each.",
    )
    made = [
        Row(title="Now, in the whole tenant (opt-in: `people`)", panels=[tile(each, width=4) for each in _now()]),
        Row(title="How busy, over the last $window", panels=[tile(each, width=4) for each in _busy()]),
        Row(title="What a conversation takes, over the last $window", panels=[tile(each, width=4) for each in _work()]),
        Row(title="Queues", panels=[queues]),
        Row(title="How it came to this", panels=_graphs()),
    ]
    question = f"Are there enough people, and how busy are they? {OPT_IN}"
    return frame.dashboard(uids.PEOPLE, question, made, site=site)


def _now() -> list[Shown]:
    return [
        tile_of_all(STATE["agents_available"], "Can take one more", scale=scales.AVAILABLE),
        tile_of_all(STATE["agents"], "Busy", extra="busy"),
        tile_of_all(STATE["agents"], "Wrapping up", extra="acw"),
        tile_of_all(STATE["agents"], "On a break", extra="break"),
        tile_of_all(STATE["slots_used"], "Slots used"),
        tile_of_all(STATE["slots_free"], "Slots free"),
    ]


def _busy() -> list[Shown]:
    return [
        tile_of_all(ROLLING["occupancy_time_ratio"], "Occupancy, by time", scale=scales.OCCUPANCY),
        tile_of_all(ROLLING["occupancy_slot_ratio"], "Occupancy, by slots", scale=scales.OCCUPANCY),
        tile_of_all(ROLLING["utilisation_ratio"], "Utilisation", scale=scales.UTILISATION),
        tile_of_all(ROLLING["concurrency_mean"], "Chats at a time"),
        tile_of_all(ROLLING["logged_in_seconds"], "Logged in, all together"),
        tile_of_all(ROLLING["agent_state_seconds"], "Available, all together", extra="available"),
    ]


def _work() -> list[Shown]:
    return [
        tile_of_all(ROLLING["handled"], "Handled"),
        tile_of_all(ROLLING["handle_mean_seconds"], "Mean handle time (AHT)"),
        tile_of_all(ROLLING["handle_effort_mean_seconds"], "Of it, effort"),
        tile_of_all(ROLLING["after_work_mean_seconds"], "Mean wrap-up"),
        tile_of_all(ROLLING["transfer_ratio"], "Transfers for each answered"),
        tile_of_all(ROLLING["offers_missed"], "Offers nobody accepted"),
    ]


def _columns() -> list[Shown]:
    def column(suffix: str, title: str, *, extra: str | None = None, scale: Scale | None = None) -> Shown:
        return of(STATE[suffix], "desk", title, extra=extra, scale=scale)

    return [
        column("agents_available", "Can take one more", scale=scales.AVAILABLE),
        column("agents", "Busy", extra="busy"),
        column("agents", "Wrapping up", extra="acw"),
        column("agents", "On a break", extra="break"),
        column("slots", "Slots"),
        column("slots_used", "Used"),
        column("slots_free", "Free"),
    ]


def _graphs() -> list[timeseries.Panel]:
    states = of(STATE["agents"], "tenant", "Agents by state", extra=EVERY)
    states = replace(
        states,
        expression=worst(by_own_label(STATE["agents"], "tenant"), count=LINES, low_is_bad=False),
        help=f"{STATE['agents'].help} The {LINES} states with most agents at each instant. {OPT_IN}",
        legend="{{state}}",
    )
    free = of(STATE["slots_free"], "desk", "Slots free")
    free = replace(
        free,
        expression=worst(value(STATE["slots_free"], "desk"), count=LINES, low_is_bad=True),
        help=f"{free.help} At each instant the {LINES} queues with fewest.",
        legend="{{queue}}",
    )
    busy = [
        replace(of(ROLLING[suffix], "tenant", legend), legend=legend)
        for suffix, legend in (("occupancy_time_ratio", "by time"), ("occupancy_slot_ratio", "by slots"))
    ]
    return [
        lines(f"Agents: the {LINES} most frequent states", [states], width=8),
        lines(f"Slots free: the {LINES} queues with fewest", [free], width=8),
        lines("Occupancy, last $window", busy, width=8),
    ]
