"""An agent's day beside the conversations: heartbeats, breaks, lunch, meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.dice import exponential_ms, lognormal, pick, weighted
from stream.simulator.floor import Pause

if TYPE_CHECKING:
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor

HEARTBEAT_MS = 120_000
PAUSE_EVERY_MS = 5_400_000
LUNCH_MS = 1_800_000
LUNCH_FROM_MS = 6 * 3_600_000
"""Who works as long as this has lunch in the middle."""

LENGTHS = {
    "break": lognormal(420, 0.3),
    "away": lognormal(200, 0.5),
    "custom:meeting": lognormal(1_200, 0.3),
    "custom:training": lognormal(1_500, 0.2),
    "error": lognormal(90, 0.6),
}
PAUSES = weighted({"break": 60, "away": 25, "custom:meeting": 8, "custom:training": 4, "error": 3})


class Presence:
    """What is heard of agents from their coming to their going."""

    def __init__(self, engine: Engine, *, floor: Floor) -> None:
        """`floor` finds the moment for a pause."""
        self.engine = engine
        self.floor = floor

    def begin(self, now: int, agent: Agent) -> None:
        """Set out on the shift that ends at the agent's `until_ms`."""
        dice, what = self.engine.dice, (agent, agent.shift)
        self.engine.call(now + 1 + int(dice.random() * HEARTBEAT_MS), self._beat, what)
        self.engine.call(now + exponential_ms(dice, PAUSE_EVERY_MS), self._tire, what)
        length_ms = agent.until_ms - now
        if length_ms >= LUNCH_FROM_MS:
            self.engine.call(now + length_ms // 2 - int(dice.random() * LUNCH_MS * 2), self._lunch, what)

    def _beat(self, now: int, what: tuple[Agent, int]) -> None:
        """The agent's screen says that it is there; some do so for a while after the log-out."""
        agent, shift = what
        if agent.shift == shift and (agent.on_shift or now < agent.beats_until_ms):
            self.engine.emit(now, agent, "agent.heartbeat", f',"state":"{agent.said}"')
            self.engine.call(now + HEARTBEAT_MS, self._beat, what)

    def _tire(self, now: int, what: tuple[Agent, int]) -> None:
        agent, shift = what
        if agent.on_shift and agent.shift == shift:
            dice = self.engine.dice
            state = pick(dice, PAUSES)
            length_ms = LENGTHS[state].draw(dice)
            self.engine.call(now + length_ms + exponential_ms(dice, PAUSE_EVERY_MS), self._tire, what)
            self.floor.want(now, agent, Pause(state, length_ms))

    def _lunch(self, now: int, what: tuple[Agent, int]) -> None:
        agent, shift = what
        if agent.on_shift and agent.shift == shift:
            self.floor.want(now, agent, Pause("break", LUNCH_MS))
