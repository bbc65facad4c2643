"""The file of definitions (DESKPULSE_DEFINITIONS): TOML in, Definitions out, or one line that says where it is wrong.

Every key is optional, unknown ones are refused. `docs/definitions-file.md` is the page for whoever writes the file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from aggregators.definitions import MOST_SLOTS, Definitions, Scale, Shift, Tier
from stream import definitions_values as values
from stream import toml_file
from stream.definitions_calendars import calendars_from
from stream.definitions_targets import by_channel_and_queue, targets_from
from stream.toml_table import Table, Wrong

TIMES = ("ghost", "silent", "idle", "episode_gap", "settle", "correction", "repeat", "survey_settle", "heartbeat")
"""Keys of `times`; each is the field of that name with `_ms`."""
SURVEYS = {
    "csat": {"satisfied_from": "satisfied_from"},
    "ces": {"easy_from": "easy_from"},
    "nps": {"promoter_from": "promoter_from", "detractor_to": "detractor_to"},
}
"""Kind of survey → key of a share of its scale → field."""


def read_definitions(file: str) -> Definitions:
    """Return the definitions of *file*; see read_file."""
    return read_file(file)[1]


def read_file(file: str) -> tuple[str, Definitions]:
    """Return the text of *file* and its definitions, with the defaults where it says nothing.

    Raises SettingsError, one line `DESKPULSE_DEFINITIONS: <file>:<line>: <key>: what is wrong`.
    """
    return toml_file.read(file, "definitions", definitions_from)


def definitions_from(text: str) -> Definitions:
    """Return the definitions of the TOML *text*; ValueError with `<line>: <key>: what is wrong`."""
    return toml_file.made_of(text, _definitions)


def _definitions(top: Table) -> Definitions:
    default = Definitions()
    changes: dict[str, Any] = {
        "levels": top.optional("levels", values.levels, default.levels),
        "families": top.optional("families", values.families, default.families),
    }
    changes |= targets_from(top.table("targets"), default)
    changes |= by_channel_and_queue(top.table("short_abandon"), "short_abandon_ms", values.threshold, default)
    service_level = top.table("service_level")
    changes["genesys"] = service_level.optional("genesys", values.genesys, default.genesys)
    changes["service_level_target"] = service_level.optional(
        "target", values.service_level, default.service_level_target
    )
    service_level.done()
    times = top.table("times")
    for key in TIMES:
        changes[f"{key}_ms"] = times.optional(key, values.duration, getattr(default, f"{key}_ms"))
    changes["merged_sends_ms"] = times.optional("merged_sends", values.threshold, default.merged_sends_ms)
    times.done()
    resolution = top.table("resolution")
    changes["thanks_reopen"] = resolution.optional("thanks_reopen", values.flag, default.thanks_reopen)
    resolution.done()
    sla = top.table("sla")
    changes["at_risk_share"] = sla.optional("at_risk_share", values.share, default.at_risk_share)
    changes["at_risk_ms"] = sla.optional("at_risk_within", values.threshold, default.at_risk_ms)
    changes["priority_restarts"] = sla.optional("priority_restarts", values.clocks, default.priority_restarts)
    changes["pending_pauses"] = sla.optional("pending_pauses", values.clocks, default.pending_pauses)
    sla.done()
    changes |= _surveys(top.table("surveys"), default)
    changes["tiers"] = _tiers(top.tables("tiers"))
    changes["calendars"] = calendars_from(top.table("calendars"), top.tables("business_hours"))
    changes["zones"] = top.table("zones").each(values.zone)
    changes["shifts"] = _shifts(top.tables("shifts"))
    changes |= _costs(top.table("costs"))
    if changes["agent_hour_micros"] and "cost" in changes["families"] and "people" not in changes["families"]:
        needed = ("people", *(() if "work" in changes["families"] else ("work",)))
        asked = json.dumps([*changes["families"], *needed])
        raise Wrong(("families",), f"'cost' takes hours of agents, at costs.agent_hour, from 'people' (try {asked})")
    agents = top.table("agents")
    changes["slots"] = agents.optional("slots", _slots, default.slots)
    changes["utilisation_warning"] = agents.optional(
        "utilisation_warning", values.utilisation, default.utilisation_warning
    )
    agents.done()
    top.done()
    return replace(default, **changes)


def _surveys(surveys: Table, default: Definitions) -> dict[str, Any]:
    changes: dict[str, Any] = {"scales": dict(default.scales)}
    for kind, shares in SURVEYS.items():
        table, usual = surveys.table(kind), default.scales[kind]
        least = table.optional("min", values.number, usual.least)
        most = table.optional("max", values.number, usual.most)
        if least >= most:
            key, what = ("min", "below max") if table.has("min") else ("max", "above min")
            raise Wrong((*table.path, key), f"is not {what} (here {least} and {most})")
        changes["scales"][kind] = Scale(least, most, table.optional("direction", values.is_falling, usual.falling))
        for key, field in shares.items():
            changes[field] = table.optional(key, values.share, getattr(default, field))
        if kind == "csat":
            changes["satisfied_wide_scale"] = table.optional("wide_from", _whole, default.satisfied_wide_scale)
        if kind == "nps" and changes["detractor_to"] >= changes["promoter_from"]:
            key = "promoter_from" if table.has("promoter_from") else "detractor_to"
            raise Wrong((*table.path, key), "makes one and the same a promoter and a detractor")
        table.done()
    changes["rated"] = surveys.optional("rated", values.rated, default.rated)
    surveys.done()
    return changes


def _whole(value: object) -> int:
    found = values.number(value)
    if found.denominator != 1 or found < 1:
        message = f"{values.shown(value)} is not a whole number from 1 on (try 4)"
        raise ValueError(message)
    return found.numerator


def _slots(value: object) -> int:
    found = values.number(value)
    if found.denominator != 1 or not 1 <= found <= MOST_SLOTS:
        message = f"{values.shown(value)} is not a whole number from 1 to {MOST_SLOTS} (try 3)"
        raise ValueError(message)
    return found.numerator


def _tiers(tables: list[Table]) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    taken: set[str] = set()
    for table in tables:
        tier = Tier(table.take("name", values.name), table.optional("members", values.names, ()))
        table.done()
        if any(tier.name == above.name for above in tiers):
            raise Wrong((*table.path, "name"), f"{tier.name!r} is a tier above already")
        for each in sorted({tier.name, *tier.members} & taken):
            raise Wrong(table.path, f"{each!r} belongs to a tier above already")
        taken |= {tier.name, *tier.members}
        tiers.append(tier)
    return tuple(tiers)


def _shifts(tables: list[Table]) -> tuple[Shift, ...]:
    shifts: list[Shift] = []
    for table in tables:
        begins, ends = table.take("hours", values.span)
        shift = Shift(table.optional("tenant", values.name, ""), table.take("name", values.name), begins, ends)
        table.done()
        if any(shift[:2] == other[:2] for other in shifts):
            raise Wrong((*table.path, "name"), f"{shift.name!r} is a shift above already")
        shifts.append(shift)
    return tuple(shifts)


def _costs(costs: Table) -> dict[str, Any]:
    changes = {
        "agent_hour_micros": costs.optional("agent_hour", values.money, 0),
        "fixed_hour_micros": costs.optional("fixed_hour", values.money, 0),
        "channel_hour_micros": costs.table("channels").each(values.money),
        "currency": costs.optional("currency", values.currency, ""),
    }
    costs.done()
    if not changes["currency"] and any(changes.values()):
        raise Wrong((*costs.path, "currency"), 'is missing (try currency = "EUR")')
    return changes
