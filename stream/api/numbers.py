"""The numbers of the latest snapshot: every value there is, or those that were asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.instants import Instant, stamp, stamp_or_none
from stream.api.problems import responses
from stream.api.selecting import UNKNOWN, Selection, choose
from stream.snapshot import ready_trouble

if TYPE_CHECKING:
    from aggregators.board import Row
    from stream.api.access import Caller
    from stream.api.pasts import Look
    from stream.api.source import Source
    from stream.snapshot import Snapshot

USUAL: Final = 10_000
MOST: Final = 200_000
JSON: Final = "application/json"


class Value(BaseModel):
    """One number. What is unknown is absent, never 0."""

    metric: str = Field(description="Full name, as in Prometheus.")
    labels: dict[str, str] = Field(description="All but `window`, in the order of the catalogue.")
    window: str | None = Field(description="The rolling window; null of what holds now and of counters.")
    value: float


class Standing(BaseModel):
    """What every answer about numbers says of them."""

    as_of: Instant | None = Field(description="The instant the numbers are for; null while none may be shown.")
    made_at: Instant | None = Field(description="When they were put together, by the wall clock.")
    trouble: str | None = Field(description="Why they may be stale or wrong, for people; null if nothing is known.")
    generation: str | None = Field(description="The definitions they were counted by; see /definitions.")


class LeftOut(BaseModel):
    """Metrics that are not among the values, and why: what was shown then is not known."""

    why: str
    metrics: list[str] = Field(description="Names, with the window and the label where it is about these alone.")


class Values(Standing):
    """The numbers that were asked for."""

    values: list[Value]
    more: bool = Field(description="Whether there are more than `limit`.")
    left_out: list[LeftOut] = Field(description="With `as_of`: what cannot be told of that instant any more.")


class ValuesQuery(Selection):
    """A selection, and how much of it."""

    as_of: str | None = Field(
        None, description="What is known now of this instant (RFC 3339 or epoch ms); the latest unless given."
    )
    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many values.")


def router(source: Source) -> APIRouter:
    """Return the route of the numbers."""
    routes = APIRouter(tags=["numbers"])
    pasts = source.pasts

    @routes.get("/values", response_model=Values, responses=responses(*UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE))
    def values(query: Annotated[ValuesQuery, Query()], caller: Reader) -> Response:
        """Return the numbers of the latest snapshot.

        Labels of places select: what is not counted by a label asked for is left out. `window`, `q`, `variant` and the
        like narrow: metrics without them stay. With `as_of` they are those of an instant gone by, restated: with
        everything that has become known since. What is not kept any more is in `left_out`.
        """
        snapshot = source.latest()
        index = source.indexes.of(snapshot)
        known = None if snapshot.as_of is None else index
        chosen = choose(query, caller, windows=windows_of(source, snapshot), index=known)
        if query.as_of is not None:
            return _of_then(pasts.look(snapshot, chosen, query.as_of), query, now=source.clock())
        rows = chosen.rows(index)
        answer = {
            **standing(snapshot, caller, now=source.clock()),
            "values": [as_value(row) for row in rows[: query.limit]],
            "more": len(rows) > query.limit,
            "left_out": [],
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def _of_then(look: Look, query: ValuesQuery, *, now: int) -> Response:
    answer = {
        "as_of": stamp(look.at),
        "made_at": stamp(now),
        "trouble": None,
        "generation": look.generation,
        "values": [as_value(row) for row in look.rows[: query.limit]],
        "more": len(look.rows) > query.limit,
        "left_out": [{"why": why, "metrics": names} for why, names in look.left_out.items()],
    }
    return Response(orjson.dumps(answer), media_type=JSON)


def windows_of(source: Source, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the windows that are shown: those of the tables in force, once they are known."""
    return tuple(snapshot.covered_s) or source.settings.windows


def standing(snapshot: Snapshot, caller: Caller, *, now: int) -> dict[str, Any]:
    """Return what a `Standing` says of *snapshot* at *now*."""
    return {
        "as_of": stamp_or_none(snapshot.as_of),
        "made_at": stamp(snapshot.made_at) if snapshot.made_at else None,
        "trouble": trouble_for(ready_trouble(snapshot, now), sees_all=caller.tenants is None),
        "generation": snapshot.generation,
    }


def trouble_for(trouble: str | None, *, sees_all: bool) -> str | None:
    """Return *trouble* for who sees all tenants; for others that there is some, as it may name what is not theirs."""
    return trouble if trouble is None or sees_all else "the numbers may be old or wrong"


def as_value(row: Row) -> dict[str, Any]:
    """Return *row* as a `Value`."""
    return {"metric": row.name, "labels": labels_of(row), "window": row.window, "value": row.value}


def labels_of(row: Row) -> dict[str, str]:
    """Return the labels of *row* but its window."""
    labels = dict(row.pairs)
    labels.pop("window", None)
    return labels
