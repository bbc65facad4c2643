"""Agents of a simulated day against brute force from the lines themselves: parts, presence and every piece of time.

Written from `docs/definitions-people.md` and `docs/definitions-work.md`; of `aggregators/` only what is shown is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from aggregators.definitions import Definitions
from stream.offline import Offline
from stream.simulator import Centre
from tests.oracle import conversations, instant, parsed, queue_at, withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.oracle import Event

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MIDNIGHT = 20_776 * DAY_MS
START, NOW = MIDNIGHT + 8 * HOUR_MS, MIDNIGHT + 12 * HOUR_MS + 1_234
AT_WORK = ("available", "busy", "acw")


class Part(NamedTuple):
    """What an agent did in a conversation: open, then in wrap-up; `known` if somebody said that it ended."""

    opened: int
    ended: int
    wrapped: int
    known: bool


def parts_of(events: list[Event]) -> Iterator[tuple[str, Part]]:
    """Yield (agent, part) of one conversation, whose events are in order."""
    rows: list[dict[str, Any]] = []
    for each in events:
        last = rows[-1] if rows else None
        lasts = last is not None and last["ended"] is None
        agent = each.body.get("agent")
        of_it = last is not None and (agent is None or agent == last["agent"])
        if each.type == "chat.accepted":
            if lasts and of_it:
                continue
            if last is not None and lasts:
                last["ended"] = each.at
            rows.append({"agent": agent, "opened": each.at, "ended": None, "wrapped": None, "early": None})
            rows[-1]["queue"] = queue_at(events, each.at)
        elif each.type == "chat.wrapup_ended" and last is not None and of_it:
            if lasts:
                last["early"] = each.at
            elif last["wrapped"] is None:
                last["wrapped"] = each.at
        elif last is not None and lasts and ends(each, last, of_it=of_it):
            last["ended"] = each.at
            if last["early"] == each.at:
                last["wrapped"] = each.at
    for row in rows:
        if row["ended"] is None:
            silent = events[-1].at + DAY_MS
            yield row["agent"], Part(row["opened"], silent, silent, known=False)
        else:
            yield row["agent"], Part(row["opened"], row["ended"], row["wrapped"] or row["ended"], known=True)


def ends(each: Event, part: dict[str, Any], *, of_it: bool) -> bool:
    """Tell whether an event ends the part that lasts."""
    if each.type == "chat.released":
        return of_it
    if each.type == "chat.transferred":
        queue, agent = each.body.get("to_queue"), each.body.get("to_agent")
        return (queue is not None and queue != part["queue"]) or (agent is not None and agent != part["agent"])
    return each.type in ("chat.queued", "chat.closed", "chat.abandoned")


class Agent:
    """What was said of an agent and what it did."""

    def __init__(self) -> None:
        """Nothing."""
        self.signs: list[tuple[int, str, str, dict[str, Any]]] = []
        self.parts: list[Part] = []

    def pieces(self) -> Iterator[tuple[int, int, int]]:
        """Yield (start, end, an instant in between) of the stretches before NOW in which nothing changes."""
        instants = {MIDNIGHT, NOW}
        for at, kind, _, record in self.signs:
            instants |= {at, at + 240_000, at + 12 * HOUR_MS}
            if kind == "agent.scheduled":
                instants |= {instant(record[name]) or 0 for name in ("shift_start", "shift_end")}
        for part in self.parts:
            instants |= set(part[:3])
        rows = sorted(each for each in instants if MIDNIGHT <= each <= NOW)
        for start, end in pairwise(rows):
            yield start, end, start  # what holds from its start on, that included

    def said(self, t: int) -> str:
        """Return the state that presence says just after *t*."""
        heard = [row for row in self.signs if row[0] <= t and "state" in row[3]]
        if not heard:
            return ""
        at, _, _, record = heard[-1]
        beats = any(row[1] == "agent.heartbeat" for row in heard if row[0] >= at - 12 * HOUR_MS)
        word = str(record["state"]).partition(":")[0]
        return "stale" if word != "offline" and t - at >= (240_000 if beats else 12 * HOUR_MS) else word

    def last(self, kind: str, t: int) -> dict[str, Any]:
        """Return the last event of a kind up to *t*."""
        found: dict[str, Any] = {}
        for at, name, _, record in self.signs:
            if name == kind and at <= t:
                found = record
        return found

    def add(self, found: Counter[str]) -> None:
        """Add up what the time from midnight to NOW was spent on, in ms."""
        shifts = [row[3] for row in self.signs if row[1] == "agent.scheduled"]
        spans = [(instant(each["shift_start"]) or 0, instant(each["shift_end"]) or 0) for each in shifts]
        spans = [(a, b) for a, b in spans if a < MIDNIGHT + DAY_MS and b > MIDNIGHT]
        for start, end, t in self.pieces():
            chats = sum(part.opened <= t < part.ended for part in self.parts)
            in_hand = sum(part.opened <= t < part.wrapped for part in self.parts)
            said, slots = self.said(t), int(self.last("agent.capacity_changed", t).get("slots", 1))
            there = said not in ("", "offline", "stale")
            if said == "error":
                state = said
            elif chats:
                state = "busy" if in_hand >= slots else "partially_busy"
            else:
                state = "busy" if said == "busy" else "acw" if in_hand or said == "acw" else said
            used = max(in_hand, {"busy": slots, "acw": 1}.get(state, 0)) if there else 0
            contact = state in ("busy", "partially_busy", "acw")
            in_shift = any(a <= t < b for a, b in spans) if spans else there
            now = {
                state: 1,
                "chats": chats,
                "chatting": chats > 0,
                "occupied": there and contact,
                "used": used,
                "slots": max(slots, used) if said in AT_WORK else used,
                "worked": contact and (there or in_shift),
                "shift": in_shift,
                "there": there,
            }
            for name, number in now.items():
                found[name] += int(number) * (end - start)
            if end == NOW:
                found[f"now {state}"] += 1


def agents_of(lines: Iterable[bytes]) -> dict[str, Agent]:
    """Return what is known of each agent of the log."""
    agents: dict[str, Agent] = defaultdict(Agent)
    rows = list(lines)
    for line in rows:
        record = parsed(line)
        if record is not None and record["type"].startswith("agent."):
            at = instant(record["at"])
            assert at is not None
            agents[record["agent"]].signs.append((at, record["type"], record["id"], record))
    for agent in agents.values():
        agent.signs.sort(key=lambda row: (row[0], row[2]))
    for events in conversations(rows).values():
        if not withdrawn(events):
            for name, part in parts_of(events):
                agents[name].parts.append(part)
    return agents


class Day(NamedTuple):
    """What is known of the agents of some hours of a centre, and what is shown of the tenant at their end."""

    agents: dict[str, Agent]
    shown: dict[str, float]


@pytest.fixture(scope="module")
def day() -> Day:
    """Return four hours, the window *today*; what has a state has it behind a colon."""
    lines = [event.value for event in Centre(rate=100).events(START, NOW)]
    engine = Offline(None, definitions=Definitions(families=("work", "people")))
    engine.feed(lines)
    shown: dict[str, float] = {}
    for (name, pairs), value in engine.values(NOW).items():
        rest = dict(pairs)
        if name.startswith("support_tenant_") and rest.get("window", "today") == "today":
            short = name.removeprefix("support_tenant_").removeprefix("rolling_")
            shown[f"{short}:{rest.get('state', '')}"] = value
    return Day(agents_of(lines), shown)


def of_states(shown: dict[str, float], name: str) -> dict[str, float]:
    """Return the values of a metric by state."""
    return {key.partition(":")[2]: value for key, value in shown.items() if key.startswith(f"{name}:")}


def test_agents_of_simulated_hours(day: Day) -> None:
    """Time in each state to the millisecond, who is in which now, occupancy, utilisation, concurrency: as shown."""
    right: Counter[str] = Counter()
    for agent in day.agents.values():
        agent.add(right)

    states = of_states(day.shown, "agent_state_seconds")
    assert len(day.agents) > 10
    assert states == {state: right[state] / 1000 for state in states}
    assert min(right[state] for state in ("available", "busy", "partially_busy", "acw", "break", "offline")) > 0
    now = of_states(day.shown, "agents")
    assert now == {state: right[f"now {state}"] for state in now}
    assert day.shown["logged_in_seconds:"] == right["there"] / 1000
    for name, part, whole in (
        ("occupancy_time_ratio:", right["occupied"], right["occupied"] + right["available"]),
        ("occupancy_slot_ratio:", right["used"], right["slots"]),
        ("utilisation_ratio:", right["worked"], right["shift"]),
        ("concurrency_mean:", right["chats"], right["chatting"]),
    ):
        assert day.shown[name] == part / whole, name


def test_effort_of_simulated_hours(day: Day) -> None:
    """Each instant of a part divided by the parts in hand, over the parts that ended: equal but for the rounding."""
    total, ended = Fraction(), 0
    for agent in day.agents.values():
        done = [part for part in agent.parts if part.known and part.wrapped < NOW]
        ended += len(done)
        for part in done:
            cuts = sorted({min(max(each, part.opened), part.wrapped) for other in agent.parts for each in other[:3]})
            for start, end in pairwise(cuts):
                total += Fraction(end - start, sum(each.opened <= start < each.wrapped for each in agent.parts))

    assert ended > 100
    assert day.shown["handle_effort_mean_seconds:"] == pytest.approx(float(total / ended / 1000), abs=0.005)
