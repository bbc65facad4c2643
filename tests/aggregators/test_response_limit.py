"""No first response is in time after 24 h, whatever its target (M10x): on the clock of the target, or elapsed.

Logs begin on Monday 2024-03-04 at 0:00 UTC with an e-mail to sales, which has 48 h to the first response here.
"""

from __future__ import annotations

import pytest

from aggregators.definitions import FAMILIES
from stream.definitions_file import definitions_from
from stream.offline import Offline
from tests.aggregators.observed import points
from tests.logs import Log, after

LONG = '[targets.first_response]\nchannels.email = "48h"\n'
OFFICE = """
[calendars.office]
zone = "UTC"
week = { mon-fri = "08:00-16:00" }
[[business_hours]]
calendar = "office"
"""
CLOSED = '[calendars.none]\nzone = "UTC"\n[[business_hours]]\ncalendar = "none"\n'


def limited(by: str) -> str:
    """Return a file that says something of the limits beside the long target."""
    return f"[targets]\n{by}\n{LONG}"


def asked() -> Log:
    """An e-mail at 0:00 that nobody has answered."""
    return Log(channel="email", queue="sales").created("0:00:00")


def shown(log: Log, clock: str, definitions: str) -> dict[str, float]:
    """Return what is shown of the tenant, over the last week."""
    offline = Offline(definitions=definitions_from(definitions))
    offline.feed(log.lines)
    return {
        name.removeprefix("support_tenant_"): value
        for (name, pairs), value in offline.values(after(clock)).items()
        if name.startswith("support_tenant_") and dict(pairs).get("window", "7d") == "7d"
    }


def last_in_time(definitions: str, *clocks: str) -> list[tuple[float, float]]:
    """Return of each instant the attainment of what is answered then, and how many are open past their target."""
    return [
        (
            shown(asked().commented(clock, "human"), "160:00:00", definitions)[
                "rolling_first_response_attainment_ratio"
            ],
            shown(asked(), clock, definitions)["first_response_open_past_target"],
        )
        for clock in clocks
    ]


def test_no_target_is_longer_than_24_hours() -> None:
    """Of 48 h, 24:00:00 is the last second that is in time; 25 h are late, and open for so long is past the target."""
    assert last_in_time(LONG, "24:00:00", "24:00:01") == [(1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("definitions", "last", "first_late"),
    [
        (limited('first_response_limit = "36h"'), "36:00:00", "36:00:01"),
        (limited('first_response_limit = "72h"'), "48:00:00", "48:00:01"),
        (limited('first_response_limit = "never"'), "48:00:00", "48:00:01"),
        ('[targets]\nfirst_response_limit = "1h"\n', "1:00:00", "1:00:01"),
    ],
    ids=["36h", "72h", "never", "1h"],
)
def test_the_limit_is_a_definition(definitions: str, last: str, first_late: str) -> None:
    """36 h of 48; 72 h and never leave the 48 h; an hour is less than the 4 h that an e-mail has by default."""
    assert last_in_time(definitions, last, first_late) == [(1, 0), (0, 1)]


def test_a_shorter_target_stays_as_it_is() -> None:
    """4 h by default."""
    assert last_in_time("", "4:00:00", "4:00:01") == [(1, 0), (0, 1)]


def test_the_limit_runs_on_the_clock_of_the_target() -> None:
    """Open from 8 to 16 h: 24 h are Monday, Tuesday and Wednesday (48 h of which would be Monday to next Monday)."""
    assert last_in_time(LONG + OFFICE, "64:00:00", "64:00:01") == [(1, 0), (0, 1)]


def test_a_limit_of_elapsed_time_holds_whatever_the_clock() -> None:
    """24 h are over on Tuesday at 0:00, though only 8 h of them were open, and though nothing is ever open."""
    elapsed = limited('first_response_elapsed_limit = "24h"')

    for calendar in ("", OFFICE, CLOSED):
        assert last_in_time(elapsed + calendar, "24:00:00", "24:00:01") == [(1, 0), (0, 1)]


def test_a_limit_of_elapsed_time_makes_nothing_longer() -> None:
    """4 h of an office that opens at 8 are over at 12, long before 24 h."""
    elapsed = '[targets]\nfirst_response_elapsed_limit = "24h"\n' + OFFICE

    assert last_in_time(elapsed, "12:00:00", "12:00:01") == [(1, 0), (0, 1)]


def test_policy_clocks_know_no_limit() -> None:
    """M47: a first reply that may take 48 h is breached at 48 h."""
    definitions = definitions_from(f"families = {list(FAMILIES)}\n" + limited('first_response_elapsed_limit = "24h"'))

    (first, *_) = points(asked(), "sla_breached", definitions=definitions)

    assert first[2:] == (48 * 3_600, 1)
