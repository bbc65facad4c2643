"""`deskpulse replay`: event files to Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stream.replay import Counts
    from stream.settings import Settings

NAME = "replay"


def command(
    files: Annotated[list[str], typer.Argument(help="Event files, JSON lines; .gz too; - is standard input.")],
    *,
    speed: Annotated[str, typer.Option(help="Times as fast as it happened, or max.")] = "max",
    until: Annotated[
        str | None, typer.Option(help="Only events before this instant, then a heartbeat of it to every partition.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="One topic for everything.")] = None,
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of topics that have to be made.")] = 12,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")] = None,
) -> None:
    """Send event files to Kafka, byte for byte, each conversation to one partition of its topic.

    Topics that are missing are made. A topic whose numbers have come further than DESKPULSE_RETENTION past the
    files is refused: old days need topics of their own.

    **Examples**

    `deskpulse replay day.jsonl.gz`

    `deskpulse replay day.jsonl --speed 60 --until 2026-11-21T12:00:00Z`
    """
    import asyncio

    from stream import log
    from stream.files import instant
    from stream.replay import readable
    from stream.settings import load

    settings = load({"kafka": kafka})
    log.configure(settings)
    until_ms = None if until is None else instant("--until", until)
    with readable(files) as paths:
        try:
            asyncio.run(
                _replay(settings, paths, speed=_speed(speed), until_ms=until_ms, only=topic, partitions=partitions)
            )
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


def _speed(text: str) -> float | None:
    from math import isfinite

    from stream.errors import UsageError

    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not (speed > 0 and isfinite(speed)):
        message = f"--speed: {text!r} is not a speed (try 60, or max)"
        raise UsageError(message)
    return speed


async def _replay(
    settings: Settings,
    paths: Sequence[Path],
    *,
    speed: float | None,
    until_ms: int | None,
    only: str | None,
    partitions: int,
) -> None:
    import sys
    from time import perf_counter

    from aiokafka.errors import KafkaError
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from aggregators.instants import rfc3339
    from stream.errors import UsageError
    from stream.kafka import why
    from stream.producer import COMMAND_PATIENCE_S, EventProducer
    from stream.replay import Replay, lines_of, refuse_old_days, survey
    from stream.routing import Topics

    topics = Topics.of(settings, only=only)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        async with EventProducer(settings, partitions=partitions, patience_s=COMMAND_PATIENCE_S) as producer:
            found = survey(paths)
            await refuse_old_days(settings, topics, found)
            began_s = perf_counter()
            for name in await producer.ensure_topics((*topics.every, *({only} if only else ()))):
                print(f"made topic {name} with {partitions} partitions", file=sys.stderr)
            replay = Replay(producer, topics=topics, router=found.router, until_ms=until_ms, speed=speed)
            with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task("replay", total=found.lines)

                def report(counts: Counts) -> None:
                    shown = "replay" if counts.at_ms is None else rfc3339(counts.at_ms // 1000 * 1000)
                    progress.update(task, completed=counts.lines, description=shown)

                await replay.run(lines_of(paths), report=report)
    except KafkaError as error:
        message = f"DESKPULSE_KAFKA: {settings.kafka} did not take the events: {why(error)}"
        raise UsageError(message) from error
    counts, took_s = replay.counts, perf_counter() - began_s
    left_out = f", {counts.skipped} at or after --until left out" if counts.skipped else ""
    left_out += f", {counts.too_long} too long for Kafka left out" if counts.too_long else ""
    print(f"{counts.sent} events in {took_s:.1f} s ({counts.sent / took_s:,.0f}/s){left_out}", file=sys.stderr)
