"""The hours of the week: how many come in each of them on average, for a heat map."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from aggregators.metric import LABELS
from aggregators.week import MEASURES, MOST_WEEKS, hours_of_week, span_of_weeks
from aggregators.windows import EVERYBODY, locals_of
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.instants import Instant, stamp, stamp_or_none
from stream.api.numbers import JSON, windows_of
from stream.api.pasts import known_upto
from stream.api.problems import Wrong, responses
from stream.api.selecting import UNKNOWN, Selection, Several, choose
from stream.api.single import Number, number_of
from stream.offline import board_of, definitions_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from stream.api.source import Source
    from stream.past import Past

USUAL_WEEKS = 4


class WeekQuery(Selection):
    """One number, by its metric and every label it has but the window."""

    metric: Several = Field(
        description=f"Full name as in Prometheus, ending in {' or '.join(MEASURES)}, at any level.", min_length=1
    )
    weeks: int = Field(USUAL_WEEKS, description="So many weeks back from the latest full hour.", ge=1, le=MOST_WEEKS)


class HourOfWeek(BaseModel):
    """One of the 168: ISO day of the week (1 is Monday), hour by the clock, how many came in each of its `hours`."""

    day: int = Field(ge=1, le=7)
    hour: int = Field(ge=0, le=23)
    mean: float | None = Field(description="Null where no such hour is known.")
    hours: int


class Week(BaseModel):
    """How many come in each hour of the week, restated: with everything that has become known since."""

    metric: str
    labels: dict[str, str]
    unit: str
    zone: str = Field(description="By whose clocks.")
    as_of: Instant = Field(description="The latest numbers: what is known now.")
    generation: str
    carried_before: Instant | None = Field(description="Numbers before it are those of the generation before.")
    from_: Instant = Field(alias="from")
    to: Instant
    cells: list[HourOfWeek] = Field(description="Monday 0:00 first.")


def router(source: Source) -> APIRouter:
    """Return the route of the hours of the week."""
    routes = APIRouter(tags=["numbers"])

    @routes.get("/week", response_model=Week, responses=responses(*UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE))
    def week(query: Annotated[WeekQuery, Query()], caller: Reader) -> Response:
        """Return how many come in each hour of the week on average, by the clocks of the tenant's zone.

        Of full hours of the last weeks, 12 at most, since anything of the tenant is known: of the hours before it
        nothing is said.
        """
        snapshot = source.latest()
        latest = known_upto(snapshot)
        windows = windows_of(source, snapshot)
        if query.window:
            raise _wrong(parameter="window", problem="the hours of the week have none")
        chosen = choose(query, caller, windows=windows, index=source.indexes.of(snapshot))
        number = number_of(query.model_copy(update={"window": [windows[0]]}), chosen)
        if number.metric.suffix not in MEASURES or number.metric.family != "rolling":
            raise _wrong(parameter="metric", problem=f"of hours of the week only {' and '.join(MEASURES)} are told")
        past = source.pasts.past(snapshot)
        since, until, zone, counts = _counts(past, number, weeks=query.weeks, as_of=latest)
        cells = hours_of_week(counts, since=since, until=until, zone=zone)
        answer = {
            "metric": number.name,
            "labels": dict(zip(LABELS[number.group.level], number.group.values, strict=True)),
            "unit": number.metric.unit,
            "zone": str(zone),
            "as_of": stamp(latest),
            "generation": past.generation,
            "carried_before": stamp_or_none(snapshot.carried_before),
            "from": stamp(since),
            "to": stamp(until),
            "cells": [
                {"day": day, "hour": hour, "mean": cell.mean, "hours": cell.hours}
                for day, of_day in enumerate(cells, start=1)
                for hour, cell in enumerate(of_day)
            ],
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def _counts(past: Past, number: Number, *, weeks: int, as_of: int) -> tuple[int, int, tzinfo, Counter[int]]:
    """Return [from, to), the tenant's zone, and how many came by the start of the hour."""
    settings, recorded, group = past.settings, past.recorded, number.group
    local = locals_of(definitions_of(settings), ZoneInfo(settings.zone))
    zone = local.get(group.values[0], local[EVERYBODY]).zone
    first = min((at for labels, at in recorded.first.items() if labels.tenant == group.values[0]), default=as_of)
    since, until = span_of_weeks(weeks, as_of=as_of, first=first)
    board = board_of(settings)
    board.see_labels(recorded.first)
    counts: Counter[int] = Counter()
    measure = MEASURES[number.metric.suffix]
    for start, labels, amounts in recorded.hours():
        if amounts.get(measure) and group in board.groups_of(labels):
            counts[start] += amounts[measure]
    return since, until, zone, counts


def _wrong(*, parameter: str, problem: str) -> Wrong:
    return Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, f"{parameter}: {problem}", parameter=parameter)
