"""Customer journey: whether a matter is settled at the first contact, by people, by the bot, by the help pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import frame, scales, uids
from grafana.frame import Row
from grafana.panels import tile
from grafana.promql import ROLLING, STATE
from grafana.queues import column, table_of_queues, tile_of_all, worst_queues

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat
    from grafana_foundation_sdk.models.dashboard import Dashboard

    from grafana.shown import Shown

MISSES = (
    ("no_human", "Missed: no human"),
    ("passed_on", "Missed: passed on"),
    ("reopened", "Missed: reopened"),
    ("returned", "Missed: came back"),
)


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    made = [
        Row(title="Settled at the first contact (FCR), over the last $window", panels=_tiles(_fcr(), 3)),
        Row(title="The same, counted otherwise", panels=_tiles(_otherwise(), 6)),
        Row(title="Contacts again within 7 days, over the last $window", panels=_tiles(_again(), 4)),
        Row(title="The bot and the help pages, over the last $window", panels=_tiles(_bot(), 3)),
        Row(title="Queues", panels=[table_of_queues("Journeys by queue, over the last $window", _columns())]),
        Row(
            title="How it came to this",
            panels=[
                worst_queues(ROLLING["fcr_ratio"], "Settled at the first contact", low_is_bad=True, width=8),
                worst_queues(ROLLING["callbacks_7d_ratio"], "Contacts again within 7 days", width=8),
                worst_queues(ROLLING["bot_containment_ratio"], "Contained by the bot", low_is_bad=True, width=8),
            ],
        ),
    ]
    question = "Is a customer's matter settled at the first contact, or do they have to come back?"
    return frame.dashboard(uids.JOURNEY, question, made, site=site, refresh="30s")


def _tiles(shown: list[Shown], width: int) -> list[stat.Panel]:
    return [tile(each, width=width) for each in shown]


def _fcr() -> list[Shown]:
    return [
        tile_of_all(ROLLING["fcr_ratio"], "Settled so far", scale=scales.FCR),
        tile_of_all(ROLLING["fcr_settled_ratio"], "Settled for good", scale=scales.FCR),
        *(tile_of_all(ROLLING["fcr_missed_ratio"], title, extra=why) for why, title in MISSES),
        tile_of_all(ROLLING["fcr_episodes"], "Solved"),
        tile_of_all(ROLLING["fcr_coverage_ratio"], "Customer known", scale=scales.COVERAGE),
    ]


def _otherwise() -> list[Shown]:
    return [
        tile_of_all(ROLLING["fcr_one_reply_ratio"], "With one reply"),
        tile_of_all(ROLLING["fcr_one_teammate_ratio"], "Closed once, by one agent"),
        tile_of_all(ROLLING["fcr_survey_ratio"], "As customers say"),
        tile_of_all(ROLLING["fcr_survey_responses"], "Answers that say"),
    ]


def _again() -> list[Shown]:
    return [
        tile_of_all(ROLLING["callbacks_7d_ratio"], "Came again, so far", scale=scales.REPEATS),
        tile_of_all(ROLLING["callbacks_7d_settled_ratio"], "Came again, for good", scale=scales.REPEATS),
        tile_of_all(ROLLING["callbacks_7d_same_topic_ratio"], "Of the same topic"),
        tile_of_all(ROLLING["callbacks_after_resolution_ratio"], "After it was solved"),
        tile_of_all(ROLLING["unique_customers"], "Customers"),
        tile_of_all(ROLLING["tickets_per_customer"], "Contacts of each"),
    ]


def _bot() -> list[Shown]:
    return [
        tile_of_all(STATE["in_bot"], "With the bot now"),
        tile_of_all(ROLLING["bot_conversations"], "Bot conversations"),
        tile_of_all(ROLLING["bot_containment_ratio"], "Contained", scale=scales.CONTAINED),
        tile_of_all(ROLLING["bot_containment_verified_ratio"], "Contained, and not back"),
        tile_of_all(ROLLING["bot_handoff_ratio"], "Handed to people"),
        tile_of_all(ROLLING["handoff_response_mean_seconds"], "Wait after that, mean"),
        tile_of_all(ROLLING["selfservice_sessions"], "Help page sessions"),
        tile_of_all(ROLLING["selfservice_failed_search_ratio"], "Searches without a hit"),
    ]


def _columns() -> list[Shown]:
    return [
        column(ROLLING["fcr_episodes"], "Solved"),
        column(ROLLING["fcr_ratio"], "Settled at once", scale=scales.FCR),
        column(ROLLING["callbacks_7d_ratio"], "Came again", scale=scales.REPEATS),
        column(ROLLING["callbacks_after_resolution_ratio"], "After it was solved"),
        column(ROLLING["bot_containment_ratio"], "Contained by the bot"),
        column(ROLLING["bot_handoff_ratio"], "Handed to people"),
        column(ROLLING["contact_coverage_ratio"], "Customer known", scale=scales.COVERAGE),
    ]
