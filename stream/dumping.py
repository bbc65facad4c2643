"""Dump: the tables of every partition read back from Redis, in their canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis import exceptions as errors

from aggregators.panes import Pane
from aggregators.tables import Tables, sorted_lines
from stream import codec, generations, keys
from stream.chunks import Partition
from stream.errors import UsageError
from stream.hidden import read_owners
from stream.offline import definitions_of
from stream.patience import Client, connect
from stream.settings import hidden
from stream.told import read_topics

if TYPE_CHECKING:
    from aggregators.definitions import Definitions
    from aggregators.samples import Labels
    from stream.settings import Settings

AT_ONCE = 500


async def dump(settings: Settings) -> list[str]:
    """Return the canonical lines of everything stored of the source topics, sorted: of what `export` exports.

    Raises UsageError if there is nothing to read.
    """
    client = connect(settings.redis)
    try:
        generation = await generations.in_force(client)
        if generation is None:
            message = f"DESKPULSE_REDIS: no worker has written to {hidden('redis', settings.redis)} yet"
            raise UsageError(message)
        lines: list[str] = []
        definitions, topics = await _definitions(client, generation, settings)
        counts = await client.hgetall(keys.topics(generation))
        for topic in topics:
            for number in range(int(counts.get(topic.encode(), 0))):
                tables = await read_tables(client, generation, Partition(topic, number))
                if tables.offset is not None:
                    lines += tables.lines(topic, number, definitions=definitions)
        return sorted_lines(lines)
    except (errors.RedisError, OSError) as error:
        message = f"DESKPULSE_REDIS: {hidden('redis', settings.redis)} does not answer ({error})"
        raise UsageError(message) from error
    finally:
        await client.aclose()


async def _definitions(client: Client, generation: str, settings: Settings) -> tuple[Definitions, tuple[str, ...]]:
    """Return what *generation* counts by, and the topics: as Redis holds it, else as the settings have it."""
    found = await generations.look(client, generation)
    try:
        counted = found.settings(settings) if found else settings
        return definitions_of(counted), read_topics(counted)
    except ValueError as error:
        message = f"DESKPULSE_REDIS: the definitions of generation {generation} cannot be read by this version: {error}"
        raise UsageError(message) from error


async def read_tables(client: Client, generation: str, partition: Partition) -> Tables:
    """Return everything stored of *partition*. Not on one cut: for when nobody writes."""
    base = keys.prefix(generation, partition)
    meta = await client.hgetall(base + "m")
    tables = Tables()
    if b"offset" not in meta:
        return tables
    # Tables that no record was added to since a version that did not keep `last`: where reading goes on.
    tables.offset = int(meta[b"last"]) + 1 if b"last" in meta else int(meta[b"offset"])
    tables.watermark = int(meta[b"watermark"]) if b"watermark" in meta else None
    for bucket in await _hashes(client, [f"{base}f:{number}" for number in range(codec.FACT_BUCKETS)]):
        for owned, blob in bucket.items():
            key = codec.key_of(owned)
            tables.facts[key] = codec.unpack_facts(key, blob)
    tables.hidden = await read_owners(client, base)
    names = [name.decode() for name in await client.zrange(base + "z", 0, -1)]
    cells = await _read_cells(client, base, [name[2:] for name in names if name.startswith("c:")])
    indexed = [name for name in names if name[0] in "ids"]
    index = await _hashes(client, [base + name for name in indexed])
    # Last: none is ever taken away, so those of all that was read before are there, also where a commit came between.
    by_lid: dict[int, Labels] = {}
    for lid, blob in (await client.hgetall(base + "l")).items():
        labels, first = codec.unpack_labels(blob)
        by_lid[int(lid)], tables.labels[labels] = labels, first
    for pane, lid, measures in cells:
        tables.cells.setdefault(pane, {})[by_lid[lid]] = measures
    for name, rows in zip(indexed, index, strict=True):
        of_kind = {"i": tables.intervals, "d": tables.due, "s": tables.stops}[name[0]]
        read = codec.unpack_intervals if name[0] == "i" else codec.unpack_samples
        entries = of_kind.setdefault(int(name[2:]), {})
        for named, value in rows.items():
            for entry, number in read(named, value, by_lid).items():
                entries[entry] = entries.get(entry, 0) + number
    return tables


async def _read_cells(client: Client, base: str, panes: list[str]) -> list[tuple[Pane, int, dict[int, int]]]:
    """Return what each pane has by the number of a label set."""
    touched = await _hashes(client, [f"{base}p:{pane}" for pane in panes])
    cells = [(pane, int(lid)) for pane, lids in zip(panes, touched, strict=True) for lid in lids]
    found = await _hashes(client, [f"{base}c:{pane}:{lid}" for pane, lid in cells])
    return [
        (Pane(*map(int, pane.split(":"))), lid, {int(measure): int(number) for measure, number in measures.items()})
        for (pane, lid), measures in zip(cells, found, strict=True)
    ]


async def _hashes(client: Client, names: list[str]) -> list[dict[bytes, bytes]]:
    """Return the hashes of these names, in order, in as few calls as is polite."""
    found: list[dict[bytes, bytes]] = []
    for start in range(0, len(names), AT_ONCE):
        pipe = client.pipeline(transaction=False)
        for name in names[start : start + AT_ONCE]:
            pipe.hgetall(name)
        found += await pipe.execute()
    return found
