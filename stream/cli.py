"""The command `deskpulse`: one sub-command a module, and one way to fail."""

from __future__ import annotations

import errno
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from stream.commands import (
    backtest,
    catalogue,
    check,
    compute,
    dead_letters,
    demo,
    dump,
    export,
    link,
    rebuild,
    replay,
    rules,
    serve,
    simulate,
    staffing,
    token,
    worker,
)
from stream.errors import UsageError

_UNNAMED = "Input "


class _Commands(TyperGroup):
    """The commands. A value that an option does not take is one line that names the option, as any other mistake."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the type of a context is not the same in all versions of typer
        """Run the command that was asked for. Raises UsageError."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if error.param is None or not error.message:
                raise UsageError(error.format_message()) from error
            name = max(error.param.opts, key=len)
            said = error.message.removeprefix("Value error, ").rstrip(".")
            # What pydantic says of a value leaves it out.
            if isinstance(error.__cause__, ValidationError) and said.startswith(_UNNAMED):
                said = f"{error.__cause__.errors()[0]['input']!r} {said.removeprefix(_UNNAMED)}"
            message = f"{name}: {said}"
            raise UsageError(" ".join(message.split())) from error


app = typer.Typer(
    name="deskpulse",
    cls=_Commands,
    help="Real-time metrics for support centres: Kafka in, exact rolling numbers in Redis, Prometheus out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if value:
        from stream import build  # noqa: PLC0415 - `deskpulse --help` does without

        print(f"deskpulse {build.name()}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


for module in (
    *(demo, worker, serve, link, rebuild, simulate, replay),
    *(compute, backtest, export, dump, catalogue, rules, staffing, check),
):
    app.command(module.NAME)(module.command)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(token.app, name="token")


def main() -> None:
    """Run `deskpulse`. Bad settings and bad usage end with exit code 2 and one line, never a traceback."""
    if sys.stdout is None:
        print("standard output is closed: there is nowhere to print to", file=sys.stderr)
        raise SystemExit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal without UTF-8 gets `\u2026` where it has no letter, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except UsageError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"{error.strerror}: {error.filename or 'standard output'}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
