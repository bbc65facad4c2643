"""The support centre as a whole: who comes when, and everything that follows from it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from stream.simulator.chats import Chats
from stream.simulator.conversations import Book
from stream.simulator.customers import Customers
from stream.simulator.dice import exponential_ms, pick, weighted
from stream.simulator.engine import Engine
from stream.simulator.events import DEFAULT_TENANT, short
from stream.simulator.floor import Floor
from stream.simulator.incidents import Incidents, Spike
from stream.simulator.profile import (
    CHANNEL_MODE,
    CHANNEL_WEIGHTS,
    CHANNELS,
    LOAD_PEAK,
    QUEUE_WEIGHTS,
    QUEUES,
    Mode,
    load_at,
)
from stream.simulator.selfservice import SelfService
from stream.simulator.shifts import Shifts
from stream.simulator.sources import Sources
from stream.simulator.tickets import Tickets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.simulator.customers import Return
    from stream.simulator.events import Event

MINUTE_MS = 60_000
LIVE_CHANNELS = weighted({name: CHANNEL_WEIGHTS[name] for name, mode in CHANNEL_MODE.items() if mode != "ticket"})

INCIDENT_GAP_MS = 90 * MINUTE_MS
"""Mean time between two incidents, unless told otherwise."""


class Centre:
    """A support centre with a seed.

    `rate` is contacts per hour in a mean hour of the week, over all tenants; as many agents as that takes come to
    work. The first tenant has twice the customers of each other one. `incident_gap_ms` is the mean time between
    queues going wrong, 0 for never. Without `ghosts` nobody's end in the queue stays unsaid.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        rate: float = 1_200,
        tenants: tuple[str, ...] = (DEFAULT_TENANT,),
        spikes: tuple[Spike, ...] = (),
        incident_gap_ms: int = INCIDENT_GAP_MS,
        heartbeat_ms: int = 10_000,
        ghosts: bool = True,
    ) -> None:
        """Raises ValueError for a rate that is not above 0, or a spike of an unknown queue."""
        if not rate > 0:
            message = f"{rate} is not a rate (try 1200 contacts per hour)"
            raise ValueError(message)
        for spike in spikes:
            if spike.queue not in QUEUE_WEIGHTS:
                message = f"{spike.queue!r} is not a queue (there are {', '.join(QUEUE_WEIGHTS)})"
                raise ValueError(message)
        self.seed = seed
        self.rate = rate
        self.tenants = tenants
        self.spikes = spikes
        self.incident_gap_ms = incident_gap_ms
        self.heartbeat_ms = heartbeat_ms
        self.ghosts = ghosts

    def events(self, start_ms: int, end_ms: int | None = None) -> Iterator[Event]:
        """Yield the events with `start_ms` <= `at` < `end_ms` in time order, without end if that is None.

        The centre opens at `start_ms`: nobody waits yet. A later `end_ms` only adds events at the end. Names hold
        the start and the seed, so that two simulations in one topic do not meet.
        """
        return _Day(self, start_ms).engine.run(end_ms)


class _Day:
    """One run of a centre."""

    def __init__(self, centre: Centre, start_ms: int) -> None:
        self.centre = centre
        self.engine = engine = Engine(Random(f"{centre.seed}/{start_ms}"))
        run = f"{short(start_ms // 1000)}-{short(abs(centre.seed))}"
        weights = {tenant: 2 if tenant == centre.tenants[0] else 1 for tenant in centre.tenants}
        self.tenants = weighted(weights)
        self.per_hour = self._contacts_per_hour(weights)
        self.customers = customers = Customers(engine.dice, rate=centre.rate)
        floor = Floor(engine, keys=self.per_hour)
        shifts = Shifts(engine, floor=floor, run=run, per_hour=self.per_hour)
        self.book = book = Book(customers, run=run)
        self.tickets = Tickets(engine, floor=floor, book=book)
        self.chats = Chats(engine, floor=floor, book=book, leave_note=self.tickets.leave_note, ghosts=centre.ghosts)
        incidents = Incidents(
            engine,
            floor=floor,
            tenant=centre.tenants[0],
            arrive=self._arrive_live,
            queue_per_hour=self._live_per_hour,
            mean_gap_ms=centre.incident_gap_ms,
        )
        helped = SelfService(engine, run=run, customers=customers, tenants=self.tenants, rate=centre.rate)
        sources = Sources(engine, run=run, floor=floor, tenants=centre.tenants, rate=centre.rate)
        engine.call(start_ms, shifts.open)
        engine.call(start_ms, sources.open, centre.heartbeat_ms)
        engine.call(start_ms, helped.open)
        engine.call(start_ms, incidents.open, centre.spikes)
        self.peak_gap_ms = 3_600_000 / (centre.rate * LOAD_PEAK)
        engine.call(start_ms + exponential_ms(engine.dice, self.peak_gap_ms), self._arrive)

    def _contacts_per_hour(self, weights: dict[str, int]) -> dict[tuple[str, str, Mode], float]:
        found: dict[tuple[str, str, Mode], float] = {}
        for tenant, weight in weights.items():
            for queue, queue_weight in QUEUE_WEIGHTS.items():
                share = self.centre.rate * weight / sum(weights.values()) * queue_weight / len(QUEUES)
                for channel, mode in CHANNEL_MODE.items():
                    if mode != "ticket":
                        key = (tenant, queue, mode)
                        found[key] = found.get(key, 0.0) + share * CHANNEL_WEIGHTS[channel] / len(CHANNELS)
        return found

    def _live_per_hour(self, queue: str) -> float:
        return sum(self.per_hour[self.centre.tenants[0], queue, mode] for mode in ("text", "voice"))

    def _arrive(self, now: int, _: None) -> None:
        """Thin a stream of peak density by how busy the hour is: a Poisson process that follows the hour."""
        dice = self.engine.dice
        self.engine.call(now + exponential_ms(dice, self.peak_gap_ms), self._arrive)
        if dice.random() * LOAD_PEAK >= load_at(now):
            return
        tenant, channel, queue = pick(dice, self.tenants), pick(dice, CHANNELS), pick(dice, QUEUES)
        who = self.customers.returning(now, tenant)
        if who is not None:
            channel, queue = self.customers.channel(who, drawn=channel), who.queue or queue
        self._begin(now, tenant, channel=channel, queue=queue, who=who)

    def _arrive_live(self, now: int, queue: str) -> None:
        self._begin(now, self.centre.tenants[0], channel=pick(self.engine.dice, LIVE_CHANNELS), queue=queue, who=None)

    def _begin(self, now: int, tenant: str, *, channel: str, queue: str, who: Return | None) -> None:
        mode, customer, topic = CHANNEL_MODE[channel], None, ""
        if who is not None:
            customer, topic = who.customer, who.topic
        conversation = self.book.begin(
            tenant=tenant, channel=channel, queue=queue, mode=mode, customer=customer, topic=topic
        )
        if mode == "ticket":
            self.tickets.begin(now, conversation)
        else:
            self.chats.begin(now, conversation)
