"""Links for screens: a screen on a wall has no keyboard, so it is let in by an address that works once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from stream.api.access import Admin, requires_all_tenants
from stream.api.instants import Instant, stamp
from stream.api.problems import Wrong, responses
from stream.api.sessions import Grant, Sessions, cookie_name

if TYPE_CHECKING:
    from stream.api.access import Caller, How
    from stream.api.source import Source

log = structlog.get_logger(__name__)
DAY_S = 86_400
# One path of this server: neither //elsewhere nor /\elsewhere, which browsers take for another server.
BOARD = r"^/([A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%?/-]*)?$"


class LinkOrder(BaseModel, extra="forbid"):
    """What a link is to give."""

    scopes: list[Literal["read", "drill-down"]] = Field(
        ["read"], min_length=1, max_length=2, description="What the screen may do, and read always; no more than you."
    )
    tenants: list[Annotated[str, Field(min_length=1, max_length=256)]] | None = Field(
        None,
        min_length=1,
        max_length=1_000,
        description="What it may see; no more than you. Without: all that you may.",
    )
    valid_s: int = Field(600, ge=10, le=DAY_S, description="For so long the link waits to be used.")
    session_s: int = Field(7 * DAY_S, ge=60, le=30 * DAY_S, description="For so long the screen is let in.")
    board: str = Field("/?kiosk", max_length=2_000, pattern=BOARD, description="The path that it is led to.")


class LinksQuery(BaseModel, extra="forbid"):
    """Whose links."""

    by: str | None = Field(
        None, description="Those of this token or user of a proxy; your own unless given.", max_length=256
    )


class TakenBack(BaseModel):
    """What came of it."""

    ended: int = Field(description="How many links and sessions there were.")


class Link(BaseModel):
    """A link that works once."""

    url: str
    expires_at: Instant


def router(source: Source, sessions: Sessions) -> APIRouter:
    """Return the route on which links are made."""
    routes = APIRouter(tags=["access"])

    @routes.post("/links", status_code=HTTPStatus.CREATED)
    async def make_link(order: LinkOrder, caller: Admin, request: Request, response: Response) -> Link:
        """Make a link that lets one screen in, once.

        It leads to `board` with a cookie, which is the screen's for `session_s`, and ends when the token you make it
        with is taken away or gets another secret.
        """
        grant = _granted(order, caller)
        code = await sessions.new_link(grant, valid_s=order.valid_s)
        log.info("link_made", by=caller.name, scopes=sorted(grant.scopes), valid_s=order.valid_s)
        response.headers["Cache-Control"] = "no-store"
        expires = stamp(source.clock() + order.valid_s * 1_000)
        return Link(url=str(request.url_for("join", code=code)), expires_at=expires)

    @routes.delete("/given-links", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
    async def take_links_back(query: Annotated[LinksQuery, Query()], caller: Admin) -> TakenBack:
        """End every link and every session of a screen that somebody gave: you, or `by`.

        The way to end what was given by a user of a proxy, of whom nothing here knows that they left. Of others' only
        who may see all tenants disposes. Streams that such a screen follows end within seconds.
        """
        if query.by is not None:
            requires_all_tenants(caller)
        hows: tuple[How, ...] = (caller.how,) if query.by is None else ("proxy", "token")
        ended = sum([await sessions.take_back(query.by or caller.name, how) for how in hows])
        log.info("links_taken_back", of=query.by or caller.name, by=caller.name, ended=ended)
        return TakenBack(ended=ended)

    return routes


def joining(sessions: Sessions) -> APIRouter:
    """Return the route on which links are used."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/join/{code}", name="join")
    async def join(code: Annotated[str, Path(max_length=100)], request: Request) -> Response:
        used = await sessions.use(code)
        if used is None:
            raise Wrong(HTTPStatus.NOT_FOUND, "this link was used already, or is too old, or never was one")
        secret, grant = used
        log.info("link_used", by=grant.by)
        answer = RedirectResponse(
            grant.board, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        )
        is_secure = request.url.scheme == "https"
        answer.set_cookie(
            cookie_name(is_secure=is_secure),
            secret,
            max_age=grant.session_s,
            secure=is_secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    return routes


def _granted(order: LinkOrder, caller: Caller) -> Grant:
    lacking = [scope for scope in order.scopes if scope not in caller.scopes]
    if lacking:
        raise Wrong(HTTPStatus.FORBIDDEN, f"you have not the scope {lacking[0]} yourself", parameter="scopes")
    tenants = caller.tenants
    if order.tenants is not None:
        if not all(map(caller.sees, order.tenants)):
            raise Wrong(HTTPStatus.FORBIDDEN, "these are not all tenants of yours", parameter="tenants")
        tenants = frozenset(order.tenants)
    scopes = frozenset({"read", *order.scopes})
    return Grant(caller.name, caller.how, scopes, tenants, order.board, order.session_s, caller.key)
