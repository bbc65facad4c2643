"""Policy clocks that begin anew when the priority changes, where the definitions ask for it (M47).

Logs begin at 0:00; an e-mail has 4 h to the first and to each other reply, 48 h to its resolution; at risk with less
than a fifth of it left: after 3 h 12 min and 38 h 24 min.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregators.definitions import Definitions
from stream.definitions_file import definitions_from
from tests.aggregators.observed import points, spans
from tests.logs import Log

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST, NEXT, RESOLUTION = 1, 2, 3
ALL = Definitions(families=("sla",), priority_restarts=("first_reply", "next_reply", "resolution"))
HOUR_S = 3_600
CHANGED = "ticket.priority_changed"


def email(**fields: str) -> Log:
    """A ticket that its customer creates at 0:00 in billing."""
    return Log(channel="email", queue="billing").created("0:00:00", **fields)


def breached(log: Log, which: int, definitions: Definitions = ALL) -> list[float]:
    """Return when clocks were breached, in hours."""
    return [row[2] / HOUR_S for row in points(log, "sla_breached", definitions=definitions) if row[3] == which]


def hours(log: Log, name: str) -> list[tuple[float, float | None]]:
    """Return from when until when a state lasts, in hours."""
    rows: Sequence[tuple[str, str, float, float | None]] = spans(log, name, definitions=ALL)
    return [(begin / HOUR_S, None if end is None else end / HOUR_S) for _, _, begin, end in rows]


def test_a_change_of_priority_restarts_what_is_named() -> None:
    """Changed at 3:30, when the first reply was at risk: its 4 h and 48 h begin there, so due at 7:30 and 51:30."""
    log = email().add(CHANGED, "3:30:00", priority="urgent")
    only = Definitions(families=("sla",), priority_restarts=("resolution",))

    assert (breached(log, FIRST), breached(log, RESOLUTION)) == ([7.5], [51.5])
    assert (breached(log, FIRST, only), breached(log, RESOLUTION, only)) == ([4], [51.5])
    assert hours(log, "first_reply_at_risk") == [(3.2, 3.5), (6.7, 7.5)]
    assert hours(log, "first_reply_past_deadline") == [(7.5, None)]
    # 3.5 h + 38.4 h; open it is since its start.
    assert hours(log, "resolution_at_risk") == [(41.9, 51.5)]
    assert hours(log, "resolution_open") == [(0, None)]


def test_a_next_reply_begins_anew() -> None:
    """Asked at 2:00, changed at 5:00: due at 9:00, and kept if it is answered at 8:59."""
    log = email().commented("1:00:00", "human").commented("2:00:00", "customer")
    log.add(CHANGED, "5:00:00", priority="high")

    assert breached(log, NEXT) == [9]
    assert breached(log.commented("8:59:00", "human"), NEXT) == []


def test_each_change_begins_anew() -> None:
    """At 10 h and at 30 h: due 48 h after the last of them."""
    log = email().add(CHANGED, "10:00:00", priority="high").add(CHANGED, "30:00:00", priority="urgent")

    assert breached(log, RESOLUTION) == [78]


@pytest.mark.parametrize("changed", ["4:00:00", "5:00:00"])
def test_what_is_breached_stays_breached(changed: str) -> None:
    """Due at 4:00: a change at that instant, or after it, takes no breach back and makes no other."""
    log = email().add(CHANGED, changed, priority="urgent")

    assert breached(log, FIRST) == [4]
    assert hours(log, "first_reply_past_deadline") == [(4, None)]


def test_one_ms_before_its_deadline_it_begins_anew() -> None:
    """Changed at 3:59:59.999, so due at 7:59:59.999."""
    log = email().add(CHANGED, "3:59:59.999", priority="urgent")

    assert breached(log, FIRST) == [28_799.999 / HOUR_S]


def test_to_name_the_same_priority_is_no_change() -> None:
    """High from the beginning, and told again at 10 h and by an assignment; at 20 h it is urgent: due at 68 h."""
    log = email(priority="high").add(CHANGED, "10:00:00", priority="High")
    log.add("ticket.assigned", "15:00:00", priority="high")
    assert breached(log, RESOLUTION) == [48]

    log.add(CHANGED, "20:00:00", priority="urgent")
    assert breached(log, RESOLUTION) == [68]


def test_a_change_that_names_no_priority_is_one() -> None:
    """It says that it changed."""
    assert breached(email(priority="high").add(CHANGED, "10:00:00"), RESOLUTION) == [58]


def test_a_change_while_it_is_paused() -> None:
    """Pending from 10 h to 20 h, changed at 15 h: the whole 48 h are left at 20 h, so due at 68 h."""
    log = email().status("10:00:00", "pending").add(CHANGED, "15:00:00", priority="high").status("20:00:00", "open")

    assert breached(log, RESOLUTION) == [68]


def test_a_change_while_it_is_solved() -> None:
    """Solved at 40 h, changed at 60 h, reopened at 100 h: 48 h from then on, where it would have 8 h; or none."""
    log = email().status("40:00:00", "solved").add(CHANGED, "60:00:00", priority="high")
    assert breached(log, RESOLUTION) == []

    assert breached(log.commented("100:00:00", "customer"), RESOLUTION) == [148]


def test_it_begins_with_the_policy_of_the_change() -> None:
    """Begun in billing with 48 h; sales has 10 h, and from 2:00 on 6 h: changed there at 5:00 it is due at 11:00."""
    versions = definitions_from(
        'families = ["sla"]\nsla.priority_restarts = ["resolution"]\n'
        '[[targets.resolution]]\nqueues = { sales = "10h" }\n'
        '[[targets.resolution]]\nfrom = 2024-03-04T02:00:00Z\nqueues = { sales = "6h" }\n'
    )
    log = email().add("ticket.assigned", "1:00:00", queue="sales")
    assert breached(log, RESOLUTION, versions) == [48]

    assert breached(log.add(CHANGED, "5:00:00", queue="sales", priority="high"), RESOLUTION, versions) == [11]


def test_it_begins_anew_in_business_hours() -> None:
    """Open from 8:00 to 16:00 UTC, so due at 12:00; changed at 10:00, due at 14:00; at 7:00, at 12:00 all the same."""
    office = definitions_from(
        'families = ["sla"]\nsla.priority_restarts = ["first_reply"]\n'
        '[calendars.office]\nzone = "UTC"\nweek = { mon-fri = "08:00-16:00" }\n'
        '[[business_hours]]\ncalendar = "office"\n'
    )

    found = [breached(email().add(CHANGED, at, priority="high"), FIRST, office) for at in ("10:00:00", "7:00:00")]

    assert found == [[14], [12]]
