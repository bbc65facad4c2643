"""The identity: in each queue, those waiting at the start and those queued are those ended and those still waiting."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from aggregators.windows import IDENTITY_WINDOWS
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.numbers import JSON, Standing, standing
from stream.api.places import PlacesQuery, by_group, labels_of, metric, places
from stream.api.problems import responses
from stream.api.selecting import UNKNOWN

if TYPE_CHECKING:
    from aggregators.leg_counts import LegCounts
    from aggregators.rolling import Group
    from stream.api.source import Source
    from stream.snapshot import Snapshot

_WAITING: Final = metric("waiting", "state")


class Balance(BaseModel):
    """One queue in one window, in legs.

    waiting_at_start + queued = answered + abandoned + short_abandoned + flowed_out + callback_requested + agent_closed
    + lost + waiting_at_end.
    """

    labels: dict[str, str]
    window: str
    waiting_at_start: int | None = Field(description="By the intervals; null where it cannot be told.")
    queued: int
    answered: int
    abandoned: int = Field(description="Without the short ones.")
    short_abandoned: int
    flowed_out: int
    callback_requested: int
    agent_closed: int
    lost: int
    waiting_at_end: int
    off_by: int | None = Field(description="Left side less right side: 0 where it holds.")
    holds: bool | None


class Identity(Standing):
    """The identity (M8) of every queue that was asked for."""

    queues: list[Balance]
    more: bool = Field(description="Whether there are more than `limit`.")


def router(source: Source) -> APIRouter:
    """Return the route of the identity."""
    routes = APIRouter(tags=["trust"])

    @routes.get("/identity", response_model=Identity, responses=responses(*UNKNOWN))
    def identity(query: Annotated[PlacesQuery, Query()], caller: Reader) -> Response:
        """Return whether the legs of each queue add up: what was counted against the intervals of those who wait.

        Of the windows 5m, 30m and 1h. Where it does not hold, a number of this queue is wrong, and this is a bug.
        """
        snapshot = source.latest()
        waiting = by_group(source.indexes.of(snapshot).of(_WAITING, "queue"))
        found = [
            _balance(snapshot, group, window, counts=counts, waiting=waiting.get(group, 0))
            for group, window, counts in islice(
                places(source, snapshot, caller, query, windows=IDENTITY_WINDOWS), query.limit + 1
            )
        ]
        answer = {
            **standing(snapshot, caller, now=source.clock()),
            "queues": found[: query.limit],
            "more": len(found) > query.limit,
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def _balance(snapshot: Snapshot, group: Group, window: str, *, counts: LegCounts, waiting: int) -> dict[str, Any]:
    by_window = snapshot.grown.get(window)
    grown = None if by_window is None else by_window.get(group, 0)
    off_by = None if grown is None else counts.queued - counts.ended - grown
    return {
        "labels": labels_of(group),
        "window": window,
        "waiting_at_start": None if grown is None else waiting - grown,
        **dict(zip(counts._fields[:8], counts[:8], strict=True)),
        "waiting_at_end": waiting,
        "off_by": off_by,
        "holds": None if off_by is None else off_by == 0,
    }
