"""What the processor and the read side show while something is wrong, on a real Redis."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from redis import exceptions as errors

from stream.settings import load
from stream.snapshot import Snapshots
from tests.logs import T0, Log
from tests.seam import Seam

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stream.snapshot import Snapshot
    from tests import services

WAITING = "support_queue_waiting"


@asynccontextmanager
async def looking(seam: Seam, *, clock: str) -> AsyncIterator[Snapshots]:
    """Give the read side of *seam*."""
    snapshots = Snapshots(load({"redis": seam.settings.redis, "clock": clock}))
    yield snapshots
    await snapshots.close()


def shown(snapshot: Snapshot, name: str) -> float | None:
    """Return the one value of *name*, None where there is none."""
    return next((row.value for row in snapshot.rows if row.name == name), None)


async def test_what_one_refresh_could_not_show_the_next_one_shows(empty_redis: services.Redis) -> None:
    """A read that fails on the way loses nothing: an answered leg does not go on waiting on the board."""
    seam = Seam(empty_redis, Log().queued("00:00").accepted("00:20").customer("00:30").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    async with looking(seam, clock="event") as snapshots:
        await snapshots.refresh()
        await seam.apply(owner, 1, 3)
        await seam.report(owner)
        reader = snapshots.readers[seam.partition]
        read = reader.read

        async def broken() -> None:
            await read()
            raise errors.ConnectionError

        reader.read = broken  # type: ignore[method-assign]  # the wire breaks after the answer
        away = await snapshots.refresh()
        reader.read = read  # type: ignore[method-assign]  # and is whole again
        back = await snapshots.refresh()

    assert (away.redis_up, back.redis_up, back.trouble) == (False, True, None)
    assert shown(back, WAITING) == 0
    assert shown(back, "support_queue_wait_seconds_count") == 1
    await seam.close()


async def test_a_wiped_redis_is_not_read_to_its_end(empty_redis: services.Redis) -> None:
    """With the wall clock: after a loss the numbers are not of now until everything is there again."""
    seam = Seam(empty_redis, Log().queued("00:00").lines + Log(conversation="d").queued("00:10").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 2)
    await seam.report(owner)
    async with looking(seam, clock="wall") as snapshots:
        whole = await snapshots.refresh()
        empty_redis.flush()
        rewinds = await seam.report(owner)
        empty = await snapshots.refresh()
        await seam.apply(owner, 0, 1)
        await seam.report(owner)
        half = await snapshots.refresh()
        await seam.apply(owner, 1, 2)
        await seam.report(owner)
        again = await snapshots.refresh()

    assert (whole.trouble, [rewind.offset for rewind in rewinds]) == (None, [None])
    assert empty.as_of is None
    assert half.as_of == T0
    assert half.trouble is not None
    assert (again.trouble, again.as_of is not None and again.as_of > T0) == (None, True)
    await seam.close()


async def test_tables_without_their_offset_are_not_counted_on(empty_redis: services.Redis) -> None:
    """The hash with the offset is gone (evicted, say): everything of the partition is rebuilt, nothing counts twice."""
    seam = Seam(empty_redis, Log().queued("00:00").accepted("00:20").lines)
    await seam.apply(await seam.owner(), 0, 2)
    client = empty_redis.client()
    client.delete(f"{seam.prefix}m")
    client.close()

    assert await seam.apply(await seam.owner(), 0, 2) is None

    assert await seam.dump() == seam.right(2)
    await seam.close()


async def test_a_refused_commit_of_a_released_partition_is_nobody_s_trouble(empty_redis: services.Redis) -> None:
    """It was taken away while its commit waited: the new owner's stands, this worker goes on."""
    seam = Seam(empty_redis, Log().queued("00:00").accepted("00:20").lines)
    slow, quick = await seam.owner(), await seam.owner()
    commit = slow.tables.commit

    async def late(*arguments: object) -> object:
        slow.release([seam.partition])
        await seam.apply(quick, 0, 2)
        return await commit(*arguments)  # type: ignore[arg-type]  # as they came

    slow.tables.commit = late  # type: ignore[method-assign,assignment]  # the moment between sending and applying

    assert await seam.apply(slow, 0, 1) is None

    assert await seam.dump() == seam.right(2)
    await seam.close()
