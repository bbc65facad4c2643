"""What workers tell one another is exact through faults too: customers and agents end up as a batch has them."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from aggregators.catalogue import METRICS
from aggregators.definitions import FAMILIES, Definitions
from stream.offline import Offline
from tests.faults.storm import Workers, rage, simulated
from tests.logs import Log
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests import services

pytestmark = pytest.mark.faults

SEED = 20_261_123
ADVISORY = {metric.name(level) for metric in METRICS if metric.advisory for level in metric.levels}


def renamed(count: int) -> list[bytes]:
    """Return conversations whose customer is x, then y, then z; each is answered and solved."""
    pen = Log()
    for number in range(count):
        of = pen.of(conversation=f"renamed-{number}")
        of.started("0:00:00", customer=f"x-{number}").customer("0:00:10").queued("0:00:20", customer=f"y-{number}")
        of.accepted("0:00:40", agent="a-1").human("0:01:00", customer=f"z-{number}").closed("0:05:00")
    # Kafka has them by the events of one instant after the other, so that no crash finds a conversation whole.
    return pen.lines[0::6] + pen.lines[1::6] + pen.lines[2::6] + pen.lines[3::6] + pen.lines[4::6] + pen.lines[5::6]


def test_kills_of_those_who_tell_and_those_who_hear_change_no_number(
    own_kafka: services.Kafka, own_redis: services.Redis, tmp_path: Path
) -> None:
    """12,000 events, two workers, four kill -9, Redis wiped and rolled back: every number is that of the batch.

    And byte for byte, all that is stored is what the exported log makes, with what was told in it.
    """
    lines = [*renamed(100), *simulated(12_000, seed=SEED)]
    definitions = tmp_path / "all.toml"
    definitions.write_text(f"families = {json.dumps(FAMILIES)}\n")
    pipeline = Pipeline(own_kafka, own_redis, tmp_path, DESKPULSE_DEFINITIONS=str(definitions))
    last = max(json.loads(line)["at"] for line in renamed(1))
    batch = Offline(definitions=Definitions(families=FAMILIES))
    batch.feed(lines)
    end = batch.tables.watermark or last
    copies: list[Path] = []
    with ExitStack() as stack:
        workers = Workers(pipeline, stack, count=2)
        time.sleep(4)
        strikes = [
            lambda: workers.kill(0),
            lambda: workers.kill(1),
            lambda: copies.append(own_redis.copy_data()),
            lambda: workers.kill(1),
            lambda: workers.kill(0),
        ]
        rage(pipeline, lines, strikes, seed=SEED)
        pipeline.assert_equals_batch()
        serve = stack.enter_context(pipeline.serve())
        pipeline.heartbeat(end + 1)
        right = {key: value for key, value in batch.values(end + 1).items() if "event_lag" not in key[0]}
        assert differing(right, serve.at(end + 1)) == []

        own_redis.wipe()
        pipeline.assert_equals_batch()
        assert differing(right, serve.at(end + 1)) == [], "wiped"

        own_redis.restore_data(copies[0])
        pipeline.assert_equals_batch()
        assert differing(right, serve.at(end + 1)) == [], "rolled back"


def differing(right: Mapping[Any, float], shown: Mapping[Any, float]) -> list[str]:
    """Return what is not shown as *right* has it; labels of *shown* stand in another order.

    What is advisory is left out: it goes by what was said at each look, and a batch looks once.
    """
    wants = {(name, tuple(sorted(pairs))): value for (name, pairs), value in right.items() if name not in ADVISORY}
    has = {key: value for key, value in shown.items() if key[0].startswith("support_") and key[0] not in ADVISORY}
    return [
        f"{key}: {has.get(key)} instead of {wants.get(key)}"
        for key in sorted(wants.keys() | has.keys())
        if has.get(key) != pytest.approx(wants.get(key), rel=1e-9)
    ][:20]
