"""Weeks and a month of surveys through a real Kafka and a real Redis: what is told is what the batch computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from stream.offline import Offline
from tests.logs import T0, Log
from tests.pipeline import Pipeline
from tests.weeks import WEEK_MS, mondays

if TYPE_CHECKING:
    from pathlib import Path

    from stream.offline import Values
    from tests import services


def of_csat(values: Values) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return what is said of satisfaction, by name and labels in any order."""
    return {(name, frozenset(labels)): value for (name, labels), value in values.items() if "csat" in name}


def test_a_jump_is_seen_and_so_is_the_next_hour(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Usually 48 of 60 are satisfied, now 8 of 20: −1; an hour later nobody has answered, and nothing is said.

    What is usual comes from the hours of the tables, whose other measures are not read.
    """
    definitions = tmp_path / "definitions.toml"
    definitions.write_text('families = ["baselines"]\n')
    pipeline = Pipeline(kafka, empty_redis, tmp_path, partitions=2, DESKPULSE_DEFINITIONS=str(definitions))
    log, offline = mondays((20, 16), (20, 16), (20, 16), (20, 8)), Offline(pipeline.settings)
    offline.feed(log.lines)
    now = T0 + 3 * WEEK_MS + 10 * HOUR_MS + 50 * MINUTE_MS

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        for t in (now, now + HOUR_MS):
            pipeline.heartbeat(t)
            seen, right = of_csat(serve.at(t)), of_csat(offline.values(t))
            jumps = [value for (name, _), value in seen.items() if name == "support_tenant_rolling_csat_jump"]

            assert seen == right
            assert jumps == ([-1] if t == now else [])


def test_a_month_of_recommendations_is_seen_to_the_hour(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """20 promoters of three weeks ago, of two partitions, and 10 detractors of now: 100 · 10 / 30; 11 days later none.

    What stands in the hours of the tables beside it, such as what is usual, is not taken for it.
    """
    definitions = tmp_path / "definitions.toml"
    definitions.write_text('families = ["baselines", "surveys"]\n')
    pipeline = Pipeline(kafka, empty_redis, tmp_path, partitions=2, DESKPULSE_DEFINITIONS=str(definitions))
    now = T0 + 21 * DAY_MS + 10 * HOUR_MS
    log, offline = Log(), Offline(pipeline.settings)
    for number in range(30):
        at, score = (T0 + 10 * HOUR_MS, 10) if number < 20 else (now - MINUTE_MS, 0)
        pen = log.of(conversation=f"n{number}", queue="billing")
        pen.add("chat.queued", at - MINUTE_MS).add("survey.responded", at, survey="s", kind="nps", score=score)
    offline.feed(log.lines)

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        for t, points in ((now, 100 * 10 / 30), (now + 11 * DAY_MS, None)):
            pipeline.heartbeat(t)
            tenant = {
                name: value for (name, _), value in serve.at(t).items() if name.startswith("support_tenant_nps_30d")
            }
            right = {
                name: value
                for (name, _), value in offline.values(t).items()
                if name.startswith("support_tenant_nps_30d")
            }

            assert tenant == right
            assert tenant.get("support_tenant_nps_30d_points") == points
