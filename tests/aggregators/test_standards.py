"""What the definitions say of a queue: when it is open, and within how long somebody is to be answered."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aggregators.calendars import Calendar, Schedule, Version
from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS, MINUTE_MS
from aggregators.zones import zone_of
from stream.offline import Offline
from tests.logs import T0, Log

UTC = zone_of("UTC", ZoneInfo("UTC"))
OFFICE = Schedule("office", (Version(None, Calendar(UTC, week=dict.fromkeys(range(7), ((540, 1020),)))),))


def shown(definitions: Definitions, name: str, t: int) -> dict[tuple[str, str], float]:
    """Return a metric of queues by channel and queue at *t*; two wait, in chat and in email."""
    log = Log()
    log.of(conversation="a", channel="chat", queue="billing").queued("00:00")
    log.of(conversation="b", channel="email", queue="billing").queued("00:00")
    log.of(conversation="c", channel="chat").queued("00:00", queue="sales")
    offline = Offline(definitions=definitions)
    offline.feed(log.lines)
    return {
        (dict(pairs)["channel"], dict(pairs)["queue"]): value
        for (found, pairs), value in offline.values(t).items()
        if found == f"support_queue_{name}"
    }


def test_a_queue_is_open_by_the_calendar_that_holds_for_it() -> None:
    """Email from 9:00 to 17:00; chat has no calendar, so that nothing is said of it."""
    definitions = Definitions(calendars={("", "email", ""): OFFICE})
    at = {hour: shown(definitions, "open", T0 + hour * HOUR_MS + MINUTE_MS) for hour in (8, 9, 16, 17)}

    assert at[8] == {("email", "billing"): 0}
    assert [at[hour]["email", "billing"] for hour in (8, 9, 16, 17)] == [0, 1, 1, 0]


def test_it_opens_just_after_the_stroke_as_whatever_begins_then() -> None:
    """At 9:00 sharp closed still, at 17:00 sharp open: what holds at an instant held just before it."""
    definitions = Definitions(calendars={("", "email", ""): OFFICE})
    found = [
        shown(definitions, "open", T0 + t)["email", "billing"] for t in (9 * HOUR_MS, 9 * HOUR_MS + 1, 17 * HOUR_MS)
    ]

    assert found == [0, 1, 1]


def test_one_board_sees_it_open_though_nothing_happens() -> None:
    """Nothing comes between two looks but time."""
    offline = Offline(definitions=Definitions(calendars={("", "", ""): OFFICE}))
    offline.feed(Log(channel="email", queue="billing").queued("00:00").lines)
    key = ("support_queue_open", (("tenant", "default"), ("channel", "email"), ("queue", "billing")))

    assert [offline.values(T0 + hour * HOUR_MS + 1)[key] for hour in (2, 8, 9, 10)] == [0, 0, 1, 1]


def test_without_a_calendar_nothing_is_said() -> None:
    """All time counts, and nobody claims to know that the centre is open."""
    assert shown(Definitions(), "open", T0 + HOUR_MS) == {}
    assert shown(Definitions(calendars={("", "", ""): None}), "open", T0 + HOUR_MS) == {}


def test_the_target_is_that_of_the_queue_else_of_its_channel() -> None:
    """Sales 30 s, chat 60 s, email 4 h."""
    found = shown(Definitions(queue_wait_target_ms={"sales": 30_000}), "wait_target_seconds", T0 + HOUR_MS)

    assert found == {("chat", "billing"): 60, ("chat", "sales"): 30, ("email", "billing"): 14_400}
