"""Links for screens, made where the settings of `serve` are: with its file of tokens and its Redis."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from stream.api.links import BOARD, DAY_S
from stream.api.problems import Wrong
from stream.api.sessions import Grant, Sessions
from stream.errors import UsageError
from stream.settings import duration_ms, hidden
from stream.tokens_file import read_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from stream.scopes import Scope
    from stream.settings import Settings
    from stream.tokens_file import Token

SHORTEST_LINK_S: Final = 10
SHORTEST_SESSION_S: Final = 60
LONGEST_SESSION_S: Final = 30 * DAY_S


def new_link(
    settings: Settings,
    *,
    token: str | None,
    scopes: Collection[Scope],
    tenants: Sequence[str] | None,
    board: str,
    valid: str,
    session: str,
) -> str:
    """Return the address of a link to *board* that works once within *valid*, and lets in for *session*.

    Raises UsageError, naming the option or the setting.
    """
    giver = _giver(settings, token)
    for scope in scopes:
        if scope not in giver.scopes:
            message = f"--{scope}: the token {giver.name!r} has not that scope itself"
            raise UsageError(message)
    for tenant in tenants or ():
        if giver.tenants is not None and tenant not in giver.tenants:
            message = f"--tenant: {tenant!r} is none of the token {giver.name!r}"
            raise UsageError(message)
    if not re.fullmatch(BOARD, board):
        message = f"--board: {board!r} is not a path of the site (try /?kiosk)"
        raise UsageError(message)
    shown = frozenset(tenants) if tenants else giver.tenants
    lasts_s = _span_s("--session", session, least=SHORTEST_SESSION_S, most=LONGEST_SESSION_S)
    grant = Grant(giver.name, "token", frozenset(scopes), shown, board, lasts_s, giver.sha256.hex())
    valid_s = _span_s("--valid", valid, least=SHORTEST_LINK_S, most=DAY_S)
    try:
        code = asyncio.run(Sessions(settings).new_link(grant, valid_s=valid_s))
    except Wrong as error:
        message = f"DESKPULSE_REDIS: {hidden('redis', settings.redis)} does not answer"
        raise UsageError(message) from error
    return f"{settings.site}/join/{code}"


def _giver(settings: Settings, name: str | None) -> Token:
    """Return the token in whose name a link is given."""
    if settings.tokens is None:
        message = "DESKPULSE_TOKENS: names no file, so nobody needs a link: open " + settings.site
        raise UsageError(message)
    able = [token for token in read_tokens(settings.tokens) if "admin" in token.scopes]
    found = [token for token in able if name in {None, token.name}]
    if len(found) == 1:
        return found[0]
    names = ", ".join(token.name for token in able) or "none"
    message = f"--token: name one of those with the scope admin ({names})"
    raise UsageError(message)


def _span_s(option: str, text: str, *, least: int, most: int) -> int:
    try:
        span_s = duration_ms(text) // 1_000
    except ValueError as error:
        message = f"{option}: {error}"
        raise UsageError(message) from error
    if not least <= span_s <= most:
        message = f"{option}: {text!r} is not from {least}s to {most // DAY_S}d"
        raise UsageError(message)
    return span_s
