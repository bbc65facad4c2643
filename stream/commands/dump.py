"""`deskpulse dump`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "dump"


def command() -> None:
    """Not built yet."""
    message = "dump: not built yet"
    raise UsageError(message)
