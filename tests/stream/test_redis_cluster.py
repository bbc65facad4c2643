"""Redis in cluster mode, a node that has every slot: it refuses a call whose keys lie in more than one of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from redis import exceptions as errors

from stream.snapshot import Snapshots
from tests import services
from tests.eventually import eventually
from tests.reference import centre_lines
from tests.seam import Seam

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = [line.rstrip(b"\n") for line in centre_lines()[4_000:4_360]]
SLOTS = 16_384


@pytest.fixture
def cluster() -> Iterator[services.Redis]:
    """Give a cluster of one node that is up."""
    with services.running(partial(services.new_redis, "--cluster-enabled", "yes")) as server:
        with server.client() as client:
            client.execute_command("CLUSTER ADDSLOTSRANGE", 0, SLOTS - 1)
            eventually(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", within_s=20)
            with pytest.raises(errors.ResponseError, match="slot"):
                client.mget("one", "two")
        yield server


async def test_everything_of_a_partition_is_in_one_slot(cluster: services.Redis) -> None:
    """Commit, go on from what is stored, report, clean, read, dump and wipe: no call leaves its slot."""
    seam = Seam(cluster, LINES)
    owner = await seam.owner()
    middle = len(LINES) // 2

    assert await seam.apply(owner, 0, middle) is None
    assert await seam.apply(await seam.owner(), middle, len(LINES)) is None
    assert await seam.report(owner) == []
    serve = Snapshots(seam.settings)
    assert list((await serve.refresh()).rows)
    await serve._redis.aclose()

    assert await seam.dump() == seam.right(len(LINES))
    with cluster.client() as client:
        slots = {client.execute_command("CLUSTER KEYSLOT", key) for key in client.scan_iter(f"{seam.prefix}*")}
    assert len(slots) == 1
    await owner.tables.wipe(seam.partition)
    assert await seam.dump() == []
    await seam.close()
