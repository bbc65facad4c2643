"""Addresses that alerts link to."""

from __future__ import annotations

import re

from stream.errors import UsageError


def address(option: str, text: str) -> str:
    """Return *text* without a slash at its end; UsageError that names *option* if it is no address of a site."""
    if not re.fullmatch(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", text):
        message = f"{option}: {text!r} is not the address of a site (try https://grafana.example.org)"
        raise UsageError(message)
    return text.rstrip("/")
