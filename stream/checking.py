"""`deskpulse check`: what is set and what is there, a line each, with what to do about what is not right."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from dotenv import dotenv_values

from aggregators.instants import DAY_MS, rfc3339
from stream import generations
from stream.api.addresses import is_on_this_machine
from stream.definitions_told import differences, duration_text, hours_now
from stream.errors import UsageError
from stream.offline import definitions_of
from stream.probing import MESSAGE_BYTES, KafkaView, RedisView, look_at_kafka, look_at_redis
from stream.settings import PREFIX, Settings, hidden
from stream.tokens_file import read_tokens
from stream.told import read_topics, told_topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator

    from aggregators.definitions import Definitions
    from stream.generations import Generation

Mark = Literal["ok", "warn", "FAIL"]

KEPT_DAYS = 90
"""The coarsest panes are kept so long, and a rebuild needs the log as far back."""
SILENT_MS = 5_000
FULL_SHARE = 0.9
OLDEST_REDIS = (7, 0)
NO_SETTINGS = "DESKPULSE_TEST_"
"""How names begin that are no settings of this version and no mistakes either."""


class Finding(NamedTuple):
    """One line: how it stands, with what, and why or what to do."""

    mark: Mark
    subject: str
    text: str


async def findings(settings: Settings, *, now_ms: int, options: Collection[str] = ()) -> AsyncIterator[Finding]:
    """Yield a finding for every setting, server, topic and table; done within seconds whatever is away.

    `options` are the settings that options of the command gave.
    """
    defined = of_definitions(settings, now_ms=now_ms)
    for each in (*configuration(settings, options=options), *defined, *of_access(settings)):
        yield each
    looks = asyncio.gather(look_at_kafka(settings), look_at_redis(settings))
    kafka, redis = await looks
    for each in (*of_kafka(kafka, settings), *of_redis(redis, settings), *of_tables(kafka, redis, settings)):
        yield each
    if kafka.problem is None and redis.problem is None:
        for each in of_lag(kafka, redis, settings, now_ms=now_ms):
            yield each


def configuration(settings: Settings, *, options: Collection[str] = ()) -> Iterator[Finding]:
    """Yield every setting with its value and where it is from, then names that look like settings and are none."""
    environment = {name.upper() for name in os.environ}
    file = {name.upper() for name in dotenv_values(".env")}
    for field in Settings.model_fields:
        name = PREFIX + field.upper()
        origin = "environment" if name in environment else ".env" if name in file else "default"
        origin = "option" if field in options else origin
        value = getattr(settings, field)
        yield Finding("ok", name, f"{'not set' if value is None else hidden(field, value)} ({origin})")
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    for name in sorted(environment | file):
        if name.startswith(PREFIX) and name not in known and not name.startswith(NO_SETTINGS):
            yield Finding("warn", name, "is not a setting; it has no effect")


def of_definitions(settings: Settings, *, now_ms: int) -> Iterator[Finding]:
    """Yield which definitions are in force, each that is not the default, and the calendars that hold now."""
    definitions = definitions_of(settings)
    different = [*differences(definitions)]
    hours = [*hours_now(definitions, now_ms=now_ms)]
    source = "no file (DESKPULSE_DEFINITIONS)" if settings.definitions is None else settings.definitions
    text = f"{source}, generation {definitions.generation()}"
    yield Finding("ok", "definitions", text if different or hours else f"{text}, all of them the defaults")
    for key, value in (*different, *hours):
        yield Finding("ok", key, value)


def of_access(settings: Settings) -> Iterator[Finding]:
    """Yield who may ask `serve`, and whether it would start."""
    if settings.tokens is not None:
        try:
            tokens = read_tokens(settings.tokens)
        except UsageError as error:
            yield Finding("FAIL", "access", str(error))
            return
        names = ", ".join(token.name for token in tokens)
        yield Finding(
            "ok", "access", f"{len(tokens)} tokens: {names}" if tokens else "no token: nobody is let in by one"
        )
    if settings.proxy_user_header is not None:
        text = f"who {settings.proxy_user_header} names, from {settings.proxy_peers}"
        yield Finding("ok", "access", text)
    if settings.asks_who:
        return
    if is_on_this_machine(settings):
        yield Finding("ok", "access", "everybody on this machine, to everything; nobody else")
    else:
        yield Finding("FAIL", "access", f"`serve` does not start: {settings.listen} can be reached by other machines")


def of_kafka(view: KafkaView, settings: Settings) -> Iterator[Finding]:
    """Yield how Kafka and its topics stand."""
    if view.problem is not None:
        text = f"{settings.kafka} does not answer ({view.problem}); topics and lag were not looked at"
        yield Finding("FAIL", "Kafka", text)
        return
    yield Finding("ok", "Kafka", f"{settings.kafka} answers, {view.brokers} broker{'s' * (view.brokers != 1)}")
    for topic in settings.source_topics:
        yield _of_topic(view, topic)
    for topic in told_topics(settings).values():
        yield _of_topic(view, topic) if topic in view.topics else _of_untold(topic)
    yield _of_dead_letters(view, settings)


def of_redis(view: RedisView, settings: Settings) -> Iterator[Finding]:
    """Yield how Redis stands: version, role, persistence, memory."""
    if view.problem is not None:
        text = f"{hidden('redis', settings.redis)} does not answer ({view.problem}); tables were not looked at"
        yield Finding("FAIL", "Redis", text)
        return
    info = view.info
    product = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version", info.get("redis_version", "?")))
    text = f"{hidden('redis', settings.redis)} answers, {product} {version}"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_REDIS:
        yield Finding("FAIL", "Redis", f"{text}; Deskpulse needs 7.0 or newer")
    else:
        yield Finding("ok", "Redis", text)
    if info.get("role", "master") != "master":
        yield Finding("FAIL", "Redis role", "a replica takes no writes; point DESKPULSE_REDIS at its master")
    if info.get("aof_enabled"):
        yield Finding("ok", "Redis persistence", "appendonly is on")
    else:
        text = "appendonly is off: after a restart the tables are rebuilt from Kafka (set appendonly yes)"
        yield Finding("warn", "Redis persistence", text)
    yield _of_eviction(view)
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if limit and used > FULL_SHARE * limit:
        yield Finding(
            "warn", "Redis memory", f"{used} of maxmemory {limit} bytes are used; workers wait when it is full"
        )


def of_tables(kafka: KafkaView, redis: RedisView, settings: Settings) -> Iterator[Finding]:
    """Yield whether the tables are those of these settings and of these topics."""
    if redis.problem is not None:
        return
    ours = generations.ours(settings)
    if redis.generation is None:
        yield Finding("warn", "generation", f"none yet: no worker has written here (these settings make {ours.name})")
        return
    yield from of_generations(redis, ours, settings)
    if redis.generation != ours.name and redis.about is None:
        return
    for topic, seen in kafka.topics.items():
        made_for = redis.partitions.get(topic)
        if topic in settings.source_topics and made_for is not None and made_for != seen.partitions:
            text = f"made for {made_for} partitions of {topic}, which has {seen.partitions}: rebuild them from the log"
            yield Finding("FAIL", "tables", text)
    told = f"{settings.told_prefix}.{redis.generation}."
    for topic in sorted(redis.partitions.keys() - set(settings.source_topics)):
        if topic.startswith(told):
            continue
        text = f"there are some of {topic}, which is none of DESKPULSE_TOPICS_CHAT, _TICKET, _AGENT: they are not shown"
        yield Finding("warn", "tables", text)


def of_generations(redis: RedisView, ours: Generation, settings: Settings) -> Iterator[Finding]:
    """Yield which generation is in force, how its definitions differ from those given, and which others there are."""
    name, about = redis.generation, redis.about
    since = f" since {rfc3339(about.since_ms)}" if about and about.since_ms else ""
    if name == ours.name:
        yield Finding("ok", "generation", f"{name} is in force{since}, as these settings make it")
    else:
        problem = about.problem(settings) if about else "Redis does not hold its definitions"
        text = f"{name} is in force{since}, these settings make {ours.name}"
        if problem:
            text += f"; nothing of this version counts it: {problem} (run `deskpulse rebuild`)"
            yield Finding("FAIL", "generation", text)
        else:
            text += ": workers and `serve` go by what is in force (`deskpulse rebuild` puts these in force)"
            yield Finding("warn", "generation", text)
            yield from of_changes(definitions_of(about.settings(settings)) if about else None, definitions_of(settings))
    for each, size in redis.sizes.items():
        mark = "in force" if each == name else "being rebuilt" if each == redis.rebuilding else "not in force"
        text = f"{mark}, about {size.keys} keys, {size.size_bytes / 1_048_576:.1f} MiB"
        if mark == "not in force":
            text += f" (`deskpulse rebuild --drop {each}` deletes it)"
        yield Finding("ok", f"tables of {each}", text)


def of_changes(held: Definitions | None, given: Definitions) -> Iterator[Finding]:
    """Yield each definition that is another one in force than in the settings."""
    if held is None:
        return
    before, after = dict(differences(held)), dict(differences(given))
    if held.retention_ms != given.retention_ms:
        before["retention"], after["retention"] = duration_text(held.retention_ms), duration_text(given.retention_ms)
    if held.calendars != given.calendars:
        before["business_hours"], after["business_hours"] = "other calendars", "those above"
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            text = f"in force {before.get(key, 'the default')}; given {after.get(key, 'the default')}"
            yield Finding("warn", f"changed {key}", text)


def of_lag(kafka: KafkaView, redis: RedisView, settings: Settings, *, now_ms: int) -> Iterator[Finding]:
    """Yield how far the tables are behind each topic, and whether workers are there."""
    for topic in read_topics(settings):
        spans = {partition: span for partition, span in kafka.spans.items() if partition.topic == topic}
        if not spans:
            continue
        stored = {partition: redis.offsets.get(partition) for partition in spans}
        ahead = sum(1 for partition, offset in stored.items() if offset is not None and offset > spans[partition][1])
        if ahead:
            text = f"the tables are ahead of the log in {ahead} partitions: the topic was made anew; rebuild them"
            yield Finding("FAIL", f"lag of {topic}", text)
            continue
        behind = sum(end - max(begin, stored[each] or 0) for each, (begin, end) in spans.items())
        silent = sum(1 for each in spans if now_ms - redis.reported_ms.get(each, 0) > SILENT_MS)
        text = f"{behind} records behind in {len(spans)} partitions"
        if silent:
            text += f"; no worker has spoken for {silent} of them in {SILENT_MS // 1000} s"
        yield Finding("warn" if silent else "ok", f"lag of {topic}", text)


def _of_topic(view: KafkaView, topic: str) -> Finding:
    seen = view.topics.get(topic)
    if seen is None:
        text = "does not exist; make it, or let `deskpulse replay` or `deskpulse simulate` make it"
        return Finding("FAIL", f"topic {topic}", text)
    text = f"{seen.partitions} partition{'s' * (seen.partitions != 1)}"
    if "compact" in seen.config.get("cleanup.policy", ""):
        return Finding(
            "FAIL", f"topic {topic}", f"{text}, cleanup.policy has compact: events with the same key are lost"
        )
    kept = seen.config.get("retention.ms")
    if kept is None:
        return Finding("warn", f"topic {topic}", f"{text}; its retention cannot be read")
    days = int(kept) / DAY_MS
    text += ", kept for ever" if int(kept) < 0 else f", kept {days:g} days"
    if 0 <= days < KEPT_DAYS:
        text += f", less than the {KEPT_DAYS} that a rebuild needs (set retention.ms)"
        return Finding("warn", f"topic {topic}", text)
    limit = int(seen.config.get("retention.bytes", -1))
    if limit >= 0:
        return Finding(
            "warn", f"topic {topic}", f"{text}, but not more than {limit} bytes a partition (retention.bytes)"
        )
    return Finding("ok", f"topic {topic}", text)


def _of_untold(topic: str) -> Finding:
    text = "does not exist yet; the first worker makes it, to tell others of customers and agents"
    return Finding("ok", f"topic {topic}", text)


def _of_dead_letters(view: KafkaView, settings: Settings) -> Finding:
    name = settings.topics_deadletter
    subject = f"dead letters {name}"
    seen = view.topics.get(name)
    if seen is None:
        return Finding("ok", subject, "does not exist yet; a worker makes it when it rejects a record")
    room = seen.config.get(MESSAGE_BYTES)
    others = [view.topics[topic].config.get(MESSAGE_BYTES) for topic in settings.source_topics if topic in view.topics]
    needed = max((int(limit) for limit in others if limit is not None), default=0)
    if room is None:
        return Finding("warn", subject, f"its {MESSAGE_BYTES} cannot be read")
    if int(room) <= needed:
        text = f"{MESSAGE_BYTES} is {room}, it must exceed the {needed} of the sources: large records would be cut"
        return Finding("FAIL", subject, text)
    return Finding("ok", subject, f"{MESSAGE_BYTES} {room} exceeds the {needed} of the sources")


def _of_eviction(view: RedisView) -> Finding:
    policy = str(view.info.get("maxmemory_policy", "unknown"))
    if policy == "noeviction":
        return Finding("ok", "Redis eviction", "maxmemory-policy is noeviction")
    text = f"maxmemory-policy is {policy}, it must be noeviction: anything else throws numbers away"
    return Finding("FAIL", "Redis eviction", text)
