"""The staffing what-if (M30) as it is asked for on the command line, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from aggregators.staffing import CONCURRENCY_FACTORS, Demand, Staffed, erlang_a, erlang_c, offered_load, staff_required
from stream.errors import UsageError
from stream.patience_seen import patience_s
from stream.settings import duration_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BESIDE: Final = 2
"""So many agents more and fewer than are required are shown too."""
MOST_ERLANGS: Final = 10_000
_HEAD: Final = ("agents", "in time", "left", "mean wait", "waiting at all", "occupancy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as it was written. Shares are between 0 and 1.

    `patience_from` are files of events, of which those of `channel` and `queue` say the patience.
    """

    contacts: float
    handle: str
    interval: str
    target: float
    within: str
    patience: str | None
    chats: int
    max_occupancy: float
    max_abandonment: float
    patience_from: tuple[Path, ...] = ()
    channel: str | None = None
    queue: str | None = None


def report(asked: Asked) -> Iterator[str]:
    """Yield the lines of the answer. UsageError for what has no answer; it names the option."""
    demand = _demand(asked)
    mean_s, patience = _patience(asked)
    required = staff_required(
        demand,
        service_level=asked.target,
        max_occupancy=asked.max_occupancy,
        patience_s=mean_s,
        max_abandonment=asked.max_abandonment,
    )
    model = "Erlang C: nobody leaves" if mean_s is None else f"Erlang A: patience {patience}"
    yield f"{required.agents} agents ({model}; {offered_load(demand):.2f} erlangs)"
    yield ""
    yield _row(_HEAD)
    for agents in range(max(1, required.agents - BESIDE), required.agents + BESIDE + 1):
        state = erlang_c(demand, agents) if mean_s is None else erlang_a(demand, agents, patience_s=mean_s)
        mark = " <" if agents == required.agents else ""
        yield _row((str(agents), *(("the queue grows without end",) if state is None else _cells(state)))) + mark
    yield ""
    yield "A steady state with random arrivals; what is in time is SL3. It knows no breaks: add them."


def _patience(asked: Asked) -> tuple[float | None, str]:
    """Return the mean patience in s, and how to say it; None if nobody is said to leave."""
    if not asked.patience_from:
        if asked.channel is not None or asked.queue is not None:
            message = f"--{'queue' if asked.channel is None else 'channel'}: goes with --patience-from"
            raise UsageError(message)
        if asked.patience is None and asked.max_abandonment < 1:
            message = "--max-abandonment: goes with --patience or --patience-from: without one nobody leaves"
            raise UsageError(message)
        return (None, "") if asked.patience is None else (_seconds("--patience", asked.patience), asked.patience)
    if asked.patience is not None:
        message = "--patience: is measured with --patience-from"
        raise UsageError(message)
    found = patience_s(asked.patience_from, channel=asked.channel, queue=asked.queue)
    return found, f"{found:.1f}s, as measured"


def _demand(asked: Asked) -> Demand:
    if not (isfinite(asked.contacts) and asked.contacts > 0):
        message = f"--calls: {asked.contacts:g} is not above 0"
        raise UsageError(message)
    if not 0 < asked.target < 1:
        message = f"--target: {asked.target:g} is not between 0 and 1 (try 0.8)"
        raise UsageError(message)
    for option, share in (("--max-occupancy", asked.max_occupancy), ("--max-abandonment", asked.max_abandonment)):
        if not 0 < share <= 1:
            message = f"{option}: {share:g} is not above 0 and up to 1"
            raise UsageError(message)
    if asked.chats not in CONCURRENCY_FACTORS:
        message = f"--chats: {asked.chats} is not one of {', '.join(map(str, CONCURRENCY_FACTORS))}"
        raise UsageError(message)
    demand = Demand(
        contacts=asked.contacts,
        interval_s=_seconds("--per", asked.interval),
        handle_s=_seconds("--aht", asked.handle),
        target_s=_seconds("--within", asked.within),
        concurrency=asked.chats,
    )
    if offered_load(demand) > MOST_ERLANGS:
        message = f"--calls: {offered_load(demand):.0f} erlangs are more than {MOST_ERLANGS}"
        raise UsageError(message)
    return demand


def _seconds(option: str, text: str) -> float:
    try:
        return duration_ms(text) / 1000
    except ValueError as error:
        message = f"{option}: {error}"
        raise UsageError(message) from error


def _cells(state: Staffed) -> tuple[str, ...]:
    shares = (state.service_level, state.abandonment)
    return (
        *(f"{share:.1%}" for share in shares),
        f"{state.mean_wait_s:.1f} s",
        f"{state.wait_probability:.1%}",
        f"{state.occupancy:.1%}",
    )


def _row(cells: tuple[str, ...]) -> str:
    return "  ".join(f"{cell:>{len(head)}}" for cell, head in zip(cells, _HEAD, strict=False))
