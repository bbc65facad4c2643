"""`deskpulse dump`: what stands in Redis, line by line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

NAME = "dump"


def command(
    redis: Annotated[str | None, typer.Option(help="Address of Redis. [DESKPULSE_REDIS]")] = None,
) -> None:
    """Print every fact, cell, interval, timer and stop in Redis, with each partition's offset and watermark, sorted.

    Equal, byte for byte, to `compute --as-applied` over the exported log.

    **Examples**

    `deskpulse dump > redis.txt`

    `deskpulse export | deskpulse compute --as-applied - | diff - redis.txt`
    """
    import asyncio

    from stream import log
    from stream.dumping import dump
    from stream.settings import load

    settings = load({"redis": redis})
    log.configure(settings)
    for line in asyncio.run(dump(settings)):
        sys.stdout.write(line + "\n")
