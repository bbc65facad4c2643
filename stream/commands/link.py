"""`deskpulse link`: an address that lets one screen in, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.scopes import Scope

NAME = "link"


def command(
    *,
    token: Annotated[
        str | None, typer.Option(help="Name of the token that gives it, one with admin; needed if several have that.")
    ] = None,
    tenant: Annotated[
        list[str] | None, typer.Option(help="A tenant that it shows, all of the token's if not given; may be repeated.")
    ] = None,
    drill_down: Annotated[
        bool, typer.Option("--drill-down", help="It shows the conversations behind the numbers too.")
    ] = False,
    board: Annotated[str, typer.Option(help="The path that it leads to.")] = "/",
    valid: Annotated[str, typer.Option(help="For so long it waits to be opened; a day at most.")] = "10m",
    session: Annotated[str, typer.Option(help="For so long the screen is let in; 30 days at most.")] = "7d",
    redis: Annotated[str | None, typer.Option(help="Address of Redis. [DESKPULSE_REDIS]")] = None,
    site: Annotated[str | None, typer.Option(help="Address under which people open `serve`. [DESKPULSE_SITE]")] = None,
) -> None:
    """Print a link to the wallboard that works once, for a browser that has no token.

    It is given by a token of the file of DESKPULSE_TOKENS that has `admin`, shows no more than that, and ends with
    it. Whoever may read the settings of `serve` may do this; others ask its API for links.

    **Examples**

    `deskpulse link`

    `deskpulse link --board "/?kiosk" --session 30d --tenant acme --site https://wall.example.org`
    """
    from stream.linking import new_link
    from stream.settings import load

    settings = load({"redis": redis, "site": site})
    scopes: tuple[Scope, ...] = ("read", "drill-down") if drill_down else ("read",)
    print(new_link(settings, token=token, scopes=scopes, tenants=tenant, board=board, valid=valid, session=session))
