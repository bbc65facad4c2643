"""The demo's support centre, into the embedded broker: the past hour at once, then live."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from stream.clock import now_ms
from stream.demo.plan import PAST_MS
from stream.producer import EventProducer
from stream.routing import Topics
from stream.simulate import send_all
from stream.simulator import Road

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from stream.demo.plan import Plan
    from stream.settings import Settings


async def feed(
    settings: Settings,
    plan: Plan,
    *,
    stop: asyncio.Event,
    sent: Callable[[int], None],
    caught_up: Callable[[int], None],
) -> None:
    """Send events until `stop` is set; `sent(events)` is called now and then with how many they are by now.

    `caught_up(events)` is called once, when those of the past hour are stored.
    """
    # The simulation makes no cycles; looking for them among its plans costs a fifth of its time.
    gc.set_threshold(100_000, 50, 100)
    begin_ms = now_ms()
    arrivals = Road(seed=plan.seed).travel(plan.centre(begin_ms).events(begin_ms - PAST_MS, None))
    said = False

    def report(count: int, at_ms: int) -> None:
        nonlocal said
        sent(count)
        if at_ms >= begin_ms and not said:
            said = True
            caught_up(count)

    async with EventProducer(settings) as producer:
        await send_all(producer, arrivals, topics=Topics.of(settings), end_ms=None, stop=stop, report=report)
