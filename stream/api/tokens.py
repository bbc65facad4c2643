"""Tokens: whose one is, by the file of tokens as it stands."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from stream.api.access import Caller
from stream.errors import UsageError
from stream.scopes import digest
from stream.tokens_file import read_tokens

if TYPE_CHECKING:
    from stream.tokens_file import Token

log = structlog.get_logger(__name__)
Look = tuple[int, int, int] | None


class Tokens:
    """The tokens of *file*, read again when it changes. A file that is wrong or gone changes nothing, and is logged.

    Raises SettingsError where it is wrong at the start.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._look = _look(file)
        self._tokens = read_tokens(file)

    def whose(self, secret: str) -> Caller | None:
        """Return whose token *secret* is, None if it is none.

        Every one is compared, each in constant time: how long that takes tells nothing.
        """
        self._follow()
        given = digest(secret)
        found: Token | None = None
        for token in self._tokens:
            if hmac.compare_digest(token.sha256, given):
                found = token
        return None if found is None else _caller(found)

    def named(self, name: str) -> Caller | None:
        """Return whose token is called *name*, None if there is none any more."""
        self._follow()
        return next((_caller(token) for token in self._tokens if token.name == name), None)

    def _follow(self) -> None:
        look = _look(self._file)
        if look == self._look:
            return
        self._look = look
        try:
            self._tokens = read_tokens(self._file)
        except UsageError as error:
            log.warning("tokens_kept", why=str(error), action="those read before go on")
        else:
            log.info("tokens_read", file=self._file, tokens=len(self._tokens))


def _caller(token: Token) -> Caller:
    return Caller(token.name, token.scopes, token.tenants, "token", token.sha256.hex())


def _look(file: str) -> Look:
    """Return what changes when *file* does; links are followed, which is how a mounted secret changes."""
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
