"""A simulated week through Kafka, a worker and Redis onto the board, with every family: the same as `compute`."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pytest

from aggregators.catalogue import METRICS
from stream.demo import definitions
from stream.offline import Offline, Series, Values, values_of
from stream.snapshot import Snapshots
from tests import simulated
from tests.eventually import PATIENCE_S
from tests.pipeline import Pipeline
from tests.rarities import met, rarities
from tests.simulated import DAY_MS, T0, Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stream.settings import Settings
    from tests import services

STEP_MS = 7 * DAY_MS // 50 // 10_000 * 10_000
INSTANTS = [T0 + STEP_MS * n for n in range(1, 51)]
BUSY = INSTANTS[39]
"""Tuesday, 14:24."""
LOOK_S = 0.2
OFTEN = (b'"agent.heartbeat"', b'"kpi.sample"')
NAMED_LEVELS = ("team", "agent", "language")
"""Not by priority: altered copies name another one, so it is not as in the week without them."""
ADVISORY = {metric.name(level) for metric in METRICS if metric.advisory for level in metric.levels}
"""What depends on when somebody looked."""


def week() -> list[Line]:
    """Return about sixty conversations a day, with their agents, one in a hundred ends lost; in order of time.

    At BUSY there is what is seldom, with the weeks before by which it is told. Of agents' heartbeats and of series
    computed elsewhere, which are most of a week, one in eight is left.
    """
    lines = simulated.without_closes(simulated.centre(days=7, rate=2.5), share=0.01, seed=1)
    seen = count()
    some = [line for line in lines if not any(kind in line.value for kind in OFTEN) or next(seen) % 8 == 0]
    return sorted([*some, *rarities(BUSY)], key=at)


def at(line: Line) -> int:
    """Return when it happened."""
    return line.at


def with_everything(folder: Path, *, levels: Sequence[str] = ()) -> str:
    """Write the demo's definitions, which count every family, and such levels; return the file's name.

    But for the expected wait: it is advice, learnt from looks, which stands outside of what is equal.
    """
    file = folder / "definitions.toml"
    file.write_text(f"levels = {[*levels]}\n" + definitions.text().replace('"expected_wait", ', ""))
    return str(file)


class Boards(NamedTuple):
    """Looks at Redis whenever asked to, as `serve` does each second."""

    snapshots: Snapshots
    series: Series

    async def at(self, t: int) -> Values:
        """Return what the board shows at *t*, as soon as that is its instant."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := await self.snapshots.refresh()).as_of != t:
            assert time.monotonic() < deadline, f"shows {found.as_of} instead of {t}: {found.trouble}"
            await asyncio.sleep(LOOK_S)
        return values_of(found.rows, self.series)


@asynccontextmanager
async def boards(settings: Settings) -> AsyncIterator[Boards]:
    """Look at the tables of a pipeline."""
    snapshots = Snapshots(settings)
    try:
        yield Boards(snapshots, Series())
    finally:
        await snapshots.close()


def differences(shown: Values, right: Values) -> list[str]:
    """Return what differs, a line each: the first of them."""
    if shown == right:
        return []
    known = [key for key in shown.keys() | right.keys() if key[0] not in ADVISORY]
    keys = sorted(key for key in known if shown.get(key) != right.get(key))
    return [f"{name} {dict(pairs)}: {shown.get((name, pairs))}, right is {right.get((name, pairs))}"
            for name, pairs in keys][:20]  # fmt: skip


@pytest.mark.stack
def test_a_week_in_order_of_time_stopped_at_fifty_instants(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """All metrics at all levels, every three hours and twenty minutes; and at the end the tables byte for byte.

    Each metric has a value other than 0 at one of the instants, but for the expected wait.
    """
    everything = with_everything(tmp_path, levels=(*NAMED_LEVELS, "priority"))
    pipeline = Pipeline(kafka, empty_redis, tmp_path, DESKPULSE_DEFINITIONS=everything)
    lines, offline = week(), Offline(pipeline.settings)
    pipeline.learn(line.value for line in lines)

    async def stop_at_each() -> dict[int, list[str]]:
        found, since = {}, 0
        said: set[str] = set()
        async with boards(pipeline.settings) as board:
            for t in INSTANTS:
                part = [line.value for line in lines if since <= line.at < t]
                pipeline.send(part)
                pipeline.heartbeat(t)
                offline.feed(part)
                right = offline.values(t)
                found[t] = differences(await board.at(t), right)
                said |= met([right])
                since = t
        assert {metric.suffix for metric in METRICS if metric.asked != "expected_wait"} - said == set()
        return found

    with pipeline.worker():
        found = asyncio.run(stop_at_each())
        pipeline.assert_equals_batch()

    assert {t: wrong for t, wrong in found.items() if wrong} == {}


@pytest.mark.faults
def test_the_week_as_it_arrives(kafka: services.Kafka, valkey: services.Redis, tmp_path: Path) -> None:
    """With copies, other content under the same id, disorder, and some a day late: equal at the end, and a week after.

    By team, agent and language too. Right is what `compute` makes of the week in order of time, without a
    single copy.
    """
    valkey.flush()
    everything = with_everything(tmp_path, levels=NAMED_LEVELS)
    pipeline = Pipeline(kafka, valkey, tmp_path, DESKPULSE_DEFINITIONS=everything)
    lines, offline = week(), Offline(pipeline.settings)
    offline.feed(line.value for line in lines)
    arrived = simulated.on_the_road(lines, duplicates=0.03, disorder_ms=60_000, late=0.01)
    ends = (T0 + 7 * DAY_MS, T0 + 14 * DAY_MS)

    async def at_the_ends() -> dict[int, list[str]]:
        async with boards(pipeline.settings) as board:
            found = {}
            for t in ends:
                pipeline.heartbeat(t)
                found[t] = differences(await board.at(t), offline.values(t))
            return found

    with pipeline.worker():
        pipeline.send([line.value for line in arrived])
        found = asyncio.run(at_the_ends())
        pipeline.assert_equals_batch()

    assert {t: wrong for t, wrong in found.items() if wrong} == {}
