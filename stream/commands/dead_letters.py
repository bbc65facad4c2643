"""`deskpulse dead-letters`: look at rejected records, send them again."""

from __future__ import annotations

import typer

app = typer.Typer(help="Rejected records: list, show, retry.", no_args_is_help=True)
