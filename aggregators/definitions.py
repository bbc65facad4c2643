"""Definitions: targets, thresholds and times that decide what is counted. They are part of the generation."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Final

from aggregators.instants import DAY_MS, HOUR_MS, SECOND_MS

STATE_VERSION: Final = 1
"""Goes up when the stored form or the meaning of a stored number changes; tables are then rebuilt, never misread."""

NEVER_MS: Final = -1
"""As a short-abandon threshold: no abandonment is short."""


def _wait_targets() -> dict[str, int]:
    text = dict.fromkeys(("chat", "web", "sms"), 60 * SECOND_MS)
    return {"voice": 20 * SECOND_MS, **text, "social": HOUR_MS, "email": 4 * HOUR_MS, "offline": 4 * HOUR_MS}


def _response_targets() -> dict[str, int]:
    live = dict.fromkeys(("chat", "web", "sms", "voice"), 60 * SECOND_MS)
    return {**live, "social": HOUR_MS, "email": 4 * HOUR_MS, "offline": 4 * HOUR_MS}


def _short_abandons() -> dict[str, int]:
    return {"voice": 5 * SECOND_MS, "chat": 10 * SECOND_MS, "web": 10 * SECOND_MS, "sms": 10 * SECOND_MS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Every duration is in milliseconds; a target or threshold is met at exactly its value."""

    wait_target_ms: dict[str, int] = field(default_factory=_wait_targets)
    other_wait_target_ms: int = 60 * SECOND_MS
    response_target_ms: dict[str, int] = field(default_factory=_response_targets)
    other_response_target_ms: int = HOUR_MS
    short_abandon_ms: dict[str, int] = field(default_factory=_short_abandons)
    ghost_ms: int = 4 * HOUR_MS
    episode_gap_ms: int = 24 * HOUR_MS
    retention_ms: int = 35 * DAY_MS
    satisfied_from: Fraction = Fraction(3, 4)
    satisfied_wide_scale: int = 4

    def wait_target(self, channel: str) -> int:
        """Return the target of a wait in *channel*."""
        return self.wait_target_ms.get(channel, self.other_wait_target_ms)

    def response_target(self, channel: str) -> int:
        """Return the target of a first response in *channel*."""
        return self.response_target_ms.get(channel, self.other_response_target_ms)

    def is_short(self, channel: str, wait_ms: int) -> bool:
        """Tell whether an abandonment after *wait_ms* is a short one."""
        return wait_ms <= self.short_abandon_ms.get(channel, NEVER_MS)

    def generation(self) -> str:
        """Return the name of the tables that these definitions fill: eight hexadecimal digits."""
        text = json.dumps([STATE_VERSION, asdict(self)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
