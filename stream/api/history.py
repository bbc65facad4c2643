"""The history of one number: what the board shows at each of many instants, with everything that is known now."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.metric import LABELS
from aggregators.panes import FINE, QUARTER
from aggregators.rolling import groups_of
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.instants import Instant, parse, stamp, stamp_or_none
from stream.api.numbers import JSON, windows_of
from stream.api.pasts import known_upto
from stream.api.problems import Wrong, responses
from stream.api.selecting import UNKNOWN, Selection, Several, choose
from stream.api.single import Number, number_of
from stream.settings import duration_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.api.source import Source
    from stream.snapshot import Snapshot

MOST_POINTS: Final = 2_000
USUAL_POINTS: Final = 240
USUAL_MS: Final = HOUR_MS
STEPS_MS: Final = (
    *(seconds * SECOND_MS for seconds in (10, 30)),
    *(minutes * MINUTE_MS for minutes in (1, 5, 15)),
    *(hours * HOUR_MS for hours in (1, 6)),
    DAY_MS,
)
"""Steps that are taken unless one is given: the first with which there are few enough points."""
NOT_YET: Final = "later than the latest numbers"


class HistoryQuery(Selection):
    """One number, by its metric and every label it has, and the instants."""

    metric: Several = Field(description="Full name as in Prometheus, of a metric that is no counter.", min_length=1)
    from_: str | None = Field(
        None, alias="from", description="First instant (RFC 3339 or epoch ms); an hour before `to` unless given."
    )
    to: str | None = Field(None, description="Last instant; that of the latest numbers unless given.")
    step: str | None = Field(
        None, description="Points are at the multiples of it, like 60s, 15m; as fits 240 points unless given."
    )


class Untold(BaseModel):
    """Points of which the value is not known, and why. Of others null says that there was none."""

    why: str
    first: Instant
    last: Instant
    points: int


class History(BaseModel):
    """What the board shows at each instant, restated: with everything that has become known since."""

    metric: str
    labels: dict[str, str]
    window: str | None
    unit: str
    as_of: Instant = Field(description="The latest numbers: what is known now.")
    generation: str
    carried_before: Instant | None = Field(description="Numbers before it are those of the generation before.")
    from_: Instant = Field(alias="from")
    to: Instant
    step_s: float
    points: list[tuple[Instant, float | None]] = Field(description="Instant and value, the oldest first.")
    unknown: list[Untold] = Field(description="Which of the nulls are unknown, and why.")


def router(source: Source) -> APIRouter:
    """Return the route of the history."""
    routes = APIRouter(tags=["numbers"])

    @routes.get(
        "/history",
        response_model=History,
        responses=responses(*UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    def history(query: Annotated[HistoryQuery, Query()], caller: Reader) -> Response:
        """Return one number at many instants gone by, restated: with everything that has become known since.

        The last two hours are known to the second. Before, for eight days, multiples of 15 min are, of windows that are
        such multiples, but nothing of who was there then. What is not known is null, and `unknown` says why.
        """
        snapshot = source.latest()
        latest = known_upto(snapshot)
        windows = windows_of(source, snapshot)
        chosen = choose(query, caller, windows=windows, index=source.indexes.of(snapshot))
        if len(chosen.named) == 1 and chosen.named[0].metric.family == "total":
            raise _wrong(
                parameter="metric", problem="what counters and histograms were is not kept; rolling metrics are"
            )
        number = number_of(query, chosen)
        instants, step = _instants(query, latest)
        points, unknown, generation = _points(source, snapshot, number, instants)
        answer = {
            "metric": number.name,
            "labels": {
                **dict(zip(LABELS[number.group.level], number.group.values, strict=True)),
                **({number.metric.extra: number.extra} if number.metric.extra else {}),
            },
            "window": number.window,
            "unit": number.metric.unit,
            "as_of": stamp(latest),
            "generation": generation,
            "carried_before": stamp_or_none(snapshot.carried_before),
            "from": stamp(instants.start),
            "to": stamp(instants[-1] if instants else instants.start),
            "step_s": step / SECOND_MS,
            "points": points,
            "unknown": unknown,
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def _instants(query: HistoryQuery, latest: int) -> tuple[range, int]:
    """Return the instants that are meant, and the step between them in ms."""
    to = latest if query.to is None else parse("to", query.to)
    first = to - USUAL_MS if query.from_ is None else parse("from", query.from_)
    if first > to:
        raise _wrong(parameter="from", problem=f"{stamp(first)} is after {stamp(to)}, the end")
    if query.step is None:
        # Of what is older than fine panes 15 minutes show something, and less than that mostly shows that it is gone.
        least = FINE.ms if first > latest - FINE.kept_ms else QUARTER.ms
        fitting = [each for each in STEPS_MS if each >= least and (to - first) // each < USUAL_POINTS]
        step = fitting[0] if fitting else -(-(to - first) // (USUAL_POINTS * DAY_MS)) * DAY_MS
    else:
        step = _step(query.step)
    number = (to - first) // step + 1
    if number > MOST_POINTS:
        raise _wrong(parameter="step", problem=f"these are {number} points, and at most {MOST_POINTS} are answered")
    return range(first + -first % step, to + 1, step), step


def _step(text: str) -> int:
    try:
        return duration_ms(text)
    except ValueError as error:
        raise _wrong(parameter="step", problem=str(error)) from error


def _points(
    source: Source, snapshot: Snapshot, number: Number, instants: Sequence[int]
) -> tuple[list[tuple[str, float | None]], list[dict[str, Any]], str]:
    """Return the points, which of them are unknown, and the generation that tells."""
    latest, group = known_upto(snapshot), number.group
    past, hindsight = source.pasts.hindsight(
        snapshot, [number.metric], until=max(instants, default=0), wanted=lambda labels: group in groups_of(labels)
    )
    points: list[tuple[str, float | None]] = []
    untold: dict[str, list[int]] = {}
    for at in instants:
        why = (
            NOT_YET
            if at > latest
            else hindsight.why_not(number.metric, number.extra, number.window, tenant=group.values[0], at=at)
        )
        value = None
        if why is not None:
            untold.setdefault(why, []).append(at)
        else:
            for row in hindsight.rows(at):
                if row[1:4] == (group, number.window, number.extra):
                    value = row.value
        points.append((stamp(at), value))
    unknown = [
        {"why": why, "first": stamp(those[0]), "last": stamp(those[-1]), "points": len(those)}
        for why, those in untold.items()
    ]
    return points, unknown, past.generation


def _wrong(*, parameter: str, problem: str) -> Wrong:
    return Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, f"{parameter}: {problem}", parameter=parameter)
