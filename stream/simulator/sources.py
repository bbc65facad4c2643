"""The connectors themselves, and what other systems compute: heartbeats, costs, figures from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.simulator.engine import Engine, Subject
from stream.simulator.events import stamp, tenant_tail
from stream.simulator.profile import CHANNEL_MODE, CHANNEL_WEIGHTS, HOUR_MS, load_at

if TYPE_CHECKING:
    from stream.simulator.events import Lane
    from stream.simulator.floor import Floor
    from stream.simulator.profile import Mode

SOURCES = ("desk", "pbx", "mail")
VISITORS_MS = 60_000
SAMPLE_MS = 900_000
WAGE = {"text": 24.0, "voice": 22.5}
"""What an hour of an agent costs, in euros."""
LETTERS = 0.2
"""The share of the text desks' time that goes into tickets."""
LICENCES = {"text": 1.9, "voice": 3.2}
"""What tools and lines cost for the same hour."""


class Series(NamedTuple):
    """A figure computed elsewhere: where it lies, how far it strays, and its decimals."""

    name: str
    mean: float
    step: float
    decimals: int


SERIES = (
    Series("esat", 0.74, 0.01, 3),
    Series("churn_ratio", 0.021, 0.0005, 4),
    Series("conversion_ratio", 0.032, 0.001, 4),
    Series("recurring_revenue_eur", 1_250_000, 2_000, 0),
    Series("review_score", 4.3, 0.02, 2),
)


class Sources:
    """Speaks for the connectors, the ledger and the house's other systems."""

    def __init__(self, engine: Engine, *, run: str, floor: Floor, tenants: tuple[str, ...], rate: float) -> None:
        """`rate` is contacts per hour in a mean hour; costs are those of the agents on the *floor*."""
        self.engine = engine
        self.run = run
        self.floor = floor
        self.rate = rate
        self.beats = [self._subject(name, lane="all", tail=f',"source":"{name}"') for name in SOURCES]
        self.ledgers = {
            tenant: self._subject("EUR", tail=f'{tenant_tail(tenant)},"currency":"EUR","source":"ledger"')
            for tenant in tenants
        }
        self.visitors = self._series("website_visitors")
        self.figures = [(series, self._series(series.name)) for series in SERIES]
        self.values = {series.name: series.mean for series in SERIES}

    def open(self, now: int, heartbeat_ms: int) -> None:
        """Begin at once, with this time between two heartbeats; the ledger closes at the end of each hour."""
        self._beat(now, heartbeat_ms)
        self._count_visitors(now, None)
        self._sample(now, None)
        self.engine.call(now - now % HOUR_MS + HOUR_MS, self._cost, now)

    def _subject(self, key: str, *, tail: str, lane: Lane = "agent") -> Subject:
        return Subject(key=key, prefix=f"{key}-{self.run}", lane=lane, tail=tail)

    def _series(self, name: str) -> Subject:
        return self._subject(name, tail=f',"name":"{name}"')

    def _beat(self, now: int, heartbeat_ms: int) -> None:
        for subject in self.beats:
            self.engine.emit(now, subject, "source.heartbeat")
        self.engine.call(now + heartbeat_ms, self._beat, heartbeat_ms)

    def _count_visitors(self, now: int, _: None) -> None:
        value = round(self.rate * load_at(now) * (1.6 + self.engine.dice.random() * 0.3))
        self.engine.emit(now, self.visitors, "kpi.sample", f',"value":{value}')
        self.engine.call(now + VISITORS_MS, self._count_visitors)

    def _sample(self, now: int, _: None) -> None:
        """Let each figure stray, and be drawn back to where it lies."""
        for series, subject in self.figures:
            value = self.values[series.name]
            value += (series.mean - value) / 20 + (self.engine.dice.random() * 2 - 1) * series.step
            self.values[series.name] = value
            self.engine.emit(now, subject, "kpi.sample", f',"value":{value:.{series.decimals}f}')
        self.engine.call(now + SAMPLE_MS, self._sample)

    def _cost(self, now: int, since_ms: int) -> None:
        """Split wages and tools of each kind of desk since then over its channels, by their contacts."""
        start, end, hours = stamp(since_ms), stamp(now), (now - since_ms) / HOUR_MS
        for tenant, ledger in self.ledgers.items():
            for channel, mode in CHANNEL_MODE.items():
                desk: Mode = "voice" if mode == "voice" else "text"
                part = hours * CHANNEL_WEIGHTS[channel] / CONTACTS[mode]
                if desk == "text":
                    part *= LETTERS if mode == "ticket" else 1 - LETTERS
                amount = round(self.floor.on_shift(tenant, desk) * (WAGE[desk] + LICENCES[desk]) * part, 2)
                fields = f',"amount":{amount},"channel":"{channel}","period_start":"{start}","period_end":"{end}"'
                self.engine.emit(now, ledger, "cost.recorded", fields)
        self.engine.call(now + HOUR_MS, self._cost, now)


CONTACTS: dict[str, int] = {
    mode: sum(weight for channel, weight in CHANNEL_WEIGHTS.items() if CHANNEL_MODE[channel] == mode)
    for mode in ("text", "voice", "ticket")
}
