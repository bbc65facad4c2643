"""What was counted anew long after its instant, and what a number was before that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.testclient import TestClient

from aggregators.tables import MOST_LOGGED
from stream.api.app import make_app
from stream.api.restatements import Known
from stream.api.source import Source
from stream.restated import Restatements
from stream.scopes import as_toml
from stream.settings import load
from tests.logs import Log, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import LATE_PLACE, behind, late_morning, restated, shown

if TYPE_CHECKING:
    from pathlib import Path

    from stream.behind import Asked, Behind
    from stream.settings import Settings

TOKEN = {"Authorization": "Bearer r"}


def asked(path: str, **more: Any) -> Any:
    """Return what is answered of the morning."""
    log = more.pop("log", None) or late_morning()
    kept: dict[str, Any] = {"behind": behind(log), "restated": restated(log), **more}
    return ask(path, snapshot=shown(log, "2:40:00"), now=after("2:40:00"), **kept).json()


def known(metric: str, clock: str, **more: Any) -> Any:
    """Return what a number of the hour was at a clock reading, and is now."""
    place = "&".join(f"{name}={value}" for name, value in LATE_PLACE.items())
    return asked(f"/api/v1/known-then?metric={metric}&{place}&window=1h&as_of={after(clock)}", **more)


def test_an_accept_two_hours_late_with_before_after_and_cause() -> None:
    """At 0:20 one of two was answered; now both were, within 30 s and 40 s: 35 s in the mean."""
    answered = known("support_queue_rolling_answered", "20:00")
    waited = known("support_queue_rolling_wait_mean_seconds", "20:00")

    Known.model_validate_json(json.dumps(answered), strict=True, extra="forbid")
    assert (answered["then"], answered["now"], answered["is_whole"]) == (1, 2, True)
    assert (waited["then"], waited["now"]) == (30.0, 35.0)
    causes = [each["cause"] for each in answered["restatements"] if each["what"] == "leg"]
    assert {"type": "chat.accepted", "id": "late-accept"} in causes


def test_a_rating_that_was_taken_back() -> None:
    """At 0:20 one of two was satisfied; now the only one that counts is."""
    satisfied = known("support_queue_rolling_csat_satisfied_ratio", "20:00")

    assert (satisfied["then"], satisfied["now"]) == (0.5, 1.0)
    assert [
        (each["what"], each["conversation"], each["number"], each["cause"]["id"]) for each in satisfied["restatements"]
    ] == [("csat", "c1", -1, "taken-back")]


def test_a_close_two_hours_late_with_before_after_and_cause() -> None:
    """At 0:20 two had queued and one was answered; the other had left after 50 s, which was heard of at 2:30."""
    log = Log(**LATE_PLACE)
    for name in ("c1", "c2"):
        log.of(conversation=name, **LATE_PLACE).queued("05:00")
    log.of(conversation="c1", **LATE_PLACE).accepted("05:30")
    log.add("source.heartbeat", "2:30:00", source="desk")
    log.of(conversation="c2", **LATE_PLACE).add("chat.closed", "05:50", by="customer", id="late-close")

    found = known("support_queue_rolling_abandoned", "20:00", log=log)

    assert (found["then"], found["now"], found["is_whole"]) == (0, 1, True)
    assert {each["cause"]["id"] for each in found["restatements"]} == {"late-close"}
    assert {each["cause"]["type"] for each in found["restatements"]} == {"chat.closed"}
    assert {each["restated_at"] for each in found["restatements"]} == {"2024-03-04T02:30:00.000Z"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/restatements",
        "/api/v1/restated-numbers",
        "/api/v1/known-then?metric=support_tenant_rolling_answered&window=1h",
    ],
)
def test_what_was_counted_anew_of_another_tenant_is_not_told(tmp_path: Path, path: str) -> None:
    """Byte for byte what is said where the other is not; who sees all tenants hears of both."""
    file = tmp_path / "tokens.toml"
    scopes: Final = ("read", "drill-down")
    tokens = as_toml("r", "r", scopes=scopes, tenants=["acme"]) + as_toml("all", "all", scopes=scopes, tenants=None)
    file.write_text(tokens)
    alone = restated(late_morning())(load())
    theirs = tuple(row._replace(tenant="zyglobex", conversation="zyglob-1") for row in alone.rows)
    both = Restatements(alone.generation, tuple(sorted((*alone.rows, *theirs), key=lambda row: row.watermark)))
    if "known-then" in path:
        path = f"{path}&tenant=acme&as_of={after('20:00')}"

    def said(found: Restatements, secret: str) -> str:
        headers = {"Authorization": f"Bearer {secret}"}
        return json.dumps(asked(path, restated=lambda _: found, given={"tokens": str(file)}, headers=headers))

    assert said(both, "r") == said(alone, "r")
    assert "2024-03-04T02:30" in said(both, "r") or "2024-03-04T02:40" in said(both, "r")
    if "known-then" not in path:
        assert "zyglob" in said(both, "all")


def test_what_came_before_the_instant_is_no_news() -> None:
    """At 2:35 the accept had come: nothing was restated since that concerns the hour before."""
    answered = known("support_queue_rolling_answered", "2:35:00")

    assert (answered["then"], answered["now"]) == (0, 0)
    assert answered["restatements"] == []


def test_the_log_has_the_latest_first() -> None:
    """Each line with when, what, how often and why; `since` leaves out what was before."""
    log = asked("/api/v1/restatements")

    assert log["whole_since"] is None
    newest = log["restatements"][0]
    assert newest["restated_at"] == "2024-03-04T02:40:00.000Z"
    assert newest["cause"] == {"type": "survey.retracted", "id": "taken-back"}
    assert newest["number"] == -1
    since = asked(f"/api/v1/restatements?since={after('2:35:00')}")["restatements"]
    assert {each["cause"]["type"] for each in since} == {"survey.retracted"}
    assert asked("/api/v1/restatements?tenant=globex")["restatements"] == []


def test_without_the_scope_neither_conversation_nor_event_is_named(tmp_path: Path) -> None:
    """The numbers and the kind of the event remain."""
    file = tmp_path / "tokens.toml"
    file.write_text(as_toml("r", "r", scopes=["read"], tenants=["acme"]))

    log = asked("/api/v1/restatements", given={"tokens": str(file)}, headers=TOKEN)

    assert log["restatements"]
    for each in log["restatements"]:
        assert each["conversation"].startswith("…")
        assert each["cause"]["id"] is None
    assert "late-accept" not in json.dumps(log)


def test_what_is_missing_from_the_log_is_said() -> None:
    """A log keeps the latest thousand: of an instant before the first of them `then` may be wrong."""
    rows = restated(late_morning())
    full = Restatements("abc", (), whole_since=after("30:00"))

    assert MOST_LOGGED == 1_000
    assert known("support_queue_rolling_answered", "20:00", restated=lambda _: full)["is_whole"] is False
    assert known("support_queue_rolling_answered", "20:00", restated=rows)["is_whole"] is True


def test_numbers_without_a_window_have_no_then() -> None:
    """Who was there is not logged; and nothing is known of what is to come."""
    place = "&".join(f"{name}={value}" for name, value in LATE_PLACE.items())
    state = asked(f"/api/v1/known-then?metric=support_queue_waiting&{place}&as_of={after('20:00')}")

    assert (state["status"], state["parameter"]) == (422, "metric")
    assert known("support_queue_rolling_answered", "3:00:00")["parameter"] == "as_of"


def test_numbers_that_are_asked_for_together_are_read_once() -> None:
    """Four of one place, window and instant; another instant, or a log that has grown, is read anew."""
    log = late_morning()
    found, reads = [restated(log)(load())], list[int]()

    def reading(settings: Settings, asked: Asked) -> Behind:
        reads.append(asked.as_of)
        return behind(log)(settings, asked)

    source = Source(
        load(), lambda: shown(log, "2:40:00"), clock=lambda: after("2:40:00"),
        read_behind=reading, read_restated=lambda _: found[0],
    )  # fmt: skip
    place = "&".join(f"{name}={value}" for name, value in LATE_PLACE.items())

    def ask_for(client: TestClient, metric: str, clock: str = "20:00") -> Any:
        path = f"/api/v1/known-then?metric=support_queue_rolling_{metric}&{place}&window=1h&as_of={after(clock)}"
        return client.get(path).json()["then"]

    with TestClient(make_app(source), "http://127.0.0.1:8420") as client:
        then = [ask_for(client, name) for name in ("answered", "queued", "csat_responses", "wait_mean_seconds")]
        once = list(reads)
        ask_for(client, "answered", "25:00")
        ask_for(client, "answered")
        found[0] = replace(found[0], rows=found[0].rows[:-1])
        later = ask_for(client, "csat_responses")

    assert then == [1, 2, 2, 30.0]
    assert once == [after("20:00")]
    assert reads == [after("20:00"), after("25:00"), after("20:00"), after("20:00")]
    assert later == 1  # what is not in the log has always been so
