"""`deskpulse check`: is everything there, and as it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.settings import Settings

NAME = "check"
COLOURS = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "FAIL": typer.colors.RED}


def command(
    *,
    definitions: Annotated[
        str | None, typer.Option(help="File of definitions to look at. [DESKPULSE_DEFINITIONS]")
    ] = None,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")] = None,
    redis: Annotated[str | None, typer.Option(help="Address of Redis. [DESKPULSE_REDIS]")] = None,
) -> None:
    """Check settings, Kafka, topics, Redis, tables and lag: a line each with ok, warn or FAIL.

    Exit code 2 if one fails. It changes nothing and takes seconds, also where servers are away; passwords
    are not shown.

    **Examples**

    `deskpulse check`

    `deskpulse check --definitions definitions.toml`

    `deskpulse check --redis redis://10.0.0.7:6379/0 | grep -v ^ok`
    """
    import asyncio

    from stream import log
    from stream.settings import load

    given = {"definitions": definitions, "kafka": kafka, "redis": redis}
    settings = load(given)
    log.configure(settings)
    if asyncio.run(_failures(settings, options={name for name, value in given.items() if value is not None})):
        raise typer.Exit(2)


async def _failures(settings: Settings, *, options: set[str]) -> int:
    """Print every finding; return how many failed."""
    from stream.checking import findings
    from stream.clock import now_ms

    failures = 0
    async for mark, subject, text in findings(settings, now_ms=now_ms(), options=options):
        typer.echo(f"{typer.style(f'{mark:<4}', fg=COLOURS[mark])}  {subject}: {text}")
        failures += mark == "FAIL"
    return failures
