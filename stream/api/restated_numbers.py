"""Numbers that were counted anew: what each late event made of a number that the board had shown, before and after."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from aggregators.catalogue import METRICS
from aggregators.drilling import drill, gather
from aggregators.drilling.members import NotDrilled, kinds_of
from aggregators.drilling.undoing import undone
from aggregators.instants import MINUTE_MS
from aggregators.rolling import Group
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.api.conversations import behind_of, seen_by
from stream.api.instants import Instant, parse, stamp
from stream.api.lookbacks import log_of, seen
from stream.api.numbers import JSON
from stream.api.pasts import known_upto
from stream.api.places import QUEUED as _QUEUED
from stream.api.problems import Wrong, responses
from stream.api.restatements import Restatement, one
from stream.api.single import Number
from stream.wallboard.headlines import headlines, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregators.delta import Restated
    from aggregators.drilling.gathering import Pool
    from aggregators.metric import Metric
    from stream.api.access import Caller
    from stream.api.source import Source
    from stream.snapshot import Snapshot

USUAL: Final = 5
MOST: Final = 20
WINDOW: Final = "1h"
STEP_MS: Final = 5 * MINUTE_MS
REMEMBERED: Final = 1_000
_Key = tuple[object, ...]


class RestatedQuery(BaseModel):
    """Which of them."""

    model_config = ConfigDict(extra="forbid")

    tenant: str | None = Field(None, description="Of this tenant only.", max_length=200)
    since: str | None = Field(None, description="Restated at this instant or later (RFC 3339 or epoch ms).")
    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many, the latest.")


class RestatedNumber(Restatement):
    """A late event, with a number of the queue that it changed: a headline of the board if one is, else any."""

    metric: str | None = Field(description="Full name as in Prometheus; null where it changed no number of its queue.")
    labels: dict[str, str]
    window: str | None
    unit: str | None
    as_of: Instant | None = Field(description="Of which instant the number is: up to five minutes after `at`.")
    before: float | None = Field(description="Without this event and those after it; null: absent.")
    after: float | None = Field(description="With it, and without those after it.")


class RestatedNumbers(BaseModel):
    """The latest, the latest first."""

    generation: str
    found: int = Field(description="How many late events there are, of which at most `limit` are told.")
    restated: list[RestatedNumber]


class _Asking(NamedTuple):
    """Who asks, of which snapshot, and the log as they see it."""

    source: Source
    snapshot: Snapshot
    caller: Caller
    log: Sequence[Restated]


class _Event(NamedTuple):
    """What one event did, and where in the log it stands."""

    rows: list[Restated]
    first: int
    behind: int


def router(source: Source) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["drill-down"])
    known = _Known()

    @routes.get(
        "/restated-numbers",
        response_model=RestatedNumbers,
        responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    def restated_numbers(query: Annotated[RestatedQuery, Query()], caller: Reader) -> Response:
        """Return which events came more than ten minutes late, and what each made of a number: before and after."""
        since = None if query.since is None else parse("since", query.since)
        snapshot = source.latest()
        known_upto(snapshot)
        log = log_of(source)
        rows = seen(log.rows, caller)
        events = [
            event
            for event in _events(rows)
            if query.tenant in {None, event.rows[0].tenant} and (since is None or event.rows[0].watermark >= since)
        ]
        told = []
        for event in events[::-1][: query.limit]:
            key = (log.generation, caller.tenants, rows[event.first])
            number = known.get(key)
            if number is None:
                number = known.put(key, _number(_Asking(source, snapshot, caller, rows), event))
            told.append({**one(event.rows[0], caller, log.hidden), **number})
        answer = {"generation": log.generation, "found": len(events), "restated": told}
        return Response(orjson.dumps(answer), media_type=JSON)

    return routes


class _Known:
    """What was worked out before: what an event made of a number stays as it is."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[_Key, dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> dict[str, Any] | None:
        with self._lock:
            return self._numbers.get(key)

    def put(self, key: _Key, number: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._numbers[key] = number
            while len(self._numbers) > REMEMBERED:
                self._numbers.popitem(last=False)
        return number


def _events(rows: Sequence[Restated]) -> list[_Event]:
    """Return what each event did: rows that stand together, of one cause and one conversation."""
    found: list[_Event] = []
    for place, row in enumerate(rows):
        last = found[-1].rows[0] if found else None
        if last is not None and last[:3] == row[:3] and last.cause == row.cause:
            found[-1].rows.append(row)
            found[-1] = found[-1]._replace(behind=place + 1)
        else:
            found.append(_Event([row], place, place + 1))
    return found


def _number(asking: _Asking, event: _Event) -> dict[str, Any]:
    """Return the number that *event* changed."""
    places = dict.fromkeys(_place(row) for row in event.rows if not row.sample[2].part)
    try:
        changed = [_change(asking, event, place) for place in places]
    except Wrong as error:
        if error.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        changed = []  # longer ago than is kept
    families = () if asking.snapshot.definitions is None else asking.snapshot.definitions.families
    for metric, extra in _candidates(families):
        for each in changed:
            before, after = each.value(metric, extra, each.before), each.value(metric, extra, each.after)
            if before != after and each.is_touched(metric, extra):
                number = Number(metric.name("queue"), metric, each.place[0], WINDOW, extra)
                return {
                    "metric": number.name,
                    "labels": number.labels,
                    "window": WINDOW,
                    "unit": metric.unit,
                    "as_of": stamp(each.place[1]),
                    "before": before,
                    "after": after,
                }
    return {**dict.fromkeys(("metric", "window", "unit", "as_of", "before", "after")), "labels": {}}


_Place = tuple[Group, int]


@dataclass(frozen=True, slots=True)
class _Change:
    """What there is at a place before and after an event, which changed samples of *kinds*."""

    place: _Place
    kinds: frozenset[int]
    before: Pool
    after: Pool

    def value(self, metric: Metric, extra: str | None, pool: Pool) -> float | None:
        """Return what a metric says of one of them; None where nobody can be told behind it."""
        drilled = drill(metric, pool, extra=extra)
        return None if isinstance(drilled, NotDrilled) else drilled.value

    def is_touched(self, metric: Metric, extra: str | None) -> bool:
        """Tell whether the event changed any of what a metric is made of."""
        pools = (self.before, self.after)
        return any(self.kinds & kinds_of(metric, pool, extra=extra) for pool in pools)


def _change(asking: _Asking, event: _Event, place: _Place) -> _Change:
    group, as_of = place
    number = Number(_QUEUED.name("queue"), _QUEUED, group, WINDOW, None)
    behind = behind_of(asking.source, asking.snapshot, number, as_of)
    index = seen_by(asking.caller, behind.index)
    before, after = (gather(undone(index, asking.log[first:]), behind.where) for first in (event.first, event.behind))
    kinds = frozenset(row.sample[0] for row in event.rows if _place(row) == place)
    return _Change(place, kinds, before, after)


def _place(row: Restated) -> _Place:
    """Return where a row counts, and an instant whose hour holds it and that was over when it was counted anew."""
    _, at, labels, *_ = row.sample
    return Group("queue", (labels.tenant, labels.channel, labels.queue)), (at // STEP_MS + 1) * STEP_MS


def _candidates(families: Sequence[str]) -> Iterator[tuple[Metric, str | None]]:
    """Yield the metrics that are looked at, with the value of their extra label: the headlines of the board first."""
    rolling = {name_of(each.suffix, each.family): each for each in METRICS if each.family == "rolling"}
    shown = [headline.value for headline in headlines().values() if headline.value.metric in rolling]
    for part in shown:
        yield rolling[part.metric], next(iter(part.labels.values()), None)
    for metric in rolling.values():
        is_there = not metric.asked or metric.asked in families
        if is_there and not metric.extra and not metric.advisory and "queue" in metric.levels:
            yield metric, None
