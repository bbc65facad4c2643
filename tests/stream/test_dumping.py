"""What is read back of the tables, also beside a worker that goes on writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.dumping import read_tables
from stream.patience import connect
from tests.logs import Log
from tests.seam import Seam

if TYPE_CHECKING:
    import pytest

    from tests import services


async def test_a_commit_in_between_with_other_labels_is_read_too(
    empty_redis: services.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the second of two queues comes to be, what is read of it has its labels."""
    log = Log()
    for name in ("billing", "sales"):
        log.of(conversation=name).queued("0:00:00", name).accepted("0:01:00")
    seam = Seam(empty_redis, log.lines)
    worker = await seam.owner()
    await seam.apply(worker, 0, 2)
    client = connect(seam.settings.redis)
    listed = client.zrange

    async def listed_late(*arguments: Any) -> Any:
        await seam.apply(worker, 2, 4)
        return await listed(*arguments)

    monkeypatch.setattr(client, "zrange", listed_late)
    tables = await read_tables(client, worker.tables.generation, seam.partition)
    await client.aclose()
    await seam.close()

    assert {labels.queue for labels in tables.labels} == {"billing", "sales"}
    assert {labels.queue for groups in tables.cells.values() for labels in groups} == {"billing", "sales"}
    assert {entry.conversation for rows in tables.stops.values() for entry in rows} == {"billing", "sales"}
