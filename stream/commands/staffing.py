"""`deskpulse staffing`: how many agents it would take (M30)."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

NAME = "staffing"


def command(
    *,
    calls: Annotated[float, typer.Option(help="Contacts that come in the interval: calls, or chats with --chats.")],
    aht: Annotated[str, typer.Option(help="Mean handle time of one, wrap-up included: 180s, 4m.")],
    per: Annotated[str, typer.Option(help="The interval in which so many come.")] = "30m",
    target: Annotated[float, typer.Option(help="Share to be answered in time (SL3), between 0 and 1.")] = 0.8,
    within: Annotated[str, typer.Option(help="In time: answered within so long.")] = "20s",
    patience: Annotated[
        str | None, typer.Option(help="Mean time until a customer gives up: by Erlang A. Without it by Erlang C.")
    ] = None,
    patience_from: Annotated[
        list[Path] | None,
        typer.Option(help="Measure that time in this file of events (JSON lines, .gz too); may be repeated."),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="With --patience-from: only of this channel.")] = None,
    queue: Annotated[str | None, typer.Option(help="With --patience-from: only of this queue.")] = None,
    chats: Annotated[int, typer.Option(help="Chats an agent has at once, 1 to 5.")] = 1,
    max_occupancy: Annotated[float, typer.Option(help="Share of their time that agents may be busy, up to 1.")] = 1.0,
    max_abandonment: Annotated[
        float, typer.Option(help="Share of customers who may leave; with --patience or --patience-from.")
    ] = 1.0,
) -> None:
    """Say how many agents a load would take, and how one or two more or fewer would do. A what-if: no numbers of now.

    Erlang C lets customers wait for ever: it has no answer where the load is not below the agents, and too many agents
    where people give up. Erlang A lets each give up once their patience is over; from events that is measured by Kaplan
    and Meier, for who was answered would have waited for longer. An agent with several chats at once does as if handle
    time were divided by 1.7 (2 chats), 2.5 (3), 2.9 (4), 3.5 (5).

    **Examples**

    `deskpulse staffing --calls 100 --per 30m --aht 3m --target 0.8 --within 20s`

    `deskpulse staffing --calls 100 --aht 3m --patience 2m --max-abandonment 0.03`

    `deskpulse staffing --calls 100 --aht 3m --patience-from day.jsonl --channel voice`

    `deskpulse staffing --calls 240 --per 1h --aht 10m --chats 3 --target 0.9 --within 60s --max-occupancy 0.85`
    """
    from stream.staffing import Asked, report

    asked = Asked(
        contacts=calls,
        handle=aht,
        interval=per,
        target=target,
        within=within,
        patience=patience,
        chats=chats,
        max_occupancy=max_occupancy,
        max_abandonment=max_abandonment,
        patience_from=tuple(patience_from or ()),
        channel=channel,
        queue=queue,
    )
    for line in report(asked):
        print(line)
