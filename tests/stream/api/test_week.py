"""How many come in each hour of the week, over HTTP: what heat maps are made of (M70)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from aggregators.definitions import Definitions
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from stream.api.week import Week
from stream.past import NotNowError, Past
from tests.logs import T0, Log
from tests.stream.api.asking import ask
from tests.stream.api.shown import past, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.settings import Settings
    from stream.snapshot import Snapshot

OF_CHAT = "metric=support_channel_rolling_contacts&tenant=acme&channel=chat"
MONDAY, SUNDAY = 1, 7


@cache
def weeks() -> Log:
    """Return a fortnight of acme from Monday 0:00 UTC, when one comes in chat.

    First Monday at 9:20 3 in chat (one of them spam, flagged a week later) and 1 by phone; second Monday 4 in chat,
    one of them heard of last. At 23:59 on the last Sunday 2 in chat.
    """
    log = Log(tenant="acme", queue="billing")

    def comes(name: str, at: int, **more: Any) -> None:
        log.of(conversation=name, **{"tenant": "acme", "queue": "billing", **more}).add("chat.queued", at)
        log.of(conversation=name, tenant="acme").add("chat.message", at + MINUTE_MS // 2, actor="customer")

    comes("first", T0)
    nine = 9 * HOUR_MS + 20 * MINUTE_MS
    for number in range(3):
        comes(f"a{number}", T0 + nine + number * MINUTE_MS)
    comes("call", T0 + nine, channel="voice")
    for number in range(3):
        comes(f"b{number}", T0 + 7 * DAY_MS + nine + number * MINUTE_MS)
    log.of(conversation="a2", tenant="acme").add("chat.flagged", T0 + 7 * DAY_MS + 10 * HOUR_MS, flag="spam")
    for number in range(2):
        comes(f"c{number}", T0 + 14 * DAY_MS - MINUTE_MS)
    comes("late", T0 + 7 * DAY_MS + nine)
    return log


@cache
def now() -> tuple[Snapshot, Callable[[Settings], Past]]:
    """Return what is shown at the end, and what is kept."""
    defined = Definitions(families=("volume",))
    return shown(weeks(), "336:00:00", definitions=defined), past(weeks(), definitions=defined)


def asked(query: str, *, kept: Callable[[Settings], Past] | None = None, **settings: str) -> Any:
    """Return what is answered under *settings*, an error too."""
    snapshot, usual = now()
    until = T0 + 14 * DAY_MS
    return ask(f"/api/v1/week?{query}", snapshot=snapshot, now=until, past=kept or usual, given=settings).json()


def some(answer: Any) -> dict[tuple[int, int], float]:
    """Return the means that are not 0, by day and hour."""
    return {(cell["day"], cell["hour"]): cell["mean"] for cell in answer["cells"] if cell["mean"]}


def test_each_hour_is_the_mean_of_the_weeks() -> None:
    """Chat on Mondays at 9: 2 (the spam is gone) and 4, so 3; at 0: 1 and none; on Sundays at 23: none and 2."""
    answer = asked(OF_CHAT)

    Week.model_validate_json(json.dumps(answer), strict=True, extra="forbid")
    assert some(answer) == {(MONDAY, 0): 0.5, (MONDAY, 9): 3, (SUNDAY, 23): 1}
    cells = answer.pop("cells")
    assert [(cell["day"], cell["hour"]) for cell in cells] == [(day, hour) for day in range(1, 8) for hour in range(24)]
    assert {cell["hours"] for cell in cells} == {2}
    assert answer == {
        "metric": "support_channel_rolling_contacts",
        "labels": {"tenant": "acme", "channel": "chat"},
        "unit": "contacts",
        "zone": "UTC",
        "as_of": "2024-03-18T00:00:00.000Z",
        "generation": now()[0].generation,
        "carried_before": None,
        "from": "2024-03-04T00:00:00.000Z",
        "to": "2024-03-18T00:00:00.000Z",
    }


def test_every_place_has_its_own() -> None:
    """The tenant has the call too: 3 and 4 on Mondays at 9. By phone 1 and none."""
    chat = some(asked(OF_CHAT))

    assert some(asked("metric=support_queue_rolling_contacts&tenant=acme&channel=chat&queue=billing")) == chat
    assert some(asked("metric=support_tenant_rolling_contacts&tenant=acme")) == {**chat, (MONDAY, 9): 3.5}
    assert some(asked("metric=support_channel_rolling_contacts&tenant=acme&channel=voice")) == {(MONDAY, 9): 0.5}


def test_legs_are_told_too() -> None:
    """As many as contacts here: each queues once, and spam leaves them as well."""
    legs = some(asked("metric=support_tenant_rolling_queued&tenant=acme"))

    assert legs == {(MONDAY, 0): 0.5, (MONDAY, 9): 3.5, (SUNDAY, 23): 1}


def test_the_latest_week_alone() -> None:
    """4 on Monday at 9, 2 on Sunday at 23; no hour is older than a week."""
    answer = asked(f"{OF_CHAT}&weeks=1")

    assert some(answer) == {(MONDAY, 9): 4, (SUNDAY, 23): 2}
    assert {cell["hours"] for cell in answer["cells"]} == {1}
    assert answer["from"] == "2024-03-11T00:00:00.000Z"


def test_hours_are_by_the_clock_of_the_tenant() -> None:
    """In Auckland, 13 h ahead, 0:00 is 13:00 and 9:20 is 22:20; 23:59 on Sunday is Monday 12:59.

    Three Mondays have begun there: 12:00 was on the last two, 13:00 and 22:00 on the first two. Acme's own zone in the
    definitions wins over that of the settings.
    """
    local = {(MONDAY, 12): 1, (MONDAY, 13): 0.5, (MONDAY, 22): 3}
    by_settings = asked(OF_CHAT, zone="Pacific/Auckland")

    def kept(settings: Settings) -> Past:
        own = settings.defining(
            '[zones]\nacme = "Pacific/Auckland"\n', retention_ms=settings.retention_ms, zone=settings.zone
        )
        return replace(now()[1](settings), settings=own)

    by_definitions = asked(OF_CHAT, kept=kept, zone="Europe/Berlin")

    for answer in (by_settings, by_definitions):
        assert some(answer) == local
        assert answer["zone"] == "Pacific/Auckland"


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        (f"{OF_CHAT}&window=1h", "window", "window: the hours of the week have none"),
        (f"{OF_CHAT}&weeks=13", "weeks", "less than or equal to 12"),
        (f"{OF_CHAT}&weeks=0", "weeks", "greater than or equal to 1"),
        ("metric=support_channel_rolling_contacts&tenant=acme", "channel", "channel: one is needed"),
        (
            "metric=support_tenant_waiting&tenant=acme",
            "metric",
            "metric: of hours of the week only contacts and queued",
        ),
        ("metric=support_tenant_contacts_total&tenant=acme", "metric", "metric: of hours of the week only contacts"),
        (f"{OF_CHAT}&tenant=nobody", "tenant", "'nobody' is not known"),
    ],
)
def test_what_makes_no_sense_is_named(query: str, parameter: str, words: str) -> None:
    """The parameter, and what is wrong with it."""
    answer = asked(query)

    assert answer["parameter"] == parameter
    assert words in answer["detail"]


def test_tables_that_cannot_be_read_now() -> None:
    """503, and when to try again."""

    def away(_: Settings) -> Past:
        message = "Redis does not answer"
        raise NotNowError(message)

    answer = ask(f"/api/v1/week?{OF_CHAT}", snapshot=now()[0], now=T0 + 14 * DAY_MS, past=away)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
