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
TABLE: Final = "h"
"""The hash of a partition with one field for each; it goes with the facts of its owner."""


def hidden_in(owners: Iterable[bytes]) -> Hidden:
    """Return the conversations that the fields of such a table name."""
    return frozenset((key.tenant, key.subject) for key in map(codec.key_of, owners))


async def read_owners(client: Client, base: str) -> set[Key]:
    """Return those of the partition with the prefix *base*, as owners of facts."""
    return {codec.key_of(owned) for owned in await client.hkeys(base + TABLE)}


async def read_hidden(client: Client, base: str) -> Hidden:
    """Return those of the partition with the prefix *base*."""
    return hidden_in(await client.hkeys(base + TABLE))
