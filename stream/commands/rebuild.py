"""`deskpulse rebuild`: other definitions come into force."""

from __future__ import annotations

from typing import Annotated

import typer

NAME = "rebuild"


def command(
    *,
    definitions: Annotated[
        str | None, typer.Option(help="File of the definitions to put in force. [DESKPULSE_DEFINITIONS]")
    ] = None,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Delete the tables of before when it is done.")] = False,
    drop: Annotated[str | None, typer.Option(metavar="GENERATION", help="Only delete the tables of this one.")] = None,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")] = None,
    redis: Annotated[str | None, typer.Option(help="Address of Redis. [DESKPULSE_REDIS]")] = None,
    group: Annotated[str | None, typer.Option(help="Kafka consumer group of the workers. [DESKPULSE_GROUP]")] = None,
) -> None:
    """Count the whole log anew by other definitions, beside the tables in force, and put those in force when done.

    Workers and `serve` go on by the definitions of before until one write, and follow it within seconds. It may be
    ended at any time; run again, it goes on. What Kafka has deleted is carried over from before, and marked.

    **Examples**

    `deskpulse rebuild --definitions definitions.toml`

    `deskpulse rebuild --drop 3f2a90c1`
    """
    from stream.settings import load

    settings = load({"definitions": definitions, "kafka": kafka, "redis": redis, "group": group})
    if drop is not None:
        import asyncio

        from stream import log
        from stream.dropping import drop as dropped

        log.configure(settings)
        print(asyncio.run(dropped(settings, drop)))
        return
    from stream.rebuilding import run

    outcome = run(settings, drop_old=drop_old)
    print(outcome.text)
    raise typer.Exit(outcome.code)
