"""The definitions of the demo: all that there is to count is counted, with the hours, tiers and costs of its centre."""

from __future__ import annotations

import json
from typing import Final

from aggregators.definitions import FAMILIES

_HOUSE: Final = """
[[tiers]]
name = "front"
members = ["billing", "sales", "returns"]

[[tiers]]
name = "second line"
members = ["tech"]

[[shifts]]
name = "early"
hours = "06:00-14:00"

[[shifts]]
name = "late"
hours = "14:00-22:00"

[[shifts]]
name = "night"
hours = "22:00-06:00"

[[calendars.office]]
zone = "UTC"
week = { mon-fri = "07:00-20:00", sat = "08:00-16:00" }

[[business_hours]]
channel = "email"
calendar = "office"

[costs]
currency = "EUR"
agent_hour = 24
fixed_hour = 12
channels = { voice = 3.2, chat = 1.9 }
"""


def text() -> str:
    """Return the file of definitions, in TOML."""
    return f"families = {json.dumps(FAMILIES)}\n{_HOUSE}"
