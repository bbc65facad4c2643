"""One conversation: its facts as the tables in force keep them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregators.engine import is_expired
from aggregators.facts import Key
from stream import codec, keys
from stream.hidden import NOBODY, read_hidden
from stream.offline import definitions_of
from stream.past import in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Facts
    from stream.chunks import Partition
    from stream.hidden import Hidden
    from stream.past import InForce
    from stream.settings import Settings


@dataclass(frozen=True, slots=True)
class Owned:
    """The facts of one conversation by owner, of every partition that has any of it, and who is not to be named."""

    generation: str
    definitions: Definitions
    owners: tuple[tuple[Key, Facts], ...]
    hidden: Hidden = NOBODY


def read_facts(settings: Settings, tenants: Sequence[str], conversation: str) -> Owned:
    """Read what is known of a conversation of any of *tenants*, on a connection of its own.

    It blocks; NotNowError where it cannot be read.
    """
    return asyncio.run(_read_facts(settings, [Key(tenant, conversation) for tenant in tenants]))


async def _read_facts(settings: Settings, wanted: list[Key]) -> Owned:
    async with in_force(settings) as tables:
        definitions = definitions_of(tables.settings)
        owners: list[tuple[Key, Facts]] = []
        hidden = NOBODY
        for partition in await tables.partitions(tables.settings.source_topics):
            owners += await _of_partition(tables, partition, wanted, definitions)
            hidden |= await read_hidden(tables.client, keys.prefix(tables.generation, partition))
    return Owned(tables.generation, definitions, tuple(owners), hidden)


async def _of_partition(
    tables: InForce, partition: Partition, wanted: list[Key], definitions: Definitions
) -> list[tuple[Key, Facts]]:
    """Return what a partition has of the conversations, but for what has expired in it."""
    base = keys.prefix(tables.generation, partition)
    # Whoever writes chooses the key of a record, so any partition may have it.
    pipe = tables.client.pipeline(transaction=False)
    pipe.hget(base + "m", "watermark")
    for key in wanted:
        owned = codec.field_of(key)
        pipe.hget(f"{base}f:{codec.bucket_of(owned)}", owned)
    watermark, *blobs = await pipe.execute()
    found = []
    for key, blob in zip(wanted, blobs, strict=True):
        if blob is not None:
            facts = codec.unpack_facts(key, blob)
            until = None if watermark is None else int(watermark)
            if not is_expired(key, facts.values(), watermark=until, definitions=definitions):
                found.append((key, facts))
    return found
