"""Named: the names of customers, whose numbers are kept under what stands for them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from aggregators.facts import Key
from aggregators.telling import BY_CUSTOMER, CUSTOMER, name_in
from stream import codec, keys
from stream.chunks import Partition
from stream.past import in_force
from stream.tables import RedisTables
from stream.told import partition_of, told_topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.facts import Facts
    from stream.settings import Settings

Customers = frozenset[tuple[str, str]]
"""Tenant and what stands for a customer of it."""
Names = dict[tuple[str, str], str]


def read_names(settings: Settings, customers: Customers) -> Names:
    """Return the names of those of *customers* who have one, on a connection of its own.

    It blocks; NotNowError if they cannot be read.
    """
    return asyncio.run(_read_names(settings, customers))


def name_of(facts: Facts) -> str:
    """Return the name that a customer was told under last, "" where each conversation has forgotten it."""
    return next(filter(None, map(name_in, sorted(facts.values(), reverse=True))), "")


async def _read_names(settings: Settings, customers: Customers) -> Names:
    names: Names = {}
    async with in_force(settings) as tables:
        topic = told_topics(tables.settings).get(CUSTOMER, "")
        count = int(await tables.client.hget(keys.topics(tables.generation), topic) or 0)
        redis = RedisTables(tables.client, tables.generation)
        for number, owners in _by_partition(customers if count else (), count).items():
            found = await redis.facts(Partition(topic, number), owners)
            named = {key: name_of(codec.unpack_facts(key, blob)) for key, blob in found.facts.items()}
            names |= {(key.tenant, key.subject): name for key, name in named.items() if name}
    return names


def _by_partition(customers: Iterable[tuple[str, str]], count: int) -> dict[int, list[Key]]:
    """Return the owners of facts that they are, by partition of *count*."""
    found: dict[int, list[Key]] = defaultdict(list)
    for tenant, customer in customers:
        found[partition_of(tenant, customer, count)].append(Key(tenant, customer, BY_CUSTOMER))
    return found
