"""The uids of the dashboards. Alerts and bookmarks lead to them: they never change."""

from __future__ import annotations

from typing import Final

WALLBOARD: Final = "deskpulse-wallboard"
QUEUE: Final = "deskpulse-queue"
FIRST_RESPONSE: Final = "deskpulse-first-response"
SATISFACTION: Final = "deskpulse-satisfaction"
TICKETS: Final = "deskpulse-tickets"
PEOPLE: Final = "deskpulse-people"
JOURNEY: Final = "deskpulse-journey"
HEALTH: Final = "deskpulse-health"
PROCESSOR: Final = "deskpulse-processor"

TITLES: Final = {
    WALLBOARD: "Support centre: wallboard",
    QUEUE: "Support centre: queue",
    FIRST_RESPONSE: "Support centre: first response and replies",
    SATISFACTION: "Support centre: satisfaction",
    TICKETS: "Support centre: tickets and backlog",
    PEOPLE: "Support centre: people",
    JOURNEY: "Support centre: customer journey",
    HEALTH: "Deskpulse: the numbers' health",
    PROCESSOR: "Deskpulse: processor",
}
