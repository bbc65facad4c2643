"""The numbers over HTTP: the values of the snapshot, selected by what they are labelled with."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stream.api.access import Caller
from stream.api.indexed import Index, Indexes
from stream.api.numbers import Values
from stream.api.problems import Wrong
from stream.api.selecting import LABEL_NAMES, Selection, choose
from stream.metrics_page import EXTRAS
from stream.offline import Offline
from stream.settings import FIXED_WINDOWS
from stream.snapshot import OLD_SNAPSHOT_MS, Snapshot
from tests.stream.api.asking import WAITING, ask
from tests.stream.test_exporter import AS_OF, conversation, snapshot
from tests.stream.test_exporter import WAITING as WAITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.board import Row
    from tests.logs import Log

ACME = Caller("acme's board", frozenset({"read"}), frozenset({"acme"}))


def rows_of(log: Log) -> tuple[Row, ...]:
    """Return the rows of a log at AS_OF."""
    offline = Offline()
    offline.feed(log.lines)
    offline.board.move(AS_OF)
    return tuple(offline.board.rows())


def two_tenants() -> Log:
    """Return acme's conversations in billing, and one of globex waiting in sales."""
    log = conversation()
    log.of(conversation="x", tenant="globex", queue="sales").add("chat.queued", "9:30")
    return log


ROWS = rows_of(two_tenants())
SHOWN = snapshot(*ROWS)


def values(query: str, *, of: Snapshot = SHOWN, now: int = AS_OF) -> Any:
    """Return what is answered, which is what the contract says."""
    answer = ask(f"/api/v1/values?{query}", snapshot=of, now=now)
    assert answer.status_code == 200, answer.text
    Values.model_validate(answer.json(), strict=True, extra="forbid")
    return answer.json()


def wrong(query: str) -> tuple[int, str, str]:
    """Return status, parameter and detail of what is refused."""
    problem = ask(f"/api/v1/values?{query}", snapshot=SHOWN, now=AS_OF).json()
    return problem["status"], problem["parameter"], problem["detail"]


def named(rows: Iterable[Row]) -> set[tuple[object, ...]]:
    """Return the rows as name, labels and value."""
    return {(row.name, row.pairs, row.value) for row in rows}


def test_every_value_of_the_snapshot_is_there() -> None:
    """Once, with the name, labels and value of a scrape, `window` apart; the instants beside them."""
    answer = values("")

    assert {key: answer[key] for key in ("as_of", "made_at", "trouble", "generation", "more")} == {
        "as_of": "2024-03-04T00:10:00.000Z",
        "made_at": "2024-03-04T00:10:00.000Z",
        "trouble": None,
        "generation": "abc",
        "more": False,
    }
    assert answer["left_out"] == []
    assert len(answer["values"]) == len(ROWS)
    found = {
        (each["metric"], *sorted({**each["labels"], "window": each["window"]}.items()), each["value"])
        for each in answer["values"]
    }
    assert found == {(row.name, *sorted({"window": None, **dict(row.pairs)}.items()), row.value) for row in ROWS}


def test_a_metric_is_selected_by_name_labels_and_window() -> None:
    """Of conversation c, accepted after 30 s, at 0:10 within 30 minutes but not within 5."""
    of_billing = "metric=support_queue_rolling_wait_mean_seconds&tenant=acme&queue=billing"

    (half_an_hour,) = values(f"{of_billing}&window=30m")["values"]

    assert half_an_hour == {
        "metric": "support_queue_rolling_wait_mean_seconds",
        "labels": {"tenant": "acme", "channel": "chat", "queue": "billing"},
        "window": "30m",
        "value": 30,
    }
    assert values(f"{of_billing}&window=5m")["values"] == []


def test_places_select_and_windows_narrow() -> None:
    """What has no queue is none of `queue=billing`; who waits now is shown though a window was asked for."""
    answer = values("metric=support_queue_waiting&metric=support_tenant_waiting&queue=billing")
    both = values("metric=support_queue_waiting&metric=support_queue_rolling_queued&tenant=acme&window=5m")

    assert [each["metric"] for each in answer["values"]] == ["support_queue_waiting"]
    assert [(each["metric"], each["window"], each["value"]) for each in both["values"]] == [
        ("support_queue_waiting", None, 1),
        ("support_queue_rolling_queued", "5m", 1),
    ]


def test_any_of_several_values_will_do() -> None:
    """Metrics in the order they were asked for; a level stands for all of its metrics."""
    query = "metric=support_tenant_rolling_queued&metric=support_tenant_waiting&tenant=acme&tenant=globex&window=5m"

    found = [(each["metric"], each["labels"]["tenant"], each["value"]) for each in values(query)["values"]]

    assert found == [
        ("support_tenant_rolling_queued", "acme", 1),
        ("support_tenant_rolling_queued", "globex", 1),
        ("support_tenant_waiting", "acme", 1),
        ("support_tenant_waiting", "globex", 1),
    ]
    levels = {name.split("_")[1] for name in (each["metric"] for each in values("level=channel")["values"])}
    assert levels == {"channel"}


def test_what_of_it_narrows() -> None:
    """One quantile of many, beside a mean that has none; one bucket of a histogram."""
    query = "metric=support_queue_rolling_wait_seconds&metric=support_queue_rolling_wait_mean_seconds&q=0.95&window=1h"
    of_waits = "metric=support_queue_wait_seconds&queue=billing&le=30.0"

    answer = values(query)["values"]

    assert [(each["metric"], each["labels"].get("q")) for each in answer] == [
        ("support_queue_rolling_wait_seconds", "0.95"),
        ("support_queue_rolling_wait_mean_seconds", None),
    ]
    assert [(each["metric"], each["value"]) for each in values(of_waits)["values"]] == [
        ("support_queue_wait_seconds_bucket", 1)
    ]
    assert [each["value"] for each in values("metric=support_queue_wait_seconds_sum&tenant=acme")["values"]] == [30]


def test_a_cut_says_that_there_is_more() -> None:
    """The first ones of the same order; exactly as many as there are is not a cut."""
    whole = values("metric=support_queue_waiting")["values"]

    assert len(whole) == 2
    assert values("metric=support_queue_waiting&limit=2")["more"] is False
    one = values("metric=support_queue_waiting&limit=1")
    assert (one["values"], one["more"]) == (whole[:1], True)


@pytest.mark.parametrize(
    ("query", "status", "parameter", "detail"),
    [
        ("metric=support_queue_waitin", 422, "metric", "(did you mean 'support_queue_waiting'?)"),
        ("window=5x", 422, "window", "'5x' is none of 5m, 30m, 1h, today, 7d"),
        ("window=shift", 422, "window", "'shift' is none of 5m, 30m, 1h, today, 7d"),
        ("metric=support_queue_waiting&window=5m", 422, "window", "no metric asked for has windows"),
        ("metric=support_queue_waiting&level=tenant", 422, "level", "no metric asked for stands at this level"),
        ("metric=support_tenant_waiting&queue=billing", 422, "queue", "no metric asked for has this label"),
        ("metric=support_queue_waiting&q=0.5", 422, "q", "no metric asked for has this label"),
        ("queue=billing&agent=a", 422, "agent", "no metric asked for has the labels queue, agent"),
        ("variant=SL7", 422, "variant", "there is no 'SL7'"),
        ("tenant=acne", 404, "tenant", "'acne' is not known (did you mean 'acme'?)"),
        ("queue=biling", 404, "queue", "'biling' is not known (did you mean 'billing'?)"),
        ("tenant=globex&queue=billing", 404, "queue", "'billing' is not known"),
        ("quue=billing", 422, "quue", "Extra inputs are not permitted"),
        ("level=floor", 422, "level", "Input should be 'queue', 'channel'"),
        ("limit=0", 422, "limit", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_named(query: str, status: int, parameter: str, detail: str) -> None:
    """The parameter, what is wrong with it, and what comes nearest to it."""
    found = wrong(query)

    assert found[:2] == (status, parameter)
    assert detail in found[2]


def test_somebody_elses_tenant_does_not_exist() -> None:
    """Not among the values, and named it is as unknown as one that nobody has heard of; nor is it a hint."""
    index = Index(ROWS)

    seen = choose(Selection.model_validate({}), ACME, windows=FIXED_WINDOWS, index=index).rows(index)
    refused = []
    for tenant in ("globex", "nobody", "globeq"):
        with pytest.raises(Wrong) as caught:
            choose(Selection.model_validate({"tenant": [tenant]}), ACME, windows=FIXED_WINDOWS, index=index)
        refused.append((caught.value.status_code, caught.value.detail.replace(tenant, "…")))
    with pytest.raises(Wrong) as queue:
        choose(Selection.model_validate({"queue": ["sales"]}), ACME, windows=FIXED_WINDOWS, index=index)

    assert named(seen) == named(row for row in ROWS if row.group.values[0] == "acme")
    assert set(refused) == {(404, "tenant: '…' is not known")}
    assert queue.value.detail == "queue: 'sales' is not known"


def test_before_there_are_numbers_nobody_is_unknown() -> None:
    """Nothing is shown and the trouble says why: whether there is such a queue cannot be told."""
    answer = values("queue=billing", of=Snapshot())

    assert answer == {
        "as_of": None,
        "made_at": None,
        "trouble": "nothing has been read from Redis yet",
        "generation": None,
        "values": [],
        "more": False,
        "left_out": [],
    }


def test_old_numbers_say_so() -> None:
    """The same trouble as /ready has."""
    answer = values("metric=support_queue_waiting", now=AS_OF + OLD_SNAPSHOT_MS + 2_000)

    assert (answer["trouble"], len(answer["values"])) == ("the snapshot is 12 s old", 2)


def test_every_label_of_the_catalogue_is_a_parameter() -> None:
    """Each once, and no others."""
    assert {*EXTRAS} <= {*LABEL_NAMES}
    assert {*LABEL_NAMES} - {*EXTRAS} == {"tenant", "channel", "queue", "priority", "team", "language", "agent", "name"}


def test_an_index_is_made_once_for_each_snapshot() -> None:
    """However many ask at once; what only says that Redis is away has the rows of the one before."""
    indexes = Indexes()
    made: list[Index] = []
    threads = [threading.Thread(target=lambda: made.append(indexes.of(SHOWN))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.append(indexes.of(replace(SHOWN, trouble="Redis does not answer")))
    later = indexes.of(snapshot(WAITS._replace(value=4)))

    assert len(set(map(id, made))) == 1
    assert [row.value for row in made[0].of(WAITING, "queue")] == [1, 1]
    assert [row.value for row in later.of(WAITING, "queue")] == [4]
