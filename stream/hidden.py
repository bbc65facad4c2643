"""Hidden: the conversations that were deleted or are to be forgotten. They count, and nobody is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream import codec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.facts import Key
    from stream.patience import Client

Hidden = frozenset[tuple[str, str]]
"""Tenant and id of each conversation."""
NOBODY: Final[Hidden] = frozenset()
LETTER: Final = "h"
"""How the names of their tables begin; each is of a day, on which they have expired at the latest."""


def names_of(tables: Iterable[bytes]) -> list[str]:
    """Return the names of those among *tables* that tell of hidden conversations."""
    return [name.decode() for name in tables if name.startswith(f"{LETTER}:".encode())]


def hidden_in(owners: Iterable[bytes]) -> Hidden:
    """Return the conversations that the fields of such a table name."""
    return frozenset((key.tenant, key.subject) for key in map(codec.key_of, owners))


async def read_by_day(client: Client, base: str) -> dict[int, set[Key]]:
    """Return those of the partition with the prefix *base* by day."""
    names = names_of(await client.zrange(base + "z", 0, -1))
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.hkeys(base + name)
    return {
        int(name.partition(":")[2]): {codec.key_of(owned) for owned in owners}
        for name, owners in zip(names, await pipe.execute(), strict=True)
    }


async def read_hidden(client: Client, base: str) -> Hidden:
    """Return all of the partition with the prefix *base*."""
    days = await read_by_day(client, base)
    return frozenset((key.tenant, key.subject) for owners in days.values() for key in owners)
