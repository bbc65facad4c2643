"""Snapshots of a real Redis at instants of the test's choosing: what is shown, for when, and why not to believe it."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import msgpack
import orjson
import pytest
import redis
from structlog.testing import capture_logs

from aggregators.folding import MOST_CHARACTERS, OTHER
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from stream import keys
from stream.chunks import START, Chunk, Partition
from stream.clock import now_ms
from stream.freshness import REPORT_GOOD_FOR_MS
from stream.offline import definitions_of
from stream.processor import TableProcessor
from stream.settings import load
from stream.snapshot import OLD_SNAPSHOT_MS, Snapshot, Snapshots, ready_trouble
from tests.logs import T0, Log
from tests.seam import NOW_MS, Seam, Stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests import services


LEFT = b'{"id":"1","type":"chat.queued","at":%d,"conversation":"left","queue":"left"}' % T0


class Looker(Snapshots):
    """The read side, with the instant of its next look in `now`."""

    def __init__(self, url: str, *, clock: str = "wall") -> None:
        super().__init__(load({"redis": url, "clock": clock}), clock=lambda: self.now)
        self.now = T0


@asynccontextmanager
async def looking(redis: services.Redis, *, clock: str = "wall") -> AsyncIterator[Looker]:
    """Give the read side of a Redis."""
    looker = Looker(redis.url, clock=clock)
    yield looker
    await looker.close()


async def heard(redis: services.Redis) -> int:
    """Return when the worker last reported on the only partition, by its own clock."""
    async with looking(redis) as looker:
        (health,) = (await looker.refresh()).partitions
    assert health.reported_at is not None
    return health.reported_at


def shown(snapshot: Snapshot) -> dict[tuple[str, tuple[tuple[str, str], ...]], float | int]:
    """Return every value."""
    return {(row.name, row.pairs): row.value for row in snapshot.rows}


def say(redis: services.Redis, seam: Seam, *, at: int) -> None:
    """Report on the partition as a worker whose clock is at *at* does, all of whose records are applied."""
    end = len(seam.records)
    with closing(redis.client()) as client:
        client.hset(
            keys.status(definitions_of(seam.settings).generation()), "support.chat:0", msgpack.packb([end, end, at])
        )


def test_a_snapshot_grows_old() -> None:
    """After ten seconds without another one; a trouble that is known is said instead."""
    fresh = Snapshot(made_at=T0, trouble=None)

    assert ready_trouble(fresh, T0 + OLD_SNAPSHOT_MS) is None
    assert ready_trouble(fresh, T0 + OLD_SNAPSHOT_MS + 1_500) == "the snapshot is 11 s old"
    assert ready_trouble(Snapshot(made_at=T0, trouble="why"), T0 + 10**9) == "why"


async def test_an_empty_redis_has_no_numbers(empty_redis: services.Redis) -> None:
    """It answers, and no worker has been there: not the same as being away."""
    async with looking(empty_redis) as looker:
        made = await looker.refresh()

    assert (made.redis_up, made.as_of, made.rows) == (True, None, ())
    assert made.trouble == "no worker has written to this Redis yet"
    assert (made.made_at, made.refreshes, made.failures) == (T0, 1, 0)


async def test_redis_says_how_full_it_is(own_redis: services.Redis) -> None:
    """What it uses, and what it may use."""
    with closing(redis.Redis.from_url(own_redis.url)) as client:
        client.config_set("maxmemory", 50_000_000)
    async with looking(own_redis) as looker:
        memory = (await looker.refresh()).redis_memory

    assert memory is not None
    assert memory.limit == 50_000_000
    assert 0 < memory.used < 50_000_000


async def test_the_wall_clock_goes_on_while_nothing_happens(empty_redis: services.Redis) -> None:
    """Read to its end and reported on: each look is of its own instant, and who waits grows older."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    async with looking(empty_redis) as looker:
        looker.now = T0 + 60_000
        one = await looker.refresh()
        looker.now += 2_000
        two = await looker.refresh()

    ages = [row.value for made in (one, two) for row in made.rows if row.name == "support_queue_oldest_wait_seconds"]
    assert (one.trouble, two.trouble) == (None, None)
    assert (one.as_of, two.as_of) == (T0 + 60_000, T0 + 62_000)
    assert ages == [60, 62]
    await seam.close()


async def test_a_worker_that_falls_silent_is_named(empty_redis: services.Redis) -> None:
    """Five seconds after its last report, by the partition; the instant stands where it was last known."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    last = await heard(empty_redis) + REPORT_GOOD_FOR_MS
    async with looking(empty_redis) as looker:
        looker.now = last
        good = await looker.refresh()
        looker.now = last + 1
        silent = await looker.refresh()

    assert (good.as_of, good.trouble) == (last, None)
    assert (silent.as_of, silent.trouble) == (last, "no worker reports on support.chat/0")
    await seam.close()


async def test_a_lagging_worker_shows_a_little_earlier(empty_redis: services.Redis) -> None:
    """One of three records is applied: the picture is of its instant, with the lag beside it."""
    seam = Seam(empty_redis, Log().queued("00:00").accepted("00:20").customer("00:30").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    async with looking(empty_redis) as looker:
        looker.now = await heard(empty_redis)
        made = await looker.refresh()

    assert (made.as_of, made.partitions[0].lag) == (T0, 2)
    assert made.trouble is not None
    assert made.trouble.endswith("s old: workers lag behind Kafka")
    await seam.close()


async def test_markers_behind_the_last_record_are_not_waited_for(empty_redis: services.Redis) -> None:
    """The transport has passed two offsets without a record: the numbers are of now, and nothing is behind."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner, beyond=2)
    async with looking(empty_redis) as looker:
        looker.now = await heard(empty_redis)
        made = await looker.refresh()

    assert (made.as_of, made.partitions[0].lag, made.trouble) == (looker.now, 0, None)
    await seam.close()


@pytest.mark.parametrize("left", [1, None])
async def test_a_reader_is_not_at_the_end_before_it_has_seen_what_the_worker_stored(
    empty_redis: services.Redis, left: int | None
) -> None:
    """The word of a worker reaches it, and tables older than that, or none: it is as far as it has read itself."""
    seam = Seam(empty_redis, Log().queued("00:00").accepted("00:20").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    with closing(empty_redis.client()) as client:
        image = {key: client.dump(key) or b"" for key in client.scan_iter(f"{seam.prefix}*")}
        await seam.apply(owner, 1, 2)
        await seam.report(owner, beyond=2)
        client.delete(*client.keys(f"{seam.prefix}*"))
        for key, value in image.items() if left else ():
            client.restore(key, 0, value)
    async with looking(empty_redis) as looker:
        looker.now = await heard(empty_redis)
        made = await looker.refresh()

    assert (made.as_of, made.partitions[0].lag) == (T0 if left else None, 2 - (left or 0))
    await seam.close()


async def test_a_log_that_holds_no_record_any_more_is_read_to_its_end(empty_redis: services.Redis) -> None:
    """All of it was deleted, or is markers: nothing is stored, and the worker has passed it."""
    seam = Seam(empty_redis, [])
    owner = await seam.owner()
    await seam.report(owner, beyond=500)
    async with looking(empty_redis) as looker:
        looker.now = await heard(empty_redis)
        made = await looker.refresh()

    assert (made.as_of, made.partitions[0].lag, made.trouble) == (looker.now, 0, None)
    await seam.close()


async def test_a_topic_that_is_read_no_more_is_left_out(empty_redis: services.Redis) -> None:
    """Yesterday's worker read one topic more: nobody waits for it, its numbers are gone, and one line says so."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    yesterday = TableProcessor(load({"redis": empty_redis.url, "topics_chat": "support.chat,old"}), seam.letters)
    await yesterday.acquire([Partition("old", 0)], {"support.chat": 1, "old": 1})
    await yesterday.apply(Chunk(Partition("old", 0), START, 1, [Stored(0, T0, None, LEFT)]))
    await yesterday.report({Partition("old", 0): (1, 1)})
    await yesterday.close()
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    async with looking(empty_redis) as looker:
        looker.now = T0 + MINUTE_MS
        say(empty_redis, seam, at=looker.now)
        with capture_logs() as said:
            made = [await looker.refresh() for _ in range(2)][-1]

    assert (made.as_of, made.trouble, len(made.partitions)) == (looker.now, None, 1)
    assert {row.group.values[-1] for row in made.rows if row.name == "support_queue_waiting"} == {"billing"}
    assert [(line["event"], line["topic"]) for line in said] == [("topic_left_out", "old")]
    await seam.close()


async def test_redis_away_keeps_the_numbers_and_says_so(own_redis: services.Redis) -> None:
    """What was shown last stands, as of then; failed looks are counted, and it goes on by itself."""
    seam = Seam(own_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    async with looking(own_redis, clock="event") as looker:
        before = await looker.refresh()
        own_redis.kill()
        looker.now += 1_000
        away = await looker.refresh()
        own_redis.start()
        back = await looker.refresh()

    assert before.rows
    assert (away.rows, away.as_of, away.made_at) == (before.rows, before.as_of, before.made_at)
    assert (before.redis_up, away.redis_up, back.redis_up) == (True, False, True)
    assert str(away.trouble).startswith("Redis does not answer: ")
    assert [(made.refreshes, made.failures) for made in (before, away, back)] == [(1, 0), (2, 1), (3, 1)]
    assert looker.latest is back
    await seam.close()


async def test_another_generation_is_read_anew(empty_redis: services.Redis) -> None:
    """What the old one said is gone from the next look on."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    client = empty_redis.client()
    async with looking(empty_redis, clock="event") as looker:
        before = await looker.refresh()
        client.set("dp:generation", "another")
        after = await looker.refresh()
    client.close()

    assert before.rows
    assert (after.generation, after.rows, after.partitions) == ("another", (), ())
    await seam.close()


async def test_sources_with_names_too_long_are_one(empty_redis: services.Redis) -> None:
    """A name is a label: those over the limit are `other`, as of the latest of them."""
    log = Log(conversation=None)
    for clock, source in (("00:00", "shop"), ("00:10", "x" * (MOST_CHARACTERS + 1)), ("00:05", "y" * 1_000)):
        log.add("source.heartbeat", clock, source=source)
    seam = Seam(empty_redis, log.lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 3)
    await seam.report(owner)
    async with looking(empty_redis, clock="event") as looker:
        made = await looker.refresh()

    assert made.sources == {"shop": T0, OTHER: T0 + 10_000}
    await seam.close()


async def test_the_instant_of_the_last_commit_is_read_with_it(empty_redis: services.Redis) -> None:
    """Where the tables have one; it is by the worker's clock, the watermark by that of the events."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    client = empty_redis.client()
    client.hset(f"{seam.prefix}m", "committed", T0 + 2_500)
    client.close()
    async with looking(empty_redis, clock="event") as looker:
        made = await looker.refresh()

    assert [(each.watermark, each.committed_at) for each in made.partitions] == [(T0, T0 + 2_500)]
    await seam.close()


@pytest.mark.parametrize(
    ("ahead", "answered", "minutes"),
    [("2:00:00", 2, None), ("2:00:00.001", 2, 60), ("2:00:10", 1, 60), ("4:00:00", 1, 180)],
)
async def test_partitions_too_far_apart_are_not_ready_and_not_judged(
    empty_redis: services.Redis, ahead: str, answered: int, minutes: int | None
) -> None:
    """A pane of 10 s is kept two hours by the time of its own partition, and the window of an hour begins with one.

              0:00                1:00                2:00
    ahead      | answered           |                   |===== 2:00 and later
    behind     | answered         as_of
    window 1h  [. . . . . . . . . . )
    """
    lane = Log(conversation="a").queued("00:00").accepted("00:01").of(conversation="z").queued(ahead)
    slow = Log(conversation="d").queued("00:00").accepted("00:01").closed("1:00:00")
    seam = Seam(empty_redis, [])
    owner = TableProcessor(seam.settings, seam.letters)
    partitions = [Partition("support.chat", number) for number in range(2)]
    await owner.acquire(partitions, {"support.chat": 2})
    for partition, lines in zip(partitions, (lane.lines, slow.lines), strict=True):
        records = [Stored(offset, NOW_MS, None, line) for offset, line in enumerate(lines)]
        for record in records:
            expected = record.offset or START
            await owner.apply(Chunk(partition, expected, record.offset + 1, [record]))
    await owner.report(dict.fromkeys(partitions, (3, 3)))
    async with looking(empty_redis, clock="event") as looker:
        looker.now = now_ms()
        made = await looker.refresh()

    assert made.as_of == T0 + HOUR_MS
    assert shown(made)["support_tenant_rolling_answered", (("tenant", "default"), ("window", "1h"))] == answered
    assert (made.trouble is None, bool(made.violations)) == (minutes is None, minutes is None)
    assert minutes is None or made.trouble == (
        f"support.chat/0 is {minutes} minutes past the instant shown: windows lack what is not kept so long"
    )
    await owner.close()
    await seam.close()


@pytest.mark.parametrize("ahead_ms", [20 * MINUTE_MS, 3 * HOUR_MS, 10 * DAY_MS])
async def test_a_clock_that_was_ahead_for_a_moment_leaves_nothing_behind(
    empty_redis: services.Redis, ahead_ms: int
) -> None:
    """Set forward and back: the board has let go of panes where it stood, and shows what it did before all the same."""
    log = Log()
    for number in range(5):
        log.of(conversation=f"old{number}").queued(f"00:0{number}").accepted(f"00:1{number}")
        log.of(conversation=f"new{number}").add("chat.queued", T0 + 7 * DAY_MS + number * 1000, queue="billing")
    seam = Seam(empty_redis, sorted(log.lines, key=lambda line: orjson.loads(line)["at"]))
    owner = await seam.owner()
    await seam.apply(owner, 0, len(seam.records))
    await seam.report(owner)
    now = T0 + 7 * DAY_MS + MINUTE_MS
    looks = []
    async with looking(empty_redis) as looker:
        for at in (now, now + ahead_ms, now):
            looker.now = at
            say(empty_redis, seam, at=at)
            looks.append(await looker.refresh())

    assert [made.as_of for made in looks] == [now, now + ahead_ms, now]
    assert any(("window", "7d") in pairs and value == 10 for (_, pairs), value in shown(looks[0]).items())
    assert shown(looks[2]) == shown(looks[0])
    assert looks[2].violations == looks[0].violations
    await seam.close()


async def test_label_sets_nobody_has_seen_lead_to_reading_anew(empty_redis: services.Redis) -> None:
    """Tables counted again in other pieces, by an owner that did not say so: not the end of the read side.

    The second life knows one label set more, and gave the fourth number out before what was read already.
    """
    log = Log(conversation="c0").queued("00:00", "base").of(conversation="c1").add("chat.started", "00:01")
    log = log.of(conversation="c2").queued("00:02", "sales").of(conversation="c1").queued("00:03", "billing")
    log = log.of(conversation="c4").queued("00:04", "base").of(conversation="c5").queued("00:05", "billing")
    seam = Seam(empty_redis, log.lines)
    first = await seam.owner()
    await seam.apply(first, 0, 1)
    await seam.report(first)
    client = empty_redis.client()
    image = {key: client.dump(key) or b"" for key in client.scan_iter()}
    await seam.apply(first, 1, 5)
    client.hdel(f"{seam.prefix}m", "since")
    async with looking(empty_redis, clock="event") as looker:
        await looker.refresh()
        empty_redis.flush()
        for key, value in image.items():
            client.restore(key, 0, value)
        second = await seam.owner()
        for number in range(1, 6):
            await seam.apply(second, number, number + 1)
        client.hdel(f"{seam.prefix}m", "since")
        made = await looker.refresh()
    client.close()
    async with looking(empty_redis, clock="event") as fresh:
        right = await fresh.refresh()

    assert shown(made) == shown(right) != {}
    assert made.redis_up
    await seam.close()


async def test_tables_that_are_wiped_again_and_again_are_not_shown_as_empty(empty_redis: services.Redis) -> None:
    """Twice in one look what was read is of no use: the numbers of before stand, and it says why."""
    seam = Seam(empty_redis, Log().queued("00:00").lines)
    owner = await seam.owner()
    await seam.apply(owner, 0, 1)
    await seam.report(owner)
    async with looking(empty_redis) as looker:
        say(empty_redis, seam, at=T0)
        before = await looker.refresh()
        read = looker._read

        async def replaced() -> bool:
            return False

        looker._read = replaced  # type: ignore[method-assign]  # a wipe during each read
        wiped = await looker.refresh()
        looker._read = read  # type: ignore[method-assign]  # and no more of them
        after = await looker.refresh()

    assert shown(before) == shown(wiped) == shown(after) != {}
    assert [made.trouble for made in (before, wiped, after)] == [
        None,
        "the tables in Redis change under the reader",
        None,
    ]
    assert wiped.redis_up
    await seam.close()
