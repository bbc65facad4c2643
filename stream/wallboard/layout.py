"""The boards as the page asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.wallboard.boards import usual
from stream.wallboard.headlines import Part  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from stream.api.source import Source
    from stream.wallboard.boards import Board, Boards, Place, Tile


class TileSaid(BaseModel):
    """A tile. A metric's full name is `support_<level>_<metric>`, with the level that tenant, channel, queue make."""

    name: str
    title: str | None = Field(description="What stands above it; null: the usual words for its name.")
    unit: str
    value: Part
    beside: dict[str, Part]
    better: str
    target: float | None
    limit: float | None
    judged_by: str | None
    window: str
    tenant: str | None
    channel: str | None
    queue: str | None


class BoardSaid(BaseModel):
    """One screen full. A tenant of null is the one that the screen shows."""

    name: str
    title: str | None
    tenant: str | None
    channel: str | None
    queue: str | None
    window: str
    tiles: list[TileSaid]
    panels: list[str]
    sources: list[str] | None = Field(description="On whose events it stands; null: everybody's.")


class SourcesSaid(BaseModel):
    """After how long without an event a source is silent, in seconds."""

    silent_after_s: float
    silent_after_of_s: dict[str, float]
    ignored: list[str]


class BoardsSaid(BaseModel):
    """See docs/wallboard.md."""

    boards: list[BoardSaid]
    rotate_s: float | None
    sources: SourcesSaid
    windows: list[str]
    has_alerts: bool = Field(description="Whether an Alertmanager is asked for alerts that fire.")
    has_history: bool = Field(description="Whether this server tells what numbers were before.")
    has_conversations: bool = Field(description="Whether this server tells the conversations behind a number.")
    has_timelines: bool = Field(description="Whether it tells the facts of a conversation.")
    has_restatements: bool = Field(description="Whether it tells what was counted anew, and what was known then.")


def router(source: Source) -> APIRouter:
    """Return the route of the boards."""
    settings = source.settings
    found = settings.laid_out or usual(settings.defined)
    routes = APIRouter(tags=["wallboard"])

    @routes.get("/boards")
    def boards(caller: Reader, request: Request) -> BoardsSaid:
        """What the wallboard shows: the boards, their tiles with targets, and when a source is silent."""
        seen = [board for board in found.boards if board.place.tenant is None or caller.sees(board.place.tenant)]
        said = [(board, _board(board, caller)) for board in seen]
        return BoardsSaid(
            # One whose tiles are all of somebody else is somebody else's.
            boards=[each for board, each in said if each.tiles or not board.tiles],
            rotate_s=None if found.rotate_ms is None else found.rotate_ms / 1000,
            sources=_sources(found, caller),
            windows=list(settings.windows),
            has_alerts=settings.alertmanager is not None,
            has_history=_has(request, "history"),
            has_conversations=_has(request, "conversations"),
            has_timelines=_has(request, "conversations/{conversation}"),
            has_restatements=_has(request, "known-then"),
        )

    return routes


def _has(request: Request, name: str) -> bool:
    here = request.url.path.rpartition("/")[0]
    return f"{here}/{name}" in request.app.openapi()["paths"]


def _board(board: Board, caller: Reader) -> BoardSaid:
    tiles = [_tile(tile, board) for tile in board.tiles]
    return BoardSaid(
        name=board.name,
        title=board.title,
        **_place(board.place),
        window=board.window,
        tiles=[tile for tile in tiles if tile.tenant is None or caller.sees(tile.tenant)],
        panels=list(board.panels),
        sources=None if board.sources is None else list(board.sources),
    )


def _tile(tile: Tile, board: Board) -> TileSaid:
    shows = tile.headline
    return TileSaid(
        name=tile.name,
        title=tile.title,
        unit=shows.unit,
        value=shows.value,
        beside=shows.beside,
        better=shows.better,
        target=shows.target,
        limit=shows.limit,
        judged_by=shows.judged_by,
        window=tile.window or board.window,
        **_place(tile.place or board.place),
    )


def _place(place: Place) -> dict[str, Any]:
    return {"tenant": place.tenant, "channel": place.channel, "queue": place.queue}


def _sources(boards: Boards, caller: Reader) -> SourcesSaid:
    """Return it, without the names of sources where *caller* sees some tenants: they are of all of them."""
    if caller.tenants is not None:
        return SourcesSaid(silent_after_s=boards.silent_after_ms / 1000, silent_after_of_s={}, ignored=[])
    return SourcesSaid(
        silent_after_s=boards.silent_after_ms / 1000,
        silent_after_of_s={name: ms / 1000 for name, ms in boards.silent_after_of_ms.items()},
        ignored=list(boards.ignored),
    )
