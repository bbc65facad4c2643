"""What a metric of the support centre is: a name at each level, labels, and how it is read from the measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.reading import Reading, Value
    from aggregators.rolling import Level

Kind = Literal["gauge", "counter", "histogram"]
Family = Literal["state", "rolling", "total"]
LABELS: dict[Level, tuple[str, ...]] = {
    "queue": ("tenant", "channel", "queue"),
    "channel": ("tenant", "channel"),
    "tenant": ("tenant",),
}
PREFIX = "support"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """One metric. `extra` is the label it has beside those of its level and window; `read` then returns a mapping."""

    suffix: str
    family: Family
    unit: str
    help: str
    formula: str
    source: str
    read: Callable[[Reading], Value | Mapping[str, Value]]
    kind: Kind = "gauge"
    extra: str | None = None

    def name(self, level: Level) -> str:
        """Return the full name at *level*, as Prometheus has it."""
        rolling = "rolling_" if self.family == "rolling" else ""
        return f"{PREFIX}_{level}_{rolling}{self.suffix}"

    def labels(self, level: Level) -> tuple[str, ...]:
        """Return the names of its labels at *level*, in order."""
        window = ("window",) if self.family == "rolling" else ()
        return (*LABELS[level], *window, *((self.extra,) if self.extra else ()))


def state(*row: str, read: Callable[[Reading], Value]) -> Metric:
    """Return a gauge of what holds now: name, unit, help, formula, source."""
    suffix, unit, text, formula, source = row
    return Metric(suffix=suffix, family="state", unit=unit, help=text, formula=formula, source=source, read=read)


def count(suffix: str, text: str, source: str, measure: int, *, unit: str = "legs") -> Metric:
    """Return a gauge of how often a window counts *measure*."""
    formula = text[0].lower() + text[1:]
    return Metric(
        suffix=suffix,
        family="rolling",
        unit=unit,
        help=f"{text} in the window.",
        formula=formula,
        source=source,
        read=lambda r: r[measure],
    )


def rolling(*row: str, read: Callable[[Reading], Value | Mapping[str, Value]], extra: str | None = None) -> Metric:
    """Return a gauge of a window: name, unit, help, formula, source."""
    suffix, unit, text, formula, source = row
    return Metric(
        suffix=suffix, family="rolling", unit=unit, help=text, formula=formula, source=source, read=read, extra=extra
    )
