"""A reverse proxy that knows who asks: its headers are believed if settings say so, and from its addresses alone."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote

from stream.api.access import SCOPES, Caller
from stream.settings import networks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.settings import Settings

FORWARDED_PROTO = "x-forwarded-proto"
EVERY_TENANT = "*"
"""A tenant of that very name is written %2A."""


class Proxy:
    """The proxy of the settings, which name the header of the user."""

    def __init__(self, settings: Settings) -> None:
        self._user = (settings.proxy_user_header or "").lower()
        self._scopes = settings.proxy_scopes_header.lower()
        self._tenants = settings.proxy_tenants_header.lower()
        self._networks = networks(settings.proxy_peers or "")

    def whose(self, headers: Mapping[str, Sequence[str]], *, peer: str) -> Caller | None:
        """Return of whom the proxy at *peer* says that they ask; None if it is no proxy of ours, or names nobody.

        What it does not say is not granted: without scopes none, without tenants none. A header that comes twice is
        believed in nothing, as one of the two may be the client's.
        """
        if not self._user or not self._is_ours(peer):
            return None
        said = {name: headers.get(name, ()) for name in (self._user, self._scopes, self._tenants)}
        if len(said[self._user]) != 1 or not said[self._user][0] or any(len(values) > 1 for values in said.values()):
            return None
        named = {part.strip() for value in said[self._scopes] for part in value.split(",")}
        tenants = [part.strip() for value in said[self._tenants] for part in value.split(",") if part.strip()]
        return Caller(
            said[self._user][0],
            frozenset(scope for scope in SCOPES if scope in named),
            None if EVERY_TENANT in tenants else frozenset(map(unquote, tenants)),
            "proxy",
        )

    def does_tls(self, headers: Mapping[str, Sequence[str]], *, peer: str) -> bool:
        """Tell whether the proxy at *peer* says that it was asked under TLS."""
        return list(headers.get(FORWARDED_PROTO, ())) == ["https"] and self._is_ours(peer)

    def _is_ours(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)
