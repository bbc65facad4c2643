"""`deskpulse serve`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "serve"


def command() -> None:
    """Not built yet."""
    message = "serve: not built yet"
    raise UsageError(message)
