"""Names in Redis. Everything of a partition shares one hash tag, so that Redis Cluster keeps it in one slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.chunks import Partition

GENERATION = "dp:generation"
"""Names the generation that readers read."""


def prefix(generation: str, partition: Partition) -> str:
    """Return how every key of *partition* begins."""
    return f"dp:{generation}:{{{partition.topic}:{partition.partition}}}:"


def meta(generation: str, partition: Partition) -> str:
    """Return the hash with the offset, the watermark and what the tables were made for."""
    return prefix(generation, partition) + "m"


def topics(generation: str) -> str:
    """Return the hash with the number of partitions of each source topic."""
    return f"dp:{generation}:topics"


def status(generation: str) -> str:
    """Return the hash in which workers say, each second, how far they have read: end offset, position, wall time."""
    return f"dp:{generation}:status"
