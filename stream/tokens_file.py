"""The file of tokens (DESKPULSE_TOKENS): TOML in, tokens out, or one line that says where it is wrong.

`docs/access.md` is the page for whoever writes the file. What is wrong is never shown of a secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stream import definitions_values as values
from stream import toml_file
from stream.scopes import ALL, scopes_of
from stream.toml_table import Wrong

if TYPE_CHECKING:
    from stream.scopes import Scope
    from stream.toml_table import Table

_SHA256 = re.compile("[0-9a-fA-F]{64}")


class Token(NamedTuple):
    """What is known of a token: not what it is. `tenants` None: all of them."""

    name: str
    sha256: bytes
    scopes: frozenset[Scope]
    tenants: frozenset[str] | None


def read_tokens(file: str) -> tuple[Token, ...]:
    """Return the tokens of *file*. Raises SettingsError, `DESKPULSE_TOKENS: <file>:<line>: <key>: what is wrong`."""
    return toml_file.read(file, "tokens", tokens_from)[1]


def tokens_from(text: str) -> tuple[Token, ...]:
    """Return the tokens of the TOML *text*; ValueError with `<line>: <key>: what is wrong`."""
    return toml_file.made_of(text, _tokens)


def _tokens(top: Table) -> tuple[Token, ...]:
    found: list[Token] = []
    for table in top.tables("tokens"):
        token = Token(
            table.take("name", values.name),
            table.take("sha256", _sha256),
            table.take("scopes", _scopes),
            table.take("tenants", _tenants),
        )
        table.done()
        for other in found:
            if token.name == other.name:
                raise Wrong((*table.path, "name"), f"{token.name!r} is a token above already")
            if token.sha256 == other.sha256:
                raise Wrong((*table.path, "sha256"), f"is that of {other.name!r} above")
        found.append(token)
    top.done()
    return tuple(found)


def _sha256(value: object) -> bytes:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        message = "is not 64 hexadecimal digits (`deskpulse token new` prints them)"
        raise ValueError(message)
    return bytes.fromhex(value)


def _scopes(value: object) -> frozenset[Scope]:
    return scopes_of(values.names(value))


def _tenants(value: object) -> frozenset[str] | None:
    if value == ALL:
        return None
    if not isinstance(value, list):
        message = f'{values.shown(value)} is neither "{ALL}" nor a list of tenants (try ["acme"])'
        raise ValueError(message)  # noqa: TRY004 - whoever wrote the file is told
    if not value:
        message = f'names no tenant (try ["acme"], or "{ALL}")'
        raise ValueError(message)
    return frozenset(values.names(value))
