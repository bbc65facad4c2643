"""The floor: agents, their slots and what they do right now, and the lines of customers they serve."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from stream.simulator.engine import Engine, Subject
from stream.simulator.profile import DESKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.simulator.profile import Mode
    from stream.simulator.waiting import Leg


class Pause(NamedTuple):
    """A time without new conversations: the state it is said to be, and how long it takes."""

    state: str
    length_ms: int


class Agent(Subject):
    """One agent. `used` counts slots that ring, are in talk or in wrap-up, `talking` and `acw` the latter two."""

    __slots__ = (
        "acw",
        "beats_until_ms",
        "desk",
        "in_line",
        "leaving",
        "name",
        "on_shift",
        "paused",
        "pauses",
        "said",
        "shift",
        "slots",
        "talking",
        "until_ms",
        "used",
        "wanted",
    )

    def __init__(self, name: str, *, desk: Line, run: str, tail: str) -> None:
        """A new agent is offline."""
        super().__init__(key=name, prefix=f"{name}-{run}", lane="agent", tail=tail)
        self.name = name
        self.desk = desk
        self.slots = desk.slots
        self.used = self.talking = self.acw = self.shift = self.pauses = 0
        self.on_shift = self.in_line = self.leaving = False
        self.until_ms = self.beats_until_ms = 0
        self.paused = ""
        self.wanted: Pause | None = None
        self.said = "offline"

    @property
    def state(self) -> str:
        """Return what the agent does: talk goes before wrap-up, wrap-up before a pause.

        Busy is who talks and takes nobody else; with a slot left one is available.
        """
        if self.talking:
            return "available" if self.used < self.slots and self.takes_more else "busy"
        return "acw" if self.acw else self.paused or "available"

    @property
    def takes_more(self) -> bool:
        """Say whether the agent is there for new conversations at all."""
        return self.on_shift and not (self.paused or self.wanted or self.leaving)


class Line:
    """The customers who wait for one kind of agent in one queue, and those agents."""

    __slots__ = ("free", "mode", "off", "on", "queue", "slots", "tenant", "waiting")

    def __init__(self, *, tenant: str, queue: str, mode: Mode) -> None:
        """Nobody waits, nobody works."""
        self.tenant = tenant
        self.queue = queue
        self.mode = mode
        self.slots = DESKS[mode].slots
        self.waiting: deque[Leg] = deque()
        self.free: deque[Agent] = deque()
        self.on: list[Agent] = []
        self.off: deque[Agent] = deque()


class Floor:
    """Says what state agents are in, and brings them together with those who wait."""

    def __init__(self, engine: Engine, *, keys: Iterable[tuple[str, str, Mode]]) -> None:
        """A line for each (tenant, queue, mode). `serve` and `leave` are set by whoever does that."""
        self.engine = engine
        self.lines = {
            (tenant, queue, mode): Line(tenant=tenant, queue=queue, mode=mode) for tenant, queue, mode in keys
        }
        self.serve: Callable[[int, Line], None] = lambda _now, _line: None
        self.leave: Callable[[int, Agent], None] = lambda _now, _agent: None

    def settle(self, now: int, agent: Agent) -> None:
        """After any change: an idle agent may leave or pause; a new state is said; a free slot takes the next."""
        if agent.used == 0 and agent.on_shift:
            if agent.leaving:
                self.leave(now, agent)
                return
            if agent.wanted and not agent.paused:
                pause, agent.wanted = agent.wanted, None
                self.pause(now, agent, pause)
                return
        self.say(now, agent)
        if not agent.in_line and self.can_take(agent):
            agent.in_line = True
            agent.desk.free.append(agent)
            self.serve(now, agent.desk)

    def can_take(self, agent: Agent) -> bool:
        """Say whether the agent is there and has a free slot."""
        return agent.used < agent.slots and agent.takes_more

    def pause(self, now: int, agent: Agent, pause: Pause) -> None:
        """Give the agent nobody new from now on; conversations under way go on to their end."""
        if agent.on_shift and not agent.paused:
            agent.paused = pause.state
            agent.pauses += 1
            self.engine.call(now + pause.length_ms, self._back, (agent, agent.pauses))
            self.say(now, agent)

    def want(self, now: int, agent: Agent, pause: Pause) -> None:
        """Give the agent this pause as soon as nothing is left to do."""
        agent.wanted = pause
        self.settle(now, agent)

    def say(self, now: int, agent: Agent) -> None:
        """Emit the agent's state if it is another one than was said last."""
        state = agent.state
        if state != agent.said:
            agent.said = state
            self.engine.emit(now, agent, "agent.state_changed", f',"state":"{state}"')

    def on_shift(self, tenant: str, mode: Mode) -> int:
        """Return how many agents of a tenant are on shift for this kind of work."""
        return sum(
            len(line.on)
            for (its_tenant, _, its_mode), line in self.lines.items()
            if (its_tenant, its_mode) == (tenant, mode)
        )

    def _back(self, now: int, what: tuple[Agent, int]) -> None:
        agent, number = what
        if agent.paused and agent.pauses == number:
            agent.paused = ""
            self.settle(now, agent)
