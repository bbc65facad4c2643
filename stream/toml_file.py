"""A TOML file of ours: its text, and what is made of it, or one line that says where it is wrong."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stream.settings import PREFIX, SettingsError
from stream.toml_lines import line_of, lines_of
from stream.toml_table import Table, Wrong, dotted

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
MAX_BYTES = 1 << 20
_PLACE = re.compile(r"(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", re.DOTALL)


def read(file: str, setting: str, make: Callable[[str], T]) -> tuple[str, T]:
    """Return the text of *file* and what *make* makes of it; its ValueError begins with `<line>: `.

    Raises SettingsError, one line `<variable of setting>: <file>:<line>: <key>: what is wrong`.
    """
    named = file if file.isprintable() else repr(file)
    text = _text_of(file, f"{PREFIX}{setting.upper()}: {named}")
    try:
        return text, make(text)
    except ValueError as error:
        message = f"{PREFIX}{setting.upper()}: {named}:{error}"
        raise SettingsError(message) from error


def made_of(text: str, make: Callable[[Table], T]) -> T:
    """Return what *make* makes of the TOML *text*; ValueError with `<line>: <key>: what is wrong`."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
        lines = lines_of(text)
    except (ValueError, RecursionError, ArithmeticError) as error:
        found = _PLACE.fullmatch(str(error))
        line = found[2] if found and found[2] else text.rstrip().count("\n") + 1
        message = f"{line}: is not TOML ({found[1] if found else str(error).splitlines()[0]})"
        raise ValueError(message) from error
    try:
        return make(Table(content, ()))
    except Wrong as wrong:
        message = f"{line_of(lines, wrong.path)}: {dotted(wrong.path)}: {wrong}"
        raise ValueError(message) from wrong


def _text_of(file: str, named: str) -> str:
    try:
        content = _content_of(Path(file))
        return content.decode("utf-8-sig")  # some editors put a mark at the beginning
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"{named}:{line}: is not UTF-8 (save the file as UTF-8)"
        raise SettingsError(message) from error
    except (OSError, ValueError) as error:
        message = f"{named}: cannot be read ({getattr(error, 'strerror', None) or error})"
        raise SettingsError(message) from error


def _content_of(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would be waited for
        message = "it is a folder" if path.is_dir() else "it is not a file"
        raise ValueError(message)
    with path.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = "it is longer than 1 MiB"
        raise ValueError(message)
    return content
