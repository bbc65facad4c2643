"""Places: the queues, channels, tenants of which a window counts legs, as answers about legs go through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from aggregators.catalogue import METRICS
from aggregators.leg_counts import NO_LEGS, LegCounts
from aggregators.metric import LABELS
from stream.api.numbers import windows_of
from stream.api.selecting import MOST_OF_ONE, Selection, Several, choose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregators.board import Row
    from aggregators.metric import Metric
    from aggregators.rolling import Group, Level
    from stream.api.access import Caller
    from stream.api.source import Source
    from stream.snapshot import Snapshot

MOST: Final = 10_000
USUAL: Final = 1_000
LegLevel = Literal["queue", "channel", "tenant", "priority", "team", "language"]


def metric(suffix: str, family: str) -> Metric:
    """Return a metric of the catalogue."""
    (found,) = (each for each in METRICS if (each.suffix, each.family) == (suffix, family))
    return found


QUEUED: Final = metric("queued", "rolling")
"""It stands wherever legs are counted, 0 if there were none."""


class PlacesQuery(BaseModel):
    """Which places are meant. Each may be named several times: any of the values will do."""

    model_config = ConfigDict(extra="forbid")

    tenant: Several = Field([], description="Only of this tenant.")
    channel: Several = Field([], description="Only of this channel.")
    queue: Several = Field([], description="Only of this queue.")
    window: Several = Field([], description="Only of this rolling window; all of them unless given.")
    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many.")


class LevelQuery(PlacesQuery):
    """Places at any level at which legs stand."""

    level: list[LegLevel] = Field(["queue"], description="At this level; queue unless given.", max_length=len(LABELS))
    priority: list[str] = Field([], description="Only of this priority.", max_length=MOST_OF_ONE)
    team: list[str] = Field([], description="Only of this team.", max_length=MOST_OF_ONE)
    language: list[str] = Field([], description="Only of this language.", max_length=MOST_OF_ONE)


def places(
    source: Source, snapshot: Snapshot, caller: Caller, query: PlacesQuery, *, windows: Sequence[str] = ()
) -> Iterator[tuple[Group, str, LegCounts]]:
    """Yield (group, window, counts) of the places that *query* of *caller* means, an order that stays.

    *windows* are those that may be asked for, all that are shown unless given. Wrong: no place or window is so named.
    """
    levels: list[Level] = [*query.level] if isinstance(query, LevelQuery) else ["queue"]
    asked: dict[str, Any] = query.model_dump(exclude={"limit", "level"})
    asked["metric"] = [QUEUED.name(level) for level in levels]
    index = source.indexes.of(snapshot)
    shown = windows_of(source, snapshot)
    may = tuple(each for each in shown if each in windows) if windows else shown
    asked["window"] = asked["window"] or [*may]
    chosen = choose(
        Selection.model_validate(asked), caller, windows=may, index=None if snapshot.as_of is None else index
    )
    for row in chosen.rows(index):
        window = row.window or ""
        yield row.group, window, snapshot.legs.get((window, row.group), NO_LEGS)


def labels_of(group: Group) -> dict[str, str]:
    """Return the labels of a place."""
    return dict(zip(LABELS[group.level], group.values, strict=True))


def by_group(rows: Sequence[Row]) -> dict[Group, int]:
    """Return the values of *rows*, which are whole numbers, by group."""
    return {row.group: int(row.value) for row in rows}
