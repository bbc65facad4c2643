"""Conversations held live: the bot, the queue, the offer. What follows the answer stands in `talks`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from stream.simulator.dice import exponential_ms, pick
from stream.simulator.profile import (
    BOT_CUSTOMER_GAP,
    BOT_REPLY,
    DESKS,
    IVR,
    LANGUAGES,
    QUEUES,
    TEXT_CHANNELS,
    TOPICS,
)
from stream.simulator.surveys import send
from stream.simulator.talks import Talks

if TYPE_CHECKING:
    from stream.simulator.conversations import Book, Conversation
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor, Line

BOT_FIRST = {"text": 0.45, "voice": 0.6}
BOT_CONTAINS = {"text": 0.3, "voice": 0.1}
BOT_LOSES = {"text": 0.06, "voice": 0.08}
PROACTIVE = 0.015
MISSED = 0.03
MISSED_AFTER_MS = 20_000
MISSED_AWAY_MS = 90_000
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


class Chats:
    """Chats, calls and messages from their beginning to the answer."""

    def __init__(self, engine: Engine, *, floor: Floor, book: Book, ghosts: bool = True) -> None:
        """Serve the lines of *floor*. Without *ghosts* whoever is gone is said to be."""
        self.engine = engine
        self.ghosts = ghosts
        self.floor = floor
        self.book = book
        self.talks = Talks(engine, floor=floor, requeue=self.enqueue)
        # Set by the centre: somebody who gave up leaves an offline message.
        self.leave_note: Any = None
        floor.serve = self.serve

    def begin(self, now: int, conversation: Conversation) -> None:
        """A customer (or, for a few, an agent) begins: then come the bot, or the queue at once."""
        dice, engine, mode = self.engine.dice, self.engine, conversation.mode
        by = "agent" if mode == "text" and dice.random() < PROACTIVE else "customer"
        bot = by == "customer" and dice.random() < BOT_FIRST[mode]
        topic = pick(dice, TOPICS[conversation.queue])
        engine.emit(
            now,
            conversation,
            "chat.started",
            f',"channel":"{conversation.channel}","customer":"{conversation.customer}","initiated_by":"{by}"'
            f',"bot":{"true" if bot else "false"},"language":"{pick(dice, LANGUAGES)}","topic":"{topic}"'
            f',"source":"{"pbx" if mode == "voice" else "desk"}"',
        )
        at = now
        if mode == "text" and by == "customer":
            at += 300 + int(dice.random() * 3_000)
            self._line(at, conversation, "customer")
        if bot:
            self._bot(at, conversation)
        else:
            engine.call(at + 200, self.enqueue, conversation)

    def call_back(self, now: int, before: Conversation) -> None:
        """Call somebody who asked for it: a conversation of its own, begun by an agent, through the same queue."""
        conversation = self.book.begin(
            tenant=before.tenant, channel="voice", queue=before.queue, mode="voice", customer=before.customer
        )
        fields = f',"channel":"voice","customer":"{before.customer}","initiated_by":"agent","source":"pbx"'
        self.engine.emit(now, conversation, "chat.started", fields)
        self.engine.call(now + 100, self.enqueue, conversation)

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
            agent.in_line = False
            if not self.floor.can_take(agent):
                waiting.appendleft(leg)
                continue
            self._offer(now, leg, agent)

    def _offer(self, now: int, leg: Leg, agent: Agent) -> None:
        dice = self.engine.dice
        leg.phase, leg.agent = Phase.RINGING, agent
        agent.used += 1
        if agent.used < agent.desk.slots:
            agent.in_line = True
            agent.desk.free.append(agent)
        self.engine.emit(now, leg.conversation, "chat.offered", f',"agent":"{agent.name}"{leg.fields}')
        if dice.random() < MISSED:
            self.engine.call(now + MISSED_AFTER_MS, self._miss, leg)
        else:
            self.engine.call(now + DESKS[leg.line.mode].ring.draw(dice), self._accept, leg)
        self.floor.settle(now, agent)

    def _accept(self, now: int, leg: Leg) -> None:
        if leg.phase is not Phase.RINGING or leg.agent is None:
            return
        leg.phase = Phase.OVER
        conversation = leg.conversation
        conversation.annoyed = now - leg.opened_ms > ANNOYED_MS
        self.engine.emit(now, conversation, "chat.accepted", f',"agent":"{leg.agent.name}"{leg.fields}')
        self.talks.begin(now, conversation, leg.agent)

    def _miss(self, now: int, leg: Leg) -> None:
        agent = leg.agent
        if leg.phase is not Phase.RINGING or agent is None:
            return
        fields = f',"agent":"{agent.name}","reason":"timeout"{leg.fields}'
        self.engine.emit(now, leg.conversation, "chat.offer_missed", fields)
        leg.phase, leg.agent = Phase.WAITING, None
        leg.line.waiting.appendleft(leg)
        agent.used -= 1
        self.floor.pause(now, agent, state="away", length_ms=MISSED_AWAY_MS)
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

    def _vanish(self, now: int, leg: Leg) -> None:
        """The customer is gone and nobody says so: a ghost in the queue."""
        self._end(now, leg)

    def _overflow(self, now: int, leg: Leg) -> None:
        if not self._end(now, leg):
            return
        conversation = leg.conversation
        conversation.queue = pick(self.engine.dice, [queue for queue in QUEUES if queue != conversation.queue])
        self.engine.emit(now, conversation, "chat.flowed_out", f',"to":"{conversation.queue}"{leg.fields}')
        self.enqueue(now + 0, conversation)

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

    def _bot(self, at: int, conversation: Conversation) -> None:
        dice, engine, mode = self.engine.dice, self.engine, conversation.mode
        if mode == "voice":
            at += IVR.draw(dice)
        else:
            for _ in range(1 + int(dice.random() * 2)):
                at += BOT_REPLY.draw(dice)
                self._line(at, conversation, "bot")
                at += BOT_CUSTOMER_GAP.draw(dice)
                self._line(at, conversation, "customer")
            at += BOT_REPLY.draw(dice)
            self._line(at, conversation, "bot")
        luck = dice.random()
        if luck < BOT_CONTAINS[mode]:
            engine.call(at + 4_000, self._contained, conversation)
        elif luck < BOT_CONTAINS[mode] + BOT_LOSES[mode]:
            engine.later(at + 2_000, conversation, "chat.abandoned", ',"stage":"bot"')
            engine.later(at + 2_400, conversation, "chat.closed", ',"by":"customer","resolved":false')
        else:
            engine.later(at + 100, conversation, "chat.bot_handoff", ',"reason":"asked for a human"')
            engine.call(at + 250, self.enqueue, conversation)

    def _contained(self, now: int, conversation: Conversation) -> None:
        self.engine.emit(now, conversation, "chat.closed", ',"by":"bot","resolved":true')
        if conversation.channel in TEXT_CHANNELS and self.engine.dice.random() < LEAVES_A_NOTE:
            send(self.engine, now, conversation)

    def _line(self, at: int, conversation: Conversation, actor: str) -> None:
        self.engine.later(at, conversation, "chat.message", f'{conversation.message()},"actor":"{actor}"')
