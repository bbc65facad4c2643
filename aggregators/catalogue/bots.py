"""Bots: what they begin, and how it ends (M5b, M48)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregators.metric import Metric

METRICS: tuple[Metric, ...] = ()
