"""`deskpulse worker`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "worker"


def command() -> None:
    """Not built yet."""
    message = "worker: not built yet"
    raise UsageError(message)
