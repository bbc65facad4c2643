"""`deskpulse export`: a Kafka log as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NAME = "export"


def command(
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; .gz packs it; - is standard output.")] = Path(
        "-"
    ),
    topic: Annotated[list[str] | None, typer.Option(help="Only this topic; may be repeated.")] = None,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")] = None,
) -> None:
    """Write every record of the source topics with its offset and timestamp, as far as the log goes now.

    One JSON line a record: topic, partition, offset, timestamp, key and value (both base64).

    **Examples**

    `deskpulse export --out log.jsonl.gz`

    `deskpulse export | deskpulse compute --as-applied -`
    """
    import asyncio

    from stream import log
    from stream.exporting import export
    from stream.settings import load

    settings = load({"kafka": kafka})
    log.configure(settings)
    asyncio.run(export(settings, out, topics=tuple(topic or ())))
