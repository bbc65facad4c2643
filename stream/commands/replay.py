"""`deskpulse replay`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "replay"


def command() -> None:
    """Not built yet."""
    message = "replay: not built yet"
    raise UsageError(message)
