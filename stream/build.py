"""Which build of Deskpulse runs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from aggregators import engine


def is_compiled() -> bool:
    """Tell whether what counts was compiled to C (`make compiled`)."""
    return Path(engine.__file__).suffix != ".py"


def name() -> str:
    """Return the version, and whether it is compiled."""
    return f"{version('deskpulse')} (compiled)" if is_compiled() else version("deskpulse")
