"""What kind of centre this is: when customers come, on which channel, for what, and how they behave."""

from __future__ import annotations

from math import exp
from typing import Final, Literal, NamedTuple

from stream.simulator.dice import Spread, lognormal, weighted

Mode = Literal["voice", "text", "ticket"]

HOUR_MS = 3_600_000
WEEK_HOURS = 168
_DAY = (9, 8, 8, 8, 8, 9, 11, 14, 19, 24, 25, 23, 20, 21, 23, 23, 21, 19, 17, 15, 13, 12, 11, 10)
_WEEKDAY = (1.15, 1.1, 1.05, 1.05, 1.05, 0.85, 0.75)
_MEAN = sum(_DAY) / len(_DAY)
# The epoch was a Thursday.
LOAD: Final = tuple(_DAY[hour % 24] / _MEAN * _WEEKDAY[(3 + hour // 24) % 7] for hour in range(WEEK_HOURS))
"""Contacts of each hour of the week from Thursday 00:00 UTC, relative to the mean of all hours."""
LOAD_PEAK: Final = max(LOAD)

QUEUE_WEIGHTS: Final = {"billing": 35, "tech": 30, "sales": 20, "returns": 15}
CHANNEL_WEIGHTS: Final = {"chat": 40, "voice": 24, "web": 6, "sms": 5, "email": 17, "social": 6, "offline": 2}
CHANNEL_MODE: Final[dict[str, Mode]] = {
    "chat": "text",
    "web": "text",
    "sms": "text",
    "voice": "voice",
    "email": "ticket",
    "social": "ticket",
    "offline": "ticket",
}
QUEUES: Final = weighted(QUEUE_WEIGHTS)
CHANNELS: Final = weighted(CHANNEL_WEIGHTS)
LANGUAGES: Final = weighted({"en": 60, "de": 15, "fr": 10, "es": 10, "ja": 5})
CHAT_PRIORITIES: Final = weighted({"normal": 92, "high": 6, "urgent": 2})
TICKET_PRIORITIES: Final = weighted({"low": 12, "normal": 68, "high": 15, "urgent": 5})
TOPICS: Final = {
    "billing": ("invoice", "refund", "payment failed"),
    "tech": ("login", "outage", "setup", "crash"),
    "sales": ("quote", "upgrade"),
    "returns": ("return label", "damaged", "wrong item"),
}


class Desk(NamedTuple):
    """How one kind of work is done: slots of an agent, times, and how long customers wait."""

    slots: int
    target_s: int
    ring: Spread
    patience_mean_ms: int
    legs_per_contact: float
    busy_mean_ms: float


# Text: from accept to first reply, between the customer's lines, and from a line to its reply.
FIRST_REPLY: Final = lognormal(7, 0.6)
CUSTOMER_GAP: Final = lognormal(18, 0.8)
REPLY: Final = lognormal(14, 0.7)
MORE_EXCHANGES = 0.76
CLOSING: Final = lognormal(8, 0.6)
TEXT_WRAPUP: Final = lognormal(10, 0.5)
BOT_REPLY: Final = lognormal(0.8, 0.4)
BOT_CUSTOMER_GAP: Final = lognormal(6, 0.6)
TALK: Final = lognormal(190, 0.75)
VOICE_WRAPUP: Final = lognormal(25, 0.5)
IVR: Final = lognormal(18, 0.5)
VOICE_RING: Final = lognormal(2.5, 0.4)
TEXT_RING: Final = lognormal(4, 0.5)
SURVEY_DELAY: Final = lognormal(45, 1.2)
REOPEN_DELAY: Final = lognormal(1500, 1.0)

_EXCHANGES = MORE_EXCHANGES / (1 - MORE_EXCHANGES)
_TEXT_MS = (
    TEXT_RING.mean_ms
    + FIRST_REPLY.mean_ms
    + _EXCHANGES * (CUSTOMER_GAP.mean_ms + REPLY.mean_ms)
    + CLOSING.mean_ms
    + TEXT_WRAPUP.mean_ms
)
_VOICE_MS = VOICE_RING.mean_ms + TALK.mean_ms + VOICE_WRAPUP.mean_ms

DESKS: Final[dict[Mode, Desk]] = {
    "text": Desk(3, 60, TEXT_RING, 420_000, 0.9, _TEXT_MS),
    "voice": Desk(1, 20, VOICE_RING, 260_000, 0.93, _VOICE_MS),
}


def load_at(at_ms: int) -> float:
    """Return how busy the hour of *at_ms* is, relative to the mean hour of a week."""
    return LOAD[(at_ms // HOUR_MS) % WEEK_HOURS]


def slots_needed(work: float, *, desk: Desk, share: float = 0.76) -> int:
    """Return the least number of slots with which *share* of the customers wait no longer than the target.

    `work` is the number of slots busy on average (erlangs). Erlang C: nobody leaves, so it is a little generous.
    """
    left_ms = max(1_000.0, desk.target_s * 1000 - desk.ring.mean_ms)
    slots, blocked = 0, 1.0
    while True:
        slots += 1
        blocked = work * blocked / (slots + work * blocked)
        if slots > work:
            waits = blocked / (1 - work / slots * (1 - blocked))
            if 1 - waits * exp(-(slots - work) * left_ms / desk.busy_mean_ms) >= share:
                return slots
