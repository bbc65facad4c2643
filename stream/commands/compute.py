"""`deskpulse compute`."""

from __future__ import annotations

from stream.errors import UsageError

NAME = "compute"


def command() -> None:
    """Not built yet."""
    message = "compute: not built yet"
    raise UsageError(message)
