"""The process `serve`: snapshots refreshed each second, and a server that answers from the latest."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING

import structlog

from stream import log as logs
from stream.api.addresses import is_on_this_machine
from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.snapshot import Snapshots

if TYPE_CHECKING:
    from stream.settings import Settings

log = structlog.get_logger(__name__)
CANCEL_AGAIN_S = 0.2


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code. Raises UsageError if the address cannot be had."""
    logs.configure(settings)
    # By default the tens of thousands of rows of each snapshot are looked through for cycles, of which requests make
    # few: measured in the demo, a third of the time of a look back.
    gc.set_threshold(100_000, 50, 100)
    return asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    snapshots = Snapshots(settings)
    with Server(make_app(Source(settings, lambda: snapshots.latest, listen=snapshots.listen)), settings) as server:
        log.info("serving", address=server.address, clock=settings.clock)
        if settings.tls_certfile is None and not is_on_this_machine(settings):
            log.warning("serving_in_the_clear", why="tokens can be read on the way", action="DESKPULSE_TLS_CERTFILE")
        refreshing = asyncio.create_task(snapshots.run())
        try:
            await asyncio.wait({refreshing, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            if refreshing.done():
                await refreshing
        finally:
            await end(refreshing)
    log.info("serve_stopped")
    return 0


async def end(task: asyncio.Task[None]) -> None:
    """Cancel *task* until it has ended, and drop what it raises: a client of Redis may swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(task, return_exceptions=True)
