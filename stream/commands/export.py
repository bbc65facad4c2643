"""`deskpulse export`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "export"


def command() -> None:
    """Not built yet."""
    message = "export: not built yet"
    raise UsageError(message)
