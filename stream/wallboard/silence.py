"""Silence: which source that a board stands on has said nothing for too long, so that its tiles know nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, Field

from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.wallboard.boards import usual

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.api.access import Caller
    from stream.api.source import Source
    from stream.wallboard.boards import Board, Boards


class Silent(BaseModel):
    """A board that stands on a source that is silent."""

    board: str
    source: str = Field(description="The one that has been silent for longest.")
    age_s: float = Field(description="How long before the instant of the numbers its latest event was.")
    others: int = Field(description="How many more of the board's sources are silent.")


class Silence(BaseModel):
    """The boards whose numbers must not be believed, as somebody who tells of them is silent."""

    silent: list[Silent]


def router(source: Source) -> APIRouter:
    """Return the route of silence."""
    routes = APIRouter(tags=["wallboard"])
    boards = source.settings.laid_out or usual(source.settings.defined)

    @routes.get("/silence")
    async def silence(caller: Reader) -> Silence:
        """Which boards stand on a source that is silent. Who sees only some tenants is told of boards that name theirs.

        For sources are of all tenants, unless the file of boards says whose board they are for.
        """
        snapshot = source.latest()
        as_of = snapshot.as_of
        ages_s = {} if as_of is None else {name: (as_of - at) / 1000 for name, at in snapshot.sources.items()}
        return said(boards, ages_s, caller=caller)

    return routes


def said(boards: Boards, ages_s: Mapping[str, float], *, caller: Caller) -> Silence:
    """Return what is said to *caller* where the latest event of each source is *ages_s* old."""
    found = []
    for board in boards.boards:
        if board.place.tenant is not None and not caller.sees(board.place.tenant):
            continue
        if board.sources is None and caller.tenants is not None:
            continue
        silent = silent_of(board, boards, ages_s)
        if silent:
            name, age_s = silent[0]
            found.append(Silent(board=board.name, source=name, age_s=age_s, others=len(silent) - 1))
    return Silence(silent=found)


def silent_of(board: Board, boards: Boards, ages_s: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the sources that *board* stands on and that are silent, with their ages in seconds, the oldest first."""
    return sorted(
        (
            (name, age_s)
            for name, age_s in ages_s.items()
            if (name in board.sources if board.sources is not None else name not in boards.ignored)
            and age_s * 1000 > boards.silent_after_of_ms.get(name, boards.silent_after_ms)
        ),
        key=lambda each: (-each[1], each[0]),
    )
