"""Definitions told to whoever runs `deskpulse check`: what differs from the defaults, and which calendars hold now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from aggregators.calendars import is_open, next_opening
from aggregators.definitions import EVER, NEVER_MS, Definitions
from aggregators.instants import rfc3339
from aggregators.targets import Targets
from aggregators.zones import DAY_MINUTES
from stream.definitions_file import SURVEYS, TIMES
from stream.definitions_targets import LIMITS, TARGETS, VERSIONS
from stream.definitions_values import MICROS, NEVER
from stream.settings import UNIT_MS
from stream.toml_table import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from aggregators.calendars import Schedule
    from aggregators.definitions import Scale

RULES_SHOWN = 8
"""So many digits of the rules of a zone are shown: enough to see that two machines have other time-zone data."""


def differences(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """Yield (key of the file, value and what it is by default) for each definition that is not the default."""
    default = Definitions()
    if definitions.levels:
        yield "levels", f"{', '.join(definitions.levels)} (default none)"
    if definitions.families:
        yield "families", f"{', '.join(definitions.families)} (default none)"
    for key, field in TARGETS.items():
        yield from _of_group(("targets", key), _targets(definitions, field), _targets(default, field))
        if key in VERSIONS:
            yield from _of_versions(("targets", key), getattr(definitions, VERSIONS[key]), _targets(default, field))
    yield from _of_limits(definitions, default)
    abandoned = "short_abandon_ms"
    yield from _of_group(("short_abandon",), _targets(definitions, abandoned), _targets(default, abandoned))
    if definitions.genesys is not None:
        yield "service_level.genesys", f"{', '.join(definitions.genesys) or 'no switch'} (default: SLg is not shown)"
    if definitions.service_level_target != default.service_level_target:
        usual_target = _number(default.service_level_target)
        yield "service_level.target", f"{_number(definitions.service_level_target)} (default {usual_target})"
    yield from _of_times(definitions, default)
    if not definitions.thanks_reopen:
        yield "resolution.thanks_reopen", "false (default true)"
    if definitions.at_risk_share != default.at_risk_share:
        usual_share = _number(default.at_risk_share)
        yield "sla.at_risk_share", f"{_number(definitions.at_risk_share)} (default {usual_share})"
    if definitions.at_risk_ms != default.at_risk_ms:
        yield "sla.at_risk_within", f"{duration_text(definitions.at_risk_ms)} (default never)"
    if definitions.priority_restarts:
        yield "sla.priority_restarts", f"{', '.join(definitions.priority_restarts)} (default none)"
    if definitions.pending_pauses != default.pending_pauses:
        yield "sla.pending_pauses", f"{', '.join(definitions.pending_pauses) or 'none'} (default resolution)"
    yield from _of_surveys(definitions, default)
    for number, tier in enumerate(definitions.tiers, start=1):
        yield f"tiers {number}", f"{tier.name}: {', '.join(tier.members) or 'no queue and no team'} (default none)"
    for tenant, zone in definitions.zones.items():
        if tenant:  # of everybody else by DESKPULSE_ZONE
            yield dotted(("zones", tenant)), f"{zone.name} (default DESKPULSE_ZONE)"
    for shift in definitions.shifts:
        whose = f"tenant {shift.tenant}" if shift.tenant else "every tenant without its own"
        yield f"shifts {shift.name}", f"{_clock(shift.begins)}-{_clock(shift.ends)} for {whose} (default none)"
    yield from _of_costs(definitions)
    if definitions.slots != default.slots:
        yield "agents.slots", f"{definitions.slots} (default {default.slots})"
    if definitions.utilisation_warning != default.utilisation_warning:
        usual_warning = _number(default.utilisation_warning)
        yield "agents.utilisation_warning", f"{_number(definitions.utilisation_warning)} (default {usual_warning})"


def _of_times(definitions: Definitions, default: Definitions) -> Iterator[tuple[str, str]]:
    """Yield the times that are not the default."""
    for key in (*TIMES, "merged_sends"):
        value, usual = getattr(definitions, f"{key}_ms"), getattr(default, f"{key}_ms")
        if value != usual:
            yield f"times.{key}", f"{duration_text(value)} (default {duration_text(usual)})"


def hours_now(definitions: Definitions, *, now_ms: int) -> Iterator[tuple[str, str]]:
    """Yield (for whom, calendar and whether it is open) of the business hours in force at *now_ms*."""
    for where, schedule in definitions.calendars.items():
        named = zip(("tenant", "channel", "queue"), where, strict=True)
        whom = ", ".join(f"{kind} {name}" for kind, name in named if name) or "everybody else"
        yield f"business hours of {whom}", _hours(schedule, now_ms)


def duration_text(duration_ms: int) -> str:
    """Return a duration as the file has it, "never" for NEVER_MS."""
    if duration_ms == NEVER_MS:
        return NEVER
    unit, ms = max(((unit, ms) for unit, ms in UNIT_MS.items() if duration_ms % ms == 0), key=lambda each: each[1])
    return f"{duration_ms // ms}{unit}"


def _targets(definitions: Definitions, field: str) -> Targets:
    """Return what *definitions* have from the beginning for *field*, `other_…` and `queue_…`."""
    by_channel, other, by_queue = (getattr(definitions, name) for name in (field, f"other_{field}", f"queue_{field}"))
    return Targets(EVER, by_channel, other, by_queue)


def _of_limits(definitions: Definitions, default: Definitions) -> Iterator[tuple[str, str]]:
    """Yield the limits of first responses that are not the default, or that a target is longer than."""
    for key, field in LIMITS.items():
        limit, usual = getattr(definitions, field), getattr(default, field)
        limiting = field == "response_limit_ms" and definitions.is_limiting
        if limit != usual or limiting:
            what = ": longer targets of first responses count as this, but for the policy clocks" if limiting else ""
            yield f"targets.{key}", f"{duration_text(limit)} (default {duration_text(usual)}){what}"


def _of_versions(path: tuple[str, ...], versions: tuple[Targets, ...], usual: Targets) -> Iterator[tuple[str, str]]:
    """Yield for each version of targets from when on it holds, and what of it is not the default."""
    for version in versions:
        since = rfc3339(version.since)
        yield f"{dotted((*path, 'from'))} {since}", "targets of what starts from then on; what runs keeps its own"
        for key, value in _of_group(path, version, usual):
            yield f"{key} from {since}", value


def _of_group(path: tuple[str, ...], found: Targets, usual: Targets) -> Iterator[tuple[str, str]]:
    if found.other != usual.other:
        yield dotted((*path, "other")), f"{duration_text(found.other)} (default {duration_text(usual.other)})"
    for channel, value in found.by_channel.items():
        known = usual.by_channel.get(channel)
        if known is None:
            yield dotted((*path, "channels", channel)), f"{duration_text(value)} (default that of other channels)"
        elif value != known:
            yield dotted((*path, "channels", channel)), f"{duration_text(value)} (default {duration_text(known)})"
    for queue, value in found.by_queue.items():
        yield dotted((*path, "queues", queue)), f"{duration_text(value)} (default that of its channel)"


def _of_surveys(definitions: Definitions, default: Definitions) -> Iterator[tuple[str, str]]:
    for kind, shares in SURVEYS.items():
        scale, usual = definitions.scales[kind], default.scales[kind]
        if scale != usual:
            yield f"surveys.{kind}", f"{_scale(scale)} (default {_scale(usual)})"
        for key, field in shares.items():
            value, least = getattr(definitions, field), getattr(default, field)
            if value != least:
                yield f"surveys.{kind}.{key}", f"{_number(value)} (default {_number(least)})"
    wide = definitions.satisfied_wide_scale
    if wide != default.satisfied_wide_scale:
        yield "surveys.csat.wide_from", f"{wide} (default {default.satisfied_wide_scale})"
    if definitions.rated != default.rated:
        yield "surveys.rated", f"{definitions.rated} (default {default.rated})"


def _of_costs(definitions: Definitions) -> Iterator[tuple[str, str]]:
    amounts = {
        "costs.agent_hour": definitions.agent_hour_micros,
        "costs.fixed_hour": definitions.fixed_hour_micros,
        **{dotted(("costs", "channels", name)): cost for name, cost in definitions.channel_hour_micros.items()},
    }
    for key, micros in amounts.items():
        if micros:
            yield key, f"{Decimal(micros) / MICROS} {definitions.currency} (default 0)"


def _hours(schedule: Schedule | None, now_ms: int) -> str:
    if schedule is None:
        return "no calendar, all time counts"
    number = schedule.version_at(now_ms)
    if number == 0:
        begins = schedule.versions[0].since
        return f"calendar {schedule.name}, in force from {rfc3339(begins or 0)}; until then all time counts"
    since, calendar = schedule.versions[number - 1]
    text = f"calendar {schedule.name}, version {number} of {len(schedule.versions)}"
    text += f" in force since {'ever' if since is None else rfc3339(since)}, zone {calendar.zone.name}"
    text += f" with rules {calendar.zone.rules[:RULES_SHOWN]}"
    if is_open(schedule, now_ms):
        return f"{text}; open now"
    opening = next_opening(schedule, now_ms)
    return f"{text}; closed now, " + ("for good" if opening is None else f"opens {rfc3339(opening)}")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}" if minute < DAY_MINUTES else "24:00"


def _scale(scale: Scale) -> str:
    return f"{_number(scale.least)} to {_number(scale.most)}, the {'least' if scale.falling else 'most'} is best"


def _number(value: Fraction) -> str:
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{decimal.normalize():f}" if decimal.as_integer_ratio() == value.as_integer_ratio() else str(value)
