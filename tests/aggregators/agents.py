"""Days of agents: written event by event, observed, and read off a board that holds nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aggregators import measures
from aggregators.board import Board
from aggregators.definitions import FAMILIES, Definitions
from aggregators.delta import Entry
from aggregators.facts import Fact
from aggregators.instants import DAY_MS
from aggregators.panes import FINE, QUARTER, Pane, bucket_of
from aggregators.points import OFFER_TURNS, TURNS
from aggregators.presence import observe
from aggregators.samples import INTERVAL_NAMES, Interval
from aggregators.told import AgentDay, Offer, Share
from aggregators.vocabulary import SHIFT_START, TYPES
from aggregators.windows import WINDOWS
from tests.logs import T0, after

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.samples import Sample

EVERYTHING = Definitions(families=FAMILIES)
TODAY = T0 // DAY_MS
_LABELS = {"tenant", "channel", "queue", "window"}


class Diary:
    """All that is ever known of one agent. Clock readings are `[H:]MM:SS` after T0, midnight of the first day."""

    def __init__(self, agent: str = "a-1", tenant: str = "default") -> None:
        """Nothing is known."""
        self.agent, self.tenant = agent, tenant
        self.signs: list[Fact] = []
        self.shares: dict[str, tuple[Share, ...]] = {}
        self.offers: list[Offer] = []

    def add(self, kind: str, clock: str, **fields: Any) -> Diary:
        """Note an agent.* event."""
        event = TYPES[f"agent.{kind}"]
        named = {event.fields[name][0]: value for name, value in {"agent": self.agent, **fields}.items()}
        self.signs.append(Fact(after(clock), event.rank, f"e{len(self.signs):04}", event.code, named))
        return self

    def says(self, clock: str, state: str) -> Diary:
        """agent.state_changed."""
        return self.add("state_changed", clock, state=state)

    def beats(self, clock: str, state: str) -> Diary:
        """agent.heartbeat."""
        return self.add("heartbeat", clock, state=state)

    def slots(self, clock: str, slots: int, **fields: Any) -> Diary:
        """agent.capacity_changed."""
        return self.add("capacity_changed", clock, slots=slots, **fields)

    def queues(self, clock: str, *queues: str) -> Diary:
        """agent.queues_changed."""
        return self.add("queues_changed", clock, queues=[{"queue": queue, "skill": 1} for queue in queues])

    def shift(self, clock: str, start: str, end: str) -> Diary:
        """agent.scheduled."""
        return self.add("scheduled", clock, shift_start=after(start), shift_end=after(end))

    def chat(self, opened: str, ended: str, wrapped: str | None = None, **fields: Any) -> Diary:
        """Let a conversation of its own tell of a part."""
        share = Share("chat", "billing", after(opened), after(ended), after(wrapped or ended), lapsed=False)
        self.shares[f"c{len(self.shares)}"] = (share._replace(**fields),)
        return self

    def offer(self, start: str, end: str, how: int = 0) -> Diary:
        """Let a conversation tell of an offer: 1 it was missed, 2 rejected."""
        self.offers.append(Offer(after(start), after(end), how))
        return self

    def day(self, number: int = 0) -> AgentDay:
        """Return what is known on a day after T0: signs of it and of the day before, shifts and parts that touch it."""
        begin, end = T0 + number * DAY_MS, T0 + (number + 1) * DAY_MS
        signs = sorted(fact for fact in self.signs if begin - DAY_MS <= fact.at < end or SHIFT_START in fact.fields)
        shares = {
            conversation: touching
            for conversation, parts in self.shares.items()
            if (touching := tuple(part for part in parts if part.opened < end and part.wrapped >= begin))
        }
        offers = tuple(offer for offer in self.offers if offer.start < end and offer.end >= begin - DAY_MS)
        return AgentDay(self.tenant, self.agent, TODAY + number, signs, shares, offers)


def observed(day: AgentDay, definitions: Definitions = EVERYTHING) -> tuple[Counter[Sample], Counter[Interval]]:
    """Return what a day contributes, each with how often."""
    swept = observe(day, definitions)
    return Counter(swept.samples), Counter(swept.intervals)


def spans(day: AgentDay, *names: str, definitions: Definitions = EVERYTHING) -> list[tuple[str, float, float, int]]:
    """Return (name, from, until, how often) of the intervals of the tenant of these names, in seconds after T0."""
    rows = [
        (INTERVAL_NAMES[each.kind], (each.start - T0) / 1000, ((each.end or 0) - T0) / 1000, number)
        for each, number in observed(day, definitions)[1].items()
        if not each.labels.queue and INTERVAL_NAMES[each.kind] in names
    ]
    return sorted(rows, key=lambda row: (row[1:], row[0]))


def states(day: AgentDay, definitions: Definitions = EVERYTHING) -> list[tuple[str, float, float]]:
    """Return (state, from, until) in seconds after T0."""
    names = [kind.name for kind in (*TURNS[:10], *OFFER_TURNS)]
    return [row[:3] for row in spans(day, *names, definitions=definitions)]


def board(days: Iterable[AgentDay], definitions: Definitions = EVERYTHING) -> Board:
    """Return a board that holds what *days* contribute."""
    shown = Board(definitions, zone=ZoneInfo("UTC"), windows=WINDOWS)
    for place, day in enumerate(days):
        samples, intervals = observed(day, definitions)
        for sample, number in samples.items():
            at = sample.at
            amounts = {key: amount * number for key, amount in measures.rolling(sample, definitions)}
            for width in (FINE.ms, QUARTER.ms):
                shown.add(Pane(width, at - at % width), sample.labels, amounts)
            shown.set_hour(place, at - at % 3_600_000, sample.labels, filled=True)
        buckets: dict[int, dict[Entry, int]] = {}
        for interval, number in intervals.items():
            bucket = buckets.setdefault(bucket_of(interval.end or 0), {})
            bucket[Entry(day.tenant, f"{day.agent}/{day.day}", interval)] = number
        for start, entries in buckets.items():
            shown.set_intervals(place, start, entries)
        shown.see_labels({each.labels: T0 - DAY_MS for each in (*samples, *intervals)})
    return shown


def shown(days: Iterable[AgentDay], clock: str, *, window: str = "5m", level: str = "tenant") -> dict[str, float]:
    """Return what is shown at a clock reading by the name without its level; `name:extra` where there is an extra."""
    return read(board(days), after(clock), window=window, level=level)


def read(of: Board, as_of: int, *, window: str, level: str = "tenant") -> dict[str, float]:
    """Return what *of* shows at *as_of*, as `shown` does; at a level of queues with the queue in front."""
    of.move(as_of)
    found: dict[str, float] = {}
    for row in of.rows():
        if row.group.level == level and row.window in (None, window):
            named = [*row.group.values[1:], row.metric.suffix, *([row.extra] if row.extra else [])]
            found[":".join(named)] = row.value
    return found
