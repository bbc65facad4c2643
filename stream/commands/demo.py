"""`deskpulse demo`: everything on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

NAME = "demo"


def command(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of /metrics; another one if it is taken.")] = 8420,
    rate: Annotated[float, typer.Option(help="Contacts per hour, whatever the hour of the day.")] = 2_400,
    seed: Annotated[int, typer.Option(help="Another seed, other customers.")] = 1,
    tenants: Annotated[str, typer.Option(help="Tenants, with commas.")] = "default",
    days: Annotated[int, typer.Option(help="Days of history before the past hour, of a smaller centre.")] = 0,
    calm: Annotated[bool, typer.Option("--calm", help="No queue goes wrong.")] = False,
    for_: Annotated[
        str | None, typer.Option("--for", help="End so long after the first numbers; with Ctrl-C if not given.")
    ] = None,
) -> None:
    """Show everything on this machine: broker and Redis embedded, a simulated support centre, worker and serve.

    Needs the extra `demo` and nothing else. The past hour is simulated first, then it goes on live, and now and then
    a queue goes wrong; all that there is to count is counted. In a terminal the numbers stand in a table that moves,
    else they are printed every ten seconds. At the end no process and no file is left.

    **Examples**

    `deskpulse demo`

    `deskpulse demo --rate 10000 --tenants acme,globex --port 9000`

    `deskpulse demo --days 8`

    `deskpulse demo --for 30s --calm | cat`
    """
    try:
        from stream.demo.plan import Plan
        from stream.demo.show import Request, run
        from stream.simulate import span_ms, tenant_names

        plan = Plan(rate=rate, seed=seed, tenants=tenant_names(tenants), calm=calm, days=days)
        run(Request(plan=plan, port=port, for_ms=None if for_ is None else span_ms("--for", for_)))
    except KeyboardInterrupt:
        # It came before anything was started.
        return
