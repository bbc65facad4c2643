"""The demo from its start to its end: what it says on the way, and the picture that moves."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console
from rich.live import Live
from rich.text import Text

from aggregators.windows import WINDOWS
from stream.clock import now_ms
from stream.demo.absent import reasons
from stream.demo.feed import feed
from stream.demo.figures import Scrape
from stream.demo.screen import View, paint
from stream.demo.stack import running
from stream.errors import UsageError

if TYPE_CHECKING:
    from stream.demo.plan import Plan
    from stream.demo.stack import Stack

EVERY_S = 1.0
PLAIN_EVERY_S = 10.0
PLAIN_WIDTH = 120
PATIENCE_S = 120.0
SAY_EVERY_S = 5.0
SCRAPE_S = 5.0
FRESH_MS = 5_000
COMPLETE_WITHIN_S = 5.0
RATE_OVER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for. `for_ms` counts from the first numbers, None is until Ctrl-C; `port` 0 is any."""

    plan: Plan
    port: int
    for_ms: int | None


def run(request: Request) -> None:
    """Show the demo until Ctrl-C, SIGTERM, the reader or terminal goes, or its time is over. Raises UsageError."""
    request.plan.centre(now_ms())  # what is wrong with it is said before anything is started
    console = _Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    try:
        asyncio.run(_Demo(request, console).run())
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EPIPE):
            raise
        console.on_broken_pipe()


class _Console(Console):
    """A console whose reader may go: it then says nothing more, also at exit, and `gone` is true."""

    gone = False

    def on_broken_pipe(self) -> None:
        """Called by rich when nobody reads any more."""
        self.gone = self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@dataclass(slots=True)
class _Demo:
    request: Request
    console: _Console
    began_s: float = field(default_factory=time.monotonic)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[tuple[float, int]] = field(default_factory=list)
    sent: int = 0
    counted: int = 0
    past: int | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            loop.add_signal_handler(number, self.stop.set)
        self.console.print(
            Text.assemble(("Deskpulse", "bold"), " demo: all on this machine, nothing kept. Ctrl-C ends it.")
        )
        with running(port=self.request.port, say=self.say) as stack:
            feeding = asyncio.create_task(
                feed(
                    stack.settings,
                    self.request.plan,
                    stop=self.stop,
                    sent=self.count_sent,
                    caught_up=self.caught_up,
                    counted=lambda: self.counted,
                )
            )
            try:
                await self.show(stack, feeding)
            finally:
                self.stop.set()
                ended = await asyncio.gather(feeding, return_exceptions=True)
            if isinstance(ended[0], UsageError):
                raise ended[0]
            if ended[0] is not None:
                message = f"demo: the simulator ended: {ended[0]!r}"
                raise UsageError(message) from ended[0]
            ending_s = time.monotonic()
        self.console.print(f"ended in {time.monotonic() - ending_s:.1f} s; no process and no file is left")

    def say(self, what: str, text: str) -> None:
        since_s = time.monotonic() - self.began_s
        self.console.print(Text.assemble((f"{since_s:5.1f} s  ", "dim"), (f"{what:<12}", "bold"), text), soft_wrap=True)
        if self.console.gone:
            self.stop.set()

    def count_sent(self, events: int) -> None:
        self.sent = events

    def caught_up(self, events: int) -> None:
        self.past = events
        self.say(
            "simulator",
            f"the past hour is sent: {events:,} events; live now, {self.request.plan.rate:,.0f} contacts an hour",
        )

    async def show(self, stack: Stack, feeding: asyncio.Task[None]) -> None:
        """Wait for the first numbers, then show them until the end."""
        days = self.request.plan.days
        before = f"{days} d of a smaller centre, then " if days else ""
        self.say("simulator", f"sends {before}the past hour, then goes on live")
        scrape = await self.first(stack, feeding)
        if scrape is None:
            return
        self.say("numbers", f"the first after {time.monotonic() - self.began_s:.1f} s")
        self.say("wallboard", f"{stack.address}/")
        for line in reasons(self.request.plan.days):
            self.say("absent", line)
        self.say("Prometheus", f"{stack.address}/metrics")
        self.say("health", f"{stack.address}/ready")
        ends_s = None if self.request.for_ms is None else time.monotonic() + self.request.for_ms / 1000
        live = self.console.is_terminal
        with ExitStack() as screen:
            picture = (
                screen.enter_context(Live(console=self.console, screen=True, auto_refresh=False)) if live else None
            )
            plain_s = 0.0
            view = self.view(stack, scrape)
            while not self.stop.is_set() and (ends_s is None or time.monotonic() < ends_s):
                if picture is not None:
                    picture.update(paint(view, width=self.console.width, height=self.console.height), refresh=True)
                elif time.monotonic() >= plain_s:
                    plain_s = time.monotonic() + PLAIN_EVERY_S
                    self.console.print(paint(view, width=PLAIN_WIDTH, height=None))
                    if self.console.gone:
                        break
                await self.pause()
                if trouble := stack.trouble():
                    if self.stop.is_set():
                        break
                    raise UsageError(trouble)
                if feeding.done():
                    break
                scrape = await self.scrape(stack) or scrape
                view = self.view(stack, scrape)
        if live:
            self.console.print(paint(view, width=self.console.width, height=None))

    async def first(self, stack: Stack, feeding: asyncio.Task[None]) -> Scrape | None:
        """Return the first scrape in which every headline number is there and new, None if the end comes before.

        In a centre with few customers some have nothing to say yet: then the first that has been new for a while.
        """
        fresh_s = None
        moved_s = said_s = self.began_s
        reached = (0, 0)
        while not self.stop.is_set() and not feeding.done():
            if trouble := stack.trouble():
                raise UsageError(trouble)
            scrape, now_s = await self.scrape(stack), time.monotonic()
            self.counted = self.counted if scrape is None else scrape.accepted
            begun = not self.request.plan.days or self.past is not None
            if scrape is not None and begun and is_fresh(scrape, now_ms()):
                fresh_s = fresh_s or now_s
                if is_complete(scrape) or now_s - fresh_s > COMPLETE_WITHIN_S:
                    return scrape
            if (at := (self.sent, 0 if scrape is None else scrape.accepted)) != reached:
                reached, moved_s = at, now_s
            if now_s - moved_s > PATIENCE_S:
                message = f"demo: nothing has moved for {PATIENCE_S:.0f} s: is this machine very busy?"
                raise UsageError(message)
            if now_s - said_s > SAY_EVERY_S:
                said_s = now_s
                sent, counted = reached
                self.say(
                    "worker",
                    f"{counted:,} events counted of {sent:,} sent so far"
                    if counted < sent
                    else f"all {sent:,} events counted; customers and agents come next",
                )
            await self.pause(0.25)
        return None

    async def scrape(self, stack: Stack) -> Scrape | None:
        try:
            return Scrape.of(await asyncio.to_thread(_get, f"{stack.address}/metrics"))
        except (URLError, OSError):
            return None

    def view(self, stack: Stack, scrape: Scrape) -> View:
        now_s = time.monotonic()
        self.seen = [*self.seen[-RATE_OVER:], (now_s, scrape.accepted)]
        then_s, then = self.seen[0]
        trouble = None if scrape.ready else "the numbers are not fresh: see /ready"
        rate = (scrape.accepted - then) / (now_s - then_s) if now_s > then_s else None
        return View(scrape=scrape, now_ms=now_ms(), rate=rate, address=stack.address, trouble=trouble)

    async def pause(self, seconds: float = EVERY_S) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)


def is_fresh(scrape: Scrape, at_ms: int) -> bool:
    """Tell whether the numbers are of the moment `at_ms`."""
    return scrape.ready and scrape.as_of_s is not None and at_ms - scrape.as_of_s * 1000 <= FRESH_MS


def is_complete(scrape: Scrape) -> bool:
    """Tell whether every headline number of every tenant is there, over every window."""
    tenants = list(scrape.groups("tenant"))
    found = (scrape.figures("tenant", tenant, window=window) for tenant in tenants for window in WINDOWS)
    return bool(tenants) and all(figures.complete for figures in found)


def _get(url: str) -> str:
    with urlopen(url, timeout=SCRAPE_S) as answer:  # noqa: S310 - our own address
        text: bytes = answer.read()
    return text.decode()
