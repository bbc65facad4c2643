"""What a scrape of /metrics says, in the few figures that the demo shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from aggregators import pipeline_metrics as p
from aggregators.catalogue import LABELS, METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregators.rolling import Level

_METRIC = {metric.suffix: metric for metric in METRICS if metric.family != "total"}
_SHOWN = {
    "waiting": ("waiting", None),
    "oldest_s": ("oldest_wait_seconds", None),
    "past_target": ("waiting_past_target", None),
    "queued": ("queued", None),
    "answered": ("answered", None),
    "service_level": ("service_level_ratio", "SL3"),
    "abandonment": ("abandonment_ratio", None),
    "asa_s": ("wait_mean_seconds", None),
    "wait_p90_s": ("wait_seconds", "0.9"),
    "first_responses": ("first_responses", None),
    "first_response_p50_s": ("first_response_seconds", "0.5"),
    "csat_mean": ("csat_mean_ratio", None),
    "satisfied": ("csat_satisfied_ratio", None),
    "responses": ("csat_responses", None),
}
_LEVELS: tuple[Level, ...] = ("queue", "channel", "tenant")
_PIPELINE = (p.AS_OF, p.READY, p.COVERED, p.ACCEPTED, p.LAG, p.REJECTED)
_WANTED = {_METRIC[suffix].name(level) for suffix, _ in _SHOWN.values() for level in _LEVELS} | {
    metric.name for metric in _PIPELINE
}

Labels = tuple[tuple[str, str], ...]


_NOT_SENT = ("told", "source.heartbeat")
"""Types of what nobody sent the demo, or sent to every partition."""


class Figures(NamedTuple):
    """The figures of one queue, channel or tenant, rolling ones over one window; None is unknown, which is not 0.

    `_s` are seconds, counts are counts, the others ratios from 0 to 1.
    """

    waiting: float | None
    oldest_s: float | None
    past_target: float | None
    queued: float | None
    answered: float | None
    service_level: float | None
    abandonment: float | None
    asa_s: float | None
    wait_p90_s: float | None
    first_responses: float | None
    first_response_p50_s: float | None
    csat_mean: float | None
    satisfied: float | None
    responses: float | None

    @property
    def complete(self) -> bool:
        """Nothing is missing; nobody may be waiting, who would then have no age."""
        return all(value is not None for name, value in self._asdict().items() if name != "oldest_s" or self.waiting)


@dataclass(frozen=True, slots=True)
class Scrape:
    """One answer of /metrics, as far as it is shown."""

    samples: dict[tuple[str, Labels], float]

    @classmethod
    def of(cls, text: str) -> Scrape:
        """Parse an exposition. Lines that the demo does not show are not looked at."""
        wanted = "\n".join(line for line in text.splitlines() if _name(line) in _WANTED)
        return cls(
            {
                (sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in text_string_to_metric_families(wanted + "\n")
                for sample in family.samples
            }
        )

    @property
    def as_of_s(self) -> float | None:
        """The instant the numbers are for, in Unix time; None while there are none."""
        return self.samples.get((p.AS_OF.name, ()))

    @property
    def ready(self) -> bool:
        """The numbers are fresh."""
        return self.samples.get((p.READY.name, ())) == 1

    @property
    def accepted(self) -> int:
        """How many records of the sources were accepted so far; what workers tell one another is none."""
        return int(
            sum(
                value
                for (name, labels), value in self.samples.items()
                if name == p.ACCEPTED.name and dict(labels).get("type") not in _NOT_SENT
            )
        )

    @property
    def lag(self) -> int:
        """How many records are not applied yet."""
        return int(sum(value for (name, _), value in self.samples.items() if name == p.LAG.name))

    @property
    def covered_s(self) -> dict[str, float]:
        """How much of each window lies after the first event, in seconds."""
        return {
            dict(labels)["window"]: value for (name, labels), value in self.samples.items() if name == p.COVERED.name
        }

    def groups(self, level: Level) -> Iterator[tuple[str, ...]]:
        """Yield the label values of every group at *level*, in the order of `LABELS`."""
        name = _METRIC["waiting"].name(level)
        for found, labels in self.samples:
            if found == name:
                values = dict(labels)
                yield tuple(values[label] for label in LABELS[level])

    def figures(self, level: Level, group: tuple[str, ...], *, window: str) -> Figures:
        """Return the figures of one group over *window*."""
        base = dict(zip(LABELS[level], group, strict=True))
        found = {}
        for field, (suffix, extra) in _SHOWN.items():
            metric = _METRIC[suffix]
            labels = dict(base)
            if metric.family == "rolling":
                labels["window"] = window
            if metric.extra and extra:
                labels[metric.extra] = extra
            found[field] = self.samples.get((metric.name(level), tuple(sorted(labels.items()))))
        return Figures(**found)


def _name(line: str) -> str:
    if line.startswith("# TYPE "):
        return line.split(" ", 3)[2]
    return line.partition("{")[0].partition(" ")[0]
