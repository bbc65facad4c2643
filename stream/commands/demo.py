"""`deskpulse demo`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "demo"


def command() -> None:
    """Not built yet."""
    message = "demo: not built yet"
    raise UsageError(message)
