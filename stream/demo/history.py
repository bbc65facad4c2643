"""The days before the demo: a small centre of the same house, so that windows of a week have something to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from stream.demo.plan import PAST_MS
from stream.simulator import Centre
from stream.simulator.profile import HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.demo.plan import Plan
    from stream.simulator import Event

DAY_MS = 24 * HOUR_MS
SLOWER = 200
"""So many times fewer contacts than in the hour before now: a week at full rate would take minutes."""
CALMS_MS = 2 * HOUR_MS
"""Nobody comes for so long before the past hour, that all who came before are served by then."""


def history(plan: Plan, begin_ms: int, *, step: Callable[[int], None]) -> list[Event]:
    """Return the events of `plan.days` before the past hour, in order of time; `step(1)` is called for each day.

    Neither agents nor sources send heartbeats. Whoever comes too late to be served by the end does not come at all.
    """
    if not plan.days:
        return []
    start_ms, last_ms = begin_ms - plan.days * DAY_MS, begin_ms - PAST_MS
    centre = Centre(seed=plan.seed, rate=plan.rate / SLOWER, tenants=plan.tenants, heartbeat_ms=HOUR_MS, ghosts=False)
    found: list[Event] = []
    begun: set[str] = set()
    day_ends_ms = start_ms + DAY_MS
    for event in centre.events(start_ms, begin_ms):
        while event.at_ms >= day_ends_ms:
            step(1)
            day_ends_ms += DAY_MS
        if event.lane in ("chat", "ticket"):
            conversation = f"{event.key}/{orjson.loads(event.value).get('tenant')}"
            if event.at_ms < last_ms - CALMS_MS:
                begun.add(conversation)
            if conversation not in begun:
                continue
        elif event.lane == "all" or event.at_ms >= last_ms or b'"agent.heartbeat"' in event.value:
            continue
        found.append(event)
    step(1)
    return found
