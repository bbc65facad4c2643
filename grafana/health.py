"""The numbers' health: whether they are new, complete and consistent, and what was done to come by them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregators import pipeline_metrics as p
from grafana import frame, scales, uids
from grafana.frame import Row
from grafana.panels import lines, tile
from grafana.promql import ROLLING, greatest, rates, worst
from grafana.queues import LINES, tile_of_all
from grafana.rows import rows
from grafana.shown import Shown, counted, pipeline, since

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table, timeseries
    from grafana_foundation_sdk.models.dashboard import Dashboard


def dashboard(site: str) -> Dashboard:
    """Return the dashboard as Grafana imports it."""
    made = [
        Row(title="Are they new?", panels=[tile(each, width=4) for each in _new()]),
        Row(title="Do they add up?", panels=[tile(each, width=4) for each in _consistent()]),
        Row(title="What came late, twice or wrong in the last hour", panels=[tile(each, width=3) for each in _came()]),
        Row(title="How much of it is known, over the last $window", panels=[tile(each, width=4) for each in _known()]),
        Row(title="Sources", panels=[_sources()]),
        Row(title="How it came to this", panels=_graphs()),
    ]
    question = "Can the numbers be believed?"
    return frame.dashboard(uids.HEALTH, question, made, site=site)


def not_applied() -> Shown:
    """Return how many records of the log no worker has counted yet."""
    return Shown(
        title="Not applied yet",
        expression=f"sum({greatest(p.LAG)})",
        unit="records",
        help=p.LAG.help,
        scale=scales.LAG,
    )


def do_not_add_up() -> Shown:
    """Return in how many queues those who came are not those who waited, left or were answered."""
    return Shown(
        title="Queues that do not add up",
        expression=f'max({p.VIOLATIONS.name}{{window="1h"}})',
        unit="queues",
        help=p.VIOLATIONS.help,
        scale=scales.NONE_AT_ALL,
    )


def _new() -> list[Shown]:
    rates_by_bound = f"max by (le) (rate({p.EVENT_LAGS.name}_bucket[$__rate_interval]))"
    # Of no event at all it is NaN, which is not fine.
    lag = f"(histogram_quantile(0.9, {rates_by_bound}) >= 0)"
    covered = f'max({p.COVERED.name}{{window="$window"}})'
    shown = [
        since(p.AS_OF, "Age of the numbers", scale=scales.AGE),
        pipeline(p.READY, "Believable (1 is yes)", unit="yes or no", scale=scales.IS_UP, how="min"),
        not_applied(),
        Shown(
            title="Counted, 9 of 10 events within",
            expression=lag,
            unit="s",
            help=p.EVENT_LAGS.help,
            scale=scales.AGE,
        ),
        Shown(
            title="Source silent for longest",
            expression=f"max({p.SOURCE_AGE.name})",
            unit="s",
            help=p.SOURCE_AGE.help,
            scale=scales.SOURCE_AGE,
        ),
        Shown(title="The last $window reaches back", expression=covered, unit="s", help=p.COVERED.help),
    ]
    return [replace(each, to=uids.PROCESSOR) for each in shown]


def _consistent() -> list[Shown]:
    return [
        do_not_add_up(),
        Shown(
            title="Backlog that does not add up",
            expression=f"max(abs({p.BACKLOG_DRIFT.name}))",
            unit="conversations",
            help=f"{p.BACKLOG_DRIFT.help} Counted where the definitions ask for `resolution`.",
            scale=scales.NONE_AT_ALL,
        ),
        pipeline(p.FOLDED, "Names counted as other", unit="names", scale=scales.NONE_AT_ALL),
        tile_of_all(ROLLING["orphan_stops"], "Ends without a beginning", extra="closed"),
        tile_of_all(ROLLING["unknown_actors"], "Said by nobody known"),
        tile_of_all(ROLLING["legs_revived"], "Given up, and came after all"),
    ]


def _came() -> list[Shown]:
    return [
        counted(p.DUPLICATES, "Twice"),
        counted(p.REPLACED, "Replaced", unit="facts"),
        counted(p.CLAMPED, "From the future"),
        counted(p.LATE_APPLIED, "Late, counted"),
        counted(p.LATE_DROPPED, "Too late, dropped", scale=scales.DROPPED),
        counted(p.REJECTED, "Dead letters", scale=scales.DROPPED),
        counted(p.RESTATEMENTS, "Restated", unit="contributions"),
        counted(p.CONFLICTS, "Commits made again", unit="commits"),
    ]


def _known() -> list[Shown]:
    fields = (("customer", "Customer"), ("agent", "Agent"), ("queue", "Queue"))
    return [
        *(
            tile_of_all(ROLLING["coverage_ratio"], f"{title} known", extra=name, scale=scales.COVERAGE)
            for name, title in fields
        ),
        tile_of_all(ROLLING["contact_coverage_ratio"], "Contacts with a customer", scale=scales.COVERAGE),
        tile_of_all(ROLLING["selfservice_coverage_ratio"], "Page visits with a customer", scale=scales.COVERAGE),
        tile_of_all(ROLLING["contact_reason_coverage_ratio"], "Contacts with a reason", scale=scales.COVERAGE),
    ]


def _sources() -> table.Panel:
    columns = [
        Shown(
            title="Silent for",
            expression=greatest(p.SOURCE_AGE),
            unit="s",
            help=p.SOURCE_AGE.help,
            scale=scales.SOURCE_AGE,
        ),
        Shown(
            title="Clock ahead by",
            expression=greatest(p.CLOCK_SKEW),
            unit="s",
            help=p.CLOCK_SKEW.help,
            scale=scales.SKEW,
        ),
    ]
    return rows("Sources", columns, keys=("source",), description="One row for each source of events.", height=6)


def _graphs() -> list[timeseries.Panel]:
    restated = [
        Shown(
            title=title,
            expression=f"max(rate({metric.name}[$__rate_interval]))",
            unit=unit,
            help=metric.help,
            legend=legend,
        )
        for metric, title, legend, unit in (
            (p.DUPLICATES, "Twice", "twice", "records a second"),
            (p.LATE_APPLIED, "Late", "late, counted", "records a second"),
            (p.RESTATEMENTS, "Restated", "restated", "contributions a second"),
        )
    ]
    age = replace(since(p.AS_OF, "Age of the numbers"), legend="age of the numbers")
    types = Shown(
        title="Events by type",
        expression=worst(rates(p.ACCEPTED), count=LINES, low_is_bad=False),
        unit="records a second",
        help=p.ACCEPTED.help,
        legend="{{type}}",
    )
    return [
        lines("Age of the numbers", [age], width=8),
        lines("What came twice or late, a second", restated, width=8),
        lines(f"Events, a second: the {LINES} most frequent types", [types], width=8),
    ]
