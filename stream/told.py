"""What is told, as it travels: MessagePack records of many rows each, in topics of a generation's own.

A record holds rows for owners of one partition, of one version: [1, version, watermark, [row, …]]. A row is [which,
tenant, subject, id, since, until, content]; content nil says that there is nothing (any more).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final
from zlib import crc32

import msgpack

from aggregators.events import Rejected
from aggregators.telling import AGENT, CUSTOMER, Batch, Row
from stream import codec
from stream.offline import definitions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregators.telling import Telling
    from stream.chunks import Record
    from stream.settings import Settings

FORM: Final = 1
ROWS_A_RECORD: Final = 100
_TOLD: Final = {CUSTOMER: ("customers", ".customers"), AGENT: ("people", ".agents")}


def told_topics(settings: Settings) -> dict[int, str]:
    """Return the topics of what is told to customers (CUSTOMER) and agents (AGENT), as far as anybody is told.

    They belong to a generation: what was told by other definitions is of no use.
    """
    definitions = definitions_of(settings)
    begins = f"{settings.told_prefix}.{definitions.generation()}"
    return {which: begins + ends for which, (family, ends) in _TOLD.items() if family in definitions.families}


def read_topics(settings: Settings) -> tuple[str, ...]:
    """Return every topic that workers read: those of the sources, and what they tell one another."""
    return (*settings.source_topics, *told_topics(settings).values())


def records_of(
    telling: Telling, *, version: int, watermark: int, counts: Mapping[int, int]
) -> dict[tuple[int, int], list[bytes]]:
    """Return the records that tell it, by (which, partition); *counts* is the number of partitions of each topic."""
    rows: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for (which, tenant, subject, identifier), (since, until, content) in telling.items():
        where = partition_of(tenant, subject, counts[which])
        rows[which, where].append(Row(which, tenant, subject, identifier, since, until, content))
    return {
        where: [
            codec.pack([FORM, version, watermark, mine[start : start + ROWS_A_RECORD]])
            for start in range(0, len(mine), ROWS_A_RECORD)
        ]
        for where, mine in rows.items()
    }


def partition_of(tenant: str, subject: str, count: int) -> int:
    """Return in which of *count* partitions of a topic a customer or an agent is told."""
    return crc32(f"{tenant}\0{subject}".encode("utf-8", "surrogatepass")) % count


def decode_told(value: bytes | None) -> Batch | Rejected:
    """Decode the value of a record of a told topic. Whatever we did not write ourselves is rejected whole."""
    try:
        form, version, watermark, rows = codec.unpack_tuples(value or b"")
        if form != FORM or type(version) is not int or type(watermark) is not int:
            return Rejected("wrong_type")
        return Batch(version, watermark, [_row(row) for row in rows])
    except (TypeError, ValueError, msgpack.UnpackException):
        return Rejected("wrong_type")


def _row(sent: tuple[object, ...]) -> Row:
    which, tenant, subject, identifier, since, until, content = sent
    if which not in (CUSTOMER, AGENT) or not isinstance(tenant, str) or not isinstance(subject, str):
        raise TypeError
    if not isinstance(identifier, str) or type(since) is not int or type(until) is not int:
        raise TypeError
    return Row(which, tenant, subject, identifier, since, until, content)


def decode_batches(records: Sequence[Record]) -> list[tuple[int, Batch | Rejected]]:
    """Decode the values of records, each with its timestamp (epoch ms) before."""
    return [(record.timestamp, decode_told(record.value)) for record in records]
