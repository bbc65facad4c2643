"""Business time is what brute force says, minute by minute: every queue, channel and tenant, over simulated days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.definitions_file import definitions_from
from tests import simulated
from tests.brute_force import metrics_of, product, wrong
from tests.business_oracle import BusinessOracle, Calendar, Version, day
from tests.simulated import DAY_MS, T0, Line

if TYPE_CHECKING:
    from tests.oracle import Labels

DAYS = 11
FEED_MS = 13 * 3_600_000
BEFORE_DAYS = 2
NAMES = {f"rolling_{kind}_business_mean_seconds" for kind in ("first_response", "reply", "resolution")}
FILE = """
families = ["business_time", "resolution"]

[[calendars.desk]]
zone = "Europe/Berlin"
week = { mon-fri = "09:00-12:30, 13:00-17:00", sat = "10:00-14:00" }
holidays = [2026-03-10]
special = { 2026-03-11 = "09:00-12:00" }

[[calendars.desk]]
from = 2026-03-12
zone = "Europe/Berlin"
week = { mon-sun = "08:00-20:00" }

[calendars.night]
zone = "America/New_York"
week = { mon-sun = ["00:00-06:00", "22:00-24:00"] }
special = { 2026-03-08 = "01:00-20:00" }

[[business_hours]]
calendar = "desk"

[[business_hours]]
channel = "email"
calendar = "night"

[[business_hours]]
queue = "tech"
calendar = "always"
"""
"""T0 is Thursday, 5 March 2026. On Sunday, the 8th, the clocks of New York go from 2:00 to 3:00, while it is open."""

ALWAYS = day("1970-01-01")
EVERY_DAY = range(7)
OFFICE = [(540, 750), (780, 1_020)]
DESK = (
    Version(
        ALWAYS,
        {**dict.fromkeys(range(5), OFFICE), 5: [(600, 840)]},
        {day("2026-03-10"): [], day("2026-03-11"): [(540, 720)]},
    ),
    Version(day("2026-03-12"), {weekday: [(480, 1_200)] for weekday in EVERY_DAY}, {}),
)
NIGHT = (
    Version(
        ALWAYS,
        {weekday: [(0, 360), (1_320, 1_440)] for weekday in EVERY_DAY},
        {day("2026-03-08"): [(60, 1_200)]},
    ),
)
"""The same as FILE says, in minutes of the day."""


def log() -> list[Line]:
    """Return eleven days of two tenants, with flags, merges, deletions, corrections and late returns."""
    lines = simulated.of_conversations(simulated.centre(days=DAYS, rate=3, seed=5, tenants=("default", "acme")))
    return simulated.on_the_road(
        simulated.with_second_thoughts(lines, share=0.15, seed=5), duplicates=0.05, disorder_ms=120_000
    )


def test_business_time_is_right_while_time_goes_by() -> None:
    """At 20 instants, of all events before each: two zones, a noon, a holiday, a changed calendar, a short night.

    Each mean has had a value other than 0, and so has each of them in a queue of every calendar.
    """
    lines = log()
    begin = T0 - BEFORE_DAYS * DAY_MS
    desk = Calendar("Europe/Berlin", DESK, begin=begin, days=DAYS + 2 * BEFORE_DAYS)
    night = Calendar("America/New_York", NIGHT, begin=begin, days=DAYS + 2 * BEFORE_DAYS)

    def calendar_of(labels: Labels) -> Calendar | None:
        _, channel, queue = labels
        return None if queue == "tech" else night if channel == "email" else desk

    oracle = BusinessOracle((line.value for line in lines), calendar_of)
    offline = product(NAMES, definitions=definitions_from(FILE))
    met: set[str] = set()
    channels: set[tuple[str, str]] = set()

    for t in range(T0 + FEED_MS, T0 + DAYS * DAY_MS + 1, FEED_MS):
        offline.feed(line.value for line in lines if t - FEED_MS <= line.at < t)
        right = oracle.at(t)
        assert wrong(right, offline.values(t)) == []
        met |= metrics_of(right)
        channels |= {(name, dict(pairs).get("channel", "")) for (name, pairs), value in right.items() if value}

    assert met == NAMES
    for name in NAMES:
        assert {(f"support_channel_{name}", channel) for channel in ("email", "chat")} <= channels
