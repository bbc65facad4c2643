"""`deskpulse token`: tokens for whoever asks `serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
app = typer.Typer(
    help="Tokens for whoever asks `serve`.\n\n**Example**\n\n`deskpulse token new --name grafana --all-tenants`",
    no_args_is_help=True,
)


@app.command()
def new(
    *,
    name: Annotated[str, typer.Option(help="Whose it is: stands in the log where it is refused.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read (default), drill-down, admin; may be repeated."),
    ] = None,
    tenant: Annotated[list[str] | None, typer.Option(help="A tenant that it shows; may be repeated.")] = None,
    all_tenants: Annotated[bool, typer.Option("--all-tenants", help="It shows every tenant.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Add its lines to the file of DESKPULSE_TOKENS, print the token alone.")
    ] = False,
) -> None:
    """Make a token: print it, once, then an empty line and the lines for the file of DESKPULSE_TOKENS.

    Those lines hold its hash, from which nobody gets the token back: whoever loses it gets another one. `serve` reads
    the file again when it changes. With `read` alone a token shows numbers, with `drill-down` too the
    conversations they are made of, and with `admin` it makes links for screens on walls.

    **Examples**

    `deskpulse token new --name grafana --all-tenants`

    `deskpulse token new --name "floor lead" --scope read --scope drill-down --tenant acme --tenant globex`

    `DESKPULSE_TOKENS=tokens.toml deskpulse token new --name screens --scope read --scope admin --all-tenants --keep`
    """
    from stream import definitions_values as values
    from stream.errors import UsageError
    from stream.scopes import as_toml, new_token, scopes_of

    owner = _taken("--name", values.name, name)
    scopes = _taken("--scope", scopes_of, scope or ["read"])
    tenants = _taken("--tenant", values.names, tenant or [])
    if tenants and all_tenants:
        message = "--tenant: goes without --all-tenants, and both were given"
        raise UsageError(message)
    if not tenants and not all_tenants:
        message = "--tenant: name the tenants it shows, or give --all-tenants"
        raise UsageError(message)
    token = new_token()
    lines = as_toml(owner, token, scopes=scopes, tenants=tenants or None)
    if keep:
        _keep(owner, lines)
        print(token)
    else:
        print(token, lines, sep="\n\n", end="")


def _keep(owner: str, lines: str) -> None:
    """Add *lines* to the file of tokens. Raises UsageError where they do not fit what is there."""
    from pathlib import Path

    from stream.errors import UsageError
    from stream.settings import load
    from stream.tokens_file import read_tokens

    file = load().tokens
    if file is None:
        message = "--keep: DESKPULSE_TOKENS names no file"
        raise UsageError(message)
    if any(token.name == owner for token in read_tokens(file)):
        message = f"--name: {owner!r} is a token of {file} already"
        raise UsageError(message)
    try:
        held = Path(file).read_text(encoding="utf-8")
        with Path(file).open("a", encoding="utf-8") as text:
            text.write(("\n" if held and not held.endswith("\n") else "") + ("\n" if held else "") + lines)
    except OSError as error:
        message = f"DESKPULSE_TOKENS: {file} cannot be written ({error.strerror})"
        raise UsageError(message) from error


def _taken(option: str, convert: Callable[[Any], T], value: object) -> T:
    from stream.errors import UsageError

    try:
        return convert(value)
    except ValueError as error:
        message = f"{option}: {error}"
        raise UsageError(message) from error
