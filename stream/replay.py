"""Event files into Kafka: read through once for the routes, then sent line by line, byte for byte."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from aggregators.instants import DAY_MS, rfc3339
from stream.errors import UsageError
from stream.producer import stored_watermarks
from stream.routing import Router, Topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stream.producer import EventProducer
    from stream.routing import Lane, Route
    from stream.settings import Settings

REPORT_EVERY = 2_000
SHORTEST_SLEEP_S = 0.01


@dataclass(slots=True)
class Survey:
    """What a first reading of the files tells: routes, how many lines there are, and how old it is."""

    router: Router = field(default_factory=Router)
    lines: int = 0
    earliest_ms: dict[Lane, int] = field(default_factory=dict)

    def note(self, line: bytes) -> None:
        """Take in one line."""
        route = self.router.learn(line)
        self.lines += 1
        if route.at_ms is not None and route.at_ms < self.earliest_ms.get(route.lane, route.at_ms + 1):
            self.earliest_ms[route.lane] = route.at_ms


@dataclass(slots=True)
class Counts:
    """What a replay has done so far. `too_long`: lines over a million bytes, which no broker takes."""

    sent: int = 0
    skipped: int = 0
    too_long: int = 0
    lines: int = 0
    at_ms: int | None = None


@dataclass(slots=True)
class Pace:
    """Event time at `speed` times the wall clock. The clock of the events is the greatest `at` so far.

    A gap of more than a day is not waited for: it is taken at a jump when the next line confirms it, and a single
    line from the far future moves nothing.
    """

    speed: float
    began_s: float | None = None
    began_ms: int = 0
    clock_ms: int = 0
    leap_ms: int | None = None

    def wait_s(self, at_ms: int, *, now_s: float) -> float:
        """Return how long to wait, at `now_s`, before the event of *at_ms* is sent; 0 or less is not at all."""
        if self.began_s is None or (self.leap_ms is not None and abs(at_ms - self.leap_ms) <= DAY_MS):
            self.began_s, self.began_ms, self.clock_ms, self.leap_ms = now_s, at_ms, at_ms, None
            return 0.0
        if at_ms > self.clock_ms + DAY_MS:
            self.leap_ms = at_ms
            return 0.0
        self.leap_ms = None
        self.clock_ms = max(self.clock_ms, at_ms)
        return (self.clock_ms - self.began_ms) / 1000 / self.speed - (now_s - self.began_s)


@contextmanager
def readable(files: Sequence[str]) -> Iterator[list[Path]]:
    """Give the files as paths that can be read twice; `-` is kept in a temporary file meanwhile.

    Raises UsageError, naming the file, if one cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="deskpulse-") as folder:
        paths = []
        for name in files:
            if name == "-":
                path = Path(folder, "stdin.jsonl")
                with path.open("wb") as copy:
                    shutil.copyfileobj(sys.stdin.buffer, copy)
            else:
                path = Path(name)
                try:
                    path.open("rb").close()
                except OSError as error:
                    message = f"{name}: {error.strerror}"
                    raise UsageError(message) from error
            paths.append(path)
        yield paths


def lines_of(paths: Sequence[Path]) -> Iterator[bytes]:
    """Yield the lines of the files in order, without their newlines; `.gz` is unpacked. Blank lines are none."""
    for path in paths:
        try:
            with _opened(path) as file:
                for line in file:
                    if line.strip():
                        yield line.rstrip(b"\n")
        except (gzip.BadGzipFile, EOFError) as error:
            message = f"{path}: {error}"
            raise UsageError(message) from error


def survey(paths: Sequence[Path]) -> Survey:
    """Read the files through."""
    found = Survey()
    for line in lines_of(paths):
        found.note(line)
    return found


async def refuse_old_days(settings: Settings, topics: Topics, found: Survey) -> None:
    """Raise UsageError if a topic's tables are more than the retention ahead of the files' events for it."""
    watermarks = await stored_watermarks(settings) or {}
    for lane, earliest_ms in found.earliest_ms.items():
        for topic in topics.every if lane == "all" else (topics.named(lane),):
            reached_ms = watermarks.get(topic)
            if reached_ms is not None and reached_ms - settings.retention_ms > earliest_ms:
                message = (
                    f"the events begin at {rfc3339(earliest_ms)}, and {topic} has reached {rfc3339(reached_ms)}: "
                    f"more than DESKPULSE_RETENTION ({settings.retention}) later, so they would be rejected as late. "
                    "Old days need topics of their own: set DESKPULSE_TOPICS_CHAT, _TICKET and _AGENT"
                )
                raise UsageError(message)


class Replay:
    """Sends surveyed lines."""

    def __init__(
        self, producer: EventProducer, *, topics: Topics, router: Router, until_ms: int | None, speed: float | None
    ) -> None:
        """`speed` None is as fast as it goes. With `until_ms`, events from then on are left out."""
        self._producer = producer
        self._topics = topics
        self._router = router
        self._until_ms = until_ms
        self._pace = Pace(speed) if speed else None
        self.counts = Counts()

    async def run(self, lines: Iterator[bytes], *, report: Callable[[Counts], None]) -> None:
        """Send the lines, then, with `until_ms`, a heartbeat of that instant to every partition of every topic.

        `report` is called every now and then. Lines without a legible instant go where they stand.
        """
        counts, loop = self.counts, asyncio.get_running_loop()
        for line in lines:
            route = self._router.route(line)
            counts.lines += 1
            if route.at_ms is not None:
                if self._until_ms is not None and route.at_ms >= self._until_ms:
                    counts.skipped += 1
                    continue
                if self._pace is not None:
                    wait_s = self._pace.wait_s(route.at_ms, now_s=loop.time())
                    if wait_s > SHORTEST_SLEEP_S:
                        await self._producer.flush()
                        report(counts)
                        await asyncio.sleep(wait_s)
                counts.at_ms = route.at_ms
            await self._send(route, line)
            if counts.lines % REPORT_EVERY == 0:
                report(counts)
                await asyncio.sleep(0)
        if self._until_ms is not None:
            at = rfc3339(self._until_ms)
            beat = f'{{"id":"replay-until-{self._until_ms}","type":"source.heartbeat","at":"{at}","source":"replay"}}'
            # All that came before is stored first: the heartbeat says that it is complete.
            await self._producer.flush()
            await self._producer.broadcast(self._topics.every, key=b"replay", value=beat.encode())
        await self._producer.flush()
        report(counts)

    async def _send(self, route: Route, line: bytes) -> None:
        key = None if route.key is None else route.key.encode()
        if route.lane == "all":
            await self._producer.broadcast(self._topics.every, key=key, value=line)
            taken = True
        else:
            taken = await self._producer.send(self._topics.named(route.lane), key=key, value=line)
        self.counts.sent += taken
        self.counts.too_long += not taken


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
