"""The alert of agents who have too much to do, for who leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.alerting.burn import percent
from stream.alerting.promql import both, gauge
from stream.alerting.rules import TENANT, Alert, Behind, Group

if TYPE_CHECKING:
    from fractions import Fraction

SHIFT_S: Final = 8 * 3_600
"""The share of a day says nothing before all of the agents together were there for as long as one is in a shift."""


def _busy(limit: Fraction) -> str:
    def over(window: str) -> str:
        return f"{gauge('utilisation_ratio', window=window, level='tenant')} >= {float(limit):.6g}"

    there = f"{gauge('logged_in_seconds', window='today', level='tenant')} >= {SHIFT_S}"
    return both(over("today"), over("1h"), there)


def group(limit: Fraction) -> Group:
    """Return the rules; from the utilisation *limit* on there is too much to do."""
    return Group(
        "deskpulse-people",
        "What agents have to do. Looked at during the day; nobody is woken.",
        (
            Alert(
                name="DeskpulseUtilisation",
                slug="utilisation",
                severity="warning",
                team="support",
                expr=_busy(limit),
                holds="30m",
                keeps="30m",
                summary="Agents have more to do than they can keep up with.",
                description=(
                    "Agents of the tenant {{ $labels.tenant }} have spent {{ $value | humanizePercentage }} of their "
                    f"shifts of today with contacts or wrapping up; of the last hour it is {percent(limit)} or more."
                ),
                dashboard="deskpulse-people",
                behind=Behind("active_chats", level="tenant"),
                place=TENANT,
                reason=(
                    "Of the day, for one full hour tires nobody out; of the last hour too, so that it ends when it is "
                    f"over. {percent(limit)} is agents.utilisation_warning of the definitions. Of the whole tenant: "
                    "agents of several queues belong to none of them."
                ),
                condition=(
                    f"of the time of their shifts, or else logged in, agents spent {percent(limit)} or more in work, "
                    "today and in 1 h"
                ),
                guard="8 hours logged in today, all agents together; `people` counted",
            ),
        ),
    )
