"""What was counted anew long after its instant, and what a number was before that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aggregators.tables import MOST_LOGGED
from stream.api.restatements import Known
from stream.restated import Restatements
from stream.scopes import as_toml
from tests.logs import after
from tests.stream.api.asking import ask
from tests.stream.api.shown import LATE_PLACE, behind, late_morning, restated, shown

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = {"Authorization": "Bearer r"}


def asked(path: str, **more: Any) -> Any:
    """Return what is answered of the morning."""
    log = late_morning()
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
