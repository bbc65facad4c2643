"""`deskpulse check` on real servers, on none, and on ones that are not as they must be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import redis as redis_client
from confluent_kafka import Producer

from aggregators.instants import DAY_MS
from aggregators.zones import rules_of
from stream import codec, generations, keys
from stream.checking import Finding, configuration, of_access, of_definitions, of_kafka, of_lag, of_redis, of_tables
from stream.chunks import Partition
from stream.offline import definitions_of
from stream.patience import connect
from stream.probing import KafkaView, RedisView, TopicView, look_at_redis
from stream.producer import stored_watermarks
from stream.scopes import as_toml
from stream.settings import PREFIX, Settings, load
from tests.services import unique

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests import services

ROOT = Path(__file__).parents[2]
GENERATION = definitions_of(load()).generation()
NOW_MS = 1_795_075_200_000
FINE = {"retention.ms": str(100 * DAY_MS), "retention.bytes": "-1", "cleanup.policy": "delete",
        "max.message.bytes": "1000"}  # fmt: skip
INFO = {"redis_version": "7.0.15", "aof_enabled": 1, "maxmemory_policy": "noeviction", "role": "master"}


@pytest.fixture
def env(kafka: services.Kafka, redis: services.Redis) -> dict[str, str]:
    """Give the environment of a command with topics of its own, which are not made, and an empty Redis."""
    redis.flush()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    names = ("CHAT", "TICKET", "AGENT", "DEADLETTER")
    topics = {f"{PREFIX}TOPICS_{name}": unique(f"support.{name.lower()}") for name in names}
    return kept | topics | {"DESKPULSE_KAFKA": kafka.address, "DESKPULSE_REDIS": redis.url, "PYTHONPATH": str(ROOT)}


def check(env: dict[str, str], *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines of `deskpulse check`."""
    command = [sys.executable, "-m", "stream.cli", "check", *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def beginning(lines: Iterable[str], start: str) -> list[str]:
    """Return the lines that begin so."""
    return [line for line in lines if line.startswith(start)]


def test_a_fresh_site_is_fine_once_its_topics_are_made(
    env: dict[str, str], kafka: services.Kafka, redis: services.Redis
) -> None:
    """Exit code 0 and no FAIL: topics that keep 100 days, a Redis with appendonly, no tables yet."""
    topics = [env[f"DESKPULSE_TOPICS_{name}"] for name in ("CHAT", "TICKET", "AGENT")]
    kafka.create_topics(dict.fromkeys(topics, 3), config={"retention.ms": str(100 * DAY_MS)})
    kafka.create_topics({env["DESKPULSE_TOPICS_DEADLETTER"]: 1}, config={"max.message.bytes": "2000000"})

    code, lines = check(env)

    assert (code, beginning(lines, "FAIL")) == (0, [])
    assert f"ok    DESKPULSE_KAFKA: {kafka.address} (environment)" in lines
    assert "ok    DESKPULSE_RETENTION: 35d (default)" in lines
    assert (
        f"ok    definitions: no file (DESKPULSE_DEFINITIONS), generation {GENERATION}, all of them the defaults"
        in lines
    )
    assert f"ok    Kafka: {kafka.address} answers, 1 broker" in lines
    assert all(f"ok    topic {topic}: 3 partitions, kept 100 days" in lines for topic in topics)
    assert beginning(
        lines, f"ok    dead letters {env['DESKPULSE_TOPICS_DEADLETTER']}: max.message.bytes 2000000 exceeds"
    )
    assert beginning(lines, f"ok    Redis: {redis.url} answers, Redis 7")
    assert "ok    Redis eviction: maxmemory-policy is noeviction" in lines
    assert beginning(lines, "warn  generation: none yet")
    assert all(
        f"warn  lag of {topic}: 0 records behind in 3 partitions; no worker" in "\n".join(lines) for topic in topics
    )


def test_what_a_worker_would_stumble_over_fails(
    env: dict[str, str], kafka: services.Kafka, own_redis: services.Redis
) -> None:
    """Exit code 2: a topic that is missing, one that keeps a week, small dead letters, eviction, other tables."""
    chat, ticket, agent, letters = (
        env[f"DESKPULSE_TOPICS_{name}"] for name in ("CHAT", "TICKET", "AGENT", "DEADLETTER")
    )
    kafka.create_topics({chat: 2}, config={"retention.ms": str(7 * DAY_MS)})
    kafka.create_topics({ticket: 2, letters: 1})
    producer = Producer({"bootstrap.servers": kafka.address})
    for number in range(5):
        producer.produce(chat, b"{}", partition=number % 2)
    assert producer.flush(30) == 0
    client = redis_client.Redis.from_url(own_redis.url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.set(keys.GENERATION, "0123abcd")
    client.hset(keys.topics("0123abcd"), mapping={chat: 2})
    client.hset(keys.meta("0123abcd", Partition(chat, 0)), "offset", 2)
    at = codec.pack([3, 2, time.time_ns() // 1_000_000])
    client.hset(keys.status("0123abcd"), mapping={f"{chat}:{number}": at for number in range(2)})

    code, lines = check(env, "--redis", own_redis.url)

    assert code == 2
    assert beginning(lines, f"warn  topic {chat}: 2 partitions, kept 7 days, less than the 90")
    assert beginning(lines, f"FAIL  topic {agent}: does not exist; make it")
    assert beginning(lines, f"FAIL  dead letters {letters}: max.message.bytes is 1048588, it must exceed the 1048588")
    assert beginning(lines, "FAIL  Redis eviction: maxmemory-policy is allkeys-lru, it must be noeviction")
    assert beginning(
        lines,
        f"FAIL  generation: 0123abcd is in force, these settings make {GENERATION}; nothing of this version counts it: "
        "Redis does not hold its definitions (run `deskpulse rebuild`)",
    )
    assert f"ok    lag of {chat}: 3 records behind in 2 partitions" in lines


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_servers_that_are_away_are_named(env: dict[str, str]) -> None:
    """Nobody listens there: a line each, exit code 2; passwords are not shown."""
    code, lines = check(env, "--kafka", "127.0.0.1:1", "--redis", "redis://user:s3cret@127.0.0.1:1/0")

    assert code == 2
    assert beginning(lines, "FAIL  Kafka: 127.0.0.1:1 does not answer")
    assert beginning(lines, "FAIL  Redis: redis://***@127.0.0.1:1/0 does not answer")
    assert "s3cret" not in "".join(lines)


def test_servers_that_say_nothing_are_given_up(env: dict[str, str], silent: str) -> None:
    """They have seconds to answer."""
    code, lines = check(env, "--kafka", silent, "--redis", f"redis://{silent}/0")

    assert code == 2
    assert beginning(lines, f"FAIL  Kafka: {silent} does not answer (no answer within 5 s)")
    assert beginning(lines, f"FAIL  Redis: redis://{silent}/0 does not answer (no answer within 5 s)")


def test_every_setting_has_a_line_that_says_where_its_value_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Option, environment, file or default; a name that is no setting is pointed out, whatever holds it."""
    (tmp_path / ".env").write_text("DESKPULSE_ZONE=Europe/Berlin\nDESKPULSE_COLOUR=red\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKPULSE_SASL_PLAIN_PASSWORD", "s3cret")
    monkeypatch.setenv("DESKPULSE_WINDOW", "5m")

    found = list(configuration(load({"kafka": "k:1"}), options={"kafka"}))

    assert {each.subject for each in found if each.mark == "ok"} == {
        PREFIX + name.upper() for name in Settings.model_fields
    }
    assert Finding("ok", "DESKPULSE_KAFKA", "k:1 (option)") in found
    assert Finding("ok", "DESKPULSE_ZONE", "Europe/Berlin (.env)") in found
    assert Finding("ok", "DESKPULSE_SASL_PLAIN_PASSWORD", "*** (environment)") in found
    assert Finding("ok", "DESKPULSE_INSTANCE", "not set (default)") in found
    assert [each.subject for each in found if each.mark == "warn"] == ["DESKPULSE_COLOUR", "DESKPULSE_WINDOW"]


def test_who_may_ask_is_said(tmp_path: Path) -> None:
    """The names of the tokens, the proxy, or everybody here; what would keep `serve` from starting fails."""
    file = tmp_path / "tokens.toml"
    tokens = {"tokens": str(file)}
    file.write_text(
        as_toml("a", "x", scopes=["read"], tenants=None) + as_toml("b", "y", scopes=["read"], tenants=["t"])
    )
    proxy = {"proxy_user_header": "X-User", "proxy_peers": "10.0.0.7"}

    def said(given: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(each.mark, each.text) for each in of_access(load(given))]

    assert said({}) == [("ok", "everybody on this machine, to everything; nobody else")]
    assert said({**tokens, **proxy}) == [("ok", "2 tokens: a, b"), ("ok", "who X-User names, from 10.0.0.7")]
    file.write_text("")
    assert said(tokens) == [("ok", "no token: nobody is let in by one")]
    file.write_text("token = 1")
    assert said(tokens) == [("FAIL", f"DESKPULSE_TOKENS: {file}:1: token: is not a key of this file (try tokens)")]
    assert said({"listen": "0.0.0.0:8420"}) == [
        ("FAIL", "`serve` does not start: 0.0.0.0:8420 can be reached by other machines")
    ]


def test_the_definitions_in_force_are_explained(tmp_path: Path) -> None:
    """The file and its generation, a line for each that differs from the defaults, and what calendars hold now.

    NOW_MS is Thursday 19 November 2026, 08:00 UTC: 09:00 in Berlin.
    """
    path = tmp_path / "definitions.toml"
    path.write_text(
        "[targets.wait]\nqueues.billing = '30s'\nchannels.chat = '60s'\n"
        "[calendars.office]\nzone = 'Europe/Berlin'\nweek.mon-fri = '09:00-17:00'\n"
        "[[business_hours]]\ntenant = 'acme'\ncalendar = 'office'\n"
    )
    settings = load({"definitions": str(path)})
    generation = definitions_of(settings).generation()

    found = list(of_definitions(settings, now_ms=NOW_MS))

    assert generation != GENERATION
    rules = rules_of(ZoneInfo("Europe/Berlin"))[:8]
    assert found == [
        Finding("ok", "definitions", f"{path}, generation {generation}"),
        Finding("ok", "targets.wait.queues.billing", "30s (default that of its channel)"),
        Finding(
            "ok",
            "business hours of tenant acme",
            f"calendar office, version 1 of 1 in force since ever, zone Europe/Berlin with rules {rules}; open now",
        ),
    ]


def test_a_file_of_definitions_can_be_looked_at_before_it_is_set(env: dict[str, str], tmp_path: Path) -> None:
    """The option wins over the environment, as with other commands, and the line says where it is from."""
    path = tmp_path / "new.toml"
    path.write_text("times.idle = '20m'\n")

    _, lines = check(env, "--definitions", str(path))

    assert f"ok    DESKPULSE_DEFINITIONS: {path} (option)" in lines
    assert "ok    times.idle: 20m (default 30m)" in lines


def test_a_file_that_only_spells_out_the_defaults_is_said_to_do_so(tmp_path: Path) -> None:
    """Its generation is that of no file."""
    path = tmp_path / "definitions.toml"
    path.write_text("times.idle = '30m'\n")

    assert list(of_definitions(load({"definitions": str(path)}), now_ms=NOW_MS)) == [
        Finding("ok", "definitions", f"{path}, generation {GENERATION}, all of them the defaults")
    ]


@pytest.mark.parametrize(
    ("config", "mark", "text"),
    [
        ({"retention.ms": "-1"}, "ok", "kept for ever"),
        ({"retention.ms": str(90 * DAY_MS)}, "ok", "kept 90 days"),
        ({"retention.ms": str(90 * DAY_MS - 1)}, "warn", "set retention.ms"),
        ({"retention.bytes": "1000000"}, "warn", "not more than 1000000 bytes a partition"),
        ({"cleanup.policy": "compact,delete"}, "FAIL", "events with the same key are lost"),
    ],
)
def test_a_topic_must_keep_what_a_rebuild_needs(config: dict[str, str], mark: str, text: str) -> None:
    """Ninety days, of every record."""
    settings = load()
    view = KafkaView(brokers=3, topics={"support.chat": TopicView(4, FINE | config)})

    (found,) = [each for each in of_kafka(view, settings) if each.subject == "topic support.chat"]

    assert (found.mark, text in found.text) == (mark, True)


def test_topics_of_what_is_told_are_looked_at_where_anybody_is_told(tmp_path: Path) -> None:
    """Before the first worker they are not there, which is well; kept too short they lose what a rebuild needs."""
    (tmp_path / "told.toml").write_text('families = ["customers"]\n')
    settings = load({"definitions": str(tmp_path / "told.toml")})
    name = f"deskpulse.{definitions_of(settings).generation()}.customers"

    def line(view: KafkaView) -> Finding:
        (found,) = [each for each in of_kafka(view, settings) if each.subject == f"topic {name}"]
        return found

    assert line(KafkaView(brokers=1)).mark == "ok"
    assert line(KafkaView(brokers=1, topics={name: TopicView(4, FINE | {"retention.ms": "-1"})})).text == (
        "4 partitions, kept for ever"
    )
    assert line(KafkaView(brokers=1, topics={name: TopicView(4, FINE | {"retention.ms": "1000"})})).mark == "warn"
    assert [each for each in of_kafka(KafkaView(brokers=1), load()) if "deskpulse." in each.subject] == []


@pytest.mark.parametrize(
    ("info", "mark", "text"),
    [
        ({"redis_version": "6.2.14"}, "FAIL", "needs 7.0 or newer"),
        ({"valkey_version": "9.0.1", "redis_version": "7.2.4"}, "ok", "Valkey 9.0.1"),
        ({"role": "slave"}, "FAIL", "a replica takes no writes"),
        ({"aof_enabled": 0}, "warn", "appendonly is off"),
        ({"maxmemory": 100, "used_memory": 91}, "warn", "91 of maxmemory 100 bytes"),
    ],
)
def test_a_redis_must_keep_what_it_is_given(info: dict[str, object], mark: str, text: str) -> None:
    """Version, role, persistence, room."""
    found = list(of_redis(RedisView(info=INFO | info), load()))

    assert [each.mark for each in found if text in each.text] == [mark]


def test_tables_of_other_partitions_fail() -> None:
    """Conversations have moved; the tables would be wrong for ever."""
    kafka = KafkaView(topics={"support.chat": TopicView(6, FINE)})
    redis = RedisView(generation=GENERATION, partitions={"support.chat": 4})

    marks = {each.subject: each.mark for each in of_tables(kafka, redis, load())}

    assert marks == {"generation": "ok", "tables": "FAIL"}


def test_tables_of_a_topic_that_is_read_no_more_are_named() -> None:
    """Renamed, or taken out of the settings: what was counted of it is not shown, and nobody waits for it."""
    redis = RedisView(generation=GENERATION, partitions={"support.chat": 4, "support.old": 1})

    _, found = of_tables(KafkaView(topics={"support.chat": TopicView(4, FINE)}), redis, load())

    assert (found.mark, found.subject) == ("warn", "tables")
    assert "support.old, which is none of DESKPULSE_TOPICS_CHAT" in found.text


def test_tables_ahead_of_their_log_fail() -> None:
    """A topic that was deleted and made again has fewer records than were counted."""
    first, second = Partition("support.chat", 0), Partition("support.chat", 1)
    kafka = KafkaView(spans={first: (5, 10), second: (0, 10)})
    spoken = {first: NOW_MS, second: NOW_MS}

    def lag(offsets: dict[Partition, int]) -> Finding:
        (found,) = of_lag(kafka, RedisView(offsets=offsets, reported_ms=spoken), load(), now_ms=NOW_MS + 5_000)
        return found

    assert lag({first: 11, second: 10}).mark == "FAIL"
    assert lag({first: 10, second: 7}) == Finding("ok", "lag of support.chat", "3 records behind in 2 partitions")
    assert lag({}).text.startswith("15 records behind")


async def test_definitions_that_are_not_in_force_are_told_apart(empty_redis: services.Redis, tmp_path: Path) -> None:
    """A line for each that is another one, and one for each generation: how large it is and how to be rid of it."""
    path = tmp_path / "definitions.toml"
    path.write_text("[times]\nidle = '5m'\n[targets.wait]\nother = '60s'\n")
    held, given = load({"redis": empty_redis.url, "definitions": str(path)}), load({"redis": empty_redis.url})
    client = connect(empty_redis.url)
    for name in (await generations.claim(client, generations.ours(held), now_ms=NOW_MS), "0123abcd"):
        await client.hset(keys.topics(name), "support.chat", 1)
        await client.sadd(keys.GENERATIONS, name)
    await client.aclose()
    view = await look_at_redis(given)

    found = list(of_tables(KafkaView(), view, given))

    name = definitions_of(held).generation()
    assert found[:2] == [
        Finding(
            "warn", "generation",
            f"{name} is in force since 2026-11-19T08:00:00Z, these settings make {GENERATION}: workers and `serve` go "
            "by what is in force (`deskpulse rebuild` puts these in force)",
        ),
        Finding("warn", "changed times.idle", "in force 5m (default 30m); given the default"),
    ]  # fmt: skip
    assert [(each.subject, each.text.split(",")[0]) for each in found[2:4]] == [
        (f"tables of {name}", "in force"), ("tables of 0123abcd", "not in force"),
    ]  # fmt: skip
    assert found[3].text.endswith("about 1 keys, 0.0 MiB (`deskpulse rebuild --drop 0123abcd` deletes it)")


async def test_watermarks_are_read_from_the_tables_that_readers_read(empty_redis: services.Redis) -> None:
    """The greatest of each topic; topics without an event are left out; unknown without tables and without Redis."""
    settings = load({"redis": empty_redis.url})
    assert await stored_watermarks(settings) is None
    assert await stored_watermarks(load({"redis": "redis://127.0.0.1:1/0"})) is None
    client = redis_client.Redis.from_url(empty_redis.url)
    client.set(keys.GENERATION, "g")
    client.hset(keys.topics("g"), mapping={"one": 3, "two": 1, "three": 1})
    for partition, watermark in ((Partition("one", 0), 5), (Partition("one", 2), 7), (Partition("two", 0), 6)):
        client.hset(keys.meta("g", partition), mapping={"offset": 1, "watermark": watermark})
    client.hset(keys.meta("other", Partition("three", 0)), "watermark", 9)

    assert await stored_watermarks(settings) == {"one": 7, "two": 6}


def test_replay_refuses_days_that_would_be_late(env: dict[str, str], redis: services.Redis, tmp_path: Path) -> None:
    """A topic that has come further than the retention past the file: exit code 2, one line, nothing sent."""
    chat = env["DESKPULSE_TOPICS_CHAT"]
    file = tmp_path / "day.jsonl"
    file.write_text('{"id":"a","type":"chat.started","at":"2026-10-01T00:00:00Z","conversation":"c"}\n')
    client = redis_client.Redis.from_url(redis.url)
    client.set(keys.GENERATION, GENERATION)
    client.hset(keys.topics(GENERATION), mapping={chat: 2})

    def replay(watermark_ms: int) -> subprocess.CompletedProcess[str]:
        client.hset(keys.meta(GENERATION, Partition(chat, 1)), mapping={"offset": 1, "watermark": watermark_ms})
        command = [sys.executable, "-m", "stream.cli", "replay", str(file), "--partitions", "1"]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    start_ms = 1_790_812_800_000
    refused = replay(start_ms + 35 * DAY_MS + 1)
    accepted = replay(start_ms + 35 * DAY_MS)

    (line,) = refused.stderr.splitlines()
    assert refused.returncode == 2
    assert f"the events begin at 2026-10-01T00:00:00Z, and {chat} has reached 2026-11-05T00:00:00.001Z" in line
    assert "DESKPULSE_TOPICS_CHAT" in line
    assert accepted.returncode == 0, accepted.stderr
    assert "1 events" in accepted.stderr
