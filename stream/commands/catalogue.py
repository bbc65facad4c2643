"""`deskpulse catalogue`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "catalogue"


def command() -> None:
    """Not built yet."""
    message = "catalogue: not built yet"
    raise UsageError(message)
