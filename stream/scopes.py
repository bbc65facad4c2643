"""Scopes: what a caller may do; and how a token is kept. Nothing here needs the web side."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

Scope = Literal["read", "drill-down", "admin"]
"""`read`: numbers. `drill-down`: which conversations they are made of. `admin`: links for screens."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ALL: Final = "all"
"""What stands in the place of a list of tenants where a caller sees every one."""
SECRET_BYTES: Final = 32
BEGINS: Final = "dp_"
"""So that scanners of repositories and of logs recognise a token."""
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_secret(text: str) -> bool:
    """Tell whether *text* has the form of what `new_secret` gives, and may be worth looking for."""
    return _SECRET.fullmatch(text) is not None


def new_token() -> str:
    """Return a token that nobody has yet."""
    return BEGINS + new_secret()


def digest(secret: str) -> bytes:
    """Return what is kept of *secret*: its SHA-256.

    A slow hash makes guesses at a password dear, of which people choose few. Nobody guesses 256 random bits at any
    speed, and a slow hash would be paid at each request.
    """
    return hashlib.sha256(secret.encode()).digest()


def scopes_of(names: Iterable[str]) -> frozenset[Scope]:
    """Return *names* as scopes; ValueError if one is none, or if they are of no use."""
    given = frozenset(names)
    unknown = sorted(given.difference(SCOPES))
    if unknown:
        message = f"{unknown[0]!r} is not one of {', '.join(SCOPES)}"
        raise ValueError(message)
    if "read" not in given:
        message = "lacks 'read', without which the others are of no use"
        raise ValueError(message)
    return frozenset(scope for scope in SCOPES if scope in given)


def as_toml(name: str, secret: str, *, scopes: Iterable[Scope], tenants: Iterable[str] | None) -> str:
    """Return the lines of the file of tokens that let in who has *secret*."""
    held = [scope for scope in SCOPES if scope in set(scopes)]
    seen = ALL if tenants is None else list(tenants)
    return "\n".join(
        (
            "[[tokens]]",
            f"name = {_quoted(name)}",
            f'sha256 = "{digest(secret).hex()}"',
            f"scopes = {_quoted(held)}",
            f"tenants = {_quoted(seen)}",
            "",
        )
    )


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # a printable text is written by JSON as by TOML
