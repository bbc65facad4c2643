"""One conversation: every fact that is known of it, and what each of them counted for."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from aggregators.catalogue import METRICS
from aggregators.drilling.timelines import Readers, timeline
from aggregators.forgetting import HIDING
from aggregators.vocabulary import INTO, NAMES, TENANT, name_of
from stream.api.access import Driller  # noqa: TC001 - FastAPI reads the annotations
from stream.api.instants import Instant, stamp, stamp_or_none
from stream.api.numbers import JSON
from stream.api.pasts import known_upto, not_now
from stream.api.problems import Wrong, responses
from stream.metrics_page import everything
from stream.past import NotNowError

if TYPE_CHECKING:
    from aggregators.drilling.timelines import Contribution, Told
    from stream.api.access import Caller
    from stream.api.source import Source
    from stream.conversation import Owned

LONGEST: Final = 512
"""In characters: of the id of a conversation that is asked for."""
MOST_TENANTS: Final = 100


class TenantQuery(BaseModel):
    """Whose conversation it is."""

    model_config = ConfigDict(extra="forbid")

    tenant: str | None = Field(
        None, description="Of this tenant; needed where several have a conversation of this id.", max_length=200
    )


class Contributed(BaseModel):
    """What a fact adds to the numbers, or takes back of what those before it had added."""

    what: str = Field(description="The kind of sample, or of what lasts.")
    number: int = Field(description="How many of it more there are; below 0: it was taken back.")
    at: Instant = Field(description="When it counts; of what lasts when it begins.")
    end: Instant | None = Field(description="Of what lasts: its end, so far as it is known.")
    channel: str
    queue: str
    part: str = Field(description='What it counts under alone, such as "team=crew"; "" where there is none.')
    adds: dict[str, int] = Field(description="What it adds to the measures that numbers are made of; ms.")
    metrics: list[str] = Field(description="Names, without level, of the metrics that are made of any of it.")


class FactShown(BaseModel):
    """One event, as it is kept: neither its text nor who sent it."""

    id: str
    type: str
    at: Instant
    fields: dict[str, Any]
    contributions: list[Contributed] | None = Field(description="Null of those behind the first 500 facts.")


class Conversation(BaseModel):
    """A conversation, its facts in the order in which they count."""

    conversation: str
    tenant: str
    generation: str
    facts: list[FactShown]


def router(source: Source) -> APIRouter:
    """Return the route of one conversation."""
    routes = APIRouter(tags=["drill-down"])

    @routes.get(
        # Whoever sends events chooses ids: a slash may stand in one, as %2F.
        "/conversations/{conversation:path}",
        response_model=Conversation,
        responses=responses(
            HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
        ),
    )
    def one(
        conversation: Annotated[str, Path(max_length=LONGEST)], query: Annotated[TenantQuery, Query()], caller: Driller
    ) -> Response:
        """Return every fact of a conversation, and why the numbers are what they are: what each of them changed.

        That is what the conversation contributes as known up to the fact less what it did without it, so a fact may
        take back what others had added: a retracted answer, a flag, a reopening.
        """
        owned = _owned(source, caller, conversation, query.tenant)
        tenants = sorted({key.tenant for key, _ in owned.owners})
        if not tenants:
            detail = f"conversation: {conversation!r} is not known"
            raise Wrong(HTTPStatus.NOT_FOUND, detail, parameter="conversation")
        if len(tenants) > 1:
            detail = f"tenant: {', '.join(tenants)} have a conversation of this id: name one"
            raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter="tenant")
        if any(fact.type in HIDING for _, facts in owned.owners for fact in facts.values()):
            detail = f"conversation: {conversation!r} was deleted or is to be forgotten; its numbers stay"
            raise Wrong(HTTPStatus.GONE, detail, parameter="conversation")
        readers = _readers(owned.definitions.families)
        told = [
            each
            for key, facts in owned.owners
            for each in timeline(key, facts.values(), definitions=owned.definitions, readers=readers)
        ]
        told.sort(key=lambda each: each.fact[:3])
        answer = {
            "conversation": conversation,
            "tenant": tenants[0],
            "generation": owned.generation,
            "facts": [_fact(each, {name for tenant, name in owned.hidden if tenant == tenants[0]}) for each in told],
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def _owned(source: Source, caller: Caller, conversation: str, tenant: str | None) -> Owned:
    """Return what is known of the conversation, of the tenants that *caller* sees."""
    snapshot = source.latest()
    known_upto(snapshot)
    if tenant is not None and not caller.sees(tenant):
        raise Wrong(HTTPStatus.NOT_FOUND, f"conversation: {conversation!r} is not known", parameter="conversation")
    # Those shown: of more than there may be series of, one has to be named.
    seen = [tenant] if tenant is not None else source.indexes.of(snapshot).known("tenant", sees=caller.sees, among={})
    tenants = sorted(seen)
    if len(tenants) > MOST_TENANTS:
        detail = "tenant: there are too many to look through: name one"
        raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter="tenant")
    try:
        return source.read_facts(source.settings, tenants, conversation)
    except NotNowError as error:
        raise not_now(error) from error


@cache
def _readers(families: tuple[str, ...]) -> Readers:
    """Return which metrics of these families read what."""
    return Readers([each for each in METRICS if each.asked in ("", *families)], everything())


def _fact(told: Told, hidden: set[str]) -> dict[str, Any]:
    """Return a fact as a `FactShown`; what it was merged into is left out where that is *hidden*."""
    at, _, identifier, code, fields = told.fact
    left_out = {TENANT, INTO} if fields.get(INTO) in hidden else {TENANT}
    return {
        "id": identifier,
        "type": name_of(code),
        "at": stamp(at),
        "fields": {NAMES[field]: value for field, value in sorted(fields.items()) if field not in left_out},
        "contributions": None if told.contributions is None else [_contributed(each) for each in told.contributions],
    }


def _contributed(each: Contribution) -> dict[str, Any]:
    return {
        "what": each.what,
        "number": each.number,
        "at": stamp(each.at),
        "end": stamp_or_none(each.end),
        "channel": each.labels.channel,
        "queue": each.labels.queue,
        "part": each.labels.part,
        "adds": each.adds,
        "metrics": list(each.metrics),
    }
