"""A processor that counts and adds up records in Redis, and the script that runs a worker with it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import redis.asyncio
from redis.exceptions import RedisError

from stream.chunks import START, Chunk, Partition, Rewind, TopicChanged
from stream.settings import load
from stream.worker import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stream.chunks import DeadLetterSink
    from stream.settings import Settings

COMMIT = """
local stored = redis.call('HGET', KEYS[1], 'offset') or '-1'
if stored ~= ARGV[1] then return stored end
redis.call('HINCRBY', KEYS[1], 'records', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'sum', ARGV[4])
redis.call('HSET', KEYS[1], 'offset', ARGV[2])
redis.call('RPUSH', KEYS[1] .. ':seams', ARGV[1] .. '>' .. ARGV[2])
return ARGV[2]
"""


class CountingProcessor:
    """Counts and sums of each partition, written with its next offset by one script."""

    def __init__(self, settings: Settings, dead_letters: DeadLetterSink) -> None:
        self.redis: Any = redis.asyncio.Redis.from_url(settings.redis, socket_timeout=2, decode_responses=True)
        self.commit = self.redis.register_script(COMMIT)
        self.dead_letters = dead_letters
        self.next: dict[Partition, int] = {}
        self.slow_s = float(os.environ.get("COUNTING_SLOW_S", "0"))

    async def acquire(self, partitions: Iterable[Partition], counts: Mapping[str, int]) -> dict[Partition, int | None]:
        """Return the stored offsets."""
        await asyncio.sleep(float(os.environ.get("COUNTING_ACQUIRE_S", "0")))
        stored = {}
        for topic, count in counts.items():
            if (
                await self.retry(lambda name=f"count:{topic}", value=count: self.redis.set(name, value, nx=True))
                is None
            ):
                known = int(await self.redis.get(f"count:{topic}"))
                if known != count:
                    message = f"{topic} has {count} partitions, had {known}"
                    raise TopicChanged(message)
        for one in partitions:
            offset = await self.retry(lambda one=one: self.redis.hget(key(one), "offset"))
            stored[one] = None if offset is None else int(offset)
            self.next[one] = START if offset is None else int(offset)
        return stored

    def placed(self, ends: Mapping[Partition, int]) -> None:
        """Take no note of it: nobody is told anything."""

    def release(self, partitions: Iterable[Partition]) -> None:
        """Forget."""
        for one in partitions:
            self.next.pop(one, None)

    async def apply(self, chunk: Chunk) -> Rewind | None:
        """Commit by compare-and-set."""
        await asyncio.sleep(self.slow_s)
        partition, expected, records = chunk.partition, chunk.expected, chunk.records
        if expected > self.next[partition]:
            return None
        while True:
            total = sum(json.loads(record.value or b"0") for record in records)
            args = [expected, chunk.next, len(records), total]
            stored = int(await self.retry(lambda args=args: self.commit(keys=[key(partition)], args=args)))
            if stored >= chunk.next:
                self.next[partition] = stored
                return None
            if stored < expected:
                self.next[partition] = stored
                return Rewind(partition, None if stored == START else stored)
            expected, records = stored, [record for record in records if record.offset >= stored]

    async def report(self, positions: Mapping[Partition, tuple[int, int]]) -> list[Rewind]:
        """Write the positions; look for offsets that went back."""
        rewinds = []
        for one, (end, position) in positions.items():
            await self.retry(lambda one=one, p=(end, position): self.redis.set(f"{key(one)}:at", json.dumps(p)))
            stored = int(await self.retry(lambda one=one: self.redis.hget(key(one), "offset")) or START)
            if stored < self.next.get(one, START):
                self.next[one] = stored
                rewinds.append(Rewind(one, None if stored == START else stored))
        return rewinds

    async def close(self) -> None:
        """Let go."""
        await self.redis.aclose()

    async def retry(self, call: Any) -> Any:
        """Wait while Redis is away."""
        while True:
            try:
                return await call()
            except (RedisError, OSError):
                await asyncio.sleep(0.1)


def key(partition: Partition) -> str:
    """Return the key of a partition's hash."""
    return f"{{{partition.topic}:{partition.partition}}}"


if __name__ == "__main__":
    sys.exit(run(load(), CountingProcessor))
