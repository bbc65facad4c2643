"""Who is behind a number, read back from a real Redis that real workers have written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from aggregators.rolling import Group, groups_of
from stream import behind
from stream.behind import Asked, NotKeptError, read_behind
from stream.past import NotNowError
from stream.restated import read_restated
from stream.settings import load
from tests.logs import Log, after
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services

BILLING = Group("queue", ("default", "chat", "billing"))


def asked(window: str = "1h", *, as_of: int = after("10:00")) -> Asked:
    """Return a question about billing."""
    return Asked(group=BILLING, window=window, as_of=as_of, grouping=groups_of, kinds=frozenset() if window else None)


def centre() -> Log:
    """Forty that were answered, each two seconds later than the one before; one waits, one is in another queue."""
    log = Log()
    for number in range(40):
        pen = log.of(conversation=f"c{number:02}")
        pen.queued(f"00:{number:02}").accepted(f"02:{number:02}.{number:03}")
    log.of(conversation="waits").queued("05:00")
    log.of(conversation="else").queued("05:00", queue="sales").accepted("05:10")
    return log


def test_what_is_shown_is_made_of_its_members(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Kafka to the answer: the number of /metrics, all of its members over all partitions, page by page."""
    pipeline, log, t = Pipeline(kafka, empty_redis, tmp_path), centre(), after("10:00")
    place = {"tenant": "default", "channel": "chat", "queue": "billing"}

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(t)
        values = serve.at(t)

        def get(**query: Any) -> Any:
            status, body = serve.get(f"/api/v1/conversations?{urlencode({**place, **query})}")
            assert status == 200, body
            return json.loads(body)

        mean = get(metric="support_queue_rolling_wait_mean_seconds", window="1h", limit=25)
        rest = get(metric="support_queue_rolling_wait_mean_seconds", window="1h", limit=25, cursor=mean["next"])
        waiting = get(metric="support_queue_waiting")

        shown = values["support_queue_rolling_wait_mean_seconds", tuple(sorted({**place, "window": "1h"}.items()))]
        # 120 s and 0 to 39 ms: their mean is 120.0195 s.
        assert mean["value"] == mean["reproduced"] == shown == pytest.approx(120.0195)
        assert sorted(each["conversation"] for each in [*mean["members"], *rest["members"]]) == [
            f"c{number:02}" for number in range(40)
        ]
        assert [each["conversation"] for each in waiting["members"]] == ["waits"]
        assert waiting["value"] == waiting["reproduced"] == 1

        found = read_behind(pipeline.settings, asked())
        assert {entry.conversation for entry, _ in found.index.stops} == {
            "waits",
            *(f"c{number:02}" for number in range(40)),
        }
        status, body = serve.get("/api/v1/conversations/c07")
        assert (status, [each["type"] for each in json.loads(body)["facts"]]) == (200, ["chat.queued", "chat.accepted"])
        monkeypatch.setattr(behind, "MOST_ENTRIES", 10)
        with pytest.raises(NotKeptError, match="more than 10 samples would have to be looked through"):
            read_behind(pipeline.settings, asked())


def test_an_empty_redis_says_so(empty_redis: services.Redis) -> None:
    """No worker has written to it yet; and one that is not there does not answer."""
    with pytest.raises(NotNowError, match="no worker has written to this Redis yet"):
        read_behind(load({"redis": empty_redis.url}), asked())
    with pytest.raises(NotNowError, match="Redis does not answer"):
        read_behind(load({"redis": "redis://127.0.0.1:1"}), asked())


def test_what_was_counted_anew_is_read_back(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """An accept comes two hours late: the answered leg counts since, and the event is the cause."""
    pipeline, log, late = Pipeline(kafka, empty_redis, tmp_path), Log(), Log()
    log.of(conversation="c").queued("05:00")
    late.of(conversation="c").add("chat.accepted", "05:30", id="late")

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(after("2:00:00"))
        serve.at(after("2:00:00"))
        pipeline.send(late.lines)
        pipeline.heartbeat(after("2:01:00"))
        serve.at(after("2:01:00"))

        found = read_restated(pipeline.settings)
        status, body = serve.get("/api/v1/restatements")

    # The worker may have read the two hours at once, and does not tell what came late within them.
    assert found.whole_since in {None, after("2:00:00")}
    assert {(row.conversation, row.number, row.cause.id) for row in found.rows if row.cause} == {("c", 1, "late")}
    assert status == 200
    assert {each["cause"]["type"] for each in json.loads(body)["restatements"]} == {"chat.accepted"}
    with pytest.raises(NotNowError, match="Redis does not answer"):
        read_restated(load({"redis": "redis://127.0.0.1:1"}))
