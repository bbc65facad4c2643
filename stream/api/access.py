"""Access: who asks, what they may ask for, and of which tenants."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import Depends, Request

from stream.api.problems import Wrong
from stream.scopes import SCOPES, Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["ANYBODY", "SCOPES", "Admin", "Caller", "Driller", "Reader", "Scope"]
CALLER: Final = "deskpulse.caller"
"""Under this name `identity` leaves in the ASGI scope the caller, or what to answer as there is none."""
ANEW: Final = "deskpulse.anew"
"""Under this name it leaves there what finds anew who asks, for answers that go on."""
CHALLENGE: Final = 'Bearer realm="deskpulse"'
How = Literal["nobody", "token", "proxy", "link"]
"""By what a caller was known."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `tenants` None: all of them."""

    name: str
    scopes: frozenset[Scope]
    tenants: frozenset[str] | None = None
    how: How = "nobody"
    key: str = field(default="", compare=False, repr=False)
    """What tells them from others of this name, by a hash of the secret; "" where a name is enough."""

    def sees(self, tenant: str) -> bool:
        """Tell whether *tenant* is one of theirs. To whom it is not, it does not exist."""
        return self.tenants is None or tenant in self.tenants


ANYBODY: Final = Caller("anybody on this machine", frozenset(SCOPES))
"""Who asks where nobody has to say who they are."""


def requires(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """Return the dependency that gives the caller, who has to have *scope*."""

    async def caller(request: Request) -> Caller:
        found = request.scope.get(CALLER)
        if not isinstance(found, Caller):
            raise found or Unknown
        if scope not in found.scopes:
            raise Lacking(scope)
        return found

    return caller


def requires_all_tenants(caller: Caller) -> None:
    """Refuse a caller who sees some tenants only, where an answer is of all of them."""
    if caller.tenants is not None:
        raise Wrong(HTTPStatus.FORBIDDEN, "this is of all tenants, and you may see some of them")


class Unknown(Wrong):
    """It is not known who asks, and it has to be."""

    def __init__(
        self, detail: str = "say who you are: Authorization: Bearer and a token", *, challenge: str = CHALLENGE
    ) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})


class WrongToken(Unknown):
    """Somebody has a token that is none."""

    def __init__(self) -> None:
        super().__init__(
            "this token is none of ours, or none any more", challenge=f'{CHALLENGE}, error="invalid_token"'
        )


class Lacking(Wrong):
    """The caller may not do that."""

    def __init__(self, scope: Scope) -> None:
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        detail = f"this needs the scope {scope}"
        super().__init__(HTTPStatus.FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})


Reader = Annotated[Caller, Depends(requires("read"))]
Driller = Annotated[Caller, Depends(requires("drill-down"))]
Admin = Annotated[Caller, Depends(requires("admin"))]
