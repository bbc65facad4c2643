"""How `serve` ends."""

from __future__ import annotations

import asyncio

from stream.serving import end


async def test_a_task_that_swallows_a_cancellation_is_ended() -> None:
    """As a read of Redis does now and then, whose answer has just come: `serve` would not end on SIGTERM."""
    swallowed = 0

    async def goes_on() -> None:
        nonlocal swallowed
        while swallowed < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.sleep(60)

    task = asyncio.create_task(goes_on())
    await asyncio.sleep(0)

    await end(task)

    assert (swallowed, task.cancelled()) == (2, True)
