"""From the bytes of a record to an Event or Rejected. Strict: orjson takes UTF-8 JSON and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from aggregators.events import MAX_BYTES, USUAL_SCALES, Rejected, take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregators.definitions import Scale
    from aggregators.events import Event
    from stream.chunks import Record


def decode_record(value: bytes | None, scales: Mapping[str, Scale] = USUAL_SCALES) -> Event | Rejected:
    """Decode the value of a Kafka record, or a line of a file without its newline; *scales* as in `decode`.

    NaN, numbers beyond a double, a byte-order mark, raw control characters and lone surrogates are no JSON.
    """
    if value is None:
        return Rejected("invalid_json", "empty")
    if len(value) > MAX_BYTES:
        return Rejected("too_large")
    try:
        sent = orjson.loads(value)
    except orjson.JSONDecodeError:
        return Rejected("invalid_json")
    return take_apart(sent, scales)


def decode_records(
    records: Sequence[Record], scales: Mapping[str, Scale] = USUAL_SCALES
) -> list[tuple[int, Event | Rejected]]:
    """Decode the values of records, each with its timestamp (epoch ms) before."""
    return [(record.timestamp, decode_record(record.value, scales)) for record in records]
