"""Shifts: as many agents as the hour needs, from when to when, with which skills and slots."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import TYPE_CHECKING

from stream.simulator.events import stamp, tenant_tail
from stream.simulator.floor import Agent
from stream.simulator.presence import Presence
from stream.simulator.profile import DESKS, HOUR_MS, WEEK_HOURS, load_at, slots_needed

if TYPE_CHECKING:
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Floor, Line
    from stream.simulator.profile import Mode

STAFFING_MS = 1_800_000
SHORTEST, LONGEST = 8, 16
"""A shift in half hours."""
REST_MS = 10 * HOUR_MS
LATE_MS = 60_000
# Pauses, beginners: so many more must be on shift.
SHRINKAGE = {"text": 1.18, "voice": 1.13}
BEGINNERS = 0.07
BEGINS_WITH_MS = 4 * HOUR_MS
FORGETS_TO_LEAVE = 0.025
LINGERS = 0.06
LINGERS_MS = HOUR_MS


class Shifts:
    """Brings agents in and lets them go, every half hour."""

    def __init__(self, engine: Engine, *, floor: Floor, run: str, per_hour: dict[tuple[str, str, Mode], float]) -> None:
        """`per_hour` is the contacts that each line sees in a mean hour."""
        self.engine = engine
        self.floor = floor
        self.run = run
        self.per_hour = per_hour
        self.presence = Presence(engine, floor=floor)
        self.hired = 100
        self.known: dict[tuple[Line, int], int] = {}
        floor.leave = self._leave

    def open(self, now: int, _: None) -> None:
        """Let everybody begin at once, with shifts that end one after the other."""
        dice, half = self.engine.dice, now - now % STAFFING_MS
        for line in self.floor.lines.values():
            for _each in range(self._needed(line, now)):
                self._come(now, (line, half + STAFFING_MS * (1 + int(dice.random() * LONGEST))))
        self.engine.call(half + STAFFING_MS, self._staff)

    def _staff(self, now: int, _: None) -> None:
        """Send home whose shift is over, move who is too many to where too few are, and have the rest come."""
        self.engine.call(now + STAFFING_MS, self._staff)
        short: list[tuple[Line, int]] = []
        spare: list[Agent] = []
        for line in self.floor.lines.values():
            for agent in list(line.on):
                if agent.until_ms <= now and not agent.leaving:
                    agent.leaving = True
                    self.floor.settle(now, agent)
            staying = [agent for agent in line.on if not agent.leaving]
            missing = self._needed(line, now) - len(staying)
            if missing > 0:
                short.append((line, missing))
            elif missing < 0:
                spare += [agent for agent in staying if agent.takes_more and not agent.used][missing:]
        for line, missing in short:
            lent = [agent for agent in spare if (agent.desk.tenant, agent.desk.mode) == (line.tenant, line.mode)]
            for agent in lent[:missing]:
                spare.remove(agent)
                self._move(now, agent, line)
            self._fill(now, line, missing - len(lent))

    def _needed(self, line: Line, now: int) -> int:
        """Return how many agents the half hour that begins at *now* takes, at least two."""
        hour = (now + STAFFING_MS // 2) // HOUR_MS % WEEK_HOURS
        if (line, hour) not in self.known:
            desk = DESKS[line.mode]
            per_hour = self.per_hour[line.tenant, line.queue, line.mode] * load_at(hour * HOUR_MS)
            work = per_hour * desk.legs_per_contact * desk.busy_mean_ms / HOUR_MS
            self.known[line, hour] = max(2, round(slots_needed(work, desk=desk) * SHRINKAGE[line.mode] / line.slots))
        return self.known[line, hour]

    def _fill(self, now: int, line: Line, missing: int) -> None:
        """Have *missing* agents come in the next minute, each for as long as there are not enough others."""
        ends = sorted(agent.until_ms for agent in line.on if not agent.leaving)
        for _each in range(missing):
            for halves in range(SHORTEST, LONGEST + 1):
                end = now + halves * STAFFING_MS
                if len(ends) - bisect_right(ends, end) >= self._needed(line, end):
                    break
            insort(ends, end)
            self.engine.call(now + int(self.engine.dice.random() * LATE_MS), self._come, (line, end))

    def _come(self, now: int, what: tuple[Line, int]) -> None:
        line, end_ms = what
        emit, dice = self.engine.emit, self.engine.dice
        agent = self._hire(line) if not line.off or line.off[0].until_ms + REST_MS > now else line.off.popleft()
        if not agent.shift and line.slots > 1 and dice.random() < BEGINNERS:
            agent.slots -= 1
            self.engine.call(now + BEGINS_WITH_MS, self._promote, agent)
        line.on.append(agent)
        agent.shift += 1
        agent.on_shift, agent.until_ms = True, end_ms
        start_ms = now - now % STAFFING_MS if now % STAFFING_MS < LATE_MS else now
        fields = f',"team":"{line.queue}-desk","shift_start":"{stamp(start_ms)}","shift_end":"{stamp(end_ms)}"'
        emit(now, agent, "agent.scheduled", fields)
        emit(now, agent, "agent.queues_changed", f',"queues":[{{"queue":"{line.queue}","skill":1}}]')
        self._say_slots(now, agent)
        self.presence.begin(now, agent)
        self.floor.settle(now, agent)

    def _hire(self, line: Line) -> Agent:
        self.hired += 1
        name = f"a-{self.hired}"
        return Agent(name, desk=line, run=self.run, tail=f',"agent":"{name}"{tenant_tail(line.tenant)}')

    def _promote(self, now: int, agent: Agent) -> None:
        """After half a day the beginner takes as many chats as everybody."""
        agent.slots = agent.desk.slots
        if agent.on_shift:
            self._say_slots(now, agent)
            self.floor.settle(now, agent)

    def _say_slots(self, now: int, agent: Agent) -> None:
        channel = "voice" if agent.desk.mode == "voice" else "chat"
        self.engine.emit(now, agent, "agent.capacity_changed", f',"slots":{agent.slots},"channel":"{channel}"')

    def _move(self, now: int, agent: Agent, line: Line) -> None:
        """Lend the agent to another queue, where it is not the first choice."""
        agent.desk.on.remove(agent)
        agent.desk, agent.in_line = line, False
        line.on.append(agent)
        self.engine.emit(now, agent, "agent.queues_changed", f',"queues":[{{"queue":"{line.queue}","skill":2}}]')
        self.floor.settle(now, agent)

    def _leave(self, now: int, agent: Agent) -> None:
        """Let the agent go. A few forget to log out: nothing is heard of them any more, heartbeats neither."""
        luck = self.engine.dice.random()
        if luck < FORGETS_TO_LEAVE:
            self.floor.say(now, agent)
        else:
            self.engine.emit(now, agent, "agent.state_changed", ',"state":"offline"')
        agent.said = "offline"
        agent.on_shift = agent.leaving = False
        agent.paused, agent.wanted = "", None
        agent.desk.on.remove(agent)
        agent.desk.off.append(agent)
        agent.beats_until_ms = now + LINGERS_MS if luck > 1 - LINGERS else 0
