"""Source: what the web side reads from, handed to it once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream.clock import now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.settings import Settings
    from stream.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Source:
    """`latest` gives the latest snapshot and may be called on any thread; `clock` is the wall clock, in epoch ms."""

    settings: Settings
    latest: Callable[[], Snapshot]
    clock: Callable[[], int] = now_ms
