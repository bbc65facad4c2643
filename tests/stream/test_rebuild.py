"""Other definitions come into force: rebuilt from a real Kafka beside the tables in force, on a real Redis."""

from __future__ import annotations

import asyncio
import signal
from contextlib import closing
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from confluent_kafka.admin import AdminClient

from aggregators.instants import DAY_MS
from stream import codec, generations, keys
from stream.chunks import Partition
from stream.clock import now_ms
from stream.devstack.broker import embedded_broker
from stream.devstack.process import free_port
from stream.offline import definitions_of
from stream.patience import connect
from stream.rebuild_lock import Lock
from stream.settings import load
from tests.deskpulse import deskpulse, refused
from tests.eventually import eventually
from tests.faults.storm import START_MS, simulated
from tests.logs import T0, Log
from tests.pipeline import Pipeline
from tests.processes import values_of
from tests.services import unique

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services
    from tests.processes import Serve, Values

OTHER = 'families = ["resolution", "customers"]\n[targets.wait]\nother = "5s"\n[times]\nghost = "1h"\n'
NEW = "deskpulse_generation_info"
END = START_MS + 5 * DAY_MS
"""After everything that these logs hold."""


def generation_of(text: str, folder: Path) -> str:
    """Return the name of the generation that a file of definitions makes."""
    file = folder / "named.toml"
    file.write_text(text)
    return definitions_of(load({"definitions": str(file)})).generation()


def in_force(redis: services.Redis) -> str:
    """Return the generation in force."""
    with closing(redis.client()) as client:
        name: Any = client.get(keys.GENERATION)
        return str(name.decode())


def test_the_old_definitions_serve_until_the_new_ones_have_read_everything(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """While a rebuild stands still workers count on; after it the same worker and `serve` go by the new definitions."""
    pipeline, lines = Pipeline(kafka, empty_redis, tmp_path), simulated(3_000, seed=1)
    old, new = generation_of("", tmp_path), generation_of(OTHER, tmp_path)

    with pipeline.worker() as worker, pipeline.serve() as serve:
        pipeline.learn(lines)
        pipeline.send(lines[:2_000])
        pipeline.assert_equals_batch()
        pipeline.define(OTHER)
        with pipeline.rebuild() as rebuild:
            eventually(lambda: rebuild.says("partitions_placed"))
            rebuild.child.send_signal(signal.SIGSTOP)
            pipeline.send(lines[2_000:2_500])
            eventually(lambda: serve.value(NEW, generation=old) == 1)
            assert in_force(empty_redis) == old
            rebuild.child.send_signal(signal.SIGCONT)
            assert rebuild.child.wait(timeout=90) == 0, rebuild.log
        assert f"generation {new} is in force, in place of {old}" in rebuild.log
        eventually(lambda: serve.value(NEW, generation=new) == 1)
        assert serve.value(NEW, generation=old) is None
        with pipeline.worker(DESKPULSE_DEFINITIONS="") as other:
            eventually(lambda: other.says('"definitions_not_in_force"'))
            pipeline.send(lines[2_500:])

            pipeline.assert_equals_batch()
        assert worker.says('"generation_changed"')
        # By one that has not seen the counters of before, below which they do not fall.
        with pipeline.serve() as fresh:
            assert shown(fresh, pipeline) == computed(lines, pipeline)
    assert pipeline.run("rebuild").decode() == f"generation {new} is in force already: these are its definitions\n"


@pytest.mark.faults
def test_workers_under_static_ids_read_what_they_tell_by_other_definitions(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """After a rebuild, and after Redis was emptied: other definitions have other topics, and Kafka minds no static id.

    And `serve` goes on: its clock waits until what was told is counted.
    """
    pipeline, lines = Pipeline(kafka, empty_redis, tmp_path), simulated(3_000, seed=4)
    pipeline.learn(lines)
    ids = [{"DESKPULSE_INSTANCE": f"{pipeline.group}-{number}"} for number in range(2)]
    with pipeline.worker(**ids[0]), pipeline.worker(**ids[1]):
        pipeline.send(lines[:1_000])
        pipeline.assert_equals_batch()
        pipeline.define(OTHER)
        assert b"is in force, in place of" in pipeline.run("rebuild")
        pipeline.send(lines[1_000:2_000])
        assert b'"topic":"' + pipeline.group.encode() in pipeline.assert_equals_batch()

    empty_redis.flush()
    pipeline.define(OTHER.replace("5s", "6s"))
    with pipeline.worker(**ids[0]) as worker, pipeline.worker(**ids[1]), pipeline.serve() as serve:
        eventually(lambda: worker.says("partitions_placed"))
        pipeline.send(lines[2_000:])
        pipeline.assert_equals_batch()
        assert shown(serve, pipeline) == computed(lines, pipeline)


def shown(serve: Serve, pipeline: Pipeline) -> Values:
    """Return what `serve` shows of the support centre after all that was sent."""
    pipeline.heartbeat(END)
    return {key: round(value, 6) for key, value in serve.at(END).items() if key[0].startswith("support_")}


def computed(lines: list[bytes], pipeline: Pipeline) -> Values:
    """Return what `compute` shows of the same lines, by the definitions that *pipeline* gives processes now."""
    file = pipeline.folder / "all.jsonl"
    file.write_bytes(b"\n".join(lines))
    text = pipeline.run("compute", file, "--as-of", str(END), "--format", "prom", "--metric", "support_").decode()
    return {key: round(value, 6) for key, value in values_of(text).items()}


@pytest.mark.faults
def test_a_rebuild_that_was_killed_goes_on_from_where_it_was(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Kill -9 in the middle: the next one waits until the lock has expired and reads on. Going back is as exact."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path)
    with pipeline.worker():
        pipeline.send(simulated(4_000, seed=2))
        pipeline.assert_equals_batch()
    pipeline.define(OTHER)
    new = generation_of(OTHER, tmp_path)

    with pipeline.rebuild() as rebuild:
        eventually(lambda: offsets(empty_redis, new))
        rebuild.kill()
    stored = offsets(empty_redis, new)
    with pipeline.rebuild() as rebuild:
        eventually(lambda: rebuild.says("rebuild_lock_held"))
        assert rebuild.child.wait(timeout=90) == 0, rebuild.log

    assert all(offsets(empty_redis, new)[one] >= offset for one, offset in stored.items())
    with pipeline.worker() as worker:
        pipeline.assert_equals_batch()
        assert not worker.says("definitions_not_in_force")
        pipeline.send(simulated(5_000, seed=2)[4_000:])
        pipeline.define("")
        assert f"in place of {new}" in pipeline.run("rebuild", "--drop-old").decode()
        pipeline.assert_equals_batch()
    with closing(empty_redis.client()) as client:
        assert not list(client.scan_iter(f"dp:{new}:*"))


def offsets(redis: services.Redis, generation: str) -> dict[bytes, int]:
    """Return the stored offset of each partition of a generation that has one."""
    with closing(redis.client()) as client:
        found = {key: client.hget(key, "offset") for key in client.scan_iter(f"dp:{generation}:*:m")}
    return {key: int(offset) for key, offset in found.items() if offset is not None}


async def test_one_rebuild_at_a_time(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """While another one lives it is refused, with what is being rebuilt; the generation in force stays."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path, DESKPULSE_DEFINITIONS="")
    client = connect(empty_redis.url)
    await generations.claim(client, generations.ours(load()), now_ms=0)
    pipeline.define(OTHER)

    async with Lock(client, "0123abcd"):
        said = await asyncio.to_thread(pipeline.failing, "rebuild")

    assert said.startswith("generation 0123abcd is being rebuilt already, by process ")
    assert not await client.exists(keys.REBUILD)
    assert await generations.in_force(client) == generation_of("", tmp_path)
    await client.aclose()


async def test_tables_that_are_needed_are_not_deleted(kafka: services.Kafka, empty_redis: services.Redis) -> None:
    """Neither those in force, nor those that a worker counts, nor those that a rebuild makes; nor what is not there."""
    url = {"DESKPULSE_REDIS": empty_redis.url, "DESKPULSE_KAFKA": kafka.address}
    client = connect(empty_redis.url)
    name = await generations.claim(client, generations.ours(load()), now_ms=0)
    for other in ("counted", "rebuilt", "0ld"):
        await client.hset(keys.topics(other), "support.chat", 1)
        await client.sadd(keys.GENERATIONS, other)
    await client.hset(keys.status("counted"), "support.chat:0", codec.pack([1, 1, now_ms() + 60_000]))

    assert refused("rebuild", "--drop", name, **url) == f"--drop: generation {name} is in force"
    assert refused("rebuild", "--drop", "counted", **url) == "--drop: a worker counts generation counted; stop it first"
    assert refused("rebuild", "--drop", "*", **url).startswith("--drop: there is no generation '*', there is ")
    async with Lock(client, "rebuilt"):
        assert refused("rebuild", "--drop", "rebuilt", **url) == "--drop: generation rebuilt is being rebuilt"
    assert deskpulse("rebuild", "--drop", "0ld", **url).stdout == "generation 0ld is deleted, 1 keys\n"
    assert set(await generations.known(client)) == {name, "counted", "rebuilt"}
    await client.aclose()


def old_tables(redis: services.Redis, name: str) -> None:
    """Leave tables of a generation that is not in force."""
    with closing(redis.client()) as client:
        client.hset(keys.topics(name), "support.chat", 1)
        client.sadd(keys.GENERATIONS, name)


def test_what_kafka_does_not_delete_can_be_dropped_again(kafka: services.Kafka, empty_redis: services.Redis) -> None:
    """While Kafka is away the tables stay, and one line says what to do; the next time topics and tables go."""
    group = unique("deskpulse")
    topics = {f"{group}.0ld.agents": 1, f"{group}.0ld.customers": 1, f"{group}.0lder.agents": 1}
    kafka.create_topics(topics)
    old_tables(empty_redis, "0ld")
    given = {"DESKPULSE_REDIS": empty_redis.url, "DESKPULSE_GROUP": group}

    said = refused("rebuild", "--drop", "0ld", DESKPULSE_KAFKA=f"127.0.0.1:{free_port()}", **given)
    done = deskpulse("rebuild", "--drop", "0ld", DESKPULSE_KAFKA=kafka.address, **given)

    assert said.startswith("DESKPULSE_KAFKA: 127.0.0.1:")
    assert said.endswith(": its tables stay; when that is mended, run `deskpulse rebuild --drop 0ld`")
    assert (done.returncode, done.stdout) == (0, "generation 0ld is deleted, 1 keys\n")
    eventually(lambda: topics.keys() & set(told_in(kafka.address)) == {f"{group}.0lder.agents"})


def test_the_broker_of_the_demo_deletes_no_topic(empty_redis: services.Redis) -> None:
    """The tables are deleted, and the line names the topics that stay: librdkafka's mock cluster can delete none."""
    old_tables(empty_redis, "0ld")
    topics = ["deskpulse.0ld.agents", "deskpulse.0ld.customers"]
    with embedded_broker(topics) as address:
        done = deskpulse("rebuild", "--drop", "0ld", DESKPULSE_REDIS=empty_redis.url, DESKPULSE_KAFKA=address)

    stay = "the topics deskpulse.0ld.agents, deskpulse.0ld.customers stay: this broker deletes none"
    assert (done.returncode, done.stdout) == (0, f"generation 0ld is deleted, 1 keys; {stay}\n")
    assert done.stderr == ""


def told_in(address: str) -> list[str]:
    """Return the names of all topics there."""
    return [*AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics]


@pytest.mark.faults
def test_a_full_redis_keeps_what_is_in_force(kafka: services.Kafka, own_redis: services.Redis, tmp_path: Path) -> None:
    """What was rebuilt is deleted, so that workers go on; one line says so, exit code 2."""
    pipeline, lines = Pipeline(kafka, own_redis, tmp_path), simulated(4_000, seed=3)
    with closing(own_redis.client()) as client, pipeline.worker():
        pipeline.send(lines[:3_500])
        pipeline.assert_equals_batch()
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 500_000)
        pipeline.define(OTHER)

        assert pipeline.failing("rebuild").startswith("DESKPULSE_REDIS: it is full (")

        pipeline.define("")
        pipeline.send(lines[3_500:3_600])
        pipeline.assert_equals_batch()
        assert in_force(own_redis) == generation_of("", tmp_path)
        assert not list(client.scan_iter(f"dp:{generation_of(OTHER, tmp_path)}:*"))


def test_what_the_log_reaches_no_more_is_carried_over(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Kafka has deleted the first days: facts still kept are counted anew, panes from before them are as they were.

        day 10        day 25           day 26        day 30 …   40          55       60
        a (closed)    60 - retention   b, c opened   log begins b answered  d        now
        ├─ panes of before ─┤├──────────── by the new definitions ───────────────────┤

    c is still open. Everything equals what the whole log would have given, but for the panes of a: an answer after
    2 min is within the target of before (4 h) and not within that of now (1 min).
    """
    pipeline, log = Pipeline(kafka, empty_redis, tmp_path, partitions=1), Log(channel="email")
    pipeline.define('families = ["resolution"]')
    of = {name: log.of(conversation=name) for name in "abcde"}
    of["a"].created(day(10), queue="old").commented(day(10) + 120_000, "human").status(day(10) + 180_000, "closed")
    of["b"].created(day(26), queue="mail")
    of["c"].created(day(26) + 1, queue="mail")
    deleted = len(log.lines)
    of["e"].created(day(30), queue="mail").commented(day(30) + 30_000, "human")
    of["b"].commented(day(40), "human")
    of["d"].created(day(55), queue="mail").commented(day(55) + 90_000, "human")
    new = 'families = ["resolution"]\n[targets.first_response]\nchannels.email = "1m"\n'
    mark = day(60) - 35 * 86_400_000

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(day(60))
        before = pipeline.assert_equals_batch()
        pipeline.define(new)
        whole = pipeline.run("compute", "--as-applied", pipeline.export())
        kafka.delete_records(pipeline.ticket, before=deleted)
        # What one that was killed while it counted facts has left is of no use.
        half = keys.prefix(generation_of(new, tmp_path), Partition(pipeline.ticket, 0))
        with closing(empty_redis.client()) as client:
            client.hset(f"{half}m", mapping={"offset": deleted, "seeding": 1})
            client.hset(f"{half}c:0:0:0", "1", 1_000)
        said = pipeline.run("rebuild").decode()

        after = pipeline.dump()
        eventually(lambda: serve.value("deskpulse_carried_over_before_timestamp_seconds") == mark / 1000)
    right = [line for line in whole.splitlines() if not is_old(line, mark)]
    assert sorted(after.splitlines()) == sorted(right + [line for line in before.splitlines() if is_old(line, mark)])
    assert any(is_old(line, mark) for line in set(before.splitlines()) - set(whole.splitlines()))
    assert "; panes before 2024-03-29T00:00:00Z of 1 partitions are those of before" in said


def day(number: int) -> int:
    """Return midnight of a day after T0, in epoch ms."""
    return T0 + number * 86_400_000


def is_old(line: bytes, before: int) -> bool:
    """Tell whether a canonical line is a cell of a pane that begins before an instant."""
    row = orjson.loads(line)
    return bool(row["table"] == "cell" and row["width"] > 0 and row["start"] < before)
