"""Queues that go wrong now and then: five times the customers, or hardly an agent, for some minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream.simulator.dice import exponential_ms, pick
from stream.simulator.floor import Pause
from stream.simulator.profile import QUEUES, load_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.engine import Engine
    from stream.simulator.floor import Floor

ABSENT = 0.75
FIRST_AFTER_MS = 600_000


@dataclass(frozen=True, slots=True)
class Spike:
    """From `at_ms` on, for `length_ms`, the live channels of a queue see `factor` times their usual customers."""

    queue: str
    at_ms: int
    length_ms: int = 600_000
    factor: float = 5.0


class Incidents:
    """Draws incidents, and carries out those and the ordered ones."""

    def __init__(
        self,
        engine: Engine,
        *,
        floor: Floor,
        tenant: str,
        arrive: Callable[[int, str], None],
        queue_per_hour: Callable[[str], float],
        mean_gap_ms: int,
    ) -> None:
        """`arrive(now, queue)` brings one more live contact; `queue_per_hour` says how many there are anyway."""
        self.engine = engine
        self.floor = floor
        self.tenant = tenant
        self.arrive = arrive
        self.queue_per_hour = queue_per_hour
        self.mean_gap_ms = mean_gap_ms

    def open(self, now: int, spikes: tuple[Spike, ...]) -> None:
        """Take the ordered spikes, and draw the first incident unless `mean_gap_ms` is 0."""
        for spike in spikes:
            self.engine.call(spike.at_ms, self._surge, spike)
        if self.mean_gap_ms:
            self.engine.call(now + FIRST_AFTER_MS + exponential_ms(self.engine.dice, self.mean_gap_ms), self._strike)

    def _strike(self, now: int, _: None) -> None:
        dice = self.engine.dice
        queue, length_ms = pick(dice, QUEUES), dice.randrange(480_000, 720_000)
        if dice.random() < 0.5:  # noqa: PLR2004 - either kind
            self._surge(now, Spike(queue, now, length_ms))
        else:
            self._walk_out(now, queue, length_ms)
        self.engine.call(now + length_ms + exponential_ms(dice, self.mean_gap_ms), self._strike)

    def _walk_out(self, now: int, queue: str, length_ms: int) -> None:
        for (tenant, its_queue, _), line in self.floor.lines.items():
            if tenant == self.tenant and its_queue == queue:
                for agent in line.on[: round(ABSENT * len(line.on))]:
                    self.floor.pause(now, agent, Pause("away", length_ms))

    def _surge(self, now: int, spike: Spike) -> None:
        """Bring one more customer, and the next, until the spike is over."""
        if now >= spike.at_ms + spike.length_ms:
            return
        if now > spike.at_ms:
            self.arrive(now, spike.queue)
        more_per_hour = self.queue_per_hour(spike.queue) * load_at(now) * (spike.factor - 1)
        if more_per_hour > 0:
            self.engine.call(now + exponential_ms(self.engine.dice, 3_600_000 / more_per_hour), self._surge, spike)
