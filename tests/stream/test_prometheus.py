"""A real Prometheus scrapes a real serve, behind which a real worker counts what is in a real Kafka."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import now_ms
from tests.boards import boards, queries
from tests.eventually import eventually
from tests.pipeline import Pipeline
from tests.promtool import promtool
from tests.queries import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests import services
    from tests.conftest import PrometheusFactory
    from tests.processes import Serve


def lines(events: Iterable[dict[str, Any]]) -> list[bytes]:
    """Return events as they are sent."""
    return [json.dumps(event).encode() for event in events]


def queued(number: int, *, queue: str, ago_s: float, **more: Any) -> dict[str, Any]:
    """Return the event of a customer who stood in *queue* so long ago."""
    at = now_ms() - int(ago_s * 1000)
    whole = {"id": f"queued-{queue}-{number}", "type": "chat.queued", "at": at, "conversation": f"c-{queue}-{number}"}
    return whole | {"tenant": "acme", "queue": queue} | more


def talk(number: int, *, queue: str) -> list[dict[str, Any]]:
    """Return a conversation from its first message to a survey, which fills every kind of metric."""
    common = {"conversation": f"t-{number}", "tenant": "acme", "queue": queue}
    begin = now_ms() - 120_000
    steps: list[dict[str, Any]] = [
        {"type": "chat.started"},
        {"type": "chat.message", "actor": "customer", "message": "1"},
        {"type": "chat.queued"},
        {"type": "chat.accepted", "agent": "a"},
        {"type": "chat.message", "actor": "human", "agent": "a", "message": "2"},
        {"type": "chat.closed", "by": "human"},
        {"type": "survey.sent", "survey": "s", "kind": "csat"},
        {"type": "survey.responded", "survey": "s", "kind": "csat", "score": 4},
    ]
    return [
        common | step | {"id": f"t-{number}-{index}", "at": begin + index * 10_000} for index, step in enumerate(steps)
    ]


def awaits(true: Callable[[], object], prometheus: services.Prometheus) -> None:
    """Return when *true* is; a failure shows what Prometheus has."""
    try:
        eventually(true, within_s=60.0, every_s=0.5)
    except AssertionError as error:
        shown = [(alert["labels"], alert["state"]) for alert in prometheus.alerts()]
        pytest.fail(f"{error}: {shown} {[target['lastError'] for target in prometheus.targets()]}")


def test_what_prometheus_has_is_what_the_wallboard_asks_for(
    kafka: services.Kafka, empty_redis: services.Redis, prometheus: PrometheusFactory, tmp_path: Path
) -> None:
    """Every query of the first dashboard has an answer after one conversation, once its variables have values.

    Those of all dashboards, and the rules: tests/stack/test_demo_scraped.py.
    """
    values = {"tenant": "acme", "channel": ".+", "queue": ".+", "window": "30m", "__rate_interval": "1m"}
    centre = Pipeline(kafka, empty_redis, tmp_path, DESKPULSE_CLOCK="wall")
    with centre.worker(), centre.serve() as serve:
        centre.send(lines([*talk(1, queue="sales"), queued(1, queue="sales", ago_s=90), *waiting_for_reply()]))
        server = prometheus(targets=[serve.target])
        awaits(lambda: server.query('support_tenant_rolling_csat_responses{window="30m"} == 1'), server)

        for query in queries(boards()["wallboard"]):
            filled = query
            for name, value in values.items():
                filled = filled.replace(f"${name}", value)
            assert server.query(filled), filled


def waiting_for_reply() -> list[dict[str, Any]]:
    """Return the first message of a customer whom nobody has answered."""
    return [
        queued(9, queue="sales", ago_s=90) | {"id": "m", "type": "chat.message", "actor": "customer", "message": "1"}
    ]


def test_promtool_finds_nothing_to_say_about_a_live_scrape(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Names, types and help of every metric, and nothing is exported that the catalogue does not have."""
    centre = Pipeline(kafka, empty_redis, tmp_path, DESKPULSE_CLOCK="wall")
    with centre.worker(), centre.serve() as serve:
        bad = {"id": "x", "type": "chat.vanished", "at": now_ms(), "conversation": "c"}
        centre.send(
            lines([*talk(1, queue="sales"), queued(1, queue='Käse "&" Brot\\', ago_s=90), *waiting_for_reply(), bad])
        )
        eventually(lambda: (serve.value("deskpulse_rejected_total", reason="unknown_type") or 0) > 0)
        eventually(lambda: serve.value("support_tenant_waiting", tenant="acme") == 1)
        text = serve.get("/metrics")[1]

        promtool("--version")
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
        )

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert {name for name, _ in serve.scrape()} <= catalogue().keys()
        assert {queue for queue in queues(serve) if queue.startswith("Käse")} == {'Käse "&" Brot\\'}


def queues(serve: Serve) -> set[str]:
    """Return the names of queues that have series."""
    return {dict(labels)["queue"] for name, labels in serve.scrape() if name == "support_queue_waiting"}
