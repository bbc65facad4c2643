"""Restatements: what was counted anew long after its instant, and what a number was before that."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from aggregators.drilling import drill
from aggregators.drilling.members import NotDrilled, kinds_of
from aggregators.samples import SAMPLE_NAMES
from aggregators.vocabulary import name_of
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.conversations import refused
from stream.api.instants import Instant, parse, stamp, stamp_or_none
from stream.api.lookbacks import Lookbacks, log_of, seen
from stream.api.masks import masked
from stream.api.numbers import JSON, windows_of
from stream.api.pasts import known_upto
from stream.api.problems import responses
from stream.api.selecting import UNKNOWN, Selection, Several, choose
from stream.api.single import number_of

if TYPE_CHECKING:
    from aggregators.delta import Restated
    from stream.api.access import Caller
    from stream.api.source import Source
    from stream.hidden import Hidden

USUAL: Final = 100
MOST: Final = 1_000
_TOLD: Final = {"customer", "agent"}


class RestatementsQuery(BaseModel):
    """Which of them."""

    model_config = ConfigDict(extra="forbid")

    tenant: str | None = Field(None, description="Of this tenant only.", max_length=200)
    since: str | None = Field(None, description="Restated at this instant or later (RFC 3339 or epoch ms).")
    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many, the latest.")


class KnownQuery(Selection):
    """One rolling number, by its metric and every label it has, at an instant gone by."""

    metric: Several = Field(description="Full name as in Prometheus.", min_length=1)
    as_of: str = Field(description="The instant (RFC 3339 or epoch ms).")


class Cause(BaseModel):
    """The event that came late and changed what was counted: of several the earliest."""

    type: str
    id: str | None = Field(description="Null without the scope drill-down, and of what is hidden.")


class Restatement(BaseModel):
    """One sample that counts since, or that counts no more."""

    restated_at: Instant = Field(description="How far the events had come when it was counted anew.")
    tenant: str
    conversation: str = Field(description="Or customer, agent, session; a mask as in a list of conversations.")
    what: str = Field(description="Which kind of sample it is.")
    at: Instant = Field(description="The instant at which it counts.")
    channel: str
    queue: str
    number: int = Field(description="How often it counts more than before; below 0: no more.")
    cause: Cause | None


class Log(BaseModel):
    """The latest restatements, the latest first."""

    generation: str
    whole_since: Instant | None = Field(description="Earlier ones may be missing; null: none is.")
    restatements: list[Restatement]


class Known(BaseModel):
    """What a number was, and what it is by now."""

    metric: str
    labels: dict[str, str]
    window: str | None
    unit: str
    as_of: Instant
    then: float | None = Field(description="Without what came later and more than ten minutes late; null: absent.")
    now: float | None = Field(description="What is known now of the instant.")
    is_whole: bool = Field(description="Whether every restatement since is still logged. If not, `then` may be wrong.")
    restatements: list[Restatement] = Field(description="What came between that concerns this number.")


def router(source: Source) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["drill-down"])
    looks = Lookbacks(source)
    source.listen(looks.forget)

    @routes.get(
        "/restatements",
        response_model=Log,
        responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    def restatements(query: Annotated[RestatementsQuery, Query()], caller: Reader) -> Response:
        """Return what was counted anew more than ten minutes after its instant, and because of which event."""
        since = None if query.since is None else parse("since", query.since)
        log = log_of(source)
        rows = [
            row
            for row in seen(log.rows, caller)
            if query.tenant in {None, row.tenant} and (since is None or row.watermark >= since)
        ]
        answer = {
            "generation": log.generation,
            "whole_since": stamp_or_none(log.whole_since) if caller.tenants is None else None,
            "restatements": [one(row, caller, log.hidden) for row in rows[::-1][: query.limit]],
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    @routes.get("/known-then", response_model=Known, responses=responses(*UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE))
    def known_then(query: Annotated[KnownQuery, Query()], caller: Reader) -> Response:
        """Return what a number of a window was at an instant, what is known of that now, and what came between.

        What comes less than ten minutes late is no restatement: `then` has it.
        """
        snapshot = source.latest()
        selection = choose(query, caller, windows=windows_of(source, snapshot), index=source.indexes.of(snapshot))
        number = number_of(query, selection)
        if number.window is None:
            raise refused(parameter="metric", problem=f"{number.name} has no window: who was there is not logged")
        as_of = parse("as_of", query.as_of)
        latest = known_upto(snapshot)
        if as_of > latest:
            raise refused(parameter="as_of", problem=f"{stamp(as_of)} is after {stamp(latest)}, the latest numbers")
        looked = looks.of(snapshot, number, as_of, caller)
        pools, where = (looked.now, looked.then), looked.where
        now, then = (drill(number.metric, pool, extra=number.extra) for pool in pools)
        if isinstance(now, NotDrilled) or isinstance(then, NotDrilled):
            why = now.why if isinstance(now, NotDrilled) else ""
            raise refused(parameter="metric", problem=f"{number.name} {why}")
        if any(each.owner in _TOLD for each in now.members):
            problem = f"{number.name} is of what customers and agents are told, of which nothing is logged"
            raise refused(parameter="metric", problem=problem)
        start, end = where.held
        kinds = frozenset[int]().union(*(kinds_of(number.metric, pool, extra=number.extra) for pool in pools))
        mine = [
            row
            for row in looked.later
            if row.sample[0] in kinds and start <= row.sample[1] < end and where.group in where.grouping(row.sample[2])
        ]
        answer = {
            "metric": number.name,
            "labels": number.labels,
            "window": number.window,
            "unit": number.metric.unit,
            "as_of": stamp(as_of),
            "then": then.value,
            "now": now.value,
            "is_whole": looked.log.whole_since is None or looked.log.whole_since <= as_of,
            "restatements": [one(row, caller, looked.log.hidden) for row in mine[::-1][:MOST]],
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def one(row: Restated, caller: Caller, hidden: Hidden) -> dict[str, Any]:
    """Return a row as a `Restatement`; *hidden* conversations are not named."""
    kind, at, labels, *_ = row.sample
    is_hidden = (row.tenant, row.conversation) in hidden
    named = "drill-down" in caller.scopes and not is_hidden
    cause = None if row.cause is None else {"type": name_of(row.cause.type), "id": row.cause.id if named else None}
    return {
        "restated_at": stamp(row.watermark),
        "tenant": row.tenant,
        "conversation": masked(row.tenant, row.conversation, caller, is_hidden=is_hidden),
        "what": SAMPLE_NAMES[kind],
        "at": stamp(at),
        "channel": labels.channel,
        "queue": labels.queue,
        "number": row.number,
        "cause": cause,
    }
