"""One real day of telephone contacts through Kafka, a worker, Redis and /metrics agrees with its tables.

The day is read where it lies, beside the project; it is not part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.columns import NAMES, rows
from tests.oracle import instant, parsed
from tests.pipeline import Pipeline
from tests.reference import REAL_DAY, by_instant, mismatches, real_day_table

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services

pytestmark = pytest.mark.skipif(
    not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl"
)
EVERY = 3


def test_stopped_at_instants(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """Every third quarter of an hour and the last: all columns but `wait_max_s`, centre and queues."""
    tenant, queue = (by_instant(real_day_table(level)) for level in ("tenant", "queue"))
    instants = sorted({*sorted(queue)[::EVERY], max(queue)})
    assert len(instants) >= 24
    lines = REAL_DAY.read_bytes().splitlines()
    timed = [(instant((parsed(line) or {})["at"]) or 0, line) for line in lines]
    pipeline = Pipeline(kafka, empty_redis, tmp_path)
    pipeline.learn(lines)

    with pipeline.worker(), pipeline.serve() as serve:
        wrong = []
        since = 0
        for t in instants:
            until = instant(t)
            assert until is not None
            pipeline.send([line for at, line in timed if since <= at < until])
            pipeline.heartbeat(until)
            wrong += mismatches([*tenant[t], *queue[t]], rows(serve.at(until, only=NAMES)))
            since = until

        assert wrong == []
