"""Where the keys of a TOML text stand: `tomllib` says what a text means, and not on which line."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""The keys from the top to a value, with the index of each element of an array."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_SEGMENT = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
# The longer quotes first: a string in three of them may hold the others, and end with up to five.
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_WORD = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[KeyPath, int]:
    """Return on which line each key, table and element of an array of *text* first stands. `tomllib` accepts *text*."""
    scan = _Scan(text)
    scan.run()
    return scan.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of *path*, or where it is missing that of the nearest table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scan:
    """One pass over a text that is known to be right, so that nothing has to be checked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._last: dict[KeyPath, int] = {}
        self.lines: dict[KeyPath, int] = {}

    def run(self) -> None:
        table: KeyPath = ()
        while self._next():
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]`; return the path of that table. An array on the way means its last element."""
        line = self._line()
        is_array = self._text.startswith("[[", self._at)
        self._at += 1 + is_array
        path: KeyPath = ()
        keys = self._keys()
        for place, key in enumerate(keys, start=1):
            path += (key,)
            self.lines.setdefault(path, line)
            if is_array and place == len(keys):
                self._last[path] = self._last.get(path, -1) + 1
            if path in self._last:
                path += (self._last[path],)
                self.lines.setdefault(path, line)
        self._at += 1 + is_array
        return path

    def _pair(self, path: KeyPath) -> None:
        line = self._line()
        for key in self._keys():
            path += (key,)
            self.lines.setdefault(path, line)
        self._at += len("=")
        self._value(path)

    def _keys(self) -> list[str]:
        """Read dotted keys; stop at what follows them."""
        keys: list[str] = []
        while True:
            self._skip(_SPACES)
            found = _SEGMENT.match(self._text, self._at)
            if found is None:
                return keys
            keys.append(next(iter(tomllib.loads(f"{found[0]} = 0"))))
            self._at = found.end()
            self._skip(_SPACES)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        first = self._next()
        if first == "[":
            self._at += 1
            index = 0
            while self._next() != "]":
                self.lines[*path, index] = self._line()
                self._value((*path, index))
                index += 1
                self._pass_comma()
            self._at += 1
        elif first == "{":
            self._at += 1
            while self._next() != "}":
                self._pair(path)
                self._pass_comma()
            self._at += 1
        else:
            self._skip(_STRING if first in ('"', "'") else _WORD)

    def _pass_comma(self) -> None:
        if self._next() == ",":
            self._at += 1

    def _next(self) -> str:
        """Pass over blanks and comments; return the character there, "" at the end."""
        self._skip(_BLANK)
        return self._text[self._at : self._at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1
