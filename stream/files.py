"""Event files: lines of JSON, plain or gzip, `-` for standard input; and instants as people type them."""

from __future__ import annotations

import gzip
import re
import sys
import zlib
from codecs import BOM_UTF8
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aggregators.instants import DAY_MS, EARLIEST_MS, LATEST_MS, instant_ms, rfc3339
from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LAST_MS = LATEST_MS - 2 * DAY_MS
"""The calendar ends before the last midnight of some time zones."""
_EPOCH_MS = re.compile(r"-?[0-9]{1,18}")


def lines_of(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield the lines of *paths* one after the other, without their newlines. UsageError if one cannot be read."""
    for path in paths:
        try:
            if str(path) == "-":
                yield from _lines(sys.stdin.buffer)
                continue
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                yield from _lines(file)
        except (OSError, EOFError, zlib.error) as error:
            message = f"{path}: {getattr(error, 'strerror', None) or error}"
            raise UsageError(message) from error


@contextmanager
def whole(name: str) -> Iterator[Path]:
    """Give a place beside the file *name* to write to, which gets that name at the end of the block or is gone.

    What is no file, a pipe or a device, is its own place. Raises OSError.
    """
    path = Path(name).resolve()
    if path.exists() and not path.is_file():
        yield path
        return
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _lines(file: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of one file, without newlines and without the byte-order mark that editors begin it with."""
    for number, line in enumerate(file):
        yield (line if number else line.removeprefix(BOM_UTF8)).rstrip(b"\r\n")


def instant(option: str, text: str) -> int:
    """Return *text* in epoch ms; UsageError that names *option* if it is none that an event may have."""
    found = instant_ms(int(text) if _EPOCH_MS.fullmatch(text) else text)
    if found is None:
        message = f"{option}: {text!r} is not an instant (try 2026-11-21T12:00:00Z, or epoch milliseconds)"
        raise UsageError(message)
    if found < EARLIEST_MS:
        message = f"{option}: {text!r} is before {rfc3339(EARLIEST_MS)}, as no event is (epochs are in milliseconds)"
        raise UsageError(message)
    if found > LAST_MS:
        message = f"{option}: {text!r} is after {rfc3339(LAST_MS)}"
        raise UsageError(message)
    return found
