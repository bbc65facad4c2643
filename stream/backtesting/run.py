"""A back-test from its options to what it prints."""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from aggregators.catalogue import METRICS
from aggregators.instants import rfc3339
from stream.backtesting.evaluating import evaluate, record
from stream.backtesting.prometheus import find_tools, running
from stream.backtesting.report import Found, Result, as_csv, as_json, show
from stream.backtesting.rules import read_rules
from stream.backtesting.sampling import Sampler
from stream.batch import read_events
from stream.errors import UsageError
from stream.files import instant
from stream.offline import definitions_of
from stream.printing import metrics_named
from stream.progress import progress
from stream.settings import duration_ms, load
from stream.unwinding import unwound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aggregators.engine import Incoming
    from stream.backtesting.rules import Alert, Rules

FORMATS = ("table", "json", "csv")
LONGEST_MS = 3_600_000
_SENTENCE = re.compile(r"(?<=\.) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    rules: Path
    files: tuple[Path, ...]
    interval: str
    start: str | None
    end: str | None
    alerts: tuple[str, ...]
    fmt: str


def run(request: Request) -> None:
    """Run the back-test and print it. UsageError where something does not fit, or is not there."""
    result = back_test(request)
    if request.fmt == "json":
        sys.stdout.write(as_json(result) + "\n")
    elif request.fmt == "csv":
        sys.stdout.writelines(as_csv(result))
    else:
        show(result)


def back_test(request: Request) -> Result:
    """Return when the alerts of the rules would have fired. UsageError where something does not fit."""
    interval_ms, start_ms, end_ms = _asked(request)
    tools, settings = find_tools(), load()
    definitions = definitions_of(settings)
    with unwound(), tempfile.TemporaryDirectory(prefix="deskpulse-backtest-") as name:
        folder, data = Path(name), Path(name) / "data"
        rules = read_rules(tools, request.rules, folder, interval_ms=interval_ms)
        chosen, left_out = _chosen(rules, request)
        records = read_events("backtest", request.files, definitions)
        if not records:
            message = f"backtest: there is no event in {', '.join(map(str, request.files))}"
            raise UsageError(message)
        instants = _instants(records, start_ms=start_ms, end_ms=end_ms, interval_ms=interval_ms)
        expressions = [alert.expression for alert in chosen]
        sampled = _sampled(records, instants, max(map(rules.looks_back_ms, expressions)))
        sampler = Sampler(settings, [each for expression in expressions for each in rules.selected(expression)])
        sampler.write(records, sampled, tools=tools, folder=folder, data=data)
        record(rules, rules.needed(expressions), sampled, tools=tools, folder=folder, data=data)
        found = []
        with (
            running(tools, folder, data=data, interval_ms=interval_ms) as server,
            progress("evaluating", len(chosen)) as step,
        ):
            for alert in chosen:
                every = range(_ceil(instants[0], alert.every_ms), instants[-1] + 1, alert.every_ms)
                missing = _missing(rules, alert, sampler.seen, definitions.families)
                blind = bool(missing.keys() & rules.indispensable(alert.expression))
                found.append(Found(alert, evaluate(server, alert, every), missing, blind))
                step(1)
    return Result(instants[0], instants[-1], interval_ms, found, left_out)


def _instants(records: Sequence[Incoming], *, start_ms: int | None, end_ms: int | None, interval_ms: int) -> range:
    """Return the multiples of the interval from --from to --to, else from the first event to after the last one."""
    first_ms = records[0].timestamp + 1 if start_ms is None else start_ms
    last_ms = _ceil(records[-1].timestamp + 1, interval_ms) if end_ms is None else end_ms
    instants = range(_ceil(first_ms, interval_ms), last_ms + 1, interval_ms)
    if not instants:
        message = (
            f"backtest: nothing is evaluated from {rfc3339(first_ms)} to {rfc3339(last_ms)}: "
            f"the events are from {rfc3339(records[0].timestamp)} to {rfc3339(records[-1].timestamp)}"
        )
        raise UsageError(message)
    return instants


def _sampled(records: Sequence[Incoming], instants: range, back_ms: int) -> range:
    """Return the instants to take samples at: those of the evaluations, and what these look back to."""
    # Before the first event there is nothing to see.
    earliest_ms = max(instants[0] - _ceil(back_ms, instants.step), _ceil(records[0].timestamp, instants.step))
    return range(min(instants[0], earliest_ms), instants[-1] + 1, instants.step)


def _asked(request: Request) -> tuple[int, int | None, int | None]:
    if request.fmt not in FORMATS:
        message = f"--format: {request.fmt!r} is not one of {', '.join(FORMATS)}"
        raise UsageError(message)
    try:
        interval_ms = duration_ms(request.interval)
    except ValueError as error:
        message = f"--interval: {error}"
        raise UsageError(message) from error
    if interval_ms > LONGEST_MS:
        message = f"--interval: {request.interval!r} is longer than an hour (try 15s)"
        raise UsageError(message)
    start_ms = None if request.start is None else instant("--from", request.start)
    end_ms = None if request.end is None else instant("--to", request.end)
    if start_ms is not None and end_ms is not None and start_ms > end_ms:
        message = f"--from: {request.start!r} is later than --to {request.end!r}"
        raise UsageError(message)
    return interval_ms, start_ms, end_ms


def _chosen(rules: Rules, request: Request) -> tuple[list[Alert], list[str]]:
    """Return the alerts to evaluate, and the names of those left out."""
    known = dict.fromkeys(alert.name for alert in rules.alerts)
    for name in request.alerts:
        if name not in known:
            close = get_close_matches(name, known, 3, 0.6) or list(known)
            message = f"--alert: {request.rules} has no alert {name!r} (try {', '.join(close)})"
            raise UsageError(message)
    if not known:
        message = f"{request.rules}: there is no alert in it"
        raise UsageError(message)
    if request.alerts:
        return [alert for alert in rules.alerts if alert.name in request.alerts], []
    pipeline = [alert for alert in rules.alerts if rules.is_of_the_pipeline(alert)]
    left_out = dict.fromkeys(alert.name for alert in pipeline)
    if len(pipeline) == len(rules.alerts):
        message = (
            f"{request.rules}: its alerts are on the pipeline, of which a replay has none (--alert NAME all the same)"
        )
        raise UsageError(message)
    return [alert for alert in rules.alerts if alert not in pipeline], list(left_out)


def _missing(rules: Rules, alert: Alert, seen: Collection[str], families: Collection[str]) -> dict[str, str]:
    """Return the metrics of *alert* without a sample, each with why, and what to set if that is it."""
    asked = dict.fromkeys(each.name for each in rules.selected(alert.expression) if each.name)
    return {name: _why(name, families) for name in asked if name not in seen}


def _why(name: str, families: Collection[str]) -> str:
    for metrics in metrics_named((name,)).values():
        for metric in metrics:
            if metric in METRICS and metric.asked and metric.asked not in families:
                return f'DESKPULSE_DEFINITIONS: families = ["{metric.asked}"]'
            unknown = [each for each in _SENTENCE.split(metric.edges) if each.startswith("Unknown")]
            if unknown:
                return " ".join(unknown).rstrip(".")
    return "nothing of it in these events"


def _ceil(at_ms: int, step_ms: int) -> int:
    return at_ms + -at_ms % step_ms
