"""When a queue is going wrong, in the demo's eyes. Alert rules have thresholds of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from stream.demo.figures import Figures

Mood = Literal["fine", "busy", "wrong"]

LATE = 5
WAITING = 10


def mood(figures: Figures) -> Mood:
    """Judge by those who wait now; `figures` are those of the last hour.

    "wrong": as many are past the target as come in a minute, and five at least. "busy": somebody is past the
    target, or as many wait as come in three minutes, and ten at least.
    """
    per_minute = (figures.queued or 0) / 60
    late, waiting = figures.past_target or 0, figures.waiting or 0
    if late >= max(LATE, per_minute):
        return "wrong"
    return "busy" if late or waiting >= max(WAITING, 3 * per_minute) else "fine"
