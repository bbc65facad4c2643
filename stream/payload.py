"""A delta as the commit script takes it: one MessagePack message, names and fields ready to be written."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aggregators.tables import MOST_LOGGED
from stream import codec
from stream.hidden import TABLE as HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aggregators.delta import Delta, FactsPut, Holdings, Index
    from aggregators.facts import Key
    from aggregators.samples import Labels


LONG: Final = 2_048
"""Facts of so many bytes are not sent again: the script adds what is new to what it finds."""


class Payload(NamedTuple):
    """The message for the script, and the stored form of the facts it puts.

    `refused` is how many refused commits it counts, which go back to be counted if it is refused itself.
    """

    message: bytes
    facts: dict[Key, bytes]
    refused: int = 0


def payload(
    delta: Delta,
    *,
    expected: int,
    following: int,
    lids: dict[Labels, int],
    known: Callable[[Key], bytes | None],
    meta: Mapping[str, str | int],
) -> Payload:
    """Return the message that commits *delta*. New label sets get their numbers in *lids*.

    `known` returns the stored form of an owner's facts before, None where there were none.
    """
    labels = [
        part for each, first in delta.labels.items() for part in (_lid(lids, each), codec.pack_labels(each, first))
    ]
    facts: dict[Key, bytes] = {}
    grown: dict[Key, bytes] = {}
    for key, put in delta.facts.items():
        facts[key], more = _facts(key, put, known(key))
        if more is not None:
            grown[key] = more
    fields = {key: codec.field_of(key) for key in delta.facts}
    message = codec.pack_message(
        [
            expected,
            following,
            delta.watermark,
            _facts_by_bucket(facts, grown, fields, delta.forgotten),
            _cells(delta, lids),
            [
                *_index("i", delta.intervals, lids),
                *_index("d", delta.due, lids),
                *_index("s", delta.stops, lids),
                *_holdings("i", delta.lasting, lids, fields),
                *_holdings("s", delta.stopped, lids, fields),
                *_hidden(delta.hidden, fields),
            ],
            labels,
            _flat(delta.sources.items()),
            _flat(delta.counts.items()),
            [[day, _flat((fields[key], b"") for key in owners)] for day, owners in delta.expiry.items()],
            [codec.pack_restated(row, following) for row in delta.log[-MOST_LOGGED:]],
            _flat(meta.items()),
            MOST_LOGGED,
        ]
    )
    return Payload(message, facts)


def _hidden(hidden: Mapping[Key, bool], fields: Mapping[Key, bytes]) -> list[list[Any]]:
    """Return which conversations nobody is to be told of, and which again may be."""
    if not hidden:
        return []
    put = _flat((fields[key], 1) for key, is_hidden in hidden.items() if is_hidden)
    return [[HIDDEN, put, [fields[key] for key, is_hidden in hidden.items() if not is_hidden]]]


def _flat(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return list(chain.from_iterable(pairs))


def _lid(lids: dict[Labels, int], labels: Labels) -> int:
    lid = lids.get(labels)
    if lid is None:
        lid = lids[labels] = len(lids)
    return lid


def _facts(key: Key, put: FactsPut, before: bytes | None) -> tuple[bytes, bytes | None]:
    """Return the stored form of the facts of an owner, and what of it is sent; None: all."""
    if put.added is None or (before is None and len(put.added) < len(put.facts)):
        return codec.pack_facts(key, put.facts.values()), None
    more = codec.pack_facts(key, put.added)
    if before is None:
        return more, None
    return before + more, more if len(before) >= LONG else None


def _facts_by_bucket(
    facts: Mapping[Key, bytes], grown: Mapping[Key, bytes], fields: Mapping[Key, bytes], forgotten: Iterable[Key]
) -> list[list[Any]]:
    """Return for each bucket what is put (field, facts, …), what is deleted, and what grows (field, more, …)."""
    buckets: dict[int, tuple[list[bytes], list[bytes], list[bytes]]] = defaultdict(lambda: ([], [], []))
    for key, blob in facts.items():
        field = fields[key]
        put, _, grow = buckets[codec.bucket_of(field)]
        if key in grown:
            grow += (field, grown[key])
        else:
            put += (field, blob)
    for key in forgotten:
        field = codec.field_of(key)
        buckets[codec.bucket_of(field)][1].append(field)
    return [[bucket, *each] for bucket, each in buckets.items()]


def _cells(delta: Delta, lids: Mapping[Labels, int]) -> list[list[Any]]:
    rows = []
    for (width, start), groups in delta.cells.items():
        touched = []
        for labels, cells in groups.items():
            flat = _amounts(cells)
            if flat:
                touched.append([lids[labels], flat])
        if touched:
            rows.append([f"{width}:{start}", touched])
    return rows


def _amounts(cells: Mapping[int, int]) -> list[Any]:
    """Return measure, amount, … of what does not stay the same."""
    if not cells or codec.is_safe(max(cells)):
        if 0 not in cells.values():
            return list(chain.from_iterable(cells.items()))
        return _flat([item for item in cells.items() if item[1]])
    return _flat((codec.pack_measure(measure), amount) for measure, amount in cells.items() if amount)


def _index(letter: str, index: Index, lids: Mapping[Labels, int]) -> list[list[Any]]:
    rows = []
    for bucket, entries in index.items():
        put: list[bytes | int] = []
        gone: list[bytes] = []
        for entry, number in entries.items():
            field = codec.pack_entry(entry, lids)
            if number:
                put += (field, number)
            else:
                gone.append(field)
        rows.append([f"{letter}:{bucket}", put, gone])
    return rows


def _holdings(
    letter: str, holdings: Holdings, lids: Mapping[Labels, int], fields: Mapping[Key, bytes]
) -> list[list[Any]]:
    rows = []
    for bucket, owners in holdings.items():
        put: list[bytes] = []
        gone: list[bytes] = []
        for owner, held in owners.items():
            if held:
                put += (fields[owner], codec.pack_held(held, lids))
            else:
                gone.append(fields[owner])
        rows.append([f"{letter}:{bucket}", put, gone])
    return rows
