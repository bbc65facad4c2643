"""What a worker tells while a rebuild that hands its tables over to it goes on counting them, on a real Redis."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aggregators.forgetting import stand_in
from aggregators.telling import AGENT, CUSTOMER, To
from stream import keys
from stream.chunks import DeadLetter
from stream.dead_letters import KafkaDeadLetters
from stream.devstack.broker import PARTITIONS, embedded_broker
from stream.offline import definitions_of
from stream.processor import REPORTS_ALONE, TableProcessor
from stream.rebuilder import Rebuilder
from stream.settings import load
from stream.telling import ensure_topics, wait_for_told
from tests.logs import Log
from tests.seam import Seam

if TYPE_CHECKING:
    from pathlib import Path

    from aggregators.telling import Said, Telling
    from stream.chunks import Partition
    from tests import services


class Told:
    """Keeps what was told, of each row that of the greatest version, and of the last commit who was."""

    def __init__(self) -> None:
        self.rows: dict[To, tuple[int, Said]] = {}
        self.last: set[To] = set()

    async def tell(self, telling: Telling, *, version: int, watermark: int) -> dict[Partition, int]:  # noqa: ARG002
        """Keep it."""
        self.last = set(telling)
        for to, said in telling.items():
            if to not in self.rows or version > self.rows[to][0]:
                self.rows[to] = version, said
        return {}

    async def close(self) -> None:
        """Do nothing."""


async def test_a_worker_tells_again_what_the_rebuild_before_it_may_tell(
    empty_redis: services.Redis, tmp_path: Path
) -> None:
    """The rebuild reads x and y in one, tells y, and finds that the worker has committed x already; then x comes back.

    For the worker nothing has changed between x and x, but the rebuild has told x that there is nothing. Once the
    rebuild is gone, and what the log had then is counted, nobody is told twice.
    """
    log = Log().customer("00:10", customer="x").customer("00:20", customer="y").customer("00:30", customer="x")
    log.human("00:40").human("00:50").human("01:00")
    file = tmp_path / "definitions.toml"
    file.write_text('families = ["resolution", "customers"]\n')
    seam, told = Seam(empty_redis, log.lines), Told()
    later = seam.records.pop()
    seam.settings = load({"redis": empty_redis.url, "clock": "event", "definitions": str(file)})
    generation = definitions_of(seam.settings).generation()
    worker = TableProcessor(seam.settings, seam.letters, teller=told)
    rebuild = Rebuilder(seam.settings, seam.letters)
    rebuild._teller = told
    x, y = (To(CUSTOMER, "default", stand_in("default", name), "c:c") for name in "xy")

    with empty_redis.client() as client:
        client.set(keys.REBUILD, f"{generation} somewhere 1 token")
        for one in (worker, rebuild):
            await seam.acquire(one)
        await seam.apply(worker, 0, 1)
        for _ in range(2 * REPORTS_ALONE):
            await seam.report(worker)
        worker.placed({seam.partition: 1})
        assert await seam.apply(rebuild, 0, 2) is not None
        assert (told.rows[x][1].content, told.rows[y][1].content is None) == (None, False)

        await seam.apply(worker, 1, 3)
        assert (told.rows[x][1].content is None, told.rows[y][1].content) == (False, None)
        await seam.apply(worker, 3, 4)
        assert told.last == {x, y}

        client.delete(keys.REBUILD)
        told.last = set()
        for _ in range(REPORTS_ALONE):
            await seam.report(worker)
        await seam.apply(worker, 4, 5)
        assert told.last == {x, y}

        told.last = set()
        seam.records.append(later)
        await seam.apply(worker, 5, 6)
        assert told.last == set()
    await worker.close()
    await rebuild.close()


async def test_a_broker_that_makes_topics_only_by_itself_is_left_to_it(tmp_path: Path) -> None:
    """The mock cluster of the demo has no controller: told topics come about as somebody asks about them."""
    file = tmp_path / "definitions.toml"
    file.write_text('families = ["work", "people", "customers"]\n')
    with embedded_broker(["support.chat"]) as address:
        settings = load({"kafka": address, "definitions": str(file), "topics_deadletter": "letters"})

        await asyncio.wait_for(wait_for_told(settings), 30)
        async with KafkaDeadLetters(settings) as letters:
            await asyncio.wait_for(letters.send([DeadLetter("late", "support.chat", 0, 0, 0, None, b"{}")]), 30)
        found = await ensure_topics(settings)

    assert sorted(found) == [CUSTOMER, AGENT]
    assert set(found.values()) == {PARTITIONS}
