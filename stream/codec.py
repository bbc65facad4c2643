"""The stored form: facts, index entries and label sets as MessagePack, small because there are so many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import msgpack

from aggregators.delta import Cause, Entry, Restated
from aggregators.facts import Fact, Facts, Key, stored
from aggregators.samples import SHAPES, Interval, Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregators.delta import Held

FACT_BUCKETS: Final = 1_024
_SAFE: Final = 1 << 53
"""Lua's numbers are doubles: greater integers travel as text."""
_WIDE: Final = 1 << 63
_ARRAY: Final = 0x90
_ARRAY_16: Final = 0xDC
_ARRAY_32: Final = 0xDD
"""How MessagePack's arrays begin, the shortest with their length in it; Redis' numbers are digits and below."""
_WIDTHS: Final = {0xCC: 2, 0xCD: 3, 0xCE: 5}
"""How many bytes its integers take that are not one byte."""
_MEMBERS: Final = 16
"""More members than any sample has."""
_MOST_NAMES: Final = 3
"""An owner has a tenant, a subject and perhaps a kind; an entry has more members."""

pack: Final[Any] = msgpack.Packer(autoreset=True).pack
pack_message: Final[Any] = msgpack.Packer(autoreset=True, use_bin_type=False).pack
"""Packs arguments of scripts: Redis' own MessagePack knows no type for bytes but that of text."""


def unpack(blob: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what *blob* holds, text as str."""
    return msgpack.unpackb(blob, strict_map_key=False)


def unpack_tuples(blob: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what *blob* holds, sequences as tuples: they are kept for long, and need less looking after than lists."""
    return msgpack.unpackb(blob, strict_map_key=False, use_list=False)


def unpack_raw(blob: bytes) -> Any:  # noqa: ANN401 - whatever a script packed
    """Return what a script packed, every string as bytes."""
    return msgpack.unpackb(blob, raw=True, strict_map_key=False)


def field_of(key: Key) -> bytes:
    """Return the hash field of an owner of facts."""
    packed: bytes = pack(key if key.kind else key[:2])
    return packed


def key_of(field: bytes) -> Key:
    """Return the owner whose field *field* is."""
    return Key(*unpack(field))


def bucket_of(field: bytes) -> int:
    """Return the hash that holds the facts of *field*."""
    return crc32(field) % FACT_BUCKETS


def pack_facts(key: Key, facts: Iterable[Fact]) -> bytes:
    """Return *facts* one after the other; what is packed later may simply be appended."""
    subject = key.subject
    cut = len(subject)
    rows = []
    for fact in facts:
        at, _, name, code, fields = fact
        identifier: str | bytes = name
        # Most ids begin with their conversation's; bytes stand for "the conversation's id, then this".
        if cut and name.startswith(subject):
            identifier = name[cut:].encode()
        rows.append(pack((at, code, identifier, fields)))
    return b"".join(rows)


def unpack_facts(key: Key, blob: bytes) -> Facts:
    """Return the facts packed in *blob*, by id."""
    unpacker = msgpack.Unpacker(strict_map_key=False)
    unpacker.feed(blob)
    facts: Facts = {}
    for at, code, identifier, fields in unpacker:
        whole = identifier if type(identifier) is str else key.subject + identifier.decode()
        facts[whole] = stored(at, code, whole, fields)
    return facts


def pack_entry(entry: Entry, lids: Mapping[Labels, int]) -> bytes:
    """Return an index entry, its labels by number. The content is a sample or an interval."""
    tenant, conversation, content = entry
    packed: bytes
    if isinstance(content, Interval):
        packed = pack((tenant, conversation, content[0], lids[content[1]], *content[2:]))
        return packed
    kind, at, labels, *rest = content
    try:
        packed = pack((tenant, conversation, kind, at, lids[labels], *rest))
    except OverflowError:
        packed = pack((tenant, conversation, kind, at, lids[labels], *packable(rest)))
    return packed


def pack_held(held: Held, lids: Mapping[Labels, int]) -> bytes:
    """Return all that one owner has in a bucket of an index, one after the other; labels by number.

    First how many there are; each begins with 16 times how often it stands there, and how many members follow.
    """
    row: list[Any] = [len(held)]
    place = 1 if held and isinstance(held[0][0], Interval) else 2
    named: Labels | None = None
    lid = 0
    for content, number in held:
        labels = content[place]
        if labels is not named:
            named, lid = labels, lids[labels]  # type: ignore[assignment, index]  # where labels stand
        row.append(_MEMBERS * number + len(content))
        at = len(row) + place
        row += content
        row[at] = lid
    packed: bytes
    try:
        packed = pack(row)
    except OverflowError:
        packed = pack([None if each is None else packable([each])[0] for each in row])
    return packed


def packable(numbers: Iterable[int]) -> list[int | str]:
    """Return integers as MessagePack can have them: those beyond 64 bits as text. A fraction's may be of any size."""
    return [number if -_WIDE < number < _WIDE else str(number) for number in numbers]


def rows_of(field: bytes, value: bytes) -> Iterator[tuple[Sequence[Any], int]]:
    """Yield the entries that a field of an index holds, unpacked and with how often: one, or all of an owner.

    A field of one entry is the entry, and its value the number. One of an owner names it, and the value is what it
    has.
    """
    named = unpack(field)
    if len(named) > _MOST_NAMES:
        yield named, int(value)
        return
    owner = named[:2]
    held = unpack(value)
    place = 1
    while place < len(held):
        number, members = divmod(held[place], _MEMBERS)
        yield [*owner, *held[place + 1 : place + 1 + members]], number
        place += 1 + members


def number_held(value: bytes) -> int:
    """Return how many entries a value of an index holds, without unpacking them: what their array begins with."""
    head = value[0]
    if head < _ARRAY:
        return 1
    start = {_ARRAY_16: 3, _ARRAY_32: 5}.get(head, 1)
    number: int = unpack(value[start : start + _WIDTHS.get(value[start], 1)])
    return number


def unpack_samples(field: bytes, value: bytes, labels: Mapping[int, Labels]) -> dict[Entry, int]:
    """Return the entries of samples that a field of an index holds, each with how often."""
    return {sample_of(row, labels): number for row, number in rows_of(field, value)}


def unpack_intervals(field: bytes, value: bytes, labels: Mapping[int, Labels]) -> dict[Entry, int]:
    """Return the entries of intervals that a field of an index holds, each with how often."""
    return {interval_of(row, labels): number for row, number in rows_of(field, value)}


def sample_of(row: Sequence[Any], labels: Mapping[int, Labels]) -> Entry:
    """Return the entry of a sample, unpacked."""
    tenant, conversation, kind, at, lid, *rest = row
    return Entry(tenant, conversation, SHAPES[kind](kind, at, labels[lid], *map(int, rest)))


def interval_of(row: Sequence[Any], labels: Mapping[int, Labels]) -> Entry:
    """Return the entry of an interval, unpacked."""
    tenant, conversation, kind, lid, start, end, since = row
    return Entry(tenant, conversation, Interval(kind, labels[lid], start, end, since))


def pack_restated(row: Restated, following: int) -> bytes:
    """Return a row of the log of restatements; *following* is the offset behind the commit that has it."""
    kind, at, labels, *rest = row.sample
    sample = [kind, at, list(labels), *packable(rest)]
    packed: bytes = pack([following, *row[:3], sample, row.number, *(row.cause or ())])
    return packed


def unpack_restated(blob: bytes) -> Restated:
    """Return a row of the log of restatements."""
    _, watermark, tenant, conversation, (kind, at, labels, *rest), number, *cause = unpack(blob)
    sample = SHAPES[kind](kind, at, Labels(*labels), *map(int, rest))
    return Restated(watermark, tenant, conversation, sample, number, Cause(*cause) if cause else None)


def is_safe(number: int) -> bool:
    """Tell whether a script can have a number of at least 0 as it is."""
    return number < _SAFE


def pack_measure(measure: int) -> int | str:
    """Return a measure's number as a script may have it."""
    return measure if is_safe(measure) else str(measure)


def pack_labels(labels: Labels, first: int) -> bytes:
    """Return a label set with its first instant."""
    packed: bytes = pack([*labels, first])
    return packed


def unpack_labels(blob: bytes) -> tuple[Labels, int]:
    """Return a label set and its first instant."""
    tenant, channel, queue, part, first = unpack(blob)
    return Labels(tenant, channel, queue, part), first
