"""The health of the numbers, as it is seen on /metrics, on a real Kafka and a real Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.instants import DAY_MS, SECOND_MS
from stream.clock import now_ms
from tests.eventually import eventually
from tests.logs import Log
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services
    from tests.processes import Serve


def seen(serve: Serve, name: str, **labels: str) -> float | None:
    """Return a value of the scrape, None while there is none."""
    return serve.scrape().get((name, tuple(sorted(labels.items()))))


def test_how_events_came_is_on_metrics(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """Lag, clocks, silence, drift, what was dropped, what has no start: of events of now, by the wall clock.

    Of six accepted events four are 20 s old, one comes from a clock that is 40 s ahead, one (a repeat) is 20 s old too;
    one of 40 days ago comes after the others and is dropped.
    """
    definitions = tmp_path / "definitions.toml"
    definitions.write_text('families = ["health", "resolution"]\n')
    pipeline = Pipeline(
        kafka, empty_redis, tmp_path, partitions=1, DESKPULSE_CLOCK="wall", DESKPULSE_DEFINITIONS=str(definitions)
    )
    now = now_ms()
    old = now - 20 * SECOND_MS
    log = Log(source="shop")
    log.add("chat.queued", old, queue="a").add("chat.message", old, actor="robot").add(
        "chat.message", old, actor="customer"
    )
    log.of(conversation="d").add("chat.accepted", old, queue="a")
    log.raw(log.lines[0])
    log.of(conversation="e", source="fast").add("chat.queued", now + 40 * SECOND_MS, queue="a")
    dropped = Log(conversation="f", source="shop").add("chat.queued", now - 40 * DAY_MS, queue="a")

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.send(dropped.lines)
        eventually(lambda: seen(serve, "deskpulse_late_dropped_total") == 1)
        eventually(lambda: seen(serve, "support_tenant_unknown_actors_total", tenant="default") == 1)
        eventually(lambda: (seen(serve, "deskpulse_source_clock_skew_seconds", source="fast") or 0) > 0)

        scraped = serve.scrape()

    def value(name: str, **labels: str) -> float:
        return scraped[name, tuple(sorted(labels.items()))]

    buckets = [value("deskpulse_event_lag_seconds_bucket", le=le) for le in ("0.1", "10.0", "+Inf")]
    assert buckets == [1, 1, 6]
    assert value("deskpulse_event_lag_seconds_count") == 6
    assert value("deskpulse_event_lag_seconds_sum") >= 5 * 20
    assert value("deskpulse_duplicates_total") == 1
    # Records get their timestamps a moment after `now`, and seconds after it on a busy machine.
    assert 10 < value("deskpulse_source_clock_skew_seconds", source="fast") <= 40
    assert -50 < value("deskpulse_source_clock_skew_seconds", source="shop") <= -20
    assert value("deskpulse_source_last_event_age_seconds", source="shop") >= 20
    assert (value("support_tenant_backlog_open", tenant="default"), value("deskpulse_backlog_drift")) == (1, 0)
    assert value("support_tenant_orphan_stops_total", tenant="default") == 1
