"""What the simulator yields: wire events, ready to be written, with the instant and the way they take."""

from __future__ import annotations

from functools import lru_cache
from time import gmtime, strftime
from typing import Literal, NamedTuple

Lane = Literal["chat", "ticket", "agent", "all"]
"""The topic an event belongs to; `all` is every partition of every topic (source heartbeats)."""

DEFAULT_TENANT = "default"
"""The tenant of events that name none."""

_SECONDS = tuple(f"{part:02d}" for part in range(60))
_MILLIS = tuple(f".{part:03d}Z" for part in range(1000))
_QUOTED_MILLIS = tuple(f'{part}"' for part in _MILLIS)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Event(NamedTuple):
    """One wire event: one JSON object in UTF-8 without a newline. `at_ms` is its `at`, in epoch milliseconds."""

    at_ms: int
    lane: Lane
    key: str
    value: bytes


def stamp(at_ms: int) -> str:
    """Return *at_ms* as RFC 3339 with milliseconds and Z."""
    return _minute(at_ms // 60_000) + _SECONDS[at_ms // 1_000 % 60] + _MILLIS[at_ms % 1_000]


def quoted(at_ms: int) -> str:
    """Return `stamp(at_ms)` in quotation marks, as JSON."""
    return _quoted_minute(at_ms // 60_000) + _SECONDS[at_ms // 1_000 % 60] + _QUOTED_MILLIS[at_ms % 1_000]


def tenant_tail(tenant: str) -> str:
    """Return the JSON text that names the tenant, from its comma on: nothing for the default one."""
    return "" if tenant == DEFAULT_TENANT else f',"tenant":"{tenant}"'


def short(number: int) -> str:
    """Return *number* (0 or more) in base 36."""
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


@lru_cache(maxsize=4096)
def _minute(epoch_min: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:", gmtime(epoch_min * 60))


@lru_cache(maxsize=4096)
def _quoted_minute(epoch_min: int) -> str:
    return f'"{_minute(epoch_min)}'
