"""What a back-test found, as a table, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from aggregators.instants import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.backtesting.firing import Page
    from stream.backtesting.rules import Alert

PLAIN_WIDTH = 120
PER_SERIES = "each queue counts for itself: Alertmanager makes fewer pages of them, by grouping and inhibition"
_NOT_SHOWN = ("alertname", "severity", "team", "job", "instance")
_MINUTE_S, _HOUR_S = 60, 3_600


class Found(NamedTuple):
    """What was found of one alert; `missing` are the metrics it looks at of which there was never a value, and why.

    `blind`: without one of these its expression yields nothing, whatever happened.
    """

    alert: Alert
    pages: list[Page]
    missing: dict[str, str]
    blind: bool


class Result(NamedTuple):
    """A back-test from `first_ms` to `last_ms`, and the alerts that were left out of it."""

    first_ms: int
    last_ms: int
    interval_ms: int
    found: list[Found]
    left_out: list[str]


def spans(found: Found, last_ms: int) -> list[float]:
    """Return how long it fired each time, in seconds; what still fires at the end is counted up to there."""
    return [((last_ms if page.until_ms is None else page.until_ms) - page.fired_ms) / 1000 for page in found.pages]


def sentence(found: Found, last_ms: int) -> str:
    """Return in a sentence how often it would have fired, and for how long."""
    name = found.alert.name
    if found.blind:
        return f"{name} was not tested: it never had data: {_named(found.missing)}"
    seconds = spans(found, last_ms)
    if not seconds:
        return f"{name} would not have fired"
    how_often = "once" if len(seconds) == 1 else f"{len(seconds)} times"
    if len(seconds) == 1:
        return f"{name} would have fired once, for {duration(seconds[0])}"
    longest = duration(max(seconds))
    return f"{name} would have fired {how_often}, {duration(sum(seconds))} altogether, longest {longest}"


def spared(result: Result) -> dict[str, str]:
    """Return the metrics without data that rules which were tested can do without, each with why there is none."""
    return {metric: why for each in result.found if not each.blind for metric, why in each.missing.items()}


def duration(seconds: float) -> str:
    """Return *seconds* as people say it: 45 s, 12 min, 3 h 12 min."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min"
    hours, rest = divmod(seconds, _HOUR_S)
    return f"{hours:.0f} h {rest // _MINUTE_S:.0f} min"


def as_json(result: Result) -> str:
    """Return *result* as one JSON object."""
    alerts = [
        {
            "alert": each.alert.name,
            "labels": dict(each.alert.labels),
            "times": len(each.pages),
            "seconds": sum(spans(each, result.last_ms)),
            "longest_seconds": max(spans(each, result.last_ms), default=0),
            "tested": not each.blind,
            "never_had_data": list(each.missing),
            "firings": [
                _page(page, seconds) for page, seconds in zip(each.pages, spans(each, result.last_ms), strict=True)
            ],
        }
        for each in result.found
    ]
    said = {
        "from": rfc3339(result.first_ms),
        "to": rfc3339(result.last_ms),
        "interval_seconds": result.interval_ms / 1000,
        "alerts": alerts,
        "left_out": result.left_out,
    }
    return json.dumps(said, indent=2, ensure_ascii=False)


def as_csv(result: Result) -> Iterator[str]:
    """Yield a line for each time that an alert fired, below a head."""
    yield "alert,severity,labels,pending,fired,until,seconds\n"
    for each in result.found:
        for page, seconds in zip(each.pages, spans(each, result.last_ms), strict=True):
            until = "" if page.until_ms is None else rfc3339(page.until_ms)
            line = io.StringIO()
            row = (
                each.alert.name,
                each.alert.severity,
                _labels(page),
                rfc3339(page.pending_ms),
                rfc3339(page.fired_ms),
            )
            csv.writer(line, lineterminator="\n").writerow((*row, until, f"{seconds:g}"))
            yield line.getvalue()


def show(result: Result) -> None:
    """Print *result* for people: each time that an alert fired in a table, then a sentence for each alert."""
    # Imported for people only: it takes as long as a small computation.
    from rich.console import Console  # noqa: PLC0415 - a table alone needs them; JSON and CSV do without
    from rich.table import Table  # noqa: PLC0415 - as above

    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    rows = sorted(
        (page.fired_ms, each.alert.name, _labels(page), page.until_ms, seconds)
        for each in result.found
        for page, seconds in zip(each.pages, spans(each, result.last_ms), strict=True)
    )
    if rows:
        table = Table("fired", "until", "for", "alert", "where", box=None, pad_edge=False, header_style="bold")
        for fired, name, labels, until, seconds in rows:
            end = "at the end still" if until is None else _clock(until)
            table.add_row(_clock(fired), end, duration(seconds), name, labels)
        console.print(table)
        console.print()
    every = f"{result.interval_ms / 1000:g} s"
    console.print(f"{_clock(result.first_ms)} to {_clock(result.last_ms)} UTC, a sample every {every}", soft_wrap=True)
    for each in result.found:
        console.print(f"  {sentence(each, result.last_ms)}", soft_wrap=True, markup=False)
    if missing := spared(result):
        console.print(f"  without data, and not needed: {_named(missing)}", soft_wrap=True, markup=False)
    console.print(f"  {PER_SERIES}", soft_wrap=True)
    if result.left_out:
        console.print(f"  left out, for a replay has no pipeline: {', '.join(result.left_out)}", soft_wrap=True)


def _named(missing: dict[str, str]) -> str:
    return ", ".join(f"{metric} ({why})" for metric, why in missing.items())


def _page(page: Page, seconds: float) -> dict[str, Any]:
    return {
        "labels": {name: value for name, value in page.labels if name != "alertname"},
        "pending": rfc3339(page.pending_ms),
        "fired": rfc3339(page.fired_ms),
        "until": None if page.until_ms is None else rfc3339(page.until_ms),
        "seconds": seconds,
    }


def _labels(page: Page) -> str:
    return " ".join(f"{name}={value}" for name, value in page.labels if name not in _NOT_SHOWN)


def _clock(at_ms: int) -> str:
    return rfc3339(at_ms).replace("T", " ").removesuffix("Z")
