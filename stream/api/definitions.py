"""The definitions in force: what was told otherwise than by default, as `deskpulse check` says it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from aggregators.definitions import STATE_VERSION, Definitions
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.numbers import windows_of
from stream.definitions_told import differences, hours_now
from stream.offline import definitions_of

if TYPE_CHECKING:
    from stream.api.access import Caller
    from stream.api.indexed import Index
    from stream.api.source import Source


class Definition(BaseModel):
    """One of them: its key in the file of definitions, and what it is, for people."""

    key: str
    value: str


class Hours(BaseModel):
    """Whose business hours, and whether they are open."""

    whose: str
    hours: str


class InForce(BaseModel):
    """What the numbers are counted by."""

    generation: str | None = Field(description="Of the tables that are shown; null before there are any.")
    form: int = Field(description="The version of what is stored.")
    different: list[Definition] = Field(description="Those that are not the default; keys as in the file.")
    hours: list[Hours] = Field(description="Business hours now.")
    families: list[str] = Field(description="Families of metrics that are counted beside the main ones.")
    levels: list[str] = Field(description="Levels beside queue, channel and tenant.")
    windows: list[str] = Field(description="Rolling windows, the shortest first as far as they have a length.")
    retention_s: float = Field(description="How late an event may come.")


def router(source: Source) -> APIRouter:
    """Return the route of the definitions."""
    routes = APIRouter(tags=["trust"])

    @routes.get("/definitions")
    def definitions(caller: Reader) -> InForce:
        """Return the definitions in force: those that are not the default, and the business hours now.

        Of tenants and queues that the caller does not see, nothing.
        """
        snapshot = source.latest()
        whole = snapshot.definitions or definitions_of(source.settings)
        seen = whole if caller.tenants is None else seen_by(caller, whole, source.indexes.of(snapshot))
        return InForce(
            generation=snapshot.generation,
            form=STATE_VERSION,
            different=[Definition(key=key, value=value) for key, value in differences(seen)],
            hours=[Hours(whose=whose, hours=hours) for whose, hours in hours_now(seen, now_ms=source.clock())],
            families=[*seen.families],
            levels=[*seen.levels],
            windows=[*windows_of(source, snapshot)],
            retention_s=seen.retention_ms / 1000,
        )

    return routes


def seen_by(caller: Caller, definitions: Definitions, index: Index) -> Definitions:
    """Return *definitions* without what names somebody else's tenants, queues and teams."""
    queues = index.known("queue", sees=caller.sees, among={})
    members = queues | index.known("team", sees=caller.sees, among={})
    of_queues: dict[str, Any] = {
        field: {queue: value for queue, value in getattr(definitions, field).items() if queue in queues}
        for field in definitions.__dataclass_fields__
        if field.startswith("queue_")
    }
    return replace(
        definitions,
        **of_queues,
        zones={tenant: zone for tenant, zone in definitions.zones.items() if not tenant or caller.sees(tenant)},
        shifts=tuple(each for each in definitions.shifts if not each.tenant or caller.sees(each.tenant)),
        calendars={
            where: schedule
            for where, schedule in definitions.calendars.items()
            if (not where[0] or caller.sees(where[0])) and (not where[2] or where[0] or where[2] in queues)
        },
        tiers=tuple(
            each._replace(members=tuple(member for member in each.members if member in members))
            for each in definitions.tiers
        ),
    )
