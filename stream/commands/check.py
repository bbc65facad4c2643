"""`deskpulse check`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "check"


def command() -> None:
    """Not built yet."""
    message = "check: not built yet"
    raise UsageError(message)
