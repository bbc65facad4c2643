"""The headlines a tile can show: which numbers they are made of, which way is better, and when they are off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from aggregators.catalogue import METRICS
from aggregators.definitions import Definitions
from stream.clock import now_ms

Unit = Literal["count", "ratio", "s"]
Better = Literal["up", "down"]

_ROLLING: Final = "rolling"


@dataclass(frozen=True, slots=True)
class Part:
    """One number of a tile: what stands after the level in its name, and its label beside those of the level."""

    metric: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a tile shows. `target` is met at exactly its value, off is what is past `limit`; None is no judgement.

    `beside` are further numbers by their role. Judged is the number itself, or that of the role `judged_by`.
    """

    unit: Unit
    value: Part
    beside: dict[str, Part] = field(default_factory=dict)
    better: Better = "down"
    target: float | None = None
    limit: float | None = None
    judged_by: str | None = None


def headlines(defined: Definitions | None = None) -> dict[str, Headline]:
    """Return every headline by its name.

    Waits are judged by how many are past the target, each by that of its own channel or queue; the median of first
    responses is held against the target of the definitions for a chat that begins now.
    """
    definitions = defined or Definitions()
    response_s = definitions.response_target("chat", start=now_ms()) / 1000
    return {
        "waiting": Headline(
            unit="count",
            value=Part("waiting"),
            beside={"past_target": Part("waiting_past_target")},
            target=0,
            limit=5,
            judged_by="past_target",
        ),
        "oldest_wait": Headline(
            unit="s",
            value=Part("oldest_wait_seconds"),
            beside={"past_target": Part("waiting_past_target"), "waiting": Part("waiting")},
            target=0,
            limit=5,
            judged_by="past_target",
        ),
        "service_level": Headline(
            unit="ratio",
            value=Part("rolling_service_level_ratio", {"variant": "SL3"}),
            beside={
                "low": Part("rolling_service_level_low_ratio"),
                "high": Part("rolling_service_level_high_ratio"),
                "queued": Part("rolling_queued"),
            },
            better="up",
            target=0.8,
            limit=0.6,
        ),
        "abandonment": Headline(
            unit="ratio",
            value=Part("rolling_abandonment_ratio"),
            beside={"queued": Part("rolling_queued")},
            target=0.05,
            limit=0.1,
        ),
        "first_response": Headline(
            unit="s",
            value=Part("rolling_first_response_seconds", {"q": "0.5"}),
            beside={
                "p90": Part("rolling_first_response_seconds", {"q": "0.9"}),
                "replies": Part("rolling_first_responses"),
            },
            target=response_s,
            limit=2 * response_s,
        ),
        "csat": Headline(
            unit="ratio",
            value=Part("rolling_csat_satisfied_ratio"),
            beside={
                "low": Part("rolling_csat_satisfied_low_ratio"),
                "high": Part("rolling_csat_satisfied_high_ratio"),
                "responses": Part("rolling_csat_responses"),
            },
            better="up",
            target=0.75,
            limit=0.6,
        ),
        "agents": Headline(
            unit="count",
            value=Part("agents_available"),
            beside={
                state: Part("agents", {"state": state}) for state in ("available", "busy", "partially_busy", "acw")
            },
            better="up",
            target=1,
            limit=1,
        ),
        "open_tickets": Headline(
            unit="count", value=Part("backlog_open"), beside={"oldest": Part("backlog_oldest_seconds")}
        ),
    }


NAMES: Final = tuple(headlines())


def of_metric(metric: str) -> Headline | None:
    """Return a tile for any other metric, named by what stands after the level: `rolling_reopened`; None if none is.

    One with a label of its own beside those of its level shows no single number, and makes no tile.
    """
    found = next((each for each in METRICS if name_of(each.suffix, each.family) == metric and not each.extra), None)
    if found is None or found.family == "total":
        return None
    units: dict[str, Unit] = {"ratio": "ratio", "s": "s"}
    return Headline(unit=units.get(found.unit, "count"), value=Part(metric))


def name_of(suffix: str, family: str) -> str:
    """Return what stands after the level in the name of a metric."""
    return f"{_ROLLING}_{suffix}" if family == _ROLLING else suffix
