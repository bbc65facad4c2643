"""The seam between the log and Redis: on each server, whatever happens, Redis holds what the batch says."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import exceptions as errors
from structlog.testing import capture_logs

from aggregators.engine import Engine
from aggregators.facts import Key
from stream import codec, keys
from stream.chunks import Rewind, TopicChanged
from stream.payload import LONG
from stream.snapshot import Snapshots
from tests.columns import rows
from tests.eventually import eventually
from tests.logs import Log, after
from tests.reference import centre_lines
from tests.seam import Seam

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from stream.processor import TableProcessor
    from tests import services

LINES = [line.rstrip(b"\n") for line in centre_lines()[4_000:4_360]]
"""Some minutes of the adversarial centre: copies, disorder, invalid lines among them."""
THIRD, MOST, ALL = 120, 240, len(LINES)


@pytest.fixture
async def seam(each_redis: services.Redis) -> AsyncIterator[Seam]:
    """A log of one partition, of which nothing is stored yet, before Redis 7 and Valkey 9."""
    made = Seam(each_redis, LINES)
    yield made
    await made.close()


def contents(redis: services.Redis) -> dict[bytes, bytes]:
    """Every key of a Redis with its serialized value."""
    with redis.client() as client:
        return {key: client.dump(key) or b"" for key in client.scan_iter()}


def counted_conflicts(seam: Seam) -> bytes | None:
    """The number of refused commits that the tables hold."""
    with seam.redis.client() as client:
        found: bytes | None = client.hget(f"{seam.prefix}n", "conflicts")
    return found


def restore(redis: services.Redis, image: dict[bytes, bytes]) -> None:
    """Let a Redis hold what it held before, and nothing else."""
    redis.flush()
    with redis.client() as client:
        for key, value in image.items():
            client.restore(key, 0, value)


class TestOneOwner:
    """What one worker hands over."""

    async def test_chunks_make_what_the_batch_makes(self, seam: Seam) -> None:
        """Three chunks; the partition is read from the log's beginning, and then from where they end."""
        owner = await seam.owner()

        for first, upto in ((0, THIRD), (THIRD, MOST), (MOST, ALL)):
            assert await seam.apply(owner, first, upto) is None

        assert await seam.dump() == seam.right(ALL)
        assert await seam.acquire(owner) == ALL

    @pytest.mark.parametrize("known", [1, 7, 10_000])
    async def test_pieces_are_counted_while_the_one_before_is_committed(
        self, seam: Seam, monkeypatch: pytest.MonkeyPatch, known: int
    ) -> None:
        """A chunk of many pieces, whatever of it the worker still remembers: what it forgot it asks Redis for."""
        monkeypatch.setattr("stream.processor.FIRST_PIECE", 10)
        monkeypatch.setattr("stream.processor.MOST_PIECE", 10)
        monkeypatch.setattr("stream.processor.LEAST_PIECE", 10)
        monkeypatch.setattr("stream.processor.CACHED_OWNERS", known)
        monkeypatch.setattr("stream.processor.Engine", partial(Engine, warm_owners=1))
        owner = await seam.owner()
        commits = []
        commit = owner.tables.commit

        async def counted(*arguments: Any) -> Any:
            commits.append(await commit(*arguments))
            return commits[-1]

        monkeypatch.setattr(owner.tables, "commit", counted)

        for first, upto in ((0, THIRD), (THIRD, ALL)):
            assert await seam.apply(owner, first, upto) is None

        assert len(commits) == ALL / 10
        assert await seam.dump() == seam.right(ALL)

    async def test_what_was_interrupted_is_counted_anew(self, seam: Seam, monkeypatch: pytest.MonkeyPatch) -> None:
        """A chunk is given up between counting and committing: the next one begins where Redis stands."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)
        commit = owner.tables.commit
        monkeypatch.setattr(owner.tables, "commit", lambda *_: asyncio.sleep(60))
        applying = asyncio.create_task(seam.apply(owner, THIRD, MOST))
        await asyncio.sleep(0.2)
        applying.cancel()
        with suppress(asyncio.CancelledError):
            await applying
        monkeypatch.setattr(owner.tables, "commit", commit)

        assert await seam.apply(owner, MOST, ALL) == Rewind(seam.partition, THIRD)
        assert await seam.apply(owner, THIRD, ALL) is None
        assert await seam.dump() == seam.right(ALL)

    async def test_a_chunk_that_comes_again_changes_nothing(self, seam: Seam) -> None:
        """Not a byte in Redis, whether the same worker has it twice or the next one once more."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)
        before = contents(seam.redis)

        assert await seam.apply(owner, 0, THIRD) is None
        assert await seam.apply(await seam.owner(), 0, THIRD) is None

        assert contents(seam.redis) == before

    async def test_a_chunk_that_overlaps_is_applied_from_where_redis_stands(self, seam: Seam) -> None:
        """Its first part was applied already: only the rest counts."""
        owner = await seam.owner()
        await seam.apply(owner, 0, MOST)

        assert await seam.apply(owner, THIRD, ALL) is None

        assert await seam.dump() == seam.right(ALL)

    async def test_a_chunk_behind_a_gap_is_ignored(self, seam: Seam) -> None:
        """It was read before a rewind; what lies between has to come first."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)
        before = contents(seam.redis)

        assert await seam.apply(owner, MOST, ALL) is None

        assert contents(seam.redis) == before

    async def test_holes_between_records_are_no_gap(self, each_redis: services.Redis) -> None:
        """Offsets that markers of transactions take up: the next chunk begins behind them."""
        seam = Seam(each_redis, LINES, hole=2)
        owner = await seam.owner()

        for first, upto in ((0, THIRD), (THIRD, ALL)):
            assert await seam.apply(owner, first, upto) is None

        assert await seam.dump() == seam.right(ALL)
        assert await seam.stands() == 3 * ALL
        await seam.close()

    async def test_rejected_records_are_sent_whole_before_the_commit(self, seam: Seam) -> None:
        """With reason, place and bytes; the records around them count."""
        bad = [b"{", b'{"id":"x","type":"chat.queued","at":1,"conversation":"c","queue":"q"}', b"\xff"]
        for record, value in zip(seam.records[5:8], bad, strict=True):
            record.value = value
        owner = await seam.owner()

        await seam.apply(owner, 0, THIRD)

        found = [(letter.reason, letter.offset, letter.value) for letter in seam.letters.sent if 5 <= letter.offset < 8]
        assert found == [("invalid_json", 5, bad[0]), ("before_1990", 6, bad[1]), ("invalid_json", 7, bad[2])]
        assert await seam.dump() == seam.right(THIRD)

    async def test_an_answer_that_got_lost_counts_once(self, seam: Seam, monkeypatch: pytest.MonkeyPatch) -> None:
        """The commit is applied, the connection breaks: the same again is harmless; it goes on where Redis stands."""
        owner = await seam.owner()
        commit, calls = owner.tables.commit, []

        async def breaks(*arguments: Any) -> Any:
            calls.append(await commit(*arguments))
            if len(calls) == 1:
                raise errors.ConnectionError
            return calls[-1]

        monkeypatch.setattr(owner.tables, "commit", breaks)

        assert await seam.apply(owner, 0, THIRD) == Rewind(seam.partition, THIRD)

        assert [call.applied for call in calls] == [True, False]
        assert await seam.apply(owner, THIRD, ALL) is None
        assert await seam.dump() == seam.right(ALL)


class TestTwoOwners:
    """What happens when a partition changes hands."""

    async def test_a_stale_owner_is_refused(self, seam: Seam) -> None:
        """It is told where Redis stands, writes nothing, and may go on from there."""
        new, stale = await seam.owner(), await seam.owner()
        await seam.apply(new, 0, MOST)
        before = contents(seam.redis)

        assert await seam.apply(stale, 0, THIRD) == Rewind(seam.partition, MOST)

        assert contents(seam.redis) == before
        assert stale.conflicts == 1
        assert await seam.apply(stale, MOST, ALL) is None
        assert await seam.dump() == seam.right(ALL)
        assert counted_conflicts(seam) == b"1"

    async def test_a_refusal_in_the_middle_of_pieces_is_counted(
        self, seam: Seam, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though the piece behind the refused one, counted already, is thrown away with it."""
        for bound in ("FIRST_PIECE", "MOST_PIECE", "LEAST_PIECE"):
            monkeypatch.setattr(f"stream.processor.{bound}", 10)
        new, stale = await seam.owner(), await seam.owner()
        await seam.apply(new, 0, THIRD)

        assert await seam.apply(stale, 0, THIRD) == Rewind(seam.partition, THIRD)
        assert await seam.apply(stale, THIRD, ALL) is None

        assert counted_conflicts(seam) == b"1"
        assert await seam.dump() == seam.right(ALL)

    async def test_who_lost_the_partition_in_the_middle_of_a_chunk_stops_there(
        self, seam: Seam, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is on its way is committed; the rest is the next owner's, who is not refused."""
        for bound in ("FIRST_PIECE", "MOST_PIECE", "LEAST_PIECE"):
            monkeypatch.setattr(f"stream.processor.{bound}", 10)
        owner, following = await seam.owner(), await seam.owner()
        commit, calls = owner.tables.commit, []

        async def releases(*arguments: Any) -> Any:
            calls.append(await commit(*arguments))
            if len(calls) == 3:
                owner.release([seam.partition])
            return calls[-1]

        monkeypatch.setattr(owner.tables, "commit", releases)

        assert await seam.apply(owner, 0, MOST) is None

        stands = await seam.acquire(following) or 0
        assert stands in (30, 40)
        assert await seam.apply(following, stands, ALL) is None
        assert following.conflicts == 0
        assert await seam.dump() == seam.right(ALL)

    async def test_a_stale_owner_that_reads_facts_of_the_next_one_goes_back(self, each_redis: services.Redis) -> None:
        """They hold label sets it has no numbers for."""
        log = Log().queued("00:00", queue="a")
        log.of(conversation="d").add("chat.started", after("00:10")).queued("00:20", queue="a")
        seam = Seam(each_redis, log.lines)
        await seam.apply(await seam.owner(), 0, 1)
        stale, owner = await seam.owner(), await seam.owner()
        await seam.apply(owner, 1, 2)

        assert await seam.apply(stale, 1, 3) == Rewind(seam.partition, 2)

        assert stale.conflicts == 1
        assert await seam.apply(stale, 2, 3) is None
        assert await seam.dump() == seam.right(3)
        await seam.close()

    async def test_loading_while_the_owner_before_still_commits(
        self, each_redis: services.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is loaded is as of one commit: it is read again if one came in between."""
        log = Log().queued("00:00", queue="a")
        log.of(conversation="d").queued("00:10", queue="b")
        seam = Seam(each_redis, log.lines)
        before = await seam.owner()
        await seam.apply(before, 0, 1)
        owner = await seam.owner()
        zrange = owner._redis.zrange

        async def commits_before(*arguments: Any) -> Any:
            await seam.apply(before, 1, 2)
            return await zrange(*arguments)

        monkeypatch.setattr(owner._redis, "zrange", commits_before)

        assert await seam.acquire(owner) == 2
        await seam.close()

    async def test_a_chunk_that_the_owner_before_wrote_in_other_pieces(self, each_redis: services.Redis) -> None:
        """It ends where theirs did, yet they have numbered label sets that nobody sees in the whole chunk: of sales."""
        log = Log().queued("00:00", queue="sales").flagged("00:10")
        log.of(conversation="d").queued("00:20").queued("00:30", queue="vip").accepted("00:40")
        seam = Seam(each_redis, log.lines)
        before, owner = await seam.owner(), await seam.owner()
        await seam.apply(before, 0, 1)
        await seam.apply(before, 1, 3)

        assert await seam.apply(owner, 0, 3) == Rewind(seam.partition, 3)

        await seam.apply(owner, 3, 5)
        assert await seam.dump() == seam.right(5)
        await seam.close()

    async def test_a_partition_that_comes_back_meets_no_old_facts(self, seam: Seam) -> None:
        """Somebody else had it meanwhile: what was cached of it is read anew."""
        first, second = await seam.owner(), await seam.owner()
        await seam.apply(first, 0, THIRD)
        first.release([seam.partition])
        await seam.acquire(second)
        await seam.apply(second, THIRD, MOST)

        assert await seam.acquire(first) == MOST
        await seam.apply(first, MOST, ALL)

        assert await seam.dump() == seam.right(ALL)

    async def test_a_chunk_of_a_partition_that_is_gone_is_ignored(self, seam: Seam) -> None:
        """Released is released."""
        owner = await seam.owner()
        owner.release([seam.partition])

        assert await seam.apply(owner, 0, THIRD) is None

        assert await seam.dump() == []

    async def test_another_number_of_partitions_is_refused(self, seam: Seam) -> None:
        """Conversations have moved: the text says what to do."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)

        with pytest.raises(TopicChanged, match=r"has 3 partitions, its tables were made for 1.*rebuild"):
            await seam.acquire(await seam.owner(), partitions=3)


Notices = pytest.mark.parametrize("notices", ["the next chunk", "the audit"])


class TestRedisLosesSomething:
    """Redis comes back with less than it had; the next chunk notices, and on an idle partition the audit."""

    async def rewinds(self, seam: Seam, owner: TableProcessor, notices: str) -> Rewind | None:
        """What the owner is told, one way or the other."""
        if notices == "the audit":
            (rewind,) = await seam.report(owner)
            assert await seam.report(owner) == []
            return rewind
        return await seam.apply(owner, MOST, ALL)

    @Notices
    async def test_everything(self, seam: Seam, notices: str) -> None:
        """It is rebuilt from the log's beginning, never from an offset that Kafka knows."""
        owner = await seam.owner()
        await seam.apply(owner, 0, MOST)
        seam.redis.flush()

        assert await self.rewinds(seam, owner, notices) == Rewind(seam.partition, None)

        await seam.acquire(owner)
        await seam.apply(owner, 0, ALL)
        assert await seam.dump() == seam.right(ALL)

    @Notices
    async def test_what_was_written_last(self, seam: Seam, notices: str) -> None:
        """It goes on from the older offset, and what it had cached since is forgotten."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)
        image = contents(seam.redis)
        await seam.apply(owner, THIRD, MOST)
        restore(seam.redis, image)

        assert await self.rewinds(seam, owner, notices) == Rewind(seam.partition, THIRD)

        await seam.apply(owner, THIRD, ALL)
        assert await seam.dump() == seam.right(ALL)


class TestHalfWritten:
    """A commit is all or nothing; what broke in the middle is never built upon."""

    async def test_a_partition_left_open_is_rebuilt(self, seam: Seam) -> None:
        """The mark of a commit that did not end: its tables are emptied, and read from the log's beginning."""
        await seam.apply(await seam.owner(), 0, MOST)
        with seam.redis.client() as client:
            client.hset(f"{seam.prefix}m", "open", str(ALL))

        owner = await seam.owner()

        assert await seam.dump() == []
        assert await seam.acquire(owner) is None
        await seam.apply(owner, 0, ALL)
        assert await seam.dump() == seam.right(ALL)

    async def test_a_commit_that_fails_in_the_middle_is_wiped(self, seam: Seam) -> None:
        """A key of another type stands where the counts belong, behind the facts and the cells."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)
        with seam.redis.client() as client:
            client.delete(f"{seam.prefix}n")
            client.set(f"{seam.prefix}n", "not a hash")

        with capture_logs() as said:
            assert await seam.apply(owner, THIRD, MOST) == Rewind(seam.partition, None)

        assert [line["event"] for line in said] == ["commit_failed", "partition_corrupt", "partition_rewound"]
        assert await seam.dump() == []
        await seam.apply(owner, 0, ALL)
        assert await seam.dump() == seam.right(ALL)

    async def test_a_full_redis_takes_nothing_and_is_waited_for(self, seam: Seam) -> None:
        """Out of memory: not a byte is written; with more memory the same chunk goes through."""
        owner = await seam.owner()
        await seam.apply(owner, 0, THIRD)
        before = contents(seam.redis)
        with seam.redis.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "1mb")
            try:
                waiting = asyncio.create_task(seam.apply(owner, THIRD, ALL))
                await asyncio.to_thread(eventually, lambda: "maxmemory" in (owner._patience.trouble or ""))
                assert contents(seam.redis) == before
                assert not waiting.done()
            finally:
                client.config_set("maxmemory", "0")

        assert await waiting is None
        assert await seam.dump() == seam.right(ALL)


@pytest.mark.parametrize("known", [1, 10_000])
async def test_what_is_stored_of_a_long_conversation_grows(
    each_redis: services.Redis, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    """120 messages of two conversations, each tenth with another instant before: what is there already stays.

    Chunks of seven; what was replaced is left behind in what is stored, which is longer than all that counts of it.
    """
    monkeypatch.setattr("stream.processor.CACHED_OWNERS", known)
    log = Log(conversation="c")
    for number in range(120):
        named = f"{number % 2}-{number}-and-something-to-make-it-longer"
        log.of(conversation=f"c{number % 2}").customer(f"{number // 60}:{number % 60:02}:30", id=named)
        if number % 10 == 9:
            log.of(conversation=f"c{number % 2}").customer(f"{number // 60}:{number % 60:02}:00", id=named)
    lines = [line.rstrip(b"\n") for line in log.lines]
    seam = Seam(each_redis, lines)
    owner = await seam.owner()

    for first in range(0, len(lines), 7):
        assert await seam.apply(owner, first, min(first + 7, len(lines))) is None

    assert await seam.dump() == seam.right(len(lines))
    key = Key("default", "c1")
    field = codec.field_of(key)
    with seam.redis.client() as client:
        stored = client.hget(f"{seam.prefix}f:{codec.bucket_of(field)}", field) or b""
    facts = codec.unpack_facts(key, stored)
    assert len(facts) == 60
    assert len(stored) > len(codec.pack_facts(key, facts.values())) > 3 * LONG / 2
    await seam.close()


async def test_a_report_that_fails_says_so_once_until_one_succeeds(each_redis: services.Redis) -> None:
    """A line at the first failure, one when it is over, whatever was wrong; and a commit that waits has its own line.

    a key of another type | report · report · report | gone | report · report | there again | report
    """
    seam = Seam(each_redis, LINES)
    owner = await seam.owner()
    status = keys.status(owner.tables.generation)
    with each_redis.client() as client, capture_logs() as said:
        for wrong, times in ((True, 3), (False, 2), (True, 1)):
            client.delete(status)
            if wrong:
                client.set(status, "not a hash")
            for _ in range(times):
                assert await seam.report(owner) == []

    assert [(line["event"], line["log_level"], line["partitions"]) for line in said] == [
        ("report_failed", "warning", 1),
        ("report_back", "info", 1),
        ("report_failed", "warning", 1),
    ]
    assert "WRONGTYPE" in said[0]["error"]
    assert owner._patience.trouble is None
    await seam.close()


async def test_holes_behind_the_last_record_are_no_end_of_their_own(each_redis: services.Redis) -> None:
    """What readers are told is the offset that the tables hold: a marker that came alone is in none of them.

    Not while the transport is still before it, nor when Redis went back, nor while a chunk is counted.
    """
    seam = Seam(each_redis, LINES)
    owner = await seam.owner()
    status, said = keys.status(owner.tables.generation), []
    with each_redis.client() as client:

        def told() -> list[int]:
            return codec.unpack(client.hget(status, "support.chat:0") or b"")[:2]  # type: ignore[no-any-return]

        await seam.apply(owner, 0, ALL)
        await seam.report(owner, beyond=2)
        said.append(told())
        await owner.report({seam.partition: (ALL + 2, ALL + 1)})
        said.append(told())
        async with owner._states[seam.partition].lock:
            await seam.report(owner, beyond=2)
        said.append(told())
        client.hset(f"{seam.prefix}m", "offset", MOST)
        await seam.report(owner, beyond=2)
        said.append(told())

    assert said == [[ALL, ALL], [ALL + 2, ALL], [ALL + 2, ALL], [ALL + 2, MOST]]
    await seam.close()


@st.composite
def cuts(draw: Callable[..., Any]) -> list[int]:
    """Where chunks end: anywhere, and at the end of the log."""
    return sorted({*draw(st.lists(st.integers(1, ALL - 1), max_size=12)), ALL})


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=cuts(), piece=st.sampled_from([1, 7, 50, 2_000]), hands=st.booleans())
async def test_where_chunks_are_cut_makes_no_difference(
    each_redis: services.Redis, *, ends: list[int], piece: int, hands: bool
) -> None:
    """Nor in how many commits a chunk is written, nor whether the partition changes hands after each."""
    each_redis.flush()
    seam = Seam(each_redis, LINES)
    owner = await seam.owner()
    for first, upto in zip([0, *ends], ends, strict=False):
        if hands:
            owner = await seam.owner()
        owner._states[seam.partition].piece = piece
        assert await seam.apply(owner, first, upto) is None

    assert await seam.dump() == seam.right(ALL)
    await seam.close()


async def test_a_timer_that_was_counted_and_cleaned_up_between_two_looks_counts_once(
    each_redis: services.Redis,
) -> None:
    """A leg lost at 4:00 that nobody ended: first it is due, then it stands in the panes, and what was due is gone.

          00:00 queued        04:00 lost
    ─────────┼──────┬────────────┼────────────┬─────
                  first look               second look
    """
    log = Log().queued("00:00").of(conversation="d").queued("00:30").accepted("01:00")
    beats = Log(conversation=None).add("source.heartbeat", "9:00:00", source="s")
    seam = Seam(each_redis, [*log.lines, *beats.lines])
    owner, serve = await seam.owner(), Snapshots(seam.settings)

    await seam.apply(owner, 0, 3)
    await seam.report(owner)
    await serve.refresh()
    await seam.apply(owner, 3, 4)
    second = await serve.refresh()

    assert second.as_of == after("9:00:00")
    shown = rows({(row.name, row.pairs): row.value for row in second.rows})["tenant"]["default",]
    assert (shown["lost_today"], shown["lost_7d"], shown["waiting"]) == (1, 1, 0)
    await serve._redis.aclose()
    await seam.close()
