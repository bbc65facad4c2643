"""Waiting for what real servers and processes do in their own time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60.0


def eventually(
    true: Callable[[], object], *, within_s: float = PATIENCE_S, every_s: float = 0.05, what: str = ""
) -> None:
    """Return when *true* is; AssertionError, with *what*, if it does not become so."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not so within {within_s} s: {what or true}"
        time.sleep(every_s)
