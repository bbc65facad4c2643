"""The numbers over HTTP as users run it: workers and `serve` as processes, a real Kafka and a real Redis."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aggregators.instants import HOUR_MS, MINUTE_MS, rfc3339
from stream.devstack.process import free_port
from tests.eventually import eventually
from tests.logs import T0, Log, after
from tests.pipeline import Pipeline
from tests.stream.api.following import following

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests import services
    from tests.processes import Serve
    from tests.stream.api.following import Event

WAITING = "metric=support_queue_waiting&queue=billing"
OF_BILLING = "tenant=default&channel=chat&queue=billing"


def until(stream: Iterator[Event], value: float) -> Event:
    """Return the first event that says *value*."""
    return next(event for event in stream if [each["value"] for each in event.data["values"]] == [value])


def answer(serve: Serve, path: str) -> Any:
    """Return what is answered."""
    status, body = serve.get(f"/api/v1/{path}")
    assert status == 200, body
    return json.loads(body)


def test_who_follows_is_told_and_comes_back_to_another_serve(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """An event in Kafka changes the number; who lost the connection is told what was missed, by a new `serve` all."""
    pipeline, log = Pipeline(kafka, empty_redis, tmp_path), Log().queued("1:00")
    port = {"DESKPULSE_LISTEN": f"127.0.0.1:{free_port()}"}
    with pipeline.worker():
        with pipeline.serve(**port) as serve:
            pipeline.send(log.lines)
            pipeline.heartbeat(after("2:00"))
            serve.at(after("2:00"))
            with following(serve.url, WAITING) as stream:
                one = until(stream, 1)
                pipeline.send(Log(conversation="d").queued("2:30").lines)
                pipeline.heartbeat(after("3:00"))
                two = until(stream, 2)
            # Nobody is connected while the number changes again.
            pipeline.send(Log(conversation="e").queued("3:10").lines)
            pipeline.heartbeat(after("3:20"))
            serve.at(after("3:20"))
            with following(serve.url, WAITING, known=two.id) as stream:
                missed = next(stream)
        with pipeline.serve(**port) as serve:
            serve.at(after("3:20"))
            with following(serve.url, WAITING, known=missed.id) as stream:
                anew = next(stream)

    assert (one.kind, two.kind, missed.kind, anew.kind) == ("whole", "changed", "changed", "whole")
    assert [each["value"] for each in missed.data["values"]] == [3]
    assert (anew.data["as_of"], [each["value"] for each in anew.data["values"]]) == ("2024-03-04T00:03:20.000Z", [3])


def test_the_past_is_what_compute_says_of_the_same_instants(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Three hours: each point of a number, and every value of an instant. A close that comes late is in what is known.

    The one who was answered at 1:00:30 is told of at 3:00 only.
    """
    log, late = Log(), Log(conversation="late")
    for number in range(18):
        pen, at = log.of(conversation=f"c{number}"), T0 + number * 10 * MINUTE_MS
        pen.add("chat.queued", at, queue="billing").add("chat.accepted", at + number * 3_000, agent="a")
    late.queued("1:00:00")
    log.lines += late.lines
    log.lines.sort(key=lambda line: json.loads(line)["at"])
    end = T0 + 3 * HOUR_MS
    came = Log(conversation="late").accepted("1:00:30", agent="b", id="late-answer")
    file = tmp_path / "all.jsonl"
    file.write_bytes(b"\n".join([*log.lines, *came.lines]) + b"\n")
    pipeline = Pipeline(kafka, empty_redis, tmp_path)
    metric = "support_queue_rolling_wait_mean_seconds"
    query = f"history?metric={metric}&{OF_BILLING}&window=30m&from={end - 100 * MINUTE_MS}&to={end}&step=10m"

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(end)
        serve.at(end)
        before = dict(answer(serve, query)["points"])
        pipeline.send(came.lines)
        eventually(lambda: dict(answer(serve, query)["points"]) != before, within_s=60)
        points = dict(answer(serve, query)["points"])
        at = end - 80 * MINUTE_MS
        told = answer(serve, f"values?as_of={at}&{OF_BILLING}&metric={metric}&metric=support_queue_waiting")
        rows = pipeline.run(
            "compute", file, "--every", "10m", "--from", rfc3339(end - 100 * MINUTE_MS), "--to", rfc3339(end),
            "--metric", "support_queue",
        ).decode().splitlines()  # fmt: skip

    right = {
        (line.split(",", 2)[0].replace("Z", ".000Z"), line.split(",", 2)[1]): float(line.rpartition(",")[2])
        for line in rows[1:]
        if line.split(",")[1] == "support_queue_waiting" or (metric in line and 'window=""30m""' in line)
    }
    # Half an hour before 1:20 begins in a 10-second pane that is gone; from 1:30 on all of them are kept.
    assert points.pop("2024-03-04T01:20:00.000Z") is None
    assert points == {instant: right.get((instant, metric)) for instant in points}
    assert len(points) == 10
    assert before != points
    then = "2024-03-04T01:40:00.000Z"
    assert {
        (each["metric"], each["window"]): each["value"] for each in told["values"] if each["window"] in ("30m", None)
    } == {
        (metric, "30m"): right[then, metric],
        ("support_queue_waiting", None): right[then, "support_queue_waiting"],
    }
    assert told["as_of"] == then
