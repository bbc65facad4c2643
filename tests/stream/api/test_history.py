"""The past over HTTP: one number at many instants, all numbers at one instant; what is not known says why."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from aggregators.instants import HOUR_MS, MINUTE_MS, rfc3339
from stream.api.history import History
from stream.api.numbers import Values
from stream.api.pasts import Pasts
from stream.offline import Offline
from stream.past import NotNowError, Past, read_past
from stream.settings import Settings, load
from stream.snapshot import Snapshot
from tests.logs import T0, Log, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import behind, eight_legs, past, shown

if TYPE_CHECKING:
    from collections.abc import Callable

END = T0 + 6 * HOUR_MS
OF_BILLING = "tenant=acme&channel=chat&queue=billing"


@cache
def lines() -> tuple[bytes, ...]:
    """Return six hours of a queue in the order of time: every 7 minutes somebody comes, and waits ever longer."""
    log = Log(tenant="acme", queue="billing")
    for number in range(6 * 60 // 7):
        pen = log.of(conversation=f"c{number}", tenant="acme", queue="billing")
        at = T0 + number * 7 * MINUTE_MS
        pen.add("chat.queued", at).add("chat.accepted", at + number * 2_000, agent="a")
    log.add("chat.queued", END, conversation="last")
    return tuple(sorted(log.lines, key=at_of))


def at_of(line: bytes) -> int:
    """Return the instant of a line."""
    return int(line.partition(b'"at": ')[2].partition(b",")[0])


def whole() -> Log:
    """Return them as a log."""
    log = Log()
    log.lines += lines()
    return log


@cache
def now() -> tuple[Snapshot, Callable[[Settings], Past]]:
    """Return what is shown at the end, and what is kept."""
    return shown(whole(), "6:00:00"), past(whole())


def then(at: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float | int]:
    """Return what `compute --as-of` says: of every record before *at*, and of none after it."""
    offline = Offline()
    offline.feed(line for line in lines() if at_of(line) < at)
    return offline.values(at)


def asked(path: str, *, given: Callable[[Settings], Past] | None = None) -> Any:
    """Return what is answered, an error too."""
    snapshot, kept = now()
    return ask(f"/api/v1/{path}", snapshot=snapshot, now=END, past=given or kept).json()


def test_each_point_is_what_compute_says() -> None:
    """A mean of the last two hours, each ten minutes, to the last digit; labels, unit and step beside it."""
    answer = asked(
        f"history?metric=support_queue_rolling_wait_mean_seconds&{OF_BILLING}&window=30m"
        "&from=2024-03-04T04:35:00Z&to=2024-03-04T06:00:00Z&step=10m"
    )

    History.model_validate_json(json.dumps(answer), strict=True, extra="forbid")
    points = dict(answer.pop("points"))
    labels = (("tenant", "acme"), ("channel", "chat"), ("queue", "billing"), ("window", "30m"))
    right = {
        rfc3339(at).replace("Z", ".000Z"): then(at)["support_queue_rolling_wait_mean_seconds", labels]
        for at in range(after("4:40:00"), END + 1, 10 * MINUTE_MS)
    }
    assert points == right
    assert answer == {
        "metric": "support_queue_rolling_wait_mean_seconds",
        "labels": {"tenant": "acme", "channel": "chat", "queue": "billing"},
        "window": "30m",
        "unit": "s",
        "as_of": "2024-03-04T06:00:00.000Z",
        "generation": now()[0].generation,
        "carried_before": None,
        "from": "2024-03-04T04:40:00.000Z",
        "to": "2024-03-04T06:00:00.000Z",
        "step_s": 600,
        "unknown": [],
    }


def test_what_is_gone_is_null_and_says_why() -> None:
    """Of the first hours the half hours are known at multiples of 15 min; who waited then is not.

    From 0:15, as nothing had happened at 0:00; one waits each time somebody has come who is not accepted yet.
    """
    answered = asked(f"history?metric=support_queue_rolling_answered&{OF_BILLING}&window=30m&from={T0}&step=5m")
    waiting = asked(f"history?metric=support_queue_waiting&{OF_BILLING}&from={T0}&step=15m")

    labels = (("tenant", "acme"), ("channel", "chat"), ("queue", "billing"))
    known = {instant: value for instant, value in answered["points"] if value is not None}
    assert (
        known["2024-03-04T01:15:00.000Z"]
        == then(T0 + 75 * MINUTE_MS)["support_queue_rolling_answered", (*labels, ("window", "30m"))]
    )
    (gone,) = answered["unknown"]
    assert gone["why"] == "10-second panes are kept from 2024-03-04T04:00:00Z on; before, only multiples of 15 min"
    assert (gone["first"], gone["last"]) == ("2024-03-04T00:05:00.000Z", "2024-03-04T04:25:00.000Z")
    assert "2024-03-04T01:20:00.000Z" not in known
    assert waiting["unknown"] == [
        {
            "why": "who was there before 2024-03-04T04:00:00Z is not kept",
            "first": "2024-03-04T00:00:00.000Z",
            "last": "2024-03-04T03:45:00.000Z",
            "points": 16,
        }
    ]
    assert (
        dict(waiting["points"])["2024-03-04T05:45:00.000Z"] == then(after("5:45:00"))["support_queue_waiting", labels]
    )


def test_later_than_now_is_not_known_yet() -> None:
    """A slider that is a moment ahead gets its other points."""
    answer = asked(f"history?metric=support_queue_waiting&{OF_BILLING}&from={END - 60_000}&to={END + 60_000}&step=60s")

    assert [value for _, value in answer["points"]] == [0, 0, None]
    assert [each["why"] for each in answer["unknown"]] == ["later than the latest numbers"]


def test_an_instant_and_a_step_are_chosen_where_none_is_given() -> None:
    """The last hour in half minutes; of a day, quarters of an hour; of the 366 days of a leap year, every other day."""
    hour = asked(f"history?metric=support_queue_waiting&{OF_BILLING}")
    of_day = asked(f"history?metric=support_queue_waiting&{OF_BILLING}&from={END - 24 * HOUR_MS}")
    year = asked(f"history?metric=support_queue_waiting&{OF_BILLING}&from=2023-03-04T00:00:00Z")

    assert (hour["from"], hour["to"], hour["step_s"]) == (
        "2024-03-04T05:00:00.000Z",
        "2024-03-04T06:00:00.000Z",
        30,
    )
    assert (of_day["step_s"], len(of_day["points"])) == (900, 97)
    assert (year["step_s"], len(year["points"])) == (172_800, 184)


@pytest.mark.parametrize(
    ("query", "status", "parameter", "detail"),
    [
        ("metric=support_queue_waiting&metric=support_tenant_waiting", 422, "metric", "one metric is needed"),
        ("", 422, "metric", "Field required"),
        ("metric=support_queue_events_total", 422, "metric", "what counters and histograms were is not kept"),
        ("metric=support_queue_waiting&tenant=acme&queue=billing", 422, "channel", "one is needed"),
        (f"metric=support_queue_rolling_queued&{OF_BILLING}", 422, "window", "one is needed"),
        (f"metric=support_queue_rolling_wait_seconds&{OF_BILLING}&window=1h", 422, "q", "one is needed"),
        (f"metric=support_queue_waiting&{OF_BILLING}&from=tomorrow", 422, "from", "is not an instant"),
        (f"metric=support_queue_waiting&{OF_BILLING}&from={END}&to={END - 1}", 422, "from", "is after"),
        (f"metric=support_queue_waiting&{OF_BILLING}&step=1s", 422, "step", "these are 3601 points, and at most 2000"),
        (f"metric=support_queue_waiting&{OF_BILLING}&step=often", 422, "step", "is not a duration"),
        (f"metric=support_queue_waiting&{OF_BILLING}&step=0s", 422, "step", "is no time at all"),
        ("metric=support_queue_waiting&tenant=acme&channel=chat&queue=biling", 404, "queue", "did you mean 'billing'?"),
    ],
)
def test_what_cannot_be_asked_is_named(query: str, status: int, parameter: str, detail: str) -> None:
    """The parameter, and what is wrong with it."""
    problem = asked(f"history?{query}")

    assert (problem["status"], problem["parameter"]) == (status, parameter)
    assert detail in problem["detail"]


def test_all_numbers_of_an_instant_gone_by() -> None:
    """The same as from a log that ends there; what is not kept of it is named with the reason."""
    for at in (END - HOUR_MS + 12_345, END - 4 * HOUR_MS):
        answer = asked(f"values?as_of={at}&tenant=acme")
        Values.model_validate(answer, strict=True, extra="forbid")

        true = {(name, frozenset(pairs)): value for (name, pairs), value in then(at).items()}
        told = {
            (
                each["metric"],
                frozenset((each["labels"] | ({"window": each["window"]} if each["window"] else {})).items()),
            ): each["value"]
            for each in answer["values"]
        }
        assert len(told) > 300
        assert {key: true.get(key) for key in told} == told
        left_out = {name.partition("{")[0] for each in answer["left_out"] for name in each["metrics"]}
        assert {
            name.removesuffix("_sum").removesuffix("_count").removesuffix("_bucket")
            for name, _ in true.keys() - told.keys()
        } <= left_out

    why = {name: each["why"] for each in answer["left_out"] for name in each["metrics"]}
    assert why["support_queue_waiting"] == "who was there before 2024-03-04T04:00:00Z is not kept"
    assert why['support_queue_rolling_service_level_ratio{window="1h",variant="SL_live"}'] == (
        "it depends on who was there, which is kept from 2024-03-04T04:00:00Z on"
    )


def test_an_instant_that_lies_ahead_is_refused() -> None:
    """Nobody knows yet; the answer says what the latest one is."""
    problem = asked(f"values?as_of={END + 1}")

    assert (problem["status"], problem["parameter"]) == (422, "as_of")
    assert (
        problem["detail"]
        == "as_of: 2024-03-04T06:00:00.001Z is after 2024-03-04T06:00:00.000Z, the instant of the latest numbers"
    )


def test_without_redis_the_past_is_not_answered() -> None:
    """503, and the log says why, which may name what is not the caller's; the latest numbers are answered."""

    def away(_: Settings) -> Past:
        message = "Redis does not answer: connection refused"
        raise NotNowError(message)

    problem = asked(f"values?as_of={END}", given=away)

    assert (problem["status"], problem["detail"]) == (503, "what is kept cannot be read now; the log of serve says why")
    assert asked("values?limit=1", given=away)["more"] is True
    nothing = ask("/api/v1/history?metric=support_queue_waiting", snapshot=Snapshot()).json()
    assert (nothing["status"], nothing["detail"]) == (
        503,
        "no number may be shown now; /ready says why to whoever may scrape",
    )
    with pytest.raises(NotNowError, match="Redis does not answer"):
        read_past(load({"redis": "redis://127.0.0.1:1/0"}))


def test_what_came_after_a_look_is_in_the_next_one() -> None:
    """Read at 10:00, asked at 10:09: who came in between is there, as it was read again for that."""
    log = eight_legs()
    reads: list[int] = []

    def read(settings: Settings) -> Past:
        reads.append(1)
        return past(log)(settings)

    pasts = Pasts(lambda: read(load({})))
    early, late = shown(log, "9:00"), shown(log, "9:09")

    for snapshot in (early, early, late):
        assert snapshot.as_of is not None
        pasts.hindsight(snapshot, [], until=snapshot.as_of, wanted=None)

    assert len(reads) == 2


def test_what_an_earlier_generation_counted_is_said() -> None:
    """Numbers before it are not of the definitions in force, and nobody is behind them any more: lists say so too."""
    snapshot = replace(now()[0], carried_before=after("3:00:00"))
    path = f"metric=support_queue_rolling_queued&{OF_BILLING}&window=30m"
    kept: dict[str, Any] = {"past": now()[1], "behind": behind(whole())}

    said = [
        ask(f"/api/v1/{name}?{path}", snapshot=snapshot, now=END, **kept).json()["carried_before"]
        for name in ("history", "conversations")
    ]

    assert said == ["2024-03-04T03:00:00.000Z"] * 2
    assert ask("/api/v1/trust", snapshot=snapshot, now=END).json()["carried_before"] == said[0]
