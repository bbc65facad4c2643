"""Reading what changed, page by page, between the commits of a worker, equals reading everything anew."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from redis import asyncio as aioredis

from aggregators.instants import HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import FINE
from stream import codec, keys, reader
from stream.chunks import START, Partition
from stream.offline import board_of, show
from stream.payload import payload
from stream.reader import PartitionReader
from stream.settings import load
from stream.tables import RedisTables
from tests.aggregators.running import Counted, incoming
from tests.logs import T0, Log
from tests.reference import centre_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aggregators.board import Board
    from aggregators.facts import Key
    from aggregators.samples import Labels
    from tests import services

PARTITION = Partition("support.chat", 0)
GENERATION = "test"
SETTINGS = load({})
LINES = centre_lines()[2_000:2_240]
"""Some minutes of the adversarial centre, in order of arrival."""
BOUNDS = [(1, 40_000), (3, 40_000), (17, 40_000), (500, 1), (500, 300), (3, 100)]
"""Names a call, and fields and values a call: many pages by either."""
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float | int]


class Writer:
    """Commits chunks to Redis as a worker does, and shows a board of its own what it committed."""

    def __init__(self, client: aioredis.Redis) -> None:
        """Begin with nothing stored."""
        self.counted = Counted()
        self.board = board_of(SETTINGS)
        self._tables = RedisTables(client, GENERATION)
        self._offset = START
        self._lids: dict[Labels, int] = {}
        self._facts: dict[Key, bytes] = {}

    async def commit(self, lines: Sequence[bytes]) -> None:
        """Commit one chunk."""
        delta = self.counted.take(incoming(lines))
        following = max(self._offset, 0) + len(lines)
        born = {"born": "1"} if self._offset == START else {}
        built = payload(
            delta, expected=self._offset, following=following, lids=self._lids, known=self._facts.get, meta=born
        )
        done = await self._tables.commit(PARTITION, built.message)
        assert done.applied
        self._facts |= built.facts
        self._offset = following
        show(self.board, delta, self.counted.tables)

    async def clean(self) -> int:
        """Take away what the watermark has passed; return how many names."""
        watermark = self.counted.tables.watermark
        assert watermark is not None
        return await self._tables.clean(PARTITION, offset=self._offset, watermark=watermark, gone=())


class Reader:
    """A board with what one `PartitionReader` has brought onto it."""

    def __init__(self, client: aioredis.Redis) -> None:
        """Know nothing yet."""
        self.board = board_of(SETTINGS)
        self.partition = PartitionReader(client, GENERATION, PARTITION)

    async def read(self) -> int:
        """Bring the board up to date; return how many pages that took."""
        pages = await self.partition.read()
        assert pages is not None
        self.partition.show(pages, self.board)
        return len(pages)


@pytest.fixture
async def client(empty_redis: services.Redis) -> AsyncIterator[aioredis.Redis]:
    """A client of a Redis that holds nothing."""
    async with aioredis.Redis.from_url(empty_redis.url) as connection:
        yield connection


def values(board: Board, as_of: int) -> Values:
    """Return everything that *board* shows at *as_of*."""
    board.move(as_of)
    return {(row.name, row.pairs): row.value for row in board.rows()}


def instants(writer: Writer) -> list[int]:
    """Return the next instant after everything counted, and some later ones, when timers have passed."""
    watermark = writer.counted.tables.watermark or T0
    now = watermark + -watermark % (10 * SECOND_MS) + 10 * SECOND_MS
    return [now, now + 20 * MINUTE_MS, now + 5 * HOUR_MS]


def pieces(chance: random.Random) -> list[list[bytes]]:
    """Return the lines in chunks of random length."""
    left, found = list(LINES), []
    while left:
        size = chance.randint(1, 24)
        found.append(left[:size])
        left = left[size:]
    return found


async def anew(client: aioredis.Redis) -> Board:
    """Return the board of a reader that sees Redis for the first time, in one page."""
    fresh = Reader(client)
    assert await fresh.read() == 1
    return fresh.board


def bound(patch: pytest.MonkeyPatch, names: int, size: int) -> None:
    """Let pages hold so little."""
    patch.setattr(reader, "NAMES_A_CALL", names)
    patch.setattr(reader, "SIZE_A_CALL", size)


@pytest.mark.parametrize(("names", "size"), BOUNDS)
async def test_many_pages_are_one_picture(
    client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch, names: int, size: int
) -> None:
    """With less a call than there is, the board is that of one page, and that of what was committed."""
    writer = Writer(client)
    for chunk in pieces(random.Random(names)):
        await writer.commit(chunk)
    whole = await anew(client)
    paged = Reader(client)
    bound(monkeypatch, names, size)

    pages = await paged.read()

    assert pages > 1
    for now in instants(writer):
        assert values(paged.board, now) == values(whole, now) == values(writer.board, now)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("names", "size"), [(1, 40_000), (5, 40_000), (500, 1), (500, 300), (3, 100)])
async def test_commits_between_pages_are_in_the_picture(
    client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch, *, names: int, size: int, seed: int
) -> None:
    """After each page something is committed, so that panes read already change, and others come late in the pages.

    page 1 | commit | page 2 | commit | · · · | last page: the board stands where the log does
    """
    chunks = pieces(random.Random(seed))
    writer, paged = Writer(client), Reader(client)
    for chunk in chunks[: len(chunks) // 2]:
        await writer.commit(chunk)
    rest = iter(chunks[len(chunks) // 2 :])
    script = paged.partition._script

    async def between(**call: Any) -> bytes:
        page: bytes = await script(**call)
        chunk = next(rest, None)
        *_, more, _, left = codec.unpack_raw(page)
        if chunk is not None and (more or left):
            await writer.commit(chunk)
        return page

    monkeypatch.setattr(paged.partition, "_script", between)
    bound(monkeypatch, names, size)

    assert await paged.read() > 1

    for now in instants(writer):
        assert values(paged.board, now) == values(writer.board, now)


@pytest.mark.parametrize("seed", range(6))
async def test_reading_what_changed_equals_reading_anew(
    client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Whenever it looks: after one commit or several, in one page or several, with clean-ups in between."""
    chance = random.Random(100 + seed)
    writer, follower = Writer(client), Reader(client)

    for chunk in pieces(chance):
        await writer.commit(chunk)
        if not chance.randrange(4):
            await writer.clean()
        if chance.randrange(3):
            continue
        with monkeypatch.context() as patch:
            bound(patch, chance.choice([1, 4, 500]), chance.choice([1, 200, 40_000]))
            await follower.read()
        whole = await anew(client)
        # Not hours ahead: a board that comes back from there has forgotten panes.
        for now in instants(writer)[:2]:
            assert values(follower.board, now) == values(whole, now) == values(writer.board, now)


def held(page: Any) -> list[int]:
    """Return the number of fields and values of each name in a page."""
    return [
        sum(len(part) for part in content if isinstance(part, list)) if name.startswith(b"c:") else len(content)
        for name, content in page[1]
    ]


async def test_a_page_ends_where_its_names_hold_enough(client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few names, each with many label sets, all of one commit: no call reads more than so much and one name."""
    writer = Writer(client)
    lines = [
        line
        for pane in range(12)
        for queue in range(30)
        for line in Log(conversation=f"c{pane}-{queue}")
        .queued(f"0{pane // 6}:{pane % 6}{queue % 10}", f"q{queue}")
        .lines
    ]
    await writer.commit(lines)
    whole = await anew(client)
    (everything,) = await PartitionReader(client, GENERATION, PARTITION).read() or []
    monkeypatch.setattr(reader, "SIZE_A_CALL", 200)
    paged = Reader(client)

    pages = await paged.partition.read() or []
    paged.partition.show(pages, paged.board)

    assert len(everything[1]) < reader.NAMES_A_CALL
    assert sum(held(everything)) > 5 * 200
    assert max(sum(held(page)) for page in pages) <= 200 + max(held(everything))
    for now in instants(writer):
        assert values(paged.board, now) == values(whole, now) == values(writer.board, now)


@pytest.mark.parametrize(("names", "size"), [(1, 40_000), (500, 1)])
async def test_a_reader_comes_to_the_end_of_what_is_committed_meanwhile(
    client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch, *, names: int, size: int
) -> None:
    """A worker that catches up commits after every page, more than a page holds: pages grow, and the picture is whole.

    page | commit | page | commit | page of twice as much | commit | · · · | all of what came since: the end
    """
    writer, paged = Writer(client), Reader(client)
    for n in range(3):
        await writer.commit(Log(conversation=f"d{n}").queued(f"00:{n}0").lines)
    script = paged.partition._script
    calls = 0

    async def between(**call: Any) -> bytes:
        nonlocal calls
        calls += 1
        page: bytes = await script(**call)
        *_, more, _, left = codec.unpack_raw(page)
        if (more or left) and calls < 400:
            await writer.commit(Log(conversation=f"c{calls}").queued(f"{calls // 60}:{calls % 60:02}:30").lines)
        return page

    monkeypatch.setattr(paged.partition, "_script", between)
    bound(monkeypatch, names, size)

    await paged.read()

    assert calls < 100
    for now in instants(writer):
        assert values(paged.board, now) == values(writer.board, now)


async def test_label_sets_of_a_pane_that_comes_late_in_the_pages(
    client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pane that a later commit touched again brings its older label sets along, though earlier pages passed them.

    offset 1: pane P (billing) · other panes      offset n: pane P (sales): P is last in the pages
    """
    writer, paged = Writer(client), Reader(client)
    await writer.commit(Log(conversation="a").queued("00:01", "billing").lines)
    for number in range(5):
        await writer.commit(Log(conversation=f"c{number}").queued(f"{number + 1}:00", "vip").lines)
    await writer.commit(Log(conversation="b").queued("00:02", "sales").lines)
    monkeypatch.setattr(reader, "NAMES_A_CALL", 1)

    await paged.read()

    shown = values(paged.board, T0 + 10 * MINUTE_MS)
    name = "support_queue_rolling_queued"
    queues = {
        dict(pairs)["queue"]: n for (each, pairs), n in shown.items() if each == name and ("window", "30m") in pairs
    }
    assert queues == {"billing": 1, "vip": 5, "sales": 1}
    assert shown == values(writer.board, T0 + 10 * MINUTE_MS)


async def test_nothing_stored_is_an_empty_picture(client: aioredis.Redis) -> None:
    """One page, no offset, no watermark, no rows; then what is committed is read from its beginning."""
    writer, follower = Writer(client), Reader(client)

    assert await follower.read() == 1
    assert (follower.partition.offset, follower.partition.watermark) == (START, None)
    assert values(follower.board, T0) == {}

    await writer.commit(Log().queued("00:00").lines)
    await follower.read()

    assert (follower.partition.offset, follower.partition.watermark) == (1, T0)
    assert values(follower.board, T0 + MINUTE_MS) == values(writer.board, T0 + MINUTE_MS) != {}


async def test_tables_that_went_back_are_read_by_a_fresh_reader(client: aioredis.Redis) -> None:
    """Wiped and made anew, or rolled back: None, and nothing is brought onto the board."""
    writer, follower = Writer(client), Reader(client)
    await writer.commit(Log().queued("00:00").accepted("00:10").lines)
    await follower.read()

    await client.flushall()
    assert await follower.partition.read() is None

    await Writer(client).commit(Log().queued("00:00").lines)
    assert await follower.partition.read() is None


@pytest.mark.parametrize(
    ("said", "whole"),
    [("1:bb", False), ("-1:bb", False), (None, False), ("4:bb", False), ("5:bb", True), ("7:bb", True)],
)
async def test_tables_counted_again_past_what_was_read_are_read_anew(
    client: aioredis.Redis, *, said: str | None, whole: bool
) -> None:
    """Between two looks they went back and came further than before: their owner says from where it counted on.

    offset      1          5 read       8 read
    first life  |----------|                       its label sets have other numbers
    second      |-----------------------|          since 1, below 5: nothing that was read holds
    handover               |------------|          since 5 or above: what was read goes on
    """
    lines = [line for n in range(8) for line in Log(conversation=f"c{n}").queued(f"00:0{n}", f"q{n}").lines]
    meta = keys.meta(GENERATION, PARTITION)
    first, follower = Writer(client), Reader(client)
    await first.commit(lines[:5])
    await client.hset(meta, "since", "-1:aa")
    await follower.read()
    await first.commit(lines[5:])
    if said is None:
        await client.hdel(meta, "since")
    else:
        await client.hset(meta, "since", said)

    pages = await follower.partition.read()

    assert (pages is not None) is whole


async def test_tables_of_which_no_owner_said_where_it_began_go_on(client: aioredis.Redis) -> None:
    """Older ones; the first word of a newer owner is from where the older one stopped."""
    writer, follower = Writer(client), Reader(client)
    log = Log().queued("00:00").accepted("00:10").customer("00:20")
    await writer.commit(log.lines[:1])
    await follower.read()
    await writer.commit(log.lines[1:2])
    await follower.read()
    await writer.commit(log.lines[2:])
    await client.hset(keys.meta(GENERATION, PARTITION), "since", "2:aa")

    await follower.read()

    assert values(follower.board, T0 + MINUTE_MS) == values(writer.board, T0 + MINUTE_MS)


async def test_a_wipe_between_the_pages_of_the_first_look_is_seen(
    client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of two lives are no picture: None, though nothing was known before the first page.

    page 1 of the first life | wiped, and counted again | page 2 of the second
    """
    lines = [line for n in range(6) for line in Log(conversation=f"c{n}").queued(f"0{n}:00", f"q{n}").lines]
    writer, paged = Writer(client), Reader(client)
    for n in range(6):
        await writer.commit(lines[n : n + 1])
    script = paged.partition._script
    calls = 0

    async def between(**call: Any) -> bytes:
        nonlocal calls
        calls += 1
        page: bytes = await script(**call)
        if calls == 1:
            await client.flushall()
            await Writer(client).commit(lines[:4])
        return page

    monkeypatch.setattr(paged.partition, "_script", between)
    monkeypatch.setattr(reader, "NAMES_A_CALL", 1)

    assert await paged.partition.read() is None
    assert calls == 2


async def test_what_did_not_change_is_not_read_again(client: aioredis.Redis) -> None:
    """A second look without a commit brings no names; after one, only what it touched."""
    writer, follower = Writer(client), Reader(client)
    await writer.commit(Log().queued("00:00").lines)
    await follower.read()

    (still,) = await follower.partition.read() or []
    await writer.commit(Log(conversation="d").queued("2:00:00").lines)
    (page,) = await follower.partition.read() or []

    assert still[1] in ([], {})
    panes = {name.decode() for name, _ in page[1] if name.startswith(b"c:10000:")}
    assert panes == {f"c:{FINE.ms}:{T0 + 2 * HOUR_MS}"}


async def test_sources_and_counts_are_those_of_the_cut(client: aioredis.Redis) -> None:
    """Heartbeats by source, and how often each type came."""
    writer, follower = Writer(client), Reader(client)
    beats = (
        Log(conversation=None).add("source.heartbeat", "00:00", source="a").add("source.heartbeat", "01:00", source="a")
    )
    await writer.commit([*beats.lines, *Log().queued("00:30").lines])

    await follower.read()

    assert follower.partition.sources == {"a": T0 + MINUTE_MS}
    assert follower.partition.counts == {"source.heartbeat": 2, "chat.queued": 1}


async def test_what_is_forgotten_is_no_longer_remembered(client: aioredis.Redis) -> None:
    """Cells of panes before an instant are dropped; those of all time stay, or their next change would count twice."""
    writer, follower = Writer(client), Reader(client)
    await writer.commit(Log().queued("00:00").lines)
    await follower.read()

    follower.partition.forget(as_of=T0 + 200 * HOUR_MS + 90 * 24 * HOUR_MS)
    await writer.commit(Log(conversation="d").queued("1:00:00").lines)
    await follower.read()

    assert {pane.width for pane in follower.partition._cells if pane.start < T0 + HOUR_MS} == {0}
    assert values(follower.board, T0 + 2 * HOUR_MS) == values(writer.board, T0 + 2 * HOUR_MS)
