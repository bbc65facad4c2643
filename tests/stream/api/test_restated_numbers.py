"""What late events made of numbers: before and after, because of what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stream.api.restated_numbers import RestatedNumbers
from stream.scopes import as_toml
from tests.logs import Log, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import LATE_PLACE, behind, late_morning, restated, shown

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = {"Authorization": "Bearer r"}
PATH = "/api/v1/restated-numbers"


def asked(query: str = "", *, log: Log | None = None, **more: Any) -> Any:
    """Return what is answered of *log*, of the morning unless it is given."""
    log = log or late_morning()
    kept: dict[str, Any] = {"behind": behind(log), "restated": restated(log), **more}
    return ask(PATH + query, snapshot=shown(log, "2:50:00"), now=after("2:50:00"), **kept).json()


def test_each_late_event_has_a_number_before_and_after() -> None:
    """Of two ratings one was good, now the only one is; of two one was answered, now both. The latest stands first."""
    found = asked()

    RestatedNumbers.model_validate_json(json.dumps(found), strict=True, extra="forbid")
    assert [
        (each["metric"], each["as_of"], each["before"], each["after"], each["cause"]["id"])
        for each in found["restated"]
    ] == [
        ("support_queue_rolling_csat_satisfied_ratio", "2024-03-04T00:15:00.000Z", 0.5, 1.0, "taken-back"),
        ("support_queue_rolling_answered", "2024-03-04T00:10:00.000Z", 1, 2, "late-accept"),
    ]
    assert found["restated"][0]["labels"] == LATE_PLACE


def test_each_event_stands_alone() -> None:
    """Of 1, 1 and 5 a third is good, without the first 1 a half, without both all: neither does the other's."""
    log = Log(**LATE_PLACE)
    for name, score in (("c1", 1), ("c2", 1), ("c3", 5)):
        pen = log.of(conversation=name, **LATE_PLACE).queued("05:00").accepted("05:30")
        pen.add("survey.sent", "09:00", survey=f"s-{name}", kind="csat")
        pen.add("survey.responded", "10:00", survey=f"s-{name}", kind="csat", score=score, min=1, max=5)
    for name, clock in (("c1", "2:30:00"), ("c2", "2:40:00")):
        log.add("source.heartbeat", clock, source="desk")
        log.of(conversation=name, **LATE_PLACE).add("survey.retracted", clock, survey=f"s-{name}", id=f"back-{name}")

    found = asked(log=log)["restated"]

    assert [(each["cause"]["id"], each["before"], each["after"]) for each in found] == [
        ("back-c2", 1 / 2, 1.0), ("back-c1", 1 / 3, 1 / 2),
    ]  # fmt: skip


def test_there_are_at_most_so_many_and_those_since_an_instant() -> None:
    """`found` counts all of them."""
    one = asked("?limit=1")

    assert (one["found"], len(one["restated"])) == (2, 1)
    assert asked(f"?since={after('2:40:00')}")["found"] == 1
    assert asked(f"?since={after('2:45:00')}")["restated"] == []
    assert asked("?limit=21")["parameter"] == "limit"


def test_without_the_scope_ids_are_masked_and_numbers_remain(tmp_path: Path) -> None:
    """Neither the conversation nor the event is named; of another tenant there is nothing."""
    file = tmp_path / "tokens.toml"
    file.write_text(as_toml("r", "r", scopes=["read"], tenants=["acme"]))
    given = {"tokens": str(file)}

    (back, accept) = asked(given=given, headers=TOKEN)["restated"]

    assert (back["before"], back["after"]) == (0.5, 1.0)
    assert back["conversation"].startswith("…")
    assert back["cause"] == {"type": "survey.retracted", "id": None}
    assert accept["cause"]["id"] is None
    file.write_text(as_toml("r", "r", scopes=["read"], tenants=["globex"]))
    assert asked(given=given, headers=TOKEN)["found"] == 0
    assert asked("?tenant=globex")["found"] == 0
