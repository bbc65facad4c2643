"""The conversations behind a number: what each of them adds to it, and the number again, made of them alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from aggregators.drilling import NotDrilled, chosen, drill, gather
from aggregators.drilling.gathering import Index
from aggregators.drilling.reads import kinds_that_last
from stream.api import cursors
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.instants import Instant, parse, stamp, stamp_or_none
from stream.api.masks import masked
from stream.api.numbers import JSON, windows_of
from stream.api.pasts import known_upto, not_now
from stream.api.problems import Wrong, responses
from stream.api.selecting import UNKNOWN, Selection, Several, choose
from stream.api.single import Number, number_of
from stream.behind import Asked, NotKeptError
from stream.metrics_page import stateful
from stream.past import NotNowError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.drilling import Drilled, Member
    from aggregators.metric import Metric
    from stream.api.access import Caller
    from stream.api.source import Source
    from stream.behind import Behind
    from stream.hidden import Hidden
    from stream.named import Names
    from stream.snapshot import Snapshot

USUAL: Final = 100
MOST: Final = 1_000
LONGEST_CURSOR: Final = 200
_NAMED: Final = {"conversation", "customer", "agent", "session"}
"""Owners whose ids are masked without the scope: the names of series and currencies are labels."""


class ConversationsQuery(Selection):
    """One number, by its metric and every label it has, and which of its members."""

    metric: Several = Field(description="Full name as in Prometheus.", min_length=1)
    as_of: str | None = Field(
        None, description="What is known now of this instant (RFC 3339 or epoch ms); the latest unless given."
    )
    at_least: float | None = Field(None, description="Only members whose value is at least this.", allow_inf_nan=False)
    quantile: float | None = Field(
        None, description="Only members whose value is at least this percentile of them all, like 0.95.", gt=0, le=1
    )
    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many members.")
    cursor: str | None = Field(
        None, description="Where to go on: `next` of the answer before.", max_length=LONGEST_CURSOR
    )


class OneOf(BaseModel):
    """One sample behind the number, or one thing that lasts."""

    conversation: str = Field(
        description="Its id, or that of what `of` says; a mask without the scope drill-down, and where it is hidden."
    )
    is_hidden: bool = Field(description="It was deleted or is to be forgotten: it counts, and nobody is told of it.")
    of: Literal["conversation", "customer", "agent", "session", "series", "currency"]
    at: Instant = Field(description="When it was counted; of what lasts when it began.")
    channel: str
    queue: str
    what: str = Field(description="Which kind of sample it is.")
    value: float | None = Field(description="The number as this alone would make it; null where it makes none.")
    unit: str
    adds: dict[str, int] = Field(description="Its share in each of the parts.")
    number: int = Field(description="How often it counts.")


class Members(BaseModel):
    """Who is behind a number, the greatest value first, then the latest."""

    metric: str
    labels: dict[str, str]
    window: str | None
    unit: str
    as_of: Instant
    generation: str
    carried_before: Instant | None = Field(description="Of numbers before it nobody is known any more.")
    value: float | None = Field(description="The number that is shown; of an instant gone by what is known of it now.")
    reproduced: float | None = Field(description="The number again, made of the members alone.")
    how: Literal["sum", "mean", "quotient", "percentile", "oldest", "formula"] = Field(
        description="How it follows from the values of the members. A quotient is that of two of the parts, a formula "
        "is made of the parts only."
    )
    n: int = Field(description="How many members count, of all of them.")
    sum: float = Field(description="The sum of their values.")
    mean: float | None = Field(description="The mean of their values, where all have one.")
    percentile: float | None = Field(description="Of quantiles: what they are without the bins of a sketch.")
    parts: dict[str, int] = Field(description="What all members add, by the names of the catalogue's measures; ms.")
    found: int = Field(description="How many members `at_least` and `quantile` leave.")
    members: list[OneOf]
    next: str | None = Field(description="The cursor to go on from; null at the end.")


def router(source: Source) -> APIRouter:
    """Return the route of the conversations behind a number."""
    routes = APIRouter(tags=["drill-down"])

    @routes.get("/conversations", response_model=Members, responses=responses(*UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE))
    def conversations(query: Annotated[ConversationsQuery, Query()], caller: Reader) -> Response:
        """Return who is behind one number, and the number made again of them alone.

        At the latest instant or at one gone by, as far back as who counted is kept: eight days, and two hours of who
        waits. A list that is gone on with by its cursor stays at its instant.
        """
        snapshot = source.latest()
        latest = known_upto(snapshot)
        selection = choose(query, caller, windows=windows_of(source, snapshot), index=source.indexes.of(snapshot))
        number = number_of(query, selection)
        cursor = None if query.cursor is None else cursors.parse(query.cursor)
        as_of = _as_of(query, cursor, latest)
        behind = behind_of(source, snapshot, number, as_of)
        drilled = _drilled(number, behind, caller)
        of_these = cursors.ordered(chosen(drilled.members, at_least=query.at_least, quantile=query.quantile))
        members, following = cursors.page(of_these, cursor, limit=query.limit, as_of=as_of)
        value = _shown(source, snapshot, number) if as_of == latest else drilled.value
        named = _named(members, source)
        answer = {
            "metric": number.name,
            "labels": number.labels,
            "window": number.window,
            "unit": number.metric.unit,
            "as_of": stamp(as_of),
            "generation": behind.generation,
            "carried_before": stamp_or_none(snapshot.carried_before),
            "value": value,
            "reproduced": drilled.value,
            "how": drilled.how,
            "n": drilled.n,
            "sum": drilled.total,
            "mean": drilled.total / drilled.n if drilled.n and drilled.how in {"sum", "mean", "percentile"} else None,
            "percentile": drilled.exact,
            "parts": drilled.parts,
            "found": len(of_these),
            "members": [_one_of(each, number, caller, named, behind.hidden) for each in members],
            "next": following,
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def _as_of(query: ConversationsQuery, cursor: cursors.Cursor | None, latest: int) -> int:
    """Return the instant that is asked about."""
    given = None if query.as_of is None else parse("as_of", query.as_of)
    if cursor is not None and given not in {None, cursor.as_of}:
        raise refused(parameter="cursor", problem=f"it goes on with a list at {stamp(cursor.as_of)}")
    as_of = cursor.as_of if cursor is not None else latest if given is None else given
    if as_of > latest:
        where = "as_of" if cursor is None else "cursor"
        raise refused(parameter=where, problem=f"{stamp(as_of)} is after {stamp(latest)}, the latest numbers")
    return as_of


def behind_of(source: Source, snapshot: Snapshot, number: Number, as_of: int) -> Behind:
    """Return what is kept behind the number."""
    asked = Asked(
        group=number.group,
        window=number.window or "",
        as_of=as_of,
        grouping=snapshot.grouping,
        kinds=lasting_behind(number.metric, number.extra),
    )
    try:
        return source.read_behind(source.settings, asked)
    except NotKeptError as error:
        raise refused(parameter="as_of", problem=str(error)) from error
    except NotNowError as error:
        raise not_now(error) from error


def lasting_behind(metric: Metric, extra: str | None) -> frozenset[int] | None:
    """Return the kinds of what lasts that may be behind a number, None for any; no kind where only samples are."""
    of_states = stateful(metric)
    if metric.family == "state" or of_states is None or extra in of_states:
        return kinds_that_last(metric)
    return frozenset()


def seen_by(caller: Caller, index: Index) -> Index:
    """Return what of *index* is of tenants that *caller* sees."""
    stops, due, intervals = ([row for row in rows if caller.sees(row[0].tenant)] for rows in index)
    return Index(stops, due, intervals)


def _drilled(number: Number, behind: Behind, caller: Caller) -> Drilled:
    """Return who the number is made of, as far as *caller* sees them: those of several tenants may be one number."""
    drilled = drill(number.metric, gather(seen_by(caller, behind.index), behind.where), extra=number.extra)
    if isinstance(drilled, NotDrilled):
        raise refused(parameter="metric", problem=f"{number.name} {drilled.why}")
    return drilled


def _shown(source: Source, snapshot: Snapshot, number: Number) -> float | None:
    """Return the number as *snapshot* shows it, None where it is absent."""
    for row in source.indexes.of(snapshot).of(number.metric, number.group.level):
        if row[1:4] == (number.group, number.window, number.extra):
            return row.value
    return None


def _named(members: Iterable[Member], source: Source) -> Names:
    """Return what the customers among *members* are called."""
    customers = frozenset((each.tenant, each.id) for each in members if each.owner == "customer")
    if not customers:
        return {}
    try:
        return source.read_names(source.settings, customers)
    except NotNowError as error:
        raise not_now(error) from error


def _one_of(member: Member, number: Number, caller: Caller, named: Names, hidden: Hidden) -> dict[str, Any]:
    """Return a member as an `OneOf`; customers by their name, and who has none any more is hidden."""
    where, name = (member.tenant, member.id), member.id
    is_hidden = member.owner == "conversation" and where in hidden
    if member.owner == "customer":
        is_hidden, name = where not in named, named.get(where, name)
    return {
        "conversation": masked(member.tenant, name, caller, is_hidden=is_hidden) if member.owner in _NAMED else name,
        "is_hidden": is_hidden,
        "of": member.owner,
        "at": stamp(member.at),
        "channel": member.labels.channel,
        "queue": member.labels.queue,
        "what": member.what,
        "value": member.value,
        "unit": number.metric.unit,
        "adds": member.adds,
        "number": member.number,
    }


def refused(*, parameter: str, problem: str) -> Wrong:
    """Return what answers a parameter that is wrong."""
    return Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, f"{parameter}: {problem}", parameter=parameter)
