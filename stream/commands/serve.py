"""`deskpulse serve`: what is in Redis, for Prometheus."""

from __future__ import annotations

from typing import Annotated

import typer

NAME = "serve"


def command(
    listen: Annotated[str | None, typer.Option(help="Address, host:port. [DESKPULSE_LISTEN]")] = None,
    redis: Annotated[str | None, typer.Option(help="Address of Redis. [DESKPULSE_REDIS]")] = None,
    clock: Annotated[str | None, typer.Option(help="wall, or event to replay old days. [DESKPULSE_CLOCK]")] = None,
) -> None:
    """Serve /metrics, /live and /ready from Redis; any number of these may run.

    **Examples**

    `deskpulse serve`

    `deskpulse serve --clock event --listen 127.0.0.1:9100`
    """
    from stream.serving import run
    from stream.settings import load

    raise typer.Exit(run(load({"listen": listen, "redis": redis, "clock": clock})))
