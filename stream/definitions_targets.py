"""The part of the file of definitions about targets by channel and queue: one version, or several with `from`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aggregators.targets import Targets
from stream import definitions_values as values
from stream.toml_table import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.definitions import Definitions
    from stream.toml_table import Table

TARGETS = {
    "wait": "wait_target_ms",
    "first_response": "response_target_ms",
    "reply": "reply_target_ms",
    "resolution": "resolution_target_ms",
}
"""Key below `targets` → field; beside it stand `other_…` and `queue_…`."""
VERSIONS = {"first_response": "response_versions", "reply": "reply_versions", "resolution": "resolution_versions"}
"""Key below `targets` → field of the versions that came into force later."""

LIMITS = {
    "first_response_limit": "response_limit_ms",
    "first_response_elapsed_limit": "response_elapsed_limit_ms",
}
"""Key below `targets` → field of what no target of a first response is longer than."""


def targets_from(targets: Table, default: Definitions) -> dict[str, Any]:
    """Return what *targets* says, by field."""
    changes: dict[str, Any] = {}
    for key, field in TARGETS.items():
        if key in VERSIONS:
            changes |= _versions(targets.tables(key), field, VERSIONS[key], default)
        else:
            changes |= by_channel_and_queue(targets.table(key), field, values.duration, default)
    for key, field in LIMITS.items():
        changes[field] = targets.optional(key, values.threshold, getattr(default, field))
    targets.done()
    return changes


def by_channel_and_queue(
    table: Table, field: str, convert: Callable[[object], int], default: Definitions
) -> dict[str, Any]:
    """Return what *table* says of `field`, `other_…` and `queue_…`, with the defaults where it says nothing."""
    other, by_channel = f"other_{field}", getattr(default, field)
    found = {
        field: by_channel | table.table("channels").each(convert),
        other: table.optional("other", convert, getattr(default, other)),
        f"queue_{field}": table.table("queues").each(convert),
    }
    table.done()
    return found


def _versions(tables: list[Table], field: str, later: str, default: Definitions) -> dict[str, Any]:
    """Return the fields of the first version, unless it has a `from`, and as *later* the others in their order."""
    first: dict[str, Any] = {}
    versions: list[Targets] = []
    instant = partial(values.instant, zone=values.zone("UTC"))
    for number, table in enumerate(tables):
        since = table.take("from", instant) if number or table.has("from") else None
        if since is not None and versions and since <= versions[-1].since:
            raise Wrong((*table.path, "from"), "has to be later than that of the version above")
        found = by_channel_and_queue(table, field, values.duration, default)
        if since is None:
            first = found
        else:
            versions.append(Targets(since, found[field], found[f"other_{field}"], found[f"queue_{field}"]))
    return first | {later: tuple(versions)}
