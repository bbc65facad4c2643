"""Batch computation: what `deskpulse compute` does."""

from __future__ import annotations

import sys
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from aggregators.engine import Engine, Incoming
from aggregators.events import Event
from aggregators.hearing import Hearing
from aggregators.instants import DAY_MS, rfc3339
from aggregators.tables import Tables, sorted_lines
from stream.decoding import decode_record
from stream.errors import UsageError
from stream.files import instant, lines_of
from stream.offline import CHUNK, Offline, definitions_of
from stream.printing import (
    chosen,
    csv_lines,
    exposition,
    metrics_named,
    refuse_metric_not_asked_for,
    refuse_unknown_metric,
)
from stream.progress import progress
from stream.settings import duration_ms, load
from stream.told import decode_told, told_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from aggregators.definitions import Definitions

LONGEST_STEP_MS = 366 * DAY_MS
NOTHING_LEFT_MS = 8 * DAY_MS
"""The longest window with the quarter of an hour it is cut to, and the timers of what was left open."""
STEP_LINES = 1_000
HINTS = {"before_1990": "a number is an epoch in milliseconds"}
"""Reason of a rejection → what it may come of, where that can be seen from none of the event's fields."""
MOST_INSTANTS = 100_000
LONGEST_MS = 3_660 * DAY_MS
"""Where the events alone say from when to when: so many instants, and ten years. More than that an `at` is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line. `fmt` "" is the usual one: csv with --every, else prom."""

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
    _refuse_what_does_not_fit(request)
    if request.as_applied:
        lines = as_applied(lines_of(request.files), source=_names(request.files))
        if not lines:
            sys.stderr.write(f"there is no record in {_names(request.files)}\n")
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return
    settings = load()
    definitions = definitions_of(settings)
    for prefix in request.prefixes:
        refuse_metric_not_asked_for(prefix, definitions.families, definitions.levels)
    records = read_events("compute", request.files, definitions)
    if not records:
        sys.stderr.write(f"there is no event in {_names(request.files)}\n")
    instants = _instants(request, records)
    _say_what_lies_outside(request, records, instants)
    offline = Offline(settings, metrics=metrics_named(request.prefixes))
    fmt = request.fmt or ("csv" if request.every else "prom")
    if fmt == "csv":
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
            rows = chosen(offline.board.rows(), request.prefixes)
            sys.stdout.writelines(exposition(rows) if fmt == "prom" else csv_lines(rows, rfc3339(now)))
            step(1)


def read_events(command: str, files: Sequence[Path], definitions: Definitions) -> list[Incoming]:
    """Return the events of *files* by `at`, each a record whose timestamp is its own `at`.

    What is none is said on stderr, by reason with the first line of each. UsageError, which names *command*, if there
    are lines and none is an event.
    """
    records, rejected = _in_time_order(files, definitions)
    if rejected:
        total = sum(number for number, _ in rejected.values())
        sys.stderr.write(f"{total} line{'s' * (total != 1)} rejected\n")
        sys.stderr.writelines(
            f"  {number} × {reason}, first in {first}\n" for reason, (number, first) in sorted(rejected.items())
        )
    if rejected and not records:
        message = f"{command}: no line of {_names(files)} is an event"
        raise UsageError(message)
    return records


def _names(files: Iterable[Path]) -> str:
    return ", ".join("standard input" if str(path) == "-" else str(path) for path in files)


def as_applied(lines: Iterable[bytes], *, source: str = "the log") -> list[str]:
    """Return the canonical lines of the tables after the last record of an exported log, sorted.

    Raises UsageError for a line that is none of an export; it names `source`.
    """
    settings = load()
    definitions = definitions_of(settings)
    told = told_topics(settings).values()
    engines: dict[tuple[str, int], Engine] = {}
    tables: dict[tuple[str, int], Tables] = {}
    waiting: dict[tuple[str, int], list[tuple[int, Incoming]]] = {}

    def flush(where: tuple[str, int]) -> None:
        batch = waiting.pop(where, [])
        mine = tables.setdefault(where, Tables())
        engine = engines.setdefault(where, (Hearing if where[0] in told else Engine)(definitions))
        delta = engine.run([record for _, record in batch], lambda key: dict(mine.facts.get(key, {})))
        mine.apply(delta, offset=batch[-1][0] + 1)

    for number_of_line, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            where = (row["topic"], row["partition"])
            value = None if row["value"] is None else b64decode(row["value"])
            content = decode_told(value) if row["topic"] in told else decode_record(value, definitions.scales)
            record = (row["offset"], Incoming(row["timestamp"], content))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            message = f"line {number_of_line} of {source} is not a line of an export ({why})"
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


def _in_time_order(
    files: Iterable[Path], definitions: Definitions
) -> tuple[list[Incoming], dict[str, tuple[int, str]]]:
    """Return the events of *files* by `at`, each a record whose timestamp is its own `at`.

    And what was none: reason (with the field it is about) → how many, file and line of the first of them. Blank lines
    are no records.
    """
    kept: list[Incoming] = []
    rejected: dict[str, tuple[int, str]] = {}
    with progress("reading", None) as step:
        for path in files:
            for number, line in enumerate(lines_of([path]), start=1):
                if number % STEP_LINES == 0:
                    step(STEP_LINES)
                if not line.strip():
                    continue
                content = decode_record(line, definitions.scales)
                if isinstance(content, Event):
                    kept.append(Incoming(content.at, content))
                else:
                    detail = content.detail or HINTS.get(content.reason)
                    reason = f"{content.reason} ({detail})" if detail else content.reason
                    before, first = rejected.get(reason, (0, f"{path}:{number}"))
                    rejected[reason] = (before + 1, first)
    kept.sort(key=lambda record: record.timestamp)
    return kept, rejected


def _refuse_what_does_not_fit(request: Request) -> None:
    """Raise UsageError, before any file is read, if an option is wrong or has no meaning beside another."""
    if sum((request.as_of is not None, request.every is not None, request.as_applied)) != 1:
        message = "compute: say one of --as-of, --every and --as-applied"
        raise UsageError(message)
    if request.fmt not in ("", "csv", "prom"):
        message = f"--format: {request.fmt!r} is not one of csv, prom"
        raise UsageError(message)
    if request.fmt == "prom" and request.every:
        message = "--format: prom goes with --as-of only, a scrape has one instant"
        raise UsageError(message)
    given = {"--from": request.start, "--to": request.end}
    if not request.every:
        for option in (option for option, text in given.items() if text is not None):
            message = f"{option}: goes with --every only"
            raise UsageError(message)
    if request.as_applied and (request.fmt or request.prefixes):
        message = f"{'--format' if request.fmt else '--metric'}: does not go with --as-applied, which prints tables"
        raise UsageError(message)
    if request.as_of is not None:
        instant("--as-of", request.as_of)
    if request.every is not None:
        _step_ms(request.every)
    first, last = (None if text is None else instant(option, text) for option, text in given.items())
    if first is not None and last is not None and first > last:
        message = f"--from: {request.start!r} is later than --to {request.end!r}"
        raise UsageError(message)
    for prefix in request.prefixes:
        refuse_unknown_metric(prefix)


def _step_ms(text: str) -> int:
    try:
        every = duration_ms(text)
    except ValueError as error:
        message = f"--every: {error}"
        raise UsageError(message) from error
    if every > LONGEST_STEP_MS:
        message = f"--every: {text!r} is longer than a year (try 1h)"
        raise UsageError(message)
    return every


def _say_what_lies_outside(request: Request, records: Sequence[Incoming], instants: Sequence[int]) -> None:
    """Say on stderr where an instant that was asked for lies before or after all events."""
    if not records:
        return
    first, last = records[0].timestamp, records[-1].timestamp
    if not instants:
        given = [f"{name} {text}" for name, text in (("--from", request.start), ("--to", request.end)) if text]
        sys.stderr.write(
            f"there is no multiple of {request.every} to print with {' and '.join(given)}: "
            f"the events are from {rfc3339(first)} to {rfc3339(last)}\n"
        )
    elif instants[-1] <= first:
        sys.stderr.write(f"{rfc3339(instants[-1])} is before the first event, {rfc3339(first)}\n")
    elif instants[0] > last + NOTHING_LEFT_MS:
        sys.stderr.write(f"{rfc3339(instants[0])} is later than every window of the last event, {rfc3339(last)}\n")


def _instants(request: Request, records: list[Incoming]) -> Sequence[int]:
    if request.as_of is not None:
        return [instant("--as-of", request.as_of)]
    every = _step_ms(request.every or "")
    if not records and (request.start is None or request.end is None):
        return []
    first = records[0].timestamp + 1 if request.start is None else instant("--from", request.start)
    last = records[-1].timestamp if request.end is None else instant("--to", request.end)
    found = range(first + -first % every, last + (-last % every if request.end is None else 0) + 1, every)
    if None in (request.start, request.end) and (len(found) > MOST_INSTANTS or last - first > LONGEST_MS):
        message = (
            f"--every: {len(found)} times {request.every} from {_named(records[0])} to {_named(records[-1])}: "
            "say --from and --to, both, or mend the at that is wrong"
        )
        raise UsageError(message)
    return found


def _named(record: Incoming) -> str:
    """Return when an event is, and which."""
    which = f" (event {record.content.id!r})" if isinstance(record.content, Event) else ""
    return f"{rfc3339(record.timestamp)}{which}"
