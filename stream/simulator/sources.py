"""What else is heard: heartbeats of the sources, visits to the help pages, costs, and a figure from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.dice import exponential_ms, pick
from stream.simulator.engine import Engine, Subject
from stream.simulator.events import stamp
from stream.simulator.profile import HOUR_MS, load_at

if TYPE_CHECKING:
    from stream.simulator.events import Lane

SOURCES = ("desk", "pbx", "mail")
SAMPLE_MS = 60_000
VISITS_PER_CONTACT = 0.4
SEARCHES = 0.4
FOUND = 0.7
HOURLY_COST = {"chat": 3.1, "voice": 5.4, "email": 3.9}
ARTICLES = ("reset-password", "track-an-order", "read-an-invoice", "return-a-parcel", "change-a-plan")


class Sources:
    """Speaks for the connectors themselves, and for systems beside the desk."""

    def __init__(self, engine: Engine, *, run: str, rate: float, heartbeat_ms: int) -> None:
        """`rate` is contacts per hour in a mean hour."""
        self.engine = engine
        self.run = run
        self.rate = rate
        self.heartbeat_ms = heartbeat_ms
        self.visits_gap_ms = HOUR_MS / (rate * VISITS_PER_CONTACT)
        self.beats = [self._subject(name, lane="all", tail=f',"source":"{name}"') for name in SOURCES]
        self.costs = self._subject("EUR", lane="agent", tail=',"currency":"EUR","source":"ledger"')
        self.visitors = self._subject("website_visitors", lane="agent", tail=',"name":"website_visitors"')
        self.sessions = 0

    def open(self, now: int, _: None) -> None:
        """Begin at once."""
        self._beat(now, None)
        self._sample(now, None)
        self.engine.call(now - now % HOUR_MS + HOUR_MS, self._cost)
        self.engine.call(now + exponential_ms(self.engine.dice, self.visits_gap_ms), self._visit)

    def _subject(self, key: str, *, lane: Lane, tail: str) -> Subject:
        return Subject(key=key, prefix=f"{key}-{self.run}", lane=lane, tail=tail)

    def _beat(self, now: int, _: None) -> None:
        for subject in self.beats:
            self.engine.emit(now, subject, "source.heartbeat")
        self.engine.call(now + self.heartbeat_ms, self._beat)

    def _sample(self, now: int, _: None) -> None:
        value = round(self.rate * load_at(now) * (1.6 + self.engine.dice.random() * 0.3))
        self.engine.emit(now, self.visitors, "kpi.sample", f',"value":{value}')
        self.engine.call(now + SAMPLE_MS, self._sample)

    def _cost(self, now: int, _: None) -> None:
        start, end = stamp(now - HOUR_MS), stamp(now)
        for channel, price in HOURLY_COST.items():
            amount = round(self.rate * load_at(now - HOUR_MS) / len(HOURLY_COST) * price, 2)
            fields = f',"amount":{amount},"channel":"{channel}","period_start":"{start}","period_end":"{end}"'
            self.engine.emit(now, self.costs, "cost.recorded", fields)
        self.engine.call(now + HOUR_MS, self._cost)

    def _visit(self, now: int, _: None) -> None:
        dice = self.engine.dice
        self.sessions += 1
        name = f"v-{self.run}-{self.sessions}"
        customer = f',"customer":"u-{int(dice.random() * self.rate)}"' if dice.random() < FOUND else ""
        session = self._subject(name, lane="agent", tail=f',"session":"{name}"{customer}')
        if dice.random() < SEARCHES:
            found = "true" if dice.random() < FOUND else "false"
            self.engine.emit(now, session, "selfservice.searched", f',"found":{found}')
        else:
            self.engine.emit(now, session, "selfservice.viewed", f',"article":"{pick(dice, ARTICLES)}"')
        self.engine.call(now + exponential_ms(dice, self.visits_gap_ms / load_at(now)), self._visit)
