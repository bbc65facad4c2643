"""The wall clock. Everything else is told the time."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the wall clock in epoch milliseconds. It may step back, after NTP for one."""
    return time.time_ns() // 1_000_000
