"""Masks: what stands for the id of a conversation, a customer, an agent to whom may not know it."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stream.api.access import Caller

_SECRET: Final = secrets.token_bytes(32)
"""Of this process: whoever knows all ids cannot try them out."""
_CHARACTERS: Final = 10


def masked(tenant: str, identifier: str, caller: Caller, *, is_hidden: bool = False) -> str:
    """Return *identifier* as *caller* may see it: whole with the scope drill-down, else as one and the same mask.

    A mask it is for everybody where it `is_hidden`.
    """
    if "drill-down" in caller.scopes and not is_hidden:
        return identifier
    text = f"{tenant}\0{identifier}".encode("utf-8", "surrogatepass")
    return "…" + hmac.new(_SECRET, text, "sha256").hexdigest()[:_CHARACTERS]
