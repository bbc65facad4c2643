"""The demo's support centre, into the embedded broker: days of history and the past hour at once, then live."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import TYPE_CHECKING

from stream.clock import now_ms
from stream.demo.history import history
from stream.demo.plan import PAST_MS
from stream.producer import EventProducer
from stream.progress import progress
from stream.routing import Topics
from stream.simulate import send_all
from stream.simulator import Road

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.demo.plan import Plan
    from stream.settings import Settings

PORTION = 4_000
AHEAD = 12_000
"""History is at most so many events ahead of what is counted."""
WAIT_S = 0.2


async def feed(
    settings: Settings,
    plan: Plan,
    *,
    stop: asyncio.Event,
    sent: Callable[[int], None],
    caught_up: Callable[[int], None],
    counted: Callable[[], int],
) -> None:
    """Send events until `stop` is set; `sent(events)` is called now and then with how many they are by now.

    `caught_up(events)` is called once, when those of the past hour are stored. History has a progress bar,
    and waits for `counted()`, how many are applied by now: the broker keeps a few megabytes.
    """
    # The simulation makes no cycles; looking for them among its plans costs a fifth of its time.
    gc.set_threshold(100_000, 50, 100)
    begin_ms = now_ms()
    road = Road(seed=plan.seed)
    arrivals = road.travel(plan.centre(begin_ms).events(begin_ms - PAST_MS, None))
    said = False

    sent_before = 0

    def report(count: int, at_ms: int) -> None:
        nonlocal said
        sent(sent_before + count)
        if at_ms >= begin_ms and not said:
            said = True
            caught_up(sent_before + count)

    async with EventProducer(settings) as producer:
        topics = Topics.of(settings)
        if plan.days:
            with progress("days of history", plan.days) as step:
                before = await asyncio.to_thread(history, plan, begin_ms, step=step)
            for portion in range(0, len(before), PORTION):
                while counted() < portion - AHEAD and not stop.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), WAIT_S)
                arrivals_then = road.travel(before[portion : portion + PORTION])
                await send_all(producer, arrivals_then, topics=topics, end_ms=None, stop=stop, report=report)
                sent_before = min(len(before), portion + PORTION)
        await send_all(producer, arrivals, topics=topics, end_ms=None, stop=stop, report=report)
