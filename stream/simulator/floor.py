"""The floor: agents on shift, their slots and states, and the lines of customers they serve."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from stream.simulator.dice import exponential_ms, pick
from stream.simulator.engine import Engine, Subject
from stream.simulator.events import stamp
from stream.simulator.profile import DESKS, load_at, slots_needed

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.chats import Leg
    from stream.simulator.profile import Mode

STAFFING_MS = 1_800_000
HEARTBEAT_MS = 120_000
SHIFT_MS = 8 * 3_600_000
BREAK_EVERY_MS = 5_400_000
BREAK_MS = 600_000
# Agents on a break or away after a missed offer: so many more must be on shift.
SHRINKAGE = 1.05
PAUSES = ("break", "break", "away", "custom:meeting", "custom:training")


class Agent(Subject):
    """One agent of one desk. `used` counts slots that ring, are in work or in wrap-up."""

    __slots__ = ("acw", "desk", "in_line", "leaving", "name", "on_shift", "paused", "said", "used", "wants_pause")

    def __init__(self, name: str, *, desk: Line, run: str, tail: str) -> None:
        """A new agent is offline."""
        super().__init__(key=name, prefix=f"{name}-{run}", lane="agent", tail=tail)
        self.name = name
        self.desk = desk
        self.used = self.acw = 0
        self.on_shift = self.in_line = self.leaving = False
        self.paused = self.wants_pause = ""
        self.said = "offline"


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
        self.off: list[Agent] = []


class Floor:
    """Brings agents on and off shift, as many as the hour needs, and says what state they are in."""

    def __init__(
        self, engine: Engine, *, run: str, contacts_per_hour: dict[tuple[str, str, Mode], float], default_tenant: str
    ) -> None:
        """`contacts_per_hour` is what each line sees in a mean hour."""
        self.engine = engine
        self.run = run
        self.contacts_per_hour = contacts_per_hour
        self.default_tenant = default_tenant
        self.lines = {
            (tenant, queue, mode): Line(tenant=tenant, queue=queue, mode=mode)
            for tenant, queue, mode in contacts_per_hour
        }
        self.hired = 100
        self.serve: Callable[[int, Line], None] = lambda _now, _line: None

    def open(self, now: int, _: None = None) -> None:
        """Staff every line for the half hour to come, and again when it is over."""
        for key, line in self.lines.items():
            desk = DESKS[line.mode]
            per_hour = self.contacts_per_hour[key] * load_at(now + STAFFING_MS // 2)
            work = per_hour * desk.legs_per_contact * desk.busy_mean_ms / 3_600_000
            needed = max(2, round(slots_needed(work, desk=desk) * SHRINKAGE / line.slots))
            staying = [agent for agent in line.on if not agent.leaving]
            for _more in range(needed - len(staying)):
                self._come(now, line)
            for agent in staying[needed:]:
                agent.leaving = True
                self.settle(now, agent)
        self.engine.call(now - now % STAFFING_MS + STAFFING_MS, self.open)

    def settle(self, now: int, agent: Agent) -> None:
        """After any change: an idle agent may leave or pause; a new state is said; a free slot takes the next."""
        if agent.used == 0 and agent.on_shift:
            if agent.leaving:
                self._go(now, agent)
                return
            if agent.wants_pause and not agent.paused:
                agent.paused, agent.wants_pause = agent.wants_pause, ""
                self.engine.call(now + self.engine.dice.randrange(BREAK_MS // 2, BREAK_MS), self._back, agent)
        self._say(now, agent)
        if self.can_take(agent) and not agent.in_line:
            agent.in_line = True
            agent.desk.free.append(agent)
            self.serve(now, agent.desk)

    def can_take(self, agent: Agent) -> bool:
        """Say whether the agent is there and has a free slot."""
        idle = not (agent.paused or agent.wants_pause or agent.leaving)
        return agent.on_shift and idle and agent.used < agent.desk.slots

    def pause(self, now: int, agent: Agent, *, state: str, length_ms: int) -> None:
        """Take the agent out for *length_ms*, at once; running conversations go on."""
        if agent.on_shift and not agent.paused:
            agent.paused = state
            self.engine.call(now + length_ms, self._back, agent)
            self._say(now, agent)

    def _say(self, now: int, agent: Agent) -> None:
        if agent.paused:
            state = agent.paused
        elif agent.acw and agent.acw == agent.used:
            state = "acw"
        else:
            state = "busy" if agent.used >= agent.desk.slots else "available"
        if state != agent.said:
            agent.said = state
            self.engine.emit(now, agent, "agent.state_changed", f',"state":"{state}"')

    def _come(self, now: int, line: Line) -> None:
        if line.off:
            agent = line.off.pop()
        else:
            self.hired += 1
            tenant = "" if line.tenant == self.default_tenant else f',"tenant":"{line.tenant}"'
            name = f"a-{self.hired}"
            agent = Agent(name, desk=line, run=self.run, tail=f',"agent":"{name}"{tenant}')
        line.on.append(agent)
        agent.on_shift, agent.said = True, "offline"
        start, end = stamp(now), stamp(now + SHIFT_MS)
        emit = self.engine.emit
        emit(now, agent, "agent.scheduled", f',"shift_start":"{start}","shift_end":"{end}"')
        emit(now, agent, "agent.queues_changed", f',"queues":[{{"queue":"{line.queue}","skill":1}}]')
        channel = "voice" if line.mode == "voice" else "chat"
        emit(now, agent, "agent.capacity_changed", f',"slots":{line.slots},"channel":"{channel}"')
        dice = self.engine.dice
        self.engine.call(now + 1 + int(dice.random() * HEARTBEAT_MS), self._beat, agent)
        self.engine.call(now + exponential_ms(dice, BREAK_EVERY_MS), self._tire, agent)
        self.settle(now, agent)

    def _go(self, now: int, agent: Agent) -> None:
        agent.on_shift = agent.leaving = False
        agent.paused = agent.wants_pause = ""
        agent.desk.on.remove(agent)
        agent.desk.off.append(agent)
        agent.said = "offline"
        self.engine.emit(now, agent, "agent.state_changed", ',"state":"offline"')

    def _beat(self, now: int, agent: Agent) -> None:
        if agent.on_shift:
            self.engine.emit(now, agent, "agent.heartbeat", f',"state":"{agent.said}"')
            self.engine.call(now + HEARTBEAT_MS, self._beat, agent)

    def _tire(self, now: int, agent: Agent) -> None:
        if agent.on_shift:
            agent.wants_pause = pick(self.engine.dice, PAUSES)
            self.engine.call(now + BREAK_MS + exponential_ms(self.engine.dice, BREAK_EVERY_MS), self._tire, agent)
            self.settle(now, agent)

    def _back(self, now: int, agent: Agent) -> None:
        if agent.on_shift and agent.paused:
            agent.paused = ""
            self.settle(now, agent)
