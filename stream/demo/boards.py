"""The boards of the demo: everything, and what is said and written live, one after the other."""

from __future__ import annotations

from typing import Final

TEXT: Final = """
rotate = "20s"

[sources]
ignored = ["ledger"] # speaks once an hour, of costs, which no tile shows

[[boards]]
name = "all"
title = "All queues"

[[boards]]
name = "voice"
title = "Voice"
channel = "voice"
tiles = [
  "waiting", "oldest_wait", { shows = "service_level", window = "30m" }, "abandonment", "csat", "rolling_answered",
]

[[boards]]
name = "chat"
title = "Chat"
channel = "chat"
tiles = [
  "waiting", "oldest_wait", { shows = "service_level", window = "30m" }, "abandonment", "first_response", "csat",
]
"""
