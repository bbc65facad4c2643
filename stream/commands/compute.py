"""`deskpulse compute`: the same aggregates from files, without Kafka and Redis."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

NAME = "compute"


def command(
    files: Annotated[list[Path], typer.Argument(help="Event files (JSON lines, .gz too), or one export.")],
    *,
    as_of: Annotated[
        str | None, typer.Option(help="Print what /metrics shows at this instant (RFC 3339 or epoch ms).")
    ] = None,
    every: Annotated[str | None, typer.Option(help="Print rows at every multiple of this duration, like 60s.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="With --every: the first instant, inclusive.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="With --every: the last instant, inclusive.")] = None,
    fmt: Annotated[
        str,
        typer.Option("--format", help="csv, or prom (exposition text; only with --as-of, where it is the default)."),
    ] = "",
    metric: Annotated[
        list[str] | None,
        typer.Option(help="Only metrics whose name begins with this, which is faster; may be repeated."),
    ] = None,
    as_applied: Annotated[
        bool, typer.Option("--as-applied", help="Print the tables after the last record of an export, line by line.")
    ] = False,
) -> None:
    """Compute the metrics of event files.

    Every record with `at` before an instant counts at that instant, whatever its place in the file. Lines that are
    no events are left out, and said on stderr by reason with the first line of each; blank lines are passed over.

    **Examples**

    `deskpulse compute day.jsonl --as-of 2026-11-21T12:00:00Z`

    `deskpulse compute day.jsonl --every 15m --metric support_queue_rolling_service_level > day.csv`

    `deskpulse export > log.jsonl && deskpulse compute --as-applied log.jsonl`
    """
    from stream.batch import Request, run

    run(
        Request(
            files=tuple(files),
            as_of=as_of,
            every=every,
            start=start,
            end=end,
            fmt=fmt,
            prefixes=tuple(metric or ()),
            as_applied=as_applied,
        )
    )
