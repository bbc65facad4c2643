"""The simulator put to work: into a file at once, or into Kafka, first the past at full speed, then live."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from aggregators.instants import rfc3339
from stream.clock import now_ms
from stream.errors import UsageError
from stream.files import instant
from stream.settings import UNIT_MS, duration_ms
from stream.simulator import Spike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.producer import EventProducer
    from stream.routing import Topics
    from stream.simulator import Arrival, Event

TICK_S = 0.2
REPORT_EVERY = 2_000
WRITE_LINES = 1_000
MOST_AN_HOUR = 10_000_000
LONGEST_D = 3_660
MOST_TIMES = 100
"""A spike brings so many times the customers of its queue at most."""
LATEST_START_MS = 4_102_444_800_000
"""2100-01-01T00:00:00Z."""


class Binary(Protocol):
    """What lines are written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""


def span_ms(option: str, text: str | None) -> int:
    """Return the duration of a command option in milliseconds, 0 if it is not given or 0.

    Raises UsageError, naming the option, if it is none or longer than LONGEST_D days.
    """
    if text is None or text.strip() in {"0", *(f"0{unit}" for unit in UNIT_MS)}:
        return 0
    try:
        span = duration_ms(text)
    except ValueError as error:
        message = f"{option}: {error}"
        raise UsageError(message) from error
    if span > LONGEST_D * UNIT_MS["d"]:
        message = f"{option}: {text!r} is longer than {LONGEST_D}d, ten years"
        raise UsageError(message)
    return span


def start_of(text: str, *, into_kafka: bool) -> int:
    """Return the instant of --start in epoch ms. Raises UsageError if it is out of bounds.

    Into Kafka it must not be in the future: nothing is sent before it happens.
    """
    found = instant("--start", text)
    if found > LATEST_START_MS:
        message = f"--start: {text!r} is after {rfc3339(LATEST_START_MS)}"
        raise UsageError(message)
    if into_kafka and found > now_ms():
        message = f"--start: {text!r} is in the future, which goes only into a file (--out)"
        raise UsageError(message)
    return found


def spike_of(text: str, *, from_ms: int, end_ms: int | None) -> Spike:
    """Return the spike that `billing@+60s`, or `billing@+60s:2m:10`, asks for; the time counts from `from_ms`.

    Raises UsageError, also for one that would begin only after `end_ms`.
    """
    found = re.fullmatch(r"(\w+)@\+(\w+)(?::(\w+))?(?::(\d+(?:\.\d+)?))?", text)
    if not found:
        message = f"--spike: {text!r} is not QUEUE@+TIME[:LENGTH[:FACTOR]] (try billing@+60s, or billing@+60s:2m:10)"
        raise UsageError(message)
    queue, after, length, factor = found.groups()
    spike = Spike(queue, from_ms + span_ms("--spike", after))
    if length is not None:
        spike = replace(spike, length_ms=span_ms("--spike", length))
    if factor is not None:
        spike = replace(spike, factor=float(factor))
    if not spike.length_ms or not 1 < spike.factor <= MOST_TIMES:
        message = f"--spike: {text!r} brings nobody: LENGTH is above 0, FACTOR above 1 and at most {MOST_TIMES}"
        raise UsageError(message)
    if end_ms is not None and spike.at_ms >= end_ms:
        message = f"--spike: {text!r} begins after the end, {rfc3339(end_ms)} (see --for)"
        raise UsageError(message)
    return spike


def tenant_names(text: str) -> tuple[str, ...]:
    """Return the names that `default,acme` lists, each once. Raises UsageError."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names or not all(re.fullmatch(r"[\w.-]{1,64}", name, re.ASCII) for name in names):
        message = f"--tenants: {text!r} is not a list of names (try default,acme)"
        raise UsageError(message)
    return names


def contacts_an_hour(rate: float) -> float:
    """Return *rate*; UsageError if it is none, or more than any machine simulates."""
    if not 0 < rate <= MOST_AN_HOUR:
        message = f"--rate: {rate} is not more than 0 and at most {MOST_AN_HOUR:,} contacts an hour"
        raise UsageError(message)
    return rate


def write_lines(arrivals: Iterator[Arrival], out: Binary, *, report: Callable[[int, int], None]) -> int:
    """Write one line an arrival, in order of arrival; return how many. `report(events, arrived at in ms)`."""
    count, lines, at_ms = 0, [], 0
    for arrival in arrivals:
        at_ms = arrival.at_ms
        lines.append(arrival.event.value)
        if len(lines) == WRITE_LINES:
            count += len(lines)
            out.write(b"\n".join(lines) + b"\n")
            lines.clear()
            report(count, at_ms)
    if lines:
        out.write(b"\n".join(lines) + b"\n")
    return count + len(lines)


async def send_all(
    producer: EventProducer,
    arrivals: Iterator[Arrival],
    *,
    topics: Topics,
    end_ms: int | None,
    stop: asyncio.Event,
    report: Callable[[int, int], None],
) -> int:
    """Send each arrival when it is due by the wall clock, what is overdue at once; return how many.

    Nothing is waited for beyond `end_ms`: what is on the road by then arrives at once.
    Ends when there are no more, or when `stop` is set; what is stored by then is whole. `report(events, at in ms)`
    is called every now and then.
    """
    count, horizon_ms = 0, now_ms()
    for arrives_ms, event in arrivals:
        if arrives_ms > horizon_ms:
            horizon_ms = now_ms()
            while arrives_ms > horizon_ms and not stop.is_set() and (end_ms is None or horizon_ms < end_ms):
                await producer.flush()
                report(count, horizon_ms)
                await _pause(stop)
                horizon_ms = now_ms()
        elif count % REPORT_EVERY == 0:
            report(count, arrives_ms)
            await asyncio.sleep(0)
        if stop.is_set():
            break
        await send(producer, event, topics=topics)
        count += 1
    await producer.flush()
    return count


async def send(producer: EventProducer, event: Event, *, topics: Topics) -> None:
    """Send one event of the simulator."""
    key = event.key.encode()
    if event.lane == "all":
        await producer.broadcast(topics.every, key=key, value=event.value)
    else:
        await producer.send(topics.named(event.lane), key=key, value=event.value)


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), TICK_S)
    except TimeoutError:
        return
