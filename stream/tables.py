"""The tables of partitions in Redis: commit a chunk, load what a worker needs, clean up what has passed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from aggregators.instants import DAY_MS
from aggregators.panes import FINE, STOPS_KEPT_MS, Pane, is_bucket_kept, is_kept
from stream import codec, keys
from stream.chunks import START

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.delta import Entry
    from aggregators.facts import Key
    from aggregators.samples import Labels
    from stream.chunks import Partition
    from stream.patience import Client


def script_text(name: str) -> str:
    """Return the text of the Lua script *name*."""
    return files("stream").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


@dataclass(slots=True)
class Stored:
    """What a worker needs of a partition. `offset` is START where nothing is stored."""

    offset: int = START
    watermark: int | None = None
    partitions: int | None = None
    corrupt: bool = False
    labels: dict[Labels, int] = field(default_factory=dict)
    lids: dict[Labels, int] = field(default_factory=dict)
    due: list[tuple[Entry, int]] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)


class Committed(NamedTuple):
    """The answer to a commit: whether it was applied by this call, and the offset stored now."""

    applied: bool
    offset: int


class Found(NamedTuple):
    """Facts of some owners, packed, and the stored offset that they are as of."""

    offset: int
    facts: dict[Key, bytes]


class RedisTables:
    """The tables of one generation. Every method is one call of Redis or a few, and raises what redis-py raises."""

    def __init__(self, client: Client, generation: str) -> None:
        self._redis = client
        self.generation = generation
        self._commit = client.register_script(script_text("commit"))
        self._facts = client.register_script(script_text("facts"))
        self._clean = client.register_script(script_text("clean"))

    async def load(self, partition: Partition) -> Stored:
        """Return what is stored of *partition*, on one cut: as of one commit."""
        meta = keys.meta(self.generation, partition)
        while True:
            before = await self._redis.hmget(meta, "offset", "since")
            stored: Stored | None = None
            # A label set that is not there yet: its owner of before still commits.
            with suppress(KeyError):
                stored = await self._read(partition)
            if stored is not None and await self._redis.hmget(meta, "offset", "since") == before:
                return stored

    async def _read(self, partition: Partition) -> Stored:
        base = keys.prefix(self.generation, partition)
        meta = await self._redis.hgetall(base + "m")
        stored = Stored(corrupt=b"open" in meta or b"seeding" in meta)
        if b"offset" not in meta:
            # Tables without an offset would count everything again: an eviction, or a wipe that was cut short.
            stored.corrupt = stored.corrupt or bool(await self._redis.exists(base + "z", base + "l", base + "n"))
            return stored
        stored.offset = int(meta[b"offset"])
        stored.watermark = int(meta[b"watermark"]) if b"watermark" in meta else None
        stored.partitions = int(meta[b"partitions"]) if b"partitions" in meta else None
        by_lid: dict[int, Labels] = {}
        for lid, blob in (await self._redis.hgetall(base + "l")).items():
            labels, first = codec.unpack_labels(blob)
            stored.labels[labels], stored.lids[labels], by_lid[int(lid)] = first, int(lid), labels
        sources = await self._redis.hgetall(base + "o")
        stored.sources = {source.decode(): int(at) for source, at in sources.items()}
        for name in await self._redis.zrange(base + "z", 0, -1):
            if name.startswith(b"d:"):
                rows = await self._redis.hgetall(base + name.decode())
                for field, value in rows.items():
                    stored.due += codec.unpack_samples(field, value, by_lid).items()
        return stored

    async def facts(self, partition: Partition, owners: Sequence[Key]) -> Found:
        """Return the stored facts of *owners*; those of which there are none are left out."""
        wanted = [(codec.bucket_of(each), each) for each in map(codec.field_of, owners)]
        base = keys.prefix(self.generation, partition)
        offset, packed = await self._facts(keys=[base + "m"], args=[base, codec.pack_message(wanted)])
        values = zip(owners, codec.unpack_raw(packed), strict=True)
        return Found(int(offset), {key: blob for key, blob in values if blob})

    async def commit(self, partition: Partition, message: bytes) -> Committed:
        """Apply a payload if the stored offset is the one it expects, else change nothing."""
        base = keys.prefix(self.generation, partition)
        applied, offset = await self._commit(keys=[base + "m"], args=[base, message])
        return Committed(bool(applied), int(offset))

    async def clean(self, partition: Partition, *, offset: int, watermark: int, gone: Iterable[Key]) -> int:
        """Take away panes and buckets that *watermark* has passed, and the facts *gone*; return how many names."""
        base = keys.prefix(self.generation, partition)
        names = [name.decode() for name in await self._redis.zrange(base + "z", 0, -1)]
        passed = [name for name in names if is_passed(name, watermark)]
        buckets: dict[int, list[bytes]] = {}
        for owner in gone:
            owned = codec.field_of(owner)
            buckets.setdefault(codec.bucket_of(owned), []).append(owned)
        if passed or buckets:
            message = codec.pack_message([passed, [[bucket, owned] for bucket, owned in buckets.items()]])
            await self._clean(keys=[base + "m"], args=[base, offset, message])
        return len(passed)

    async def expiring(self, partition: Partition, watermark: int) -> list[Key]:
        """Return the owners whose facts may have expired by *watermark*."""
        base = keys.prefix(self.generation, partition)
        owners: list[Key] = []
        for name in await self._redis.zrange(base + "z", 0, -1):
            if name.startswith(b"x:") and is_passed(name.decode(), watermark):
                owners += [codec.key_of(owned) for owned in await self._redis.hkeys(base + name.decode())]
        return owners

    async def wipe(self, partition: Partition) -> None:
        """Delete everything stored of *partition*, the offset last: if it is interrupted it has to be done again."""
        meta = keys.meta(self.generation, partition)
        pattern = keys.prefix(self.generation, partition).replace("[", "\\[") + "*"
        async for key in self._redis.scan_iter(match=pattern, count=1_000):
            if key != meta.encode():
                await self._redis.unlink(key)
        await self._redis.unlink(meta)


def is_passed(name: str, watermark: int) -> bool:
    """Tell whether *watermark* has passed the table *name*, so that it may be taken away at any time."""
    letter, _, rest = name.partition(":")
    if letter == "c":
        width, start = rest.split(":")
        return not is_kept(Pane(int(width), int(start)), watermark)
    if letter == "x":
        return (int(rest) + 1) * DAY_MS < watermark
    if letter not in ("i", "d", "s") or int(rest) < 0:
        return False
    kept_ms = {"i": FINE.kept_ms, "d": 0, "s": STOPS_KEPT_MS}[letter]
    return not is_bucket_kept(int(rest), watermark, kept_ms=kept_ms)
