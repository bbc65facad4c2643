"""The way of one conversation through everything: a few seconds, with servers as containers or as processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.columns import differences, rows
from tests.eventually import eventually
from tests.logs import Log, after
from tests.oracle import Oracle
from tests.pipeline import Pipeline
from tests.processes import AS_OF

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services

pytestmark = pytest.mark.services_smoke


def centre() -> Log:
    """A call answered after 12 s, one abandoned after 30 s, one waiting; a ticket that waits; a copy, and no event."""
    log = Log(channel="voice")
    log.queued("00:00").accepted("00:12").closed("03:00")
    log.of(conversation="d").queued("00:30").abandoned("01:00")
    log.of(conversation="e").queued("04:00", queue="sales")
    log.of(conversation="f", channel="email").created("02:00", queue="mail")
    return log.raw(log.lines[0]).raw(b'{"type": "chat.queued"')


def test_events_become_numbers(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """What is in Kafka is on /metrics; Redis equals the batch; what is no event is a dead letter with its reason."""
    pipeline, log, t = Pipeline(kafka, empty_redis, tmp_path), centre(), after("05:00")

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(t)
        values = serve.at(t)

        assert differences(Oracle(log.lines).at(t), rows(values), t) == {}
        answered = ("channel", "voice"), ("queue", "billing"), ("tenant", "default"), ("window", "5m")
        assert values["support_queue_rolling_answered", answered] == 1
        assert serve.get("/ready") == (200, "ready\n")
        assert b"billing" in pipeline.assert_equals_batch()
    (letter,) = pipeline.dead_letters(1)
    assert letter.value() == log.lines[-1]
    assert dict(letter.headers() or [])["deskpulse-reason"] == b"invalid_json"


def test_a_worker_that_was_killed_goes_on_where_redis_stands(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """What comes while nobody reads is counted by the next worker; nothing is counted twice."""
    # Under the name of the one before, a worker need not wait until the group misses it.
    pipeline = Pipeline(kafka, empty_redis, tmp_path, DESKPULSE_INSTANCE="one")
    log, t = centre(), after("05:00")
    half = len(log.lines) // 2

    with pipeline.serve() as serve:
        with pipeline.worker() as worker:
            pipeline.send(log.lines[:half])
            pipeline.heartbeat(after("01:30"))
            serve.at(after("01:30"))
            worker.kill()
        pipeline.send(log.lines[half:])
        pipeline.heartbeat(t)
        with pipeline.worker():
            assert differences(Oracle(log.lines).at(t), rows(serve.at(t)), t) == {}
            pipeline.assert_equals_batch()


def test_serve_says_what_is_wrong_until_it_is_not(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Before the first worker it is alive and not ready, with the reason; numbers that are unknown are absent."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path)

    with pipeline.serve() as serve:
        eventually(lambda: serve.get("/live") == (200, "ok\n"))
        eventually(lambda: "no worker has written" in serve.get("/ready")[1])
        assert serve.get("/ready")[0] == 503
        assert (AS_OF, ()) not in serve.scrape()

        with pipeline.worker():
            pipeline.send(centre().lines)
            pipeline.heartbeat(after("05:00"))
            serve.at(after("05:00"))
            eventually(lambda: serve.get("/ready")[0] == 200)
    events = [json.loads(line)["event"] for line in serve.log.splitlines()]
    assert events == ["serving", "serve_stopped"]
