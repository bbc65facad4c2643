"""Instants, records and lines for tests of the engine."""

import json

from aggregators.facts import Key
from aggregators.instants import DAY_MS, HOUR_MS
from tests.aggregators.running import Counted
from tests.logs import T0, Log

RETENTION_MS = 35 * DAY_MS
GHOST_MS = 4 * HOUR_MS
SILENT_MS = 24 * HOUR_MS
"""The longest timer there is: a chat that lapses."""
C = Key("default", "c")


def at(after_ms: int) -> int:
    """Return the instant so long after T0."""
    return T0 + after_ms


def beat(after_ms: int, source: str = "s") -> bytes:
    """Return a heartbeat, which moves the watermark and nothing else."""
    return Log(conversation=None).add("source.heartbeat", at(after_ms), source=source).lines[0]


def reasons(partition: Counted) -> list[str]:
    """Return why records were rejected, in order."""
    return [why.reason for delta in partition.deltas for _, why in delta.rejected]


def rows(partition: Counted, table: str) -> list[dict[str, object]]:
    """Return the lines of one table."""
    return [row for row in map(json.loads, partition.lines()) if row["table"] == table]
