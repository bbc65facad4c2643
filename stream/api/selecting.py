"""Selections: which numbers a request is about, and what is wrong with it where they cannot exist."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from aggregators.metric import LABELS
from stream.api.naming import LONGEST_NAME, Named, every_metric, names, nearest
from stream.api.problems import Wrong
from stream.metrics_page import values_of_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from aggregators.board import Row
    from stream.api.access import Caller
    from stream.api.indexed import Index

UNKNOWN: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
"""How a selection is refused: of places that nobody has heard of, and of what makes no sense."""
MOST_OF_ONE: Final = 200
"""So many values of one parameter a request may name."""
PLACES: Final = tuple(dict.fromkeys(label for labels in LABELS.values() for label in labels))
"""The labels that say where something is counted. The others say what of it."""
_DESK: Final = "desk"
_UNBOUNDED: Final = ("currency", "estimator", "reason")
"""Labels whose values depend on more than the catalogue."""

Name = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]
Several = Annotated[list[Name], Field(max_length=MOST_OF_ONE)]
LevelName = Literal["queue", "channel", "tenant", "priority", "team", "language", "agent", "reason", "series"]


class Selection(BaseModel):
    """Which numbers are meant. Each may be named several times: any of the values will do."""

    model_config = ConfigDict(extra="forbid")

    metric: Several = Field([], description="Full name as in Prometheus; all metrics unless given.")
    level: list[LevelName] = Field([], description="Only metrics at this level.", max_length=len(LABELS))
    tenant: Several = Field([], description="Only of this tenant.")
    channel: Several = Field([], description="Only what is counted by channel, of this one.")
    queue: Several = Field([], description="Only what is counted by queue, of this one.")
    priority: Several = Field([], description="Only what is counted by priority, of this one.")
    team: Several = Field([], description="Only what is counted by team, of this one.")
    language: Several = Field([], description="Only what is counted by language, of this one.")
    agent: Several = Field([], description="Only what is counted by agent, of this one.")
    reason: Several = Field([], description="Only what is counted by reason, of this one.")
    name: Several = Field([], description="Only series computed elsewhere, of this name.")
    window: Several = Field([], description="Of metrics with windows only this one: 5m, 30m, 1h, today, 7d, shift.")
    q: Several = Field([], description="Of metrics with quantiles only this one: 0.5, 0.75, 0.9, 0.95, 0.99.")
    variant: Several = Field([], description="Of metrics with variants only this one: SL1 … SL6, SL_live, SLg.")
    type: Several = Field([], description="Of metrics by type of event only this one.")
    clock: Several = Field([], description="Of metrics by clock of a policy only this one.")
    direction: Several = Field([], description="Of metrics by direction only this one.")
    stop: Several = Field([], description="Of metrics by what stopped only this one.")
    estimator: Several = Field([], description="Of metrics by estimator only this one.")
    field: Several = Field([], description="Of metrics by field only this one.")
    stage: Several = Field([], description="Of metrics by stage only this one.")
    outcome: Several = Field([], description="Of metrics by outcome of a leg only this one.")
    score: Several = Field([], description="Of metrics by score only this one: 0, 0.25, 0.5, 0.75, 1.")
    why: Several = Field([], description="Of metrics by why only this one.")
    state: Several = Field([], description="Of metrics by state of agents only this one.")
    currency: Several = Field([], description="Of metrics of money only this currency.")
    le: Several = Field([], description="Of histograms only the bucket up to this bound.")


LABEL_NAMES: Final = tuple(name for name in Selection.model_fields if name not in ("metric", "level", "window"))
NARROWING: Final = tuple(name for name in LABEL_NAMES if name not in PLACES)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection that makes sense: what is named exists. `tenants` None: all; `windows` empty: all of them."""

    named: tuple[Named, ...]
    places: tuple[tuple[str, frozenset[str]], ...]
    narrowing: tuple[tuple[str, frozenset[str]], ...]
    windows: frozenset[str]
    tenants: frozenset[str] | None

    def rows(self, index: Index) -> list[Row]:
        """Return the rows of *index* that are meant, those of each metric together, in an order that stays."""
        found: list[Row] = []
        for each in self.named:
            of_this = [row for row in self._of(each, index.of(each.metric, each.level)) if each.means(row)]
            of_this.sort(key=_place_of)
            found += of_this
        return found

    def _of(self, named: Named, rows: Sequence[Row]) -> Sequence[Row]:
        labels = LABELS[named.level]
        extra = named.metric.extra
        for position, values in self._positions(labels):
            rows = [row for row in rows if row.group.values[position] in values]
        for name, values in (*self.narrowing, *self.places):
            if name == extra and name not in labels:
                rows = [row for row in rows if row.extra in values]
        if self.windows:
            rows = [row for row in rows if row.window is None or row.window in self.windows]
        return rows

    def _positions(self, labels: tuple[str, ...]) -> list[tuple[int, frozenset[str]]]:
        found = [(labels.index(name), values) for name, values in self.places if name in labels]
        return found if self.tenants is None else [(0, self.tenants), *found]


def choose(selection: Selection, caller: Caller, *, windows: Sequence[str], index: Index | None) -> Chosen:
    """Return what *selection* of *caller* means; Wrong, which names the parameter, if it means nothing.

    *windows* are those that are shown; *index* None: nobody knows which places there are.
    """
    asked = {name: frozenset(values) for name in LABEL_NAMES if (values := getattr(selection, name))}
    named = _metrics(selection, asked)
    for window in selection.window:
        if window not in windows:
            problem = f"{window!r} is none of {', '.join(windows)}"
            raise _wrong(parameter="window", problem=problem, near=(window, windows), choices=windows)
    if selection.window and not any(each.metric.family == "rolling" for each in named):
        raise _wrong(parameter="window", problem="no metric asked for has windows")
    for name in asked:
        if not any(name in each.metric.labels(each.level) for each in named):
            raise _wrong(parameter=name, problem="no metric asked for has this label")
    places = {name: values for name, values in asked.items() if name in PLACES}
    meant = tuple(each for each in named if places.keys() <= {*each.metric.labels(each.level)})
    if not meant:
        raise _wrong(parameter=[*places][-1], problem=f"no metric asked for has the labels {', '.join(places)}")
    if index is not None:
        _look_for(places, index, caller.sees)
    return Chosen(
        named=meant,
        places=tuple(sorted(places.items())),
        narrowing=tuple(sorted((name, values) for name, values in asked.items() if name not in places)),
        windows=frozenset(selection.window),
        tenants=caller.tenants,
    )


def _metrics(selection: Selection, asked: Mapping[str, Collection[str]]) -> list[Named]:
    known = names()
    for name in selection.metric:
        if name not in known:
            raise _wrong(parameter="metric", problem=f"there is no {name!r}", near=(name, known))
    named = [*dict.fromkeys(known[name] for name in selection.metric)] if selection.metric else [*every_metric()]
    if selection.level:
        named = [each for each in named if ("queue" if each.level == _DESK else each.level) in selection.level]
        if not named:
            raise _wrong(parameter="level", problem="no metric asked for stands at this level")
    for name, values in asked.items():
        if name in NARROWING and name not in _UNBOUNDED:
            for value in values:
                if value not in _extras()[name]:
                    raise _wrong(parameter=name, problem=f"there is no {value!r}", near=(value, _extras()[name]))
    return named


def _look_for(places: Mapping[str, Collection[str]], index: Index, sees: Callable[[str], bool]) -> None:
    """Raise Wrong if there is none of a place in what the caller sees: to them others do not exist."""
    # From the outside in, so that of two that are wrong the one that makes the other wrong is named.
    for name in sorted(places, key=PLACES.index):
        known = index.known(name, sees=sees, among={outer: places[outer] for outer in places if outer != name})
        for value in sorted(places[name]):
            if value not in known and name not in _UNBOUNDED:
                hint = nearest(value, known)
                detail = f"{name}: {value!r} is not known{hint}"
                raise Wrong(HTTPStatus.NOT_FOUND, detail, parameter=name, choices=sorted(known))


@cache
def _extras() -> Mapping[str, Collection[str]]:
    """Return for each label that says what of something is counted the values it may have."""
    return {name: values_of_extra(name) for name in NARROWING}


def _place_of(row: Row) -> tuple[tuple[str, ...], str]:
    return row.group.values, row.window or ""


def _wrong(
    *,
    parameter: str,
    problem: str,
    near: tuple[str, Iterable[str]] | None = None,
    choices: Iterable[str] | None = None,
) -> Wrong:
    hint = "" if near is None else nearest(*near)
    detail = f"{parameter}: {problem}{hint}"
    return Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter=parameter, choices=choices)
