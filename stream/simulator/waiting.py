"""Waiting: a leg in a queue, its offers, and every way in which it ends."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from stream.simulator.customers import AFTER_GIVING_UP, SOON
from stream.simulator.dice import exponential_ms, pick
from stream.simulator.floor import Pause
from stream.simulator.profile import DESKS, QUEUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.conversations import Conversation
    from stream.simulator.customers import Customers
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor, Line

MISSED = 0.03
MISSED_AFTER_MS = 20_000
MISSED_AWAY = Pause("away", 90_000)
REJECTED = 0.25
REJECTED_AFTER_MS = 4_000
OVERFLOWS = 0.12
OVERFLOW_MS = 150_000
CALLBACKS = 0.15
CALLBACK_OFFER_MS = 75_000
SENT_HOME_MS = 1_500_000
LOST_IN_QUEUE = 0.003
LEAVES_A_NOTE = 0.1
CLOSES_AFTER_LEAVING = 0.7
ANNOYED_MS = 120_000


class Phase(Enum):
    """Where a leg stands."""

    WAITING = 1
    RINGING = 2
    OVER = 3


class Leg:
    """One stay in one queue."""

    __slots__ = ("agent", "conversation", "fields", "line", "opened_ms", "phase")

    def __init__(self, conversation: Conversation, line: Line, *, opened_ms: int) -> None:
        """The telephone system gives its legs no ids, the others do."""
        conversation.legs += 1
        self.conversation = conversation
        self.line = line
        self.opened_ms = opened_ms
        self.phase = Phase.WAITING
        self.agent: Agent | None = None
        self.fields = "" if line.mode == "voice" else f',"leg":"l{conversation.legs}"'


class Waiting:
    """Legs from their opening to the answer, or to another end."""

    def __init__(self, engine: Engine, *, floor: Floor, customers: Customers, ghosts: bool) -> None:
        """Serve the lines of *floor*. Without *ghosts* whoever is gone is said to be."""
        self.engine = engine
        self.floor = floor
        self.customers = customers
        self.ghosts = ghosts
        # What follows an answer, a promise to call back, and giving up: set by the centre.
        self.answered: Callable[[int, Conversation, Agent], None]
        self.call_back: Callable[[int, Any], None]
        self.leave_note: Callable[[int, Any], None]
        floor.serve = self.serve

    def enqueue(self, now: int, conversation: Conversation) -> None:
        """Open a leg in the conversation's queue, and decide how long its customer will stand it."""
        engine, dice, mode = self.engine, self.engine.dice, conversation.mode
        line = self.floor.lines[conversation.tenant, conversation.queue, mode]
        leg = Leg(conversation, line, opened_ms=now)
        engine.emit(now, conversation, "chat.queued", f',"queue":"{conversation.queue}"{leg.fields}')
        due, end = exponential_ms(dice, DESKS[mode].patience_mean_ms), self._abandon
        luck = dice.random()
        if luck < LOST_IN_QUEUE:
            end = self._vanish if self.ghosts else self._abandon
        elif luck < LOST_IN_QUEUE + OVERFLOWS and due > OVERFLOW_MS:
            due, end = OVERFLOW_MS, self._overflow
        elif mode == "voice" and luck > 1 - CALLBACKS and due > CALLBACK_OFFER_MS:
            due, end = CALLBACK_OFFER_MS + dice.randrange(10_000), self._promise
        elif due > SENT_HOME_MS:
            due, end = SENT_HOME_MS, self._send_home
        engine.call(now + due, end, leg)
        line.waiting.append(leg)
        if line.free:
            self.serve(now, line)

    def serve(self, now: int, line: Line) -> None:
        """Offer those who wait, first come first served, to agents with a free slot."""
        waiting, free = line.waiting, line.free
        while waiting and free:
            leg = waiting.popleft()
            if leg.phase is not Phase.WAITING:
                continue
            agent = free.popleft()
            if agent.desk is line:
                agent.in_line = False
                if self.floor.can_take(agent):
                    self._offer(now, leg, agent)
                    continue
            waiting.appendleft(leg)

    def _offer(self, now: int, leg: Leg, agent: Agent) -> None:
        dice = self.engine.dice
        leg.phase, leg.agent = Phase.RINGING, agent
        agent.used += 1
        if agent.used < agent.slots:
            agent.in_line = True
            agent.desk.free.append(agent)
        self.engine.emit(now, leg.conversation, "chat.offered", f',"agent":"{agent.name}"{leg.fields}')
        luck = dice.random()
        if luck < MISSED:
            rejected = luck < MISSED * REJECTED
            self.engine.call(now + (REJECTED_AFTER_MS if rejected else MISSED_AFTER_MS), self._miss, (leg, rejected))
        else:
            self.engine.call(now + DESKS[leg.line.mode].ring.draw(dice), self._accept, leg)
        self.floor.say(now, agent)

    def _accept(self, now: int, leg: Leg) -> None:
        agent = leg.agent
        if leg.phase is not Phase.RINGING or agent is None:
            return
        leg.phase = Phase.OVER
        conversation = leg.conversation
        conversation.annoyed = now - leg.opened_ms > ANNOYED_MS
        fields = f',"agent":"{agent.name}","team":"{leg.line.queue}-desk"{leg.fields}'
        self.engine.emit(now, conversation, "chat.accepted", fields)
        agent.talking += 1
        self.floor.say(now, agent)
        self.answered(now, conversation, agent)

    def _miss(self, now: int, what: tuple[Leg, bool]) -> None:
        leg, rejected = what
        agent = leg.agent
        if leg.phase is not Phase.RINGING or agent is None:
            return
        fields = f',"agent":"{agent.name}","reason":"{"rejected" if rejected else "timeout"}"{leg.fields}'
        self.engine.emit(now, leg.conversation, "chat.offer_missed", fields)
        leg.phase, leg.agent = Phase.WAITING, None
        leg.line.waiting.appendleft(leg)
        agent.used -= 1
        self.floor.pause(now, agent, MISSED_AWAY)
        self.floor.settle(now, agent)
        self.serve(now, leg.line)

    def _end(self, now: int, leg: Leg) -> str:
        """End the leg unanswered, give back its agent's slot, and return the stage it was in; "" if it was over."""
        if leg.phase is Phase.OVER:
            return ""
        stage = "ringing" if leg.phase is Phase.RINGING else "queue"
        leg.phase = Phase.OVER
        if leg.agent is not None:
            leg.agent.used -= 1
            self.engine.call(now, self.floor.settle, leg.agent)
        return stage

    def _abandon(self, now: int, leg: Leg) -> None:
        if not (stage := self._end(now, leg)):
            return
        dice, conversation = self.engine.dice, leg.conversation
        self.engine.emit(now, conversation, "chat.abandoned", f',"stage":"{stage}"{leg.fields}')
        if dice.random() < CLOSES_AFTER_LEAVING:
            self.engine.later(now + 400, conversation, "chat.closed", ',"by":"customer","resolved":false')
        if dice.random() < LEAVES_A_NOTE:
            self.engine.call(now + exponential_ms(dice, 60_000), self.leave_note, conversation)
        else:
            self.customers.may_return(now, conversation, share=AFTER_GIVING_UP, gap=SOON)

    def _vanish(self, now: int, leg: Leg) -> None:
        """The customer is gone and nobody says so: a ghost in the queue."""
        self._end(now, leg)

    def _overflow(self, now: int, leg: Leg) -> None:
        if not self._end(now, leg):
            return
        conversation = leg.conversation
        conversation.queue = pick(self.engine.dice, [queue for queue in QUEUES if queue != conversation.queue])
        self.engine.emit(now, conversation, "chat.flowed_out", f',"to":"{conversation.queue}"{leg.fields}')
        self.enqueue(now, conversation)

    def _promise(self, now: int, leg: Leg) -> None:
        if not self._end(now, leg):
            return
        self.engine.emit(now, leg.conversation, "chat.callback_requested", leg.fields)
        self.engine.later(now + 300, leg.conversation, "chat.closed", ',"by":"system","reason":"callback"')
        self.engine.call(now + 300_000 + exponential_ms(self.engine.dice, 900_000), self.call_back, leg.conversation)

    def _send_home(self, now: int, leg: Leg) -> None:
        if self._end(now, leg):
            fields = ',"by":"system","reason":"no agent came","resolved":false'
            self.engine.emit(now, leg.conversation, "chat.closed", fields)
            self.customers.may_return(now, leg.conversation, share=AFTER_GIVING_UP, gap=SOON)
