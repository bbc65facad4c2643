"""The conversations behind a number, over HTTP: the list, its pages, its instant, and what may not be seen."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from aggregators.definitions import FAMILIES, Definitions
from aggregators.forgetting import stand_in
from stream.api.conversations import Members
from stream.scopes import as_toml
from tests.logs import Log, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import behind, eight_legs, names, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.behind import Asked, Behind
    from stream.settings import Settings
    from stream.snapshot import Snapshot

BILLING = "tenant=acme&channel=chat&queue=billing"
ANSWERED = f"metric=support_queue_rolling_answered&{BILLING}&window=1h"
WAITS = f"metric=support_queue_rolling_wait_mean_seconds&{BILLING}&window=1h"
P95 = f"metric=support_queue_rolling_wait_seconds&{BILLING}&window=1h&q=0.95"
OLDEST = f"metric=support_queue_oldest_wait_seconds&{BILLING}"


@cache
def now() -> tuple[Snapshot, Callable[[Settings, Asked], Behind]]:
    """Return what is shown of eight legs at 10:00, and what is behind it."""
    return shown(eight_legs(), "10:00"), behind(eight_legs())


def asked(query: str, **more: Any) -> Any:
    """Return what is answered, an error too."""
    snapshot, kept = now()
    more = {"behind": kept, **more}
    return ask(f"/api/v1/conversations?{query}", snapshot=snapshot, now=after("10:00"), **more).json()


def ids(answer: Any) -> list[tuple[str, float | None]]:
    """Return who the members are, in their order, each with its value."""
    return [(each["conversation"], each["value"]) for each in answer["members"]]


def test_a_mean_with_everything_that_it_is_made_of() -> None:
    """c1 waited 30 s, c2 90 s: 60 s in the mean. Who waited longest comes first."""
    answer = asked(WAITS)

    Members.model_validate_json(json.dumps(answer), strict=True, extra="forbid")
    assert ids(answer) == [("c2", 90.0), ("c1", 30.0)]
    assert (answer["value"], answer["reproduced"], answer["mean"]) == (60.0, 60.0, 60.0)
    assert (answer["n"], answer["found"], answer["sum"], answer["unit"], answer["how"]) == (2, 2, 120.0, "s", "mean")
    assert answer["parts"] == {"answered": 2, "wait_ms": 120_000}
    assert answer["labels"] == {"tenant": "acme", "channel": "chat", "queue": "billing"}
    assert (answer["window"], answer["as_of"], answer["next"]) == ("1h", "2024-03-04T00:10:00.000Z", None)
    assert answer["members"][0] == {
        "conversation": "c2",
        "is_hidden": False,
        "of": "conversation",
        "at": "2024-03-04T00:02:30.000Z",
        "channel": "chat",
        "queue": "billing",
        "what": "leg",
        "value": 90.0,
        "unit": "s",
        "adds": {"answered": 1, "wait_ms": 90_000},
        "number": 1,
    }


def test_a_percentile_is_what_is_shown_and_exact_beside_it() -> None:
    """90 s is the p95 of two waits; shown is the value of its bin, and made of the members it is the same."""
    answer = asked(P95)

    assert answer["percentile"] == 90.0
    assert answer["value"] == answer["reproduced"] == pytest.approx(90.0, rel=0.01)
    assert answer["labels"]["q"] == "0.95"


@pytest.mark.parametrize("cursor", [[1, 10**30, 1.0, 0, 1], [1, 0, 1.0, -1, 1], [1, 0, 1.0, 0, 0]])
def test_a_cursor_that_somebody_made_up_is_refused(cursor: list[float]) -> None:
    """By name, as one that is no cursor at all."""
    text = urlsafe_b64encode(json.dumps(cursor).encode()).decode()

    answer = asked(f"{WAITS}&cursor={text}")

    assert (answer["status"], answer["parameter"]) == (422, "cursor")


def test_who_waits_now() -> None:
    """c8 since 6:00: 4 min."""
    answer = asked(OLDEST)

    assert (answer["value"], answer["how"], ids(answer)) == (240.0, "oldest", [("c8", 240.0)])
    assert answer["members"][0]["at"] == "2024-03-04T00:06:00.000Z"
    assert answer["window"] is None


def test_members_are_narrowed_by_value_and_by_percentile() -> None:
    """The number and its parts stay those of all members."""
    for narrowing in ("at_least=31", "quantile=0.95", "quantile=1"):
        answer = asked(f"{WAITS}&{narrowing}")

        assert ids(answer) == [("c2", 90.0)]
        assert (answer["found"], answer["n"], answer["reproduced"]) == (1, 2, 60.0)


def test_pages_go_through_everybody_once() -> None:
    """One member a page; the last page has no cursor. Some have the same value and instant."""
    query = f"metric=support_queue_rolling_queued&{BILLING}&window=1h"
    whole = ids(asked(query))
    seen, cursor = [], ""
    for _ in range(len(whole)):
        answer = asked(f"{query}&limit=1{cursor}")
        seen += ids(answer)
        cursor = f"&cursor={answer['next']}"

    assert len(whole) == 8
    assert seen == whole
    assert answer["next"] is None


def test_a_list_that_is_gone_on_with_stays_at_its_instant() -> None:
    """Later somebody else is answered, and is in no page of it; asked anew, he is the first."""
    log = eight_legs()
    first = asked(f"{ANSWERED}&limit=1")
    log.of(conversation="c9", tenant="acme", queue="billing").queued("9:00").accepted("11:00")
    snapshot, kept = shown(log, "12:00"), behind(log)
    path = f"/api/v1/conversations?{ANSWERED}"

    second = ask(f"{path}&limit=9&cursor={first['next']}", snapshot=snapshot, behind=kept).json()
    anew = ask(path, snapshot=snapshot, behind=kept).json()

    assert [*ids(first), *ids(second)] == [("c2", 1.0), ("c1", 1.0)]
    assert second["as_of"] == first["as_of"]
    assert [name for name, _ in ids(anew)] == ["c9", "c2", "c1"]


def test_of_an_instant_gone_by_it_is_what_is_known_now() -> None:
    """At 2:00 one was answered, and three waited: c2 of 1:00, c3 and c4 not before the instant has passed."""
    answered = asked(f"{ANSWERED}&as_of=2024-03-04T00:02:00Z")
    waiting = asked(f"metric=support_queue_waiting&{BILLING}&as_of=2024-03-04T00:02:01Z")

    assert (ids(answered), answered["value"]) == ([("c1", 1.0)], 1)
    assert sorted(name for name, _ in ids(waiting)) == ["c2", "c3", "c4"]
    assert waiting["value"] == waiting["reproduced"] == 3


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ("metric=support_queue_waiting", "tenant", "one is needed"),
        (f"metric=support_queue_events_total&{BILLING}&type=chat.queued", "metric", "counts all there ever was"),
        (f"{WAITS}&cursor=abc", "cursor", "this is none that was handed out"),
        (f"{WAITS}&as_of=2024-03-04T00:11:00Z", "as_of", "is after"),
        (f"{WAITS}&quantile=1.5", "quantile", "less than or equal to 1"),
        (f"{WAITS}&at_least=inf", "at_least", "finite"),
        (f"{WAITS}&limit=0", "limit", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_asked_is_named(query: str, parameter: str, detail: str) -> None:
    """422 with the parameter, and what is wrong with it."""
    problem = asked(query)

    assert (problem["status"], problem["parameter"]) == (422, parameter)
    assert detail in problem["detail"]


def test_a_cursor_of_another_instant_is_refused() -> None:
    """It says which one it is for."""
    first = asked(f"{ANSWERED}&limit=1")

    problem = asked(f"{ANSWERED}&as_of=2024-03-04T00:09:00Z&cursor={first['next']}")

    assert problem["detail"] == "cursor: it goes on with a list at 2024-03-04T00:10:00.000Z"


def test_what_is_too_long_ago_is_refused() -> None:
    """Who was there is kept for two hours, who was counted for eight days."""
    log = eight_legs().add("source.heartbeat", "5:00:00", source="s", conversation=None, queue=None)
    log.of(conversation="late", tenant="acme", queue="billing").queued("5:00:00")
    snapshot, kept = shown(log, "5:00:01"), behind(log)

    def detail(query: str) -> Any:
        return ask(f"/api/v1/conversations?{query}", snapshot=snapshot, behind=kept).json().get("detail")

    gone = "as_of: who was there before 2024-03-04T03:00:00Z is not kept"
    assert detail(f"{OLDEST}&as_of=2024-03-04T00:10:00Z") == gone
    assert detail(f"{WAITS}&as_of=2024-03-04T00:10:00Z") is None
    older = detail(f"{WAITS}&as_of=2024-02-20T00:10:00Z")
    assert older == "as_of: who is behind a number is kept from 2024-02-25T05:00:00Z on"


def test_without_the_scope_ids_are_masked_and_counts_remain(tmp_path: Path) -> None:
    """Whoever may only read sees as many members, with their values, and no id; nor does a cursor hold one."""
    (tmp_path / "tokens.toml").write_text(
        as_toml("reader", "reader", scopes=["read"], tenants=["acme"])
        + as_toml("driller", "driller", scopes=["read", "drill-down"], tenants=["acme"])
    )
    given = {"tokens": str(tmp_path / "tokens.toml")}
    by = {
        name: asked(f"{WAITS}&limit=1", given=given, headers={"Authorization": f"Bearer {name}"})
        for name in ("reader", "driller")
    }

    assert by["driller"]["members"][0]["conversation"] == "c2"
    mask = by["reader"]["members"][0].pop("conversation")
    assert re.fullmatch("…[0-9a-f]{10}", mask)
    assert by["reader"]["next"] == by["driller"]["next"]
    by["driller"]["members"][0].pop("conversation")
    assert by["reader"] == by["driller"]


def test_customers_are_told_as_customers(tmp_path: Path) -> None:
    """What is counted over all conversations of a customer names the customer, whom a mask hides as well."""
    log = Log(tenant="acme", queue="billing", channel="chat", conversation="c", customer="zoe")
    log.add("chat.message", "1:00", actor="customer", message="1")
    definitions = Definitions(families=FAMILIES)
    snapshot, kept = shown(log, "10:00", definitions=definitions), behind(log, definitions=definitions)
    called = names(log, definitions=definitions)
    (tmp_path / "tokens.toml").write_text(as_toml("reader", "reader", scopes=["read"], tenants=["acme"]))
    path = f"/api/v1/conversations?metric=support_queue_rolling_anchors&{BILLING}&window=1h"

    whole = ask(path, snapshot=snapshot, behind=kept, names=called).json()["members"]
    hidden = ask(
        path,
        snapshot=snapshot,
        behind=kept,
        names=called,
        given={"tokens": str(tmp_path / "tokens.toml")},
        headers={"Authorization": "Bearer reader"},
    )

    assert [(each["of"], each["conversation"], each["is_hidden"]) for each in whole] == [("customer", "zoe", False)]
    assert "zoe" not in hidden.text
    assert stand_in("acme", "zoe") not in hidden.text
    assert [each["is_hidden"] for each in hidden.json()["members"]] == [False]
    assert hidden.json()["n"] == 1
