"""Batch computation: what `deskpulse compute` does."""

from __future__ import annotations

import csv
import io
import sys
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import orjson

from aggregators.board import Row
from aggregators.engine import Engine, Incoming
from aggregators.events import Event
from aggregators.instants import rfc3339
from aggregators.tables import Tables, sorted_lines
from stream.decoding import decode_record
from stream.errors import UsageError
from stream.files import instant, lines_of
from stream.offline import CHUNK, Offline, definitions_of
from stream.progress import progress
from stream.settings import duration_ms, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from aggregators.catalogue import Metric
    from aggregators.rolling import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    files: tuple[Path, ...]
    as_of: str | None
    every: str | None
    start: str | None
    end: str | None
    fmt: str
    prefixes: tuple[str, ...]
    as_applied: bool


def run(request: Request) -> None:
    """Compute and print. UsageError where options do not fit together or a file cannot be read."""
    if sum((request.as_of is not None, request.every is not None, request.as_applied)) != 1:
        message = "compute: say one of --as-of, --every and --as-applied"
        raise UsageError(message)
    if request.fmt not in ("csv", "prom") or (request.fmt == "prom" and request.every):
        message = f"--format: {request.fmt!r} is not one of csv, prom (prom only with --as-of)"
        raise UsageError(message)
    if request.as_applied:
        for line in as_applied(lines_of(request.files)):
            sys.stdout.write(line + "\n")
        return
    records, rejected = _in_time_order(lines_of(request.files))
    if rejected:
        sys.stderr.write(f"{rejected} lines rejected\n")
    instants = _instants(request, records)
    offline = Offline(load())
    if request.fmt == "csv":
        sys.stdout.write("t,metric,labels,value\n")
    position = 0
    with progress("computing", len(instants)) as step:
        for now in instants:
            upto = position
            while upto < len(records) and records[upto].timestamp < now:
                upto += 1
            offline.apply(records[position:upto])
            position = upto
            offline.board.move(now)
            wanted = _wanted(offline.board.rows(), request.prefixes)
            if request.fmt == "prom":
                sys.stdout.writelines(f"{row.name}{{{labels_text(row)}}} {number(row.value)}\n" for row in wanted)
            else:
                at = rfc3339(now)
                sys.stdout.writelines(f"{at},{_series(*row[:4])},{number(row.value)}\n" for row in wanted)
            step(1)


def as_applied(lines: Iterable[bytes]) -> list[str]:
    """Return the canonical lines of the tables after the last record of an exported log, sorted."""
    settings = load()
    definitions = definitions_of(settings)
    engines: dict[tuple[str, int], Engine] = {}
    tables: dict[tuple[str, int], Tables] = {}
    waiting: dict[tuple[str, int], list[tuple[int, Incoming]]] = {}

    def flush(where: tuple[str, int]) -> None:
        batch = waiting.pop(where, [])
        mine = tables.setdefault(where, Tables())
        engine = engines.setdefault(where, Engine(definitions))
        delta = engine.run([record for _, record in batch], lambda key: dict(mine.facts.get(key, {})))
        mine.apply(delta, offset=batch[-1][0] + 1)

    for number_of_line, line in enumerate(lines, start=1):
        try:
            row = orjson.loads(line)
            where = (row["topic"], row["partition"])
            value = None if row["value"] is None else b64decode(row["value"])
            record = (row["offset"], Incoming(row["timestamp"], decode_record(value)))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            message = f"line {number_of_line} is not a line of an export ({type(error).__name__}: {error})"
            raise UsageError(message) from error
        batch = waiting.setdefault(where, [])
        batch.append(record)
        if len(batch) >= CHUNK:
            flush(where)
    for where in list(waiting):
        flush(where)
    return sorted_lines(
        text
        for (topic, partition), mine in tables.items()
        for text in mine.lines(topic, partition, definitions=definitions)
    )


def labels_text(row: Row) -> str:
    """Return the labels of *row* as the exposition format writes them."""
    return ",".join(f'{name}="{_escape(value)}"' for name, value in row.pairs)


def number(value: float) -> str:
    """Write a value: integers as such, others with at least six decimals where they need them."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value == int(value) else repr(round(value, 9))


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _in_time_order(lines: Iterable[bytes]) -> tuple[list[Incoming], int]:
    """Return the events of *lines* by `at`, each a record whose timestamp is its own `at`; and how many were none."""
    kept: list[Incoming] = []
    rejected = 0
    for line in lines:
        content = decode_record(line)
        if isinstance(content, Event):
            kept.append(Incoming(content.at, content))
        else:
            rejected += 1
    kept.sort(key=lambda record: record.timestamp)
    return kept, rejected


def _instants(request: Request, records: list[Incoming]) -> list[int]:
    if request.as_of is not None:
        return [instant("--as-of", request.as_of)]
    try:
        every = duration_ms(request.every or "")
    except ValueError as error:
        message = f"--every: {error}"
        raise UsageError(message) from error
    if not records and (request.start is None or request.end is None):
        return []
    first = instant("--from", request.start) if request.start else records[0].timestamp + 1
    last = instant("--to", request.end) if request.end else records[-1].timestamp
    return list(range(first + -first % every, last + (0 if request.end else -last % every) + 1, every))


def _wanted(rows: Iterable[Row], prefixes: tuple[str, ...]) -> Iterator[Row]:
    return (row for row in rows if not prefixes or row.name.startswith(prefixes))


@cache
def _series(metric: Metric, group: Group, window: str | None, extra: str | None) -> str:
    """Return name and labels as two columns of CSV; the same few thousand come back at every instant."""
    row = Row(metric, group, window, extra, 0)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow((row.name, labels_text(row)))
    return text.getvalue()
