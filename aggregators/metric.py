"""What a metric of the support centre is: a name at each level, labels, and how it is read from the measures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aggregators.rolling import LEVELS, PARTS, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.reading import Reading, Value

Kind = Literal["gauge", "counter", "histogram"]
Family = Literal["state", "rolling", "total"]
LABELS: dict[Level, tuple[str, ...]] = {
    "queue": ("tenant", "channel", "queue"),
    "channel": ("tenant", "channel"),
    "tenant": ("tenant",),
    "desk": ("tenant", "queue"),
    **{level: ("tenant", level) for level in PARTS},
    "reason": ("tenant", "reason"),
    "series": ("tenant", "name"),
}
PREFIX = "support"
NEVER_FALLS = "What is taken back later makes it stand still until it is made up for: a counter never falls."
_NAMED: dict[Level, str] = {"desk": "queue"}
"""Levels whose metrics are not named after them: a desk is a queue for whoever asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """One metric. `extra` is the label it has beside those of its level and window; `read` then returns a mapping.

    `source` names its definition (M…), `edges` the cases in which people expect something else, `vendors` what other
    products call it and where they differ. `asked` is the family of the definitions that has to ask for it, "" none.
    `levels` are those at which it stands, never queue and desk both; `parts` those at which it stands where the
    definitions ask for the level, "agent" among them if what it counts is one agent's (`by_agent`). What
    `grows` changes as time passes, though nothing comes into its window or leaves it. An `advisory`
    one is an estimate that depends on when somebody looked: batch and live need not agree on it.
    """

    suffix: str
    family: Family
    unit: str
    help: str
    formula: str
    source: str
    read: Callable[[Reading], Value | Mapping[str, Value]]
    kind: Kind = "gauge"
    extra: str | None = None
    edges: str = ""
    vendors: str = ""
    asked: str = ""
    levels: tuple[Level, ...] = LEVELS
    parts: tuple[Level, ...] = ()
    by_agent: bool = False
    grows: bool = False
    advisory: bool = False

    @property
    def every_level(self) -> tuple[Level, ...]:
        """All levels at which it may stand."""
        return (*self.levels, *self.parts)

    def name(self, level: Level) -> str:
        """Return the full name at *level*, as Prometheus has it."""
        rolling = "rolling_" if self.family == "rolling" else ""
        return f"{PREFIX}_{_NAMED.get(level, level)}_{rolling}{self.suffix}"

    def labels(self, level: Level) -> tuple[str, ...]:
        """Return the names of its labels at *level*, in order."""
        window = ("window",) if self.family == "rolling" else ()
        return (*LABELS[level], *window, *((self.extra,) if self.extra else ()))


def state(
    *row: str,
    read: Callable[[Reading], Value | Mapping[str, Value]],
    extra: str | None = None,
    edges: str = "",
    vendors: str = "",
    by_agent: bool = False,
) -> Metric:
    """Return a gauge of what holds now: name, unit, help, formula, source."""
    return _gauge("state", row, read=read, extra=extra, edges=edges, vendors=vendors, by_agent=by_agent)


def rolling(
    *row: str,
    read: Callable[[Reading], Value | Mapping[str, Value]],
    extra: str | None = None,
    edges: str = "",
    vendors: str = "",
    by_agent: bool = False,
) -> Metric:
    """Return a gauge of a window: name, unit, help, formula, source."""
    return _gauge("rolling", row, read=read, extra=extra, edges=edges, vendors=vendors, by_agent=by_agent)


def count(
    suffix: str,
    text: str,
    source: str,
    measure: int,
    *,
    unit: str = "legs",
    edges: str = "",
    vendors: str = "",
    by_agent: bool = False,
) -> Metric:
    """Return a gauge of how often a window counts *measure*; what *text* says behind a comma or colon stays its end."""
    said = re.sub(r"(?=[,:] |$)", " in the window", text, count=1)
    row = (suffix, unit, f"{said}.", text[0].lower() + text[1:], source)
    return _gauge("rolling", row, read=lambda r: r[measure], edges=edges, vendors=vendors, by_agent=by_agent)


def counter(suffix: str, text: str, source: str, measure: int, *, unit: str, edges: str = "") -> Metric:
    """Return a counter of *measure* over all time, for windows of PromQL's own."""
    return Metric(
        suffix=suffix,
        family="total",
        kind="counter",
        unit=unit,
        help=f"{text}.",
        formula=text[0].lower() + text[1:],
        source=source,
        read=lambda r: r[measure],
        edges=f"{edges} {NEVER_FALLS}".lstrip(),
    )


def _gauge(
    family: Family,
    row: tuple[str, ...],
    *,
    read: Callable[[Reading], Value | Mapping[str, Value]],
    edges: str,
    vendors: str,
    by_agent: bool,
    extra: str | None = None,
) -> Metric:
    suffix, unit, text, formula, source = row
    return Metric(
        suffix=suffix,
        family=family,
        unit=unit,
        help=text,
        formula=formula,
        source=source,
        read=read,
        extra=extra,
        edges=edges,
        vendors=vendors,
        by_agent=by_agent,
    )
