"""`deskpulse worker`: Kafka to Redis."""

from __future__ import annotations

from typing import Annotated

import typer

NAME = "worker"


def command(
    *,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")] = None,
    redis: Annotated[str | None, typer.Option(help="Address of Redis. [DESKPULSE_REDIS]")] = None,
    group: Annotated[str | None, typer.Option(help="Kafka consumer group. [DESKPULSE_GROUP]")] = None,
    instance: Annotated[
        str | None, typer.Option(help="Static member id; a restart under it is quick. [DESKPULSE_INSTANCE]")
    ] = None,
) -> None:
    """Count the events of the source topics into Redis, until it is told to stop.

    Run as many as you like, up to one per partition; each takes its share. SIGTERM ends one within 5 s, exit code 0.
    Exit code 3: a topic was made anew or has other partitions than its tables; the last line says what to do.

    **Examples**

    `deskpulse worker`

    `deskpulse worker --kafka kafka-1:9092,kafka-2:9092 --instance worker-1`
    """
    from stream.settings import load
    from stream.worker import run

    raise typer.Exit(run(load({"kafka": kafka, "redis": redis, "group": group, "instance": instance})))
