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
from aggregators.catalogue import METRICS
from aggregators.engine import Engine, Incoming
from aggregators.events import Event
from aggregators.instants import DAY_MS, rfc3339
from aggregators.rolling import LEVELS
from aggregators.tables import Tables, sorted_lines
from stream.decoding import decode_record
from stream.errors import UsageError
from stream.files import instant, lines_of
from stream.offline import CHUNK, Offline, definitions_of
from stream.progress import progress
from stream.settings import duration_ms, load

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aggregators.catalogue import Metric
    from aggregators.rolling import Group

LONGEST_STEP_MS = 366 * DAY_MS
_CATALOGUE = {metric: place for place, metric in enumerate(METRICS)}


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
        total = sum(number for number, _ in rejected.values())
        sys.stderr.write(f"{total} lines rejected\n")
        sys.stderr.writelines(
            f"  {number} × {reason}, first in line {first}\n" for reason, (number, first) in sorted(rejected.items())
        )
    if rejected and not records:
        message = f"compute: no line of {', '.join(map(str, request.files))} is an event"
        raise UsageError(message)
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


def _in_time_order(lines: Iterable[bytes]) -> tuple[list[Incoming], dict[str, tuple[int, int]]]:
    """Return the events of *lines* by `at`, each a record whose timestamp is its own `at`.

    And what was none: reason (with the field it is about) → how many, number of the first line of them.
    """
    kept: list[Incoming] = []
    rejected: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(lines, start=1):
        content = decode_record(line)
        if isinstance(content, Event):
            kept.append(Incoming(content.at, content))
        else:
            reason = f"{content.reason} ({content.detail})" if content.detail else content.reason
            before, first = rejected.get(reason, (0, number))
            rejected[reason] = (before + 1, first)
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
    if every > LONGEST_STEP_MS:
        message = f"--every: {request.every!r} is longer than a year (try 1h)"
        raise UsageError(message)
    if not records and (request.start is None or request.end is None):
        return []
    first = instant("--from", request.start) if request.start else records[0].timestamp + 1
    last = instant("--to", request.end) if request.end else records[-1].timestamp
    return list(range(first + -first % every, last + (0 if request.end else -last % every) + 1, every))


def _wanted(rows: Iterable[Row], prefixes: tuple[str, ...]) -> list[Row]:
    """Return the rows asked for, always in the same order: that of the catalogue, then by labels."""
    return sorted((row for row in rows if not prefixes or row.name.startswith(prefixes)), key=_place)


def _place(row: Row) -> tuple[object, ...]:
    return (_CATALOGUE[row.metric], LEVELS.index(row.group.level), row.group.values, row.window or "", row.extra or "")


@cache
def _series(metric: Metric, group: Group, window: str | None, extra: str | None) -> str:
    """Return name and labels as two columns of CSV; the same few thousand come back at every instant."""
    row = Row(metric, group, window, extra, 0)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow((row.name, labels_text(row)))
    return text.getvalue()
