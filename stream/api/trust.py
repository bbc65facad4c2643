"""Trust: how far the numbers may be believed - how fresh, how complete, what was late, twice, given up, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.instants import Instant, stamp_or_none
from stream.api.numbers import JSON, Standing, standing, windows_of
from stream.api.places import metric
from stream.api.problems import responses
from stream.api.selecting import UNKNOWN, Selection, Several, choose
from stream.delays import LAG, LAG_SUM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.board import Row
    from stream.api.source import Source
    from stream.snapshot import Snapshot

_LOST: Final = metric("lost", "rolling")
_COVERAGE: Final = metric("coverage_ratio", "rolling")
_LATE_DROPPED: Final = "rejected:late"
_COUNTED: Final = ("duplicates", "replaced", "clamped", "late_applied", "restatements", "conflicts")


class TrustQuery(BaseModel):
    """Whose numbers."""

    model_config = ConfigDict(extra="forbid")

    tenant: Several = Field([], description="Coverage and ghosts of this tenant only; all of them unless given.")


class SourceSeen(BaseModel):
    """One source of events. Silence is not calm: whose age grows sends no heartbeats either."""

    source: str
    latest: Instant = Field(description="Its latest event, heartbeats included.")
    age_s: float | None = Field(description="How long before the instant of the numbers that was.")
    clock_ahead_s: float | None = Field(description="How far its clock is ahead of Kafka's at least; null if unknown.")


class PartitionSeen(BaseModel):
    """One partition of a topic."""

    topic: str
    partition: int
    watermark: Instant | None = Field(description="The greatest event time accepted.")
    lag: int | None = Field(description="Records that are not applied yet; null if no worker says so.")
    reported_at: Instant | None = Field(description="When a worker last said how far it is read.")
    committed_at: Instant | None = Field(description="When a worker last committed records of it.")


class Ghosts(BaseModel):
    """Legs that nobody ended, given up after the time of the definitions."""

    tenant: str
    window: str
    legs: int


class Coverage(BaseModel):
    """Share of the conversations begun in the window that name a customer, an agent, a queue by now."""

    tenant: str
    window: str
    field: str
    ratio: float


class Trust(Standing):
    """What is known of the numbers themselves.

    `sources`, `partitions`, `counts`, `violations`, `backlog_drift` and `folded` are of all tenants together: null for
    who sees only some.
    """

    carried_before: Instant | None = Field(description="Numbers before it are those of the generation before.")
    sources: list[SourceSeen] | None
    partitions: list[PartitionSeen] | None
    counts: dict[str, int] | None = Field(
        description="Records since the tables began, by what became of them: accepted, duplicates, late_applied, "
        "late_dropped, rejected, …"
    )
    violations: dict[str, int] | None = Field(
        description="By window the queues in which the identity does not hold; must be 0. See /identity."
    )
    backlog_drift: int | None = Field(
        description="Conversations by which two ways to count the backlog differ; must be 0. Null if it is not counted."
    )
    folded: int | None = Field(description="Names over the caps, counted as `other`.")
    covered_s: dict[str, float] = Field(description="By window how much of it lies after the first event ever seen.")
    coverage: list[Coverage] | None = Field(description="Null where the definitions do not ask for the family health.")
    ghosts: list[Ghosts]


def router(source: Source) -> APIRouter:
    """Return the route of trust."""
    routes = APIRouter(tags=["trust"])

    @routes.get("/trust", response_model=Trust, responses=responses(*UNKNOWN))
    def trust(query: Annotated[TrustQuery, Query()], caller: Reader) -> Response:
        """Return how far the numbers may be believed: freshness by source, what came late or twice, what is missing."""
        snapshot = source.latest()
        index = source.indexes.of(snapshot)
        names = [_LOST.name("tenant"), _COVERAGE.name("tenant")]
        chosen = choose(
            Selection.model_validate({"metric": names, "tenant": query.tenant}),
            caller,
            windows=windows_of(source, snapshot),
            index=None if snapshot.as_of is None else index,
        )
        rows = chosen.rows(index)
        answer = {
            **standing(snapshot, caller, now=source.clock()),
            "carried_before": stamp_or_none(snapshot.carried_before),
            **(_of_all(snapshot) if caller.tenants is None else dict.fromkeys(_OF_ALL)),
            "covered_s": snapshot.covered_s,
            "coverage": _coverage(snapshot, rows),
            "ghosts": [
                {"tenant": row.group.values[0], "window": row.window, "legs": row.value}
                for row in rows
                if row.metric is _LOST
            ],
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


_OF_ALL: Final = ("sources", "partitions", "counts", "violations", "backlog_drift", "folded")


def _of_all(snapshot: Snapshot) -> dict[str, Any]:
    """Return what is known of everything together."""
    return {
        "sources": [
            {
                "source": name,
                "latest": stamp_or_none(at),
                "age_s": None if snapshot.as_of is None else (snapshot.as_of - at) / 1000,
                "clock_ahead_s": snapshot.clocks[name] / 1000 if name in snapshot.clocks else None,
            }
            for name, at in sorted(snapshot.sources.items())
        ],
        "partitions": [
            {
                "topic": each.partition.topic,
                "partition": each.partition.partition,
                "watermark": stamp_or_none(each.watermark),
                "lag": each.lag,
                "reported_at": stamp_or_none(each.reported_at),
                "committed_at": stamp_or_none(each.committed_at),
            }
            for each in sorted(snapshot.partitions)
        ],
        "counts": counts_of(snapshot),
        "violations": snapshot.violations,
        "backlog_drift": snapshot.backlog_drift,
        "folded": snapshot.folded,
    }


def counts_of(snapshot: Snapshot) -> dict[str, int]:
    """Return what became of the records, nothing before the first one."""
    counts = snapshot.counts
    if not counts:
        return {}
    rejected = sum(number for name, number in counts.items() if name.startswith("rejected:"))
    lags = (LAG, LAG_SUM, "rejected:")
    accepted = sum(n for name, n in counts.items() if name not in _COUNTED and not name.startswith(lags))
    return {
        "accepted": accepted,
        **{name: counts.get(name, 0) for name in _COUNTED},
        "late_dropped": counts.get(_LATE_DROPPED, 0),
        "rejected": rejected,
    }


def _coverage(snapshot: Snapshot, rows: Iterable[Row]) -> list[dict[str, Any]] | None:
    if snapshot.definitions is not None and _COVERAGE.asked not in snapshot.definitions.families:
        return None
    return [
        {"tenant": row.group.values[0], "window": row.window, "field": row.extra, "ratio": row.value}
        for row in rows
        if row.metric is _COVERAGE
    ]
