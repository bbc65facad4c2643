"""The identity of the queues, from what is shown alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.windows import IDENTITY_WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.columns import Series

ENDS = ("answered", "abandoned", "short_abandoned", "flowed_out", "callback_requested", "agent_closed", "lost")
LENGTH_MS = {"5m": 300_000, "30m": 1_800_000, "1h": 3_600_000}
assert tuple(LENGTH_MS) == IDENTITY_WINDOWS

Pairs = tuple[tuple[str, str], ...]


def not_adding_up(shown: Mapping[int, Mapping[Series, float]], t: int) -> dict[tuple[Pairs, str], float]:
    """Return by how much each queue and window up to *t* does not add up, of what was *shown* at which instant.

    Waiting at its start + queued − all that ended − waiting now. Windows that begin where nothing was shown are left
    out, except before the first instant.
    """
    now = shown[t]
    queues = [pairs for name, pairs in now if name == "support_queue_waiting"]
    found = {}
    for window, length_ms in LENGTH_MS.items():
        before = shown.get(t - length_ms, None if t - length_ms > min(shown) else {})
        if before is None:
            continue
        for pairs in queues:

            def flow(name: str, of_this: Pairs = (*pairs, ("window", window))) -> float:
                return now.get((f"support_queue_rolling_{name}", of_this), 0)

            waited, waits = (each.get(("support_queue_waiting", pairs), 0) for each in (before, now))
            rest = waited + flow("queued") - sum(flow(name) for name in ENDS) - waits
            if rest:
                found[pairs, window] = rest
    return found
