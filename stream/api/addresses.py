"""Addresses: where `serve` listens, and whether others can reach it there."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from os import strerror
from typing import TYPE_CHECKING, Any

from stream.errors import UsageError

if TYPE_CHECKING:
    from stream.settings import Settings

BACKLOG = 2_048


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens on the address of *settings*; UsageError if it cannot be had.

    Nor may it be had where others can reach it and nobody has to say who they are.
    """
    try:
        family, address = _resolved(settings)
        if not _is_loopback(address[0]) and not settings.asks_who:
            message = (
                f"DESKPULSE_LISTEN: {settings.listen} can be reached by other machines, and nobody has to say who they"
                " are: name a file of tokens in DESKPULSE_TOKENS (`deskpulse token new` makes one), or a proxy's header"
                " in DESKPULSE_PROXY_USER_HEADER"
            )
            raise UsageError(message)
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        # `create_server` adds the address to what went wrong, and it stands here already.
        why = strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        message = f"DESKPULSE_LISTEN: {settings.listen} cannot be listened on ({why})"
        raise UsageError(message) from error


def is_on_this_machine(settings: Settings) -> bool:
    """Tell whether the address of *settings* is reached from this machine alone."""
    try:
        return _is_loopback(_resolved(settings)[1][0])
    except OSError:
        return False


def _resolved(settings: Settings) -> tuple[socket.AddressFamily, Any]:
    host, port = settings.listen_address
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, address


def _is_loopback(host: str) -> bool:
    address = ip_address(host.partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
