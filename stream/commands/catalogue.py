"""`deskpulse catalogue`: every metric and its definition."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

NAME = "catalogue"


class Format(StrEnum):
    """How the catalogue is printed."""

    MARKDOWN = "markdown"
    JSON = "json"


def command(
    fmt: Annotated[Format, typer.Option("--format", help="A page for people, or data for programs.")] = Format.MARKDOWN,
    pages: Annotated[
        Path | None, typer.Option(help="Write a page for each family into this folder, with edge cases and PromQL.")
    ] = None,
) -> None:
    """Print every metric: names, kind, unit, labels, what it says, its formula; and what a queue costs in series.

    **Examples**

    `deskpulse catalogue > docs/metrics.md`

    `deskpulse catalogue --pages docs/metrics`

    `deskpulse catalogue --format json | jq '.series_budget'`
    """
    import json
    import sys

    from stream.metric_pages import write_pages
    from stream.metrics_page import as_data, as_markdown
    from stream.settings import FIXED_WINDOWS

    if pages is not None:
        write_pages(pages)
    elif fmt is Format.MARKDOWN:
        sys.stdout.write(as_markdown(FIXED_WINDOWS))
    else:
        print(json.dumps(as_data(FIXED_WINDOWS), indent=1, ensure_ascii=False))
