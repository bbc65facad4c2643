"""`deskpulse simulate`: a believable support centre, into Kafka or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from rich.progress import Progress

    from stream.settings import Settings
    from stream.simulator import Arrival

NAME = "simulate"


def command(
    *,
    out: Annotated[str | None, typer.Option(help="Write to this file, not to Kafka (.gz is packed, - stdout).")] = None,
    seed: Annotated[int, typer.Option(help="The same seed, start and options give the same bytes.")] = 1,
    past: Annotated[
        str, typer.Option(help="How much of the past to write first, at full speed; ten years at most.")
    ] = "0",
    for_: Annotated[
        str | None,
        typer.Option(
            "--for", help="How long to go on live, ten years at most; without end if not given, into a file 0."
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Begin at this instant, from 1990 to 2100, instead of now minus --past.")
    ] = None,
    events: Annotated[int | None, typer.Option(min=1, help="End after so many events.")] = None,
    rate: Annotated[float, typer.Option(help="Contacts per hour, in the mean over a week.")] = 1_200,
    tenants: Annotated[str, typer.Option(help="Tenants, with commas.")] = "default",
    spike: Annotated[
        list[str] | None,
        typer.Option(
            help="QUEUE@+TIME[:LENGTH[:FACTOR]]: FACTOR times the customers from then on. LENGTH is 10m unless given,"
            " FACTOR 5."
        ),
    ] = None,
    calm: Annotated[bool, typer.Option("--calm", help="No incidents but those of --spike.")] = False,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share of events sent again, up to 3 times.")] = 0,
    disorder: Annotated[str, typer.Option(help="Events arrive up to so much later than they happened.")] = "0",
    late: Annotated[float, typer.Option(min=0, max=1, help="Share of events that arrive a day late.")] = 0,
    heartbeat: Annotated[str, typer.Option(help="Time between the heartbeats of a source.")] = "10s",
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of topics that have to be made.")] = 12,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")] = None,
) -> None:
    """Simulate a support centre: queues that follow the hour, customers who give up, agents, bots, tickets, surveys.

    Into Kafka: first the span of --past at full speed, then live until Ctrl-C or for --for. Into a file: all at
    once. A spike's time counts from the live beginning, into a file from the start.

    **Examples**

    `deskpulse simulate --past 1h --spike billing@+60s`

    `deskpulse simulate --past 10m --calm --spike billing@+30s:30s:10`

    `deskpulse simulate --out day.jsonl --start 2026-11-20T00:00:00Z --for 24h --duplicates 0.2 --disorder 10m`

    `deskpulse simulate --past 8h --for 0 --rate 20000 --events 400000`
    """
    import gc

    from stream import log
    from stream.clock import now_ms
    from stream.errors import UsageError
    from stream.settings import load
    from stream.simulate import contacts_an_hour, span_ms, spike_of, start_of, tenant_names
    from stream.simulator import Centre, Road
    from stream.simulator.centre import INCIDENT_GAP_MS

    settings = load({"kafka": kafka})
    log.configure(settings)
    # The simulation makes no cycles; looking for them among its plans costs a fifth of its time.
    gc.set_threshold(100_000, 50, 100)
    past_ms, live_ms, heartbeat_ms = span_ms("--past", past), span_ms("--for", for_), span_ms("--heartbeat", heartbeat)
    if not heartbeat_ms:
        message = f"--heartbeat: {heartbeat!r} is no time between two heartbeats (try 10s)"
        raise UsageError(message)
    begin_ms = now_ms()
    start_ms = begin_ms - past_ms
    if start is not None:
        start_ms = start_of(start, into_kafka=out is None)
    if out is None:
        end_ms = None if for_ is None else (start_ms + past_ms if start is not None else begin_ms) + live_ms
        spikes_from_ms = begin_ms if start is None else start_ms + past_ms
    else:
        end_ms = start_ms + past_ms + live_ms
        spikes_from_ms = start_ms
        if end_ms == start_ms and events is None:
            message = "--out needs a length: --past, --for or --events"
            raise UsageError(message)
        if end_ms == start_ms:
            end_ms = None
    try:
        centre = Centre(
            seed=seed,
            rate=contacts_an_hour(rate),
            tenants=tenant_names(tenants),
            spikes=tuple(spike_of(text, from_ms=spikes_from_ms, end_ms=end_ms) for text in spike or ()),
            heartbeat_ms=max(100, heartbeat_ms),
            incident_gap_ms=0 if calm else INCIDENT_GAP_MS,
        )
    except ValueError as error:
        message = f"{'--spike' if rate > 0 else '--rate'}: {error}"
        raise UsageError(message) from error
    road = Road(duplicates=duplicates, disorder_ms=span_ms("--disorder", disorder), late=late, seed=seed)
    arrivals = road.travel(centre.events(start_ms, end_ms))
    if events is not None:
        from itertools import islice

        arrivals = islice(arrivals, events)
    if out is None:
        import asyncio

        asyncio.run(_to_kafka(settings, arrivals, span=(start_ms, begin_ms, end_ms), partitions=partitions))
    else:
        _to_file(out, arrivals, span=(start_ms, end_ms))


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _to_file(name: str, arrivals: Iterator[Arrival], *, span: tuple[int, int | None]) -> None:
    import gzip
    import sys
    from contextlib import ExitStack

    from stream.errors import UsageError
    from stream.files import whole
    from stream.simulate import write_lines

    start_ms, end_ms = span
    try:
        with ExitStack() as stack:
            file: Any = sys.stdout.buffer
            if name.endswith(".gz"):
                file = stack.enter_context(gzip.open(stack.enter_context(whole(name)), "wb"))
            elif name != "-":
                file = stack.enter_context(stack.enter_context(whole(name)).open("wb"))
            progress = stack.enter_context(_bar())
            task = progress.add_task("simulate", total=None if end_ms is None else end_ms - start_ms)
            count = write_lines(
                arrivals, file, report=lambda _, at_ms: progress.update(task, completed=at_ms - start_ms)
            )
            file.flush()
    except BrokenPipeError:
        # Whoever read the lines has had enough; nothing is to be flushed to them at exit.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    except OSError as error:
        message = f"--out: {name}: {error.strerror}"
        raise UsageError(message) from error
    print(f"{count} events", file=sys.stderr)


async def _to_kafka(
    settings: Settings, arrivals: Iterator[Arrival], *, span: tuple[int, int, int | None], partitions: int
) -> None:
    import asyncio
    import signal
    import sys

    from aiokafka.errors import KafkaError

    from stream.errors import UsageError
    from stream.kafka import why
    from stream.producer import COMMAND_PATIENCE_S, EventProducer
    from stream.routing import Topics
    from stream.simulate import send_all

    topics = Topics.of(settings)
    start_ms, live_ms, end_ms = span
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        async with EventProducer(settings, partitions=partitions, patience_s=COMMAND_PATIENCE_S) as producer:
            for name in await producer.ensure_topics(topics.every):
                print(f"made topic {name} with {partitions} partitions", file=sys.stderr)
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop.set)
            with _bar() as progress:
                task = progress.add_task("the past", total=max(1, live_ms - start_ms))

                def report(count: int, at_ms: int) -> None:
                    done = at_ms >= live_ms
                    text = f"live, {count} events" if done else f"the past, {count} events"
                    progress.update(task, completed=at_ms - start_ms, description=text)

                count = await send_all(producer, arrivals, topics=topics, end_ms=end_ms, stop=stop, report=report)
    except KafkaError as error:
        message = f"DESKPULSE_KAFKA: {settings.kafka} did not take the events: {why(error)}"
        raise UsageError(message) from error
    print(f"{count} events", file=sys.stderr)
