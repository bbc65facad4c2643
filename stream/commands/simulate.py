"""`deskpulse simulate`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "simulate"


def command() -> None:
    """Not built yet."""
    message = "simulate: not built yet"
    raise UsageError(message)
