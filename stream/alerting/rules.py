"""What a rule is: everything that is said of an alert stands in one entry, and files and pages are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from stream.alerting.promql import PLACE, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Severity = Literal["critical", "warning", "info", "none"]
Team = Literal["support", "platform"]
GRAFANA: Final = "http://127.0.0.1:3000"
SITE: Final = "http://127.0.0.1:8420"


class Bases(NamedTuple):
    """Where links lead: the addresses of Grafana and of `serve`, without a slash at the end."""

    grafana: str = GRAFANA
    site: str = SITE


class Behind(NamedTuple):
    """The number whose list shows who is behind an alert; `labels` are those of the alert beside the place."""

    suffix: str
    window: str = ""
    pinned: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    level: str = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `holds` and `keeps` are its `for` and `keep_firing_for`, "" for none.

    `reason` says why it is as it is; `condition` and `guard` are its expression in words, for whoever is paged.
    `place` are the labels that say where it is, by which links choose.
    """

    name: str
    slug: str
    severity: Severity
    team: Team
    expr: str
    holds: str
    keeps: str = ""
    summary: str
    description: str
    dashboard: str
    behind: Behind | None = None
    place: tuple[str, ...] = ()
    reason: str
    condition: str
    guard: str

    def annotations(self, bases: Bases) -> dict[str, str]:
        """Return what Prometheus sends along; `conversations_url` only where anybody is behind it."""
        chosen = "&".join(f"var-{label}={_template(label)}" for label in self.place)
        found = {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": f"{bases.site}/runbooks/{self.slug}",
            "dashboard_url": f"{bases.grafana}/d/{self.dashboard}{'?' if chosen else ''}{chosen}",
        }
        if self.behind is not None:
            found["conversations_url"] = f"{bases.site}/drill?{'&'.join(_drilled(self.behind, self.place))}"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A series that Prometheus computes for the alerts."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


class Group(NamedTuple):
    """Rules that are evaluated in this order, and what is said of all of them."""

    name: str
    reason: str
    rules: tuple[Alert | Recording, ...]


def _template(label: str) -> str:
    return f"{{{{ $labels.{label} | urlquery }}}}"


def _drilled(behind: Behind, place: tuple[str, ...]) -> Iterator[str]:
    yield f"metric={name_of(behind.suffix, window=behind.window, level=behind.level)}"
    yield from (f"{label}={_template(label)}" for label in place)
    if behind.window:
        yield f"window={behind.window}"
    yield from (f"{label}={value}" for label, value in behind.pinned)
    yield from (f"{label}={_template(label)}" for label in behind.labels)


QUEUE: Final = PLACE
CHANNEL: Final = PLACE[:2]
TENANT: Final = PLACE[:1]
