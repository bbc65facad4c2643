"""What cannot be answered is said in a form that programs read and people understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregators.rolling import Group
from stream.api.access import ANYBODY, Caller
from stream.api.indexed import Index
from stream.api.problems import Wrong
from stream.api.selecting import Selection, choose
from tests.stream.api.asking import ROW, ask

if TYPE_CHECKING:
    from aggregators.board import Row


def test_other_paths_and_methods_are_problems() -> None:
    """Status, title, detail, and the type that says what this is."""
    missing = ask("/api/v1/nothing")

    assert missing.headers["Content-Type"] == "application/problem+json"
    assert missing.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found"}
    assert ask("/metrics", method="POST").json()["status"] == 405


def test_what_there_is_instead_is_of_tenants_that_are_seen() -> None:
    """Who may see acme hears of acme, and of no other; whether the one they asked for exists is not told."""
    rows = (ROW, ROW._replace(group=Group("queue", ("umbrella", "chat", "billing"))))
    caller = Caller("ann", frozenset({"read"}), frozenset({"acme"}))
    told = [_refused(tenant, caller, rows) for tenant in ("umbrella", "nobody")]

    assert [each.choices for each in told] == [["acme"], ["acme"]]
    assert [each.status_code for each in told] == [404, 404]
    assert _refused("nobody", ANYBODY, rows).choices == ["acme", "umbrella"]


def test_a_window_that_there_is_not_comes_with_those_there_are() -> None:
    """The parameter, what is wrong, and the choices, for pages that show links."""
    answer = ask("/api/v1/values?metric=support_queue_rolling_queued&window=3x").json()

    assert answer["parameter"] == "window"
    assert answer["choices"] == ["5m", "30m", "1h", "today", "7d"]


def _refused(tenant: str, caller: Caller, rows: tuple[Row, ...]) -> Wrong:
    with pytest.raises(Wrong) as error:
        choose(Selection.model_validate({"tenant": [tenant]}), caller, windows=(), index=Index(rows))
    return error.value
