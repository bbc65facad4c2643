"""`deskpulse backtest`: when alert rules would have fired."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

NAME = "backtest"


def command(
    rules: Annotated[Path, typer.Argument(help="A file of Prometheus rules.")],
    files: Annotated[list[Path], typer.Argument(help="Event files (JSON lines, .gz too).")],
    *,
    interval: Annotated[
        str,
        typer.Option(help="A sample is taken so often, and rules evaluated whose group names no interval."),
    ] = "15s",
    start: Annotated[
        str | None, typer.Option("--from", help="The first evaluation, inclusive (RFC 3339 or epoch ms).")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The last evaluation, inclusive.")] = None,
    alert: Annotated[
        list[str] | None, typer.Option(help="Only the alert of this name; may be repeated. Also one of the pipeline.")
    ] = None,
    fmt: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
) -> None:
    """Say when alert rules would have fired over the history in event files, for how long, and how often.

    The metrics that the rules select are computed at every interval, as `compute` does it, given to a Prometheus of
    its own (`prometheus` and `promtool` on PATH) as blocks of the past, and each rule is evaluated over them;
    `for` and `keep_firing_for` are taken as Prometheus takes them. Alerts on the pipeline are left out. Each set of
    labels counts for itself: what Alertmanager makes one page of, or silences, is not taken off.

    **Examples**

    `deskpulse backtest deskpulse.rules.yml october.jsonl.gz`

    `deskpulse backtest my.rules.yml day.jsonl --alert DeskpulseQueueSpike --format json`
    """
    from stream.backtesting.run import Request, run

    run(
        Request(
            rules=rules,
            files=tuple(files),
            interval=interval,
            start=start,
            end=end,
            alerts=tuple(alert or ()),
            fmt=fmt,
        )
    )
