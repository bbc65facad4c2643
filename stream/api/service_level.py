"""The service level under all variants side by side, with the legs that each divides."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from aggregators.definitions import Definitions
from aggregators.formulas import service_level_parts
from aggregators.reading import Reading, State, ratio
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.numbers import JSON, Standing, standing
from stream.api.places import LevelQuery, by_group, labels_of, metric, places
from stream.api.problems import responses
from stream.api.selecting import UNKNOWN

if TYPE_CHECKING:
    from aggregators.leg_counts import LegCounts
    from aggregators.rolling import Group
    from stream.api.source import Source

_PAST_TARGET: Final = metric("waiting_past_target", "state")
FORMULAS: Final = {
    "SL1": "answered_within / answered",
    "SL2": "answered_within / (answered + abandoned)",
    "SL3": "answered_within / (answered + abandoned - abandoned_within)",
    "SL4": "(answered_within + abandoned_within) / (answered + abandoned)",
    "SL5": "(answered_within + short_abandoned) / (answered + abandoned)",
    "SL6": "(answered_within + abandoned_within + callbacks_within) / queued",
    "SL_live": "answered_within / (answered + abandoned - abandoned_within + waiting_past_target)",
}
"""Of each variant but SLg, which depends on its switches, in the names of `Inputs`."""


class Inputs(BaseModel):
    """Legs of the window, and those who wait now."""

    queued: int
    answered: int
    answered_within: int = Field(description="Answered within the target, the target itself included.")
    abandoned: int = Field(description="All of them, the short ones too.")
    abandoned_within: int
    short_abandoned: int
    flowed_out: int
    callbacks: int
    callbacks_within: int
    waiting_past_target: int = Field(description="Waiting now, longer than the target.")


class Variant(BaseModel):
    """One way to divide them. `value` is numerator / denominator, null where there is nothing to divide by."""

    variant: str
    value: float | None
    numerator: int
    denominator: int
    formula: str


class ServiceLevel(BaseModel):
    """Every variant of one place in one window."""

    level: str
    labels: dict[str, str]
    window: str
    target_s: float | None = Field(description="Of a queue; null where queues may have different ones.")
    inputs: Inputs
    variants: list[Variant]


class ServiceLevels(Standing):
    """The service levels that were asked for."""

    service_levels: list[ServiceLevel]
    more: bool = Field(description="Whether there are more than `limit`.")


def router(source: Source) -> APIRouter:
    """Return the route of the service levels."""
    routes = APIRouter(tags=["numbers"])

    @routes.get("/service-level", response_model=ServiceLevels, responses=responses(*UNKNOWN))
    def service_level(query: Annotated[LevelQuery, Query()], caller: Reader) -> Response:
        """Return the service level (M6) under all variants, with what each divides, so that others recompute it."""
        snapshot = source.latest()
        index = source.indexes.of(snapshot)
        late = {level: by_group(index.of(_PAST_TARGET, level)) for level in query.level}
        definitions = snapshot.definitions or Definitions()
        found = [
            _service_level(group, window, counts, late=late[group.level].get(group, 0), definitions=definitions)  # type: ignore[index]  # of these levels
            for group, window, counts in islice(places(source, snapshot, caller, query), query.limit + 1)
        ]
        answer = {
            **standing(snapshot, caller, now=source.clock()),
            "service_levels": found[: query.limit],
            "more": len(found) > query.limit,
        }
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


def formulas(definitions: Definitions) -> dict[str, str]:
    """Return the formula of each variant that is shown."""
    switches = definitions.genesys
    if switches is None:
        return FORMULAS
    whole = "answered" if "abandoned_out" in switches else "answered + abandoned"
    if "short_out" in switches and "abandoned_out" not in switches:
        whole += " - short_abandoned"
    if "flow_outs_in" in switches:
        whole += " + flowed_out"
    return FORMULAS | {"SLg": f"answered_within / ({whole})"}


def _service_level(
    group: Group, window: str, counts: LegCounts, *, late: int, definitions: Definitions
) -> dict[str, Any]:
    parts = service_level_parts(Reading(counts.sums, State(waiting_past_target=late), 0, definitions=definitions))
    written = formulas(definitions)
    labels = labels_of(group)
    target_ms = definitions.wait_target(labels["channel"], labels["queue"]) if group.level == "queue" else None
    return {
        "level": group.level,
        "labels": labels,
        "window": window,
        "target_s": None if target_ms is None else target_ms / 1000,
        "inputs": {
            "queued": counts.queued,
            "answered": counts.answered,
            "answered_within": counts.answered_within,
            "abandoned": counts.abandoned + counts.short_abandoned,
            "abandoned_within": counts.abandoned_within,
            "short_abandoned": counts.short_abandoned,
            "flowed_out": counts.flowed_out,
            "callbacks": counts.callback_requested,
            "callbacks_within": counts.callback_within,
            "waiting_past_target": late,
        },
        "variants": [
            {
                "variant": variant,
                "value": ratio(*each),
                "numerator": each[0],
                "denominator": each[1],
                "formula": written[variant],
            }
            for variant, each in parts.items()
        ],
    }
