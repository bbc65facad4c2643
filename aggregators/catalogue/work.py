"""Work and agents (M20 to M30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregators.metric import Metric

METRICS: tuple[Metric, ...] = ()
