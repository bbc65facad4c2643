"""Access: who asks, what they may ask for, and of which tenants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import Depends, Request

if TYPE_CHECKING:
    from collections.abc import Callable

Scope = Literal["read", "drill-down", "admin"]
SCOPES: Final[tuple[Scope, ...]] = ("read", "drill-down", "admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `tenants` None: all of them."""

    name: str
    scopes: frozenset[Scope]
    tenants: frozenset[str] | None = None

    def sees(self, tenant: str) -> bool:
        """Tell whether *tenant* is one of theirs. To whom it is not, it does not exist."""
        return self.tenants is None or tenant in self.tenants


ANYBODY: Final = Caller("anybody on this machine", frozenset(SCOPES))
"""Who asks where nobody has to say who they are."""


def requires(_: Scope) -> Callable[[Request], Caller]:
    """Return the dependency that gives the caller, who has to have the scope."""

    def caller(_: Request) -> Caller:
        return ANYBODY

    return caller


Reader = Annotated[Caller, Depends(requires("read"))]
Driller = Annotated[Caller, Depends(requires("drill-down"))]
Admin = Annotated[Caller, Depends(requires("admin"))]
