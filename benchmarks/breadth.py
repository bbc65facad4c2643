"""Breadth: what each family of metrics costs a worker, over what the main job costs, in the same run."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from aggregators.definitions import FAMILIES, NEEDS
from benchmarks.catch_up import PARTITIONS, Counting, Run, counting_of, fill, with_redis, worker_run
from benchmarks.measuring import compiled_packages, say
from tests.pipeline import ROOT, Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services

TOLD = ("customers", "people")
"""What a worker tells itself of through Kafka."""


def run(kafka: services.Kafka, redis: services.Redis, folder: Path, *, events: int, runs: int) -> None:
    """Print by how much each family exceeds the main job, counted right after it, over a backlog of *events*.

    That *runs* times. A family stands with what it needs; at the end stand all that need no topics of the worker's own,
    all but `people`, and all. Compiled (`make compiled`) where there is such a build.
    """
    pipeline = Pipeline(kafka, redis, folder, partitions=PARTITIONS)
    total = fill(pipeline, events)
    packages = str(compiled_packages() or ROOT)
    chosen = {name: (name, *filter(None, [NEEDS.get(name)])) for name in FAMILIES}
    chosen[f"all but {' and '.join(TOLD)}"] = tuple(each for each in FAMILIES if each not in TOLD)
    chosen["all but people"] = tuple(each for each in FAMILIES if each != "people")
    chosen["all"] = FAMILIES
    say(f"breadth: {total:,} records, one worker, {runs} runs of {len(chosen)} pairs")
    main = counting_of(folder / "main.toml", ())
    _run(pipeline, total, packages, main)  # whatever comes first finds everything cold
    pairs: dict[str, list[tuple[Run, Run]]] = {}
    for number in range(1, runs + 1):
        for name, families in chosen.items():
            counting = counting_of(folder / f"{name.replace(' ', '-')}.toml", families)
            pair = _run(pipeline, total, packages, counting), _run(pipeline, total, packages, main)
            pairs.setdefault(name, []).append(pair)
            said = " with ".join(families) if name in FAMILIES else name
            say(f"  run {number}: {said} {pair[0]}; the main job {pair[1]}")
    say("  cpu over the main job's, median of the pairs: worker, worker and Redis")
    for name, rows in pairs.items():
        mine, theirs = [each[0] for each in rows], [each[1] for each in rows]
        say(f"  {name:<28} {_over(mine, theirs):.2f}  {_over(with_redis(mine), with_redis(theirs)):.2f}")


def _run(pipeline: Pipeline, total: int, packages: str, counting: Counting) -> Run:
    return worker_run(pipeline, total, packages=packages, counting=counting)


def _over(mine: list[Run], theirs: list[Run]) -> float:
    pairs = zip(mine, theirs, strict=True)
    return statistics.median(one.cpu_s_a_million / other.cpu_s_a_million for one, other in pairs)
