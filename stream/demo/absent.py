"""Metrics that have no value in the demo, each with the reason."""

from __future__ import annotations

from typing import Final

ABSENT: Final[dict[str, str]] = {}
"""By name without prefix and level: "absent, because …"."""
