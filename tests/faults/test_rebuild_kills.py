"""A rebuild through faults: whatever is killed meanwhile, the new tables are those of a batch over the exported log."""

from __future__ import annotations

import time
from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.faults.storm import Workers, simulated
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services

SEED = 20_261_123
OTHER = 'families = ["resolution", "customers"]\n[targets.wait]\nother = "5s"\n'


@pytest.mark.faults
def test_kills_during_a_rebuild_change_no_number(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """12,000 events, the rebuild killed three times, both workers meanwhile, events all the time: equal.

    And so are 500 more, of which workers that came back under their static ids tell one another.
    """
    pipeline, lines, dice = Pipeline(kafka, empty_redis, tmp_path), simulated(12_500, seed=SEED), Random(SEED)
    pipeline.learn(lines)
    with ExitStack() as stack:
        workers = Workers(pipeline, stack, count=2)
        pipeline.send(lines[:9_000])
        pipeline.assert_equals_batch()
        pipeline.define(OTHER)
        for number in range(3):
            with pipeline.rebuild() as rebuild:
                pipeline.send(lines[9_000 + 1_000 * number :][:1_000])
                time.sleep(dice.uniform(2, 6))
                rebuild.kill()
            workers.kill(number % 2)

        # On a quick machine the last of them was through before it was killed.
        said = pipeline.run("rebuild")
        assert b"is in force, in place of" in said or b"is in force already" in said
        pipeline.assert_equals_batch()
        pipeline.send(lines[12_000:])
        pipeline.assert_equals_batch()
