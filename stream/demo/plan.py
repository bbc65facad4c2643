"""What the demo's support centre goes through: as busy as asked for whatever the hour, a queue goes wrong at times."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from stream.errors import UsageError
from stream.simulator import Centre, Spike
from stream.simulator.dice import pick
from stream.simulator.profile import HOUR_MS, QUEUES, load_at

if TYPE_CHECKING:
    from collections.abc import Iterator

PAST_MS = HOUR_MS
MOST_AN_HOUR = 100_000
"""What one machine simulates, counts and shows beside everything else it does."""
MOST_DAYS = 30
"""Nothing is counted that lies longer ago than the retention, 35 days."""
FIRST_SPIKE_MS = 5_000
SPIKE_LENGTH_MS = 100_000
SPIKE_FACTOR = 10.0
HEARTBEAT_MS = 30_000
SPIKE_GAPS_MS = (300_000, 480_000)
SPIKES_FOR_MS = 7 * 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of the simulator. `rate` is contacts in the past hour over all tenants.

    With `calm` no queue goes wrong. The numbers of the past hour are those of a quiet hour either way. `days` of a
    smaller centre go before it.
    """

    rate: float = 2_400
    seed: int = 1
    tenants: tuple[str, ...] = ("default",)
    calm: bool = False
    days: int = 0

    def centre(self, now_ms: int) -> Centre:
        """Return the centre whose past hour ends at `now_ms`. Raises UsageError for a rate or days beyond reason."""
        if not 0 < self.rate <= MOST_AN_HOUR:
            message = f"--rate: {self.rate} is not more than 0 and at most {MOST_AN_HOUR:,} contacts an hour (try 2400)"
            raise UsageError(message)
        if not 0 <= self.days <= MOST_DAYS:
            message = f"--days: {self.days} is not from 0 to {MOST_DAYS} days (try 8)"
            raise UsageError(message)
        # The simulator's rate is that of a mean hour; a demo at night is to be as lively as one at noon.
        into = now_ms % HOUR_MS / HOUR_MS
        load = into * load_at(now_ms) + (1 - into) * load_at(now_ms - PAST_MS)
        return Centre(
            seed=self.seed,
            rate=self.rate / load,
            tenants=self.tenants,
            spikes=() if self.calm else tuple(spikes(now_ms, seed=self.seed)),
            incident_gap_ms=0,
            heartbeat_ms=HEARTBEAT_MS,
            ghosts=False,
        )


def spikes(now_ms: int, *, seed: int) -> Iterator[Spike]:
    """Yield a week of spikes: the first at once, and then one every five to eight minutes."""
    dice = Random(f"demo/{seed}")  # noqa: S311 - seeded on purpose
    at_ms = now_ms + FIRST_SPIKE_MS
    while at_ms < now_ms + SPIKES_FOR_MS:
        yield Spike(pick(dice, QUEUES), at_ms, SPIKE_LENGTH_MS, SPIKE_FACTOR)
        at_ms += dice.randrange(*SPIKE_GAPS_MS)
