"""Names in Redis. Everything of a partition shares one hash tag, so that Redis Cluster keeps it in one slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.chunks import Partition

if TYPE_CHECKING:
    from collections.abc import Mapping

GENERATION = "dp:generation"
"""Names the generation in force: the one that readers read and workers count."""
GENERATIONS = "dp:generations"
"""The names of all generations that were ever begun and not dropped."""
REBUILD = "dp:rebuild"
"""Held by the rebuild that is under way."""


def link(code_hash: str) -> str:
    """Return the key of a link that has not been used yet."""
    return f"dp:link:{code_hash}"


def given(giver_hash: str) -> str:
    """Return the key of the names of all links and sessions that somebody gave, by when they end."""
    return f"dp:given:{giver_hash}"


def session(secret_hash: str) -> str:
    """Return the key of what a session may see."""
    return f"dp:session:{secret_hash}"


def about(generation: str) -> str:
    """Return the hash that says what a generation is: its definitions, and since when it is in force."""
    return f"dp:{generation}:about"


def prefix(generation: str, partition: Partition) -> str:
    """Return how every key of *partition* begins."""
    return f"dp:{generation}:{{{partition.topic}:{partition.partition}}}:"


def meta(generation: str, partition: Partition) -> str:
    """Return the hash with the offset, the watermark and what the tables were made for."""
    return prefix(generation, partition) + "m"


def told_field(partition: Partition) -> str:
    """Return the field of meta with the offset behind what was told last in *partition* of a told topic."""
    return f"told:{partition.topic}:{partition.partition}"


def told(meta_hash: Mapping[bytes, bytes]) -> dict[Partition, int]:
    """Return what the fields of told_field in *meta_hash* say."""
    behind = {}
    for name, offset in meta_hash.items():
        if name.startswith(b"told:"):
            _, topic, number = name.decode().split(":")
            behind[Partition(topic, int(number))] = int(offset)
    return behind


def topics(generation: str) -> str:
    """Return the hash with the number of partitions of each source topic."""
    return f"dp:{generation}:topics"


def clocks(generation: str) -> str:
    """Return the hash in which workers say of each partition, each second, how far its sources' clocks are ahead."""
    return f"dp:{generation}:clocks"


def status(generation: str) -> str:
    """Return the hash in which workers say, each second, how far they have read: end offset, position, wall time."""
    return f"dp:{generation}:status"
