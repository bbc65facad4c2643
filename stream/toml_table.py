"""A table of a TOML file taken apart key by key, so that what nobody takes is found, and every mistake has its key."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from stream import definitions_values as values

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.toml_lines import KeyPath

T = TypeVar("T")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Wrong(Exception):
    """What is wrong with the value at a path."""

    def __init__(self, path: KeyPath, what: str) -> None:
        super().__init__(what)
        self.path = path


def dotted(path: KeyPath) -> str:
    """Return *path* as TOML writes it, without the indexes of arrays."""
    keys = [key for key in path if isinstance(key, str)]
    return ".".join(key if _BARE.fullmatch(key) else json.dumps(key) for key in keys)


class Table:
    """A table of the file. Every method raises Wrong for what is not as it has to be."""

    def __init__(self, content: object, path: KeyPath) -> None:
        if not isinstance(content, dict):
            raise Wrong(path, f"{values.shown(content)} stands where a table belongs (try [{dotted(path)}])")
        self.path = path
        self._content: dict[str, Any] = content
        self._known: list[str] = []

    def has(self, key: str) -> bool:
        """Tell whether *key* is there."""
        return key in self._content

    def take(self, key: str, convert: Callable[[object], T]) -> T:
        """Return the value of *key*, converted. It has to be there."""
        self._known.append(key)
        path = (*self.path, key)
        if key not in self._content:
            raise Wrong(path, "is missing")
        return converted(convert, self._content[key], path)

    def optional(self, key: str, convert: Callable[[object], T], default: T) -> T:
        """Return the value of *key*, converted; *default* if it is not there."""
        self._known.append(key)
        return self.take(key, convert) if key in self._content else default

    def table(self, key: str) -> Table:
        """Return the table *key*, an empty one if there is none."""
        self._known.append(key)
        return Table(self._content.get(key, {}), (*self.path, key))

    def tables(self, key: str) -> list[Table]:
        """Return the tables of the array *key*; a table alone is an array of one."""
        self._known.append(key)
        content, path = self._content.get(key, []), (*self.path, key)
        if isinstance(content, list):
            return [Table(each, (*path, index)) for index, each in enumerate(content)]
        return [Table(content, path)]

    def names(self) -> list[str]:
        """Return every key; each is the name of something."""
        return [converted(values.name, key, (*self.path, key)) for key in self._content]

    def each(self, convert: Callable[[object], T]) -> dict[str, T]:
        """Return every key, each the name of something, with its value, converted."""
        return {key: self.take(key, convert) for key in self.names()}

    def done(self) -> None:
        """Refuse the keys that nobody has taken."""
        for key in self._content:
            if key not in self._known:
                near = get_close_matches(key, self._known, n=1) or sorted(set(self._known))
                raise Wrong((*self.path, key), f"is not a key of this file (try {', '.join(near)})")


def converted(convert: Callable[[object], T], value: object, path: KeyPath) -> T:
    """Return *value* as *convert* makes it; its ValueError becomes Wrong at *path*."""
    try:
        return convert(value)
    except ValueError as error:
        raise Wrong(path, str(error)) from error
