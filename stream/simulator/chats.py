"""Conversations held live, from their beginning: by a customer, by an agent, by the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.bots import Bots
from stream.simulator.dice import lognormal, pick
from stream.simulator.profile import CHAT_PRIORITIES
from stream.simulator.talks import Talks
from stream.simulator.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.conversations import Book, Conversation
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Floor

BOT_FIRST = {"text": 0.45, "voice": 0.6}
BY_AGENT = 0.015
BY_SYSTEM = 0.006
ANSWERS_THE_SYSTEM = 0.4
SYSTEM_HEARD = lognormal(240, 1.0)
SYSTEM_CLOSES_MS = 3_600_000


class Chats:
    """Chats, calls and messages until they wait in a queue; what follows is wired up here."""

    def __init__(
        self,
        engine: Engine,
        *,
        floor: Floor,
        book: Book,
        leave_note: Callable[[int, Conversation], None],
        ghosts: bool = True,
    ) -> None:
        """Serve the lines of *floor*. `leave_note` begins a message of somebody who gave up waiting."""
        customers = book.customers
        self.engine = engine
        self.book = book
        waiting = Waiting(engine, floor=floor, customers=customers, ghosts=ghosts)
        self.enqueue = waiting.enqueue
        self.bots = Bots(engine, customers=customers, enqueue=waiting.enqueue)
        talks = Talks(engine, floor=floor, customers=customers, enqueue=waiting.enqueue)
        waiting.answered = talks.begin
        waiting.call_back = self.call_back
        waiting.leave_note = leave_note

    def begin(self, now: int, conversation: Conversation) -> None:
        """Begin, mostly by the customer: then come the bot, or the queue at once."""
        dice, mode = self.engine.dice, conversation.mode
        luck = dice.random() if mode == "text" else 1.0
        if luck < BY_SYSTEM:
            self._notify(now, conversation)
            return
        by = "agent" if luck < BY_SYSTEM + BY_AGENT else "customer"
        bot = by == "customer" and dice.random() < BOT_FIRST[mode]
        self._start(now, conversation, f',"initiated_by":"{by}","bot":{"true" if bot else "false"}')
        at = now
        if mode == "text" and by == "customer":
            at += 300 + int(dice.random() * 3_000)
            self.engine.later(at, conversation, "chat.message", f'{conversation.message()},"actor":"customer"')
        if bot:
            self.bots.begin(at, conversation)
        else:
            self.engine.call(at + 200, self.enqueue, conversation)

    def call_back(self, now: int, before: Conversation) -> None:
        """Call somebody who asked for it: a conversation of its own, begun by an agent, through the same queue."""
        conversation = self.book.again(before, channel="voice", mode="voice")
        self._start(now, conversation, ',"initiated_by":"agent"')
        self.engine.call(now + 100, self.enqueue, conversation)

    def _start(self, now: int, conversation: Conversation, fields: str) -> None:
        source = "pbx" if conversation.mode == "voice" else "desk"
        fields += f',"priority":"{pick(self.engine.dice, CHAT_PRIORITIES)}","source":"{source}"'
        self.engine.emit(now, conversation, "chat.started", self.book.about(conversation) + fields)

    def _notify(self, now: int, conversation: Conversation) -> None:
        """Write to the customer by machine: some answer, the others are closed after an hour."""
        dice, engine = self.engine.dice, self.engine
        self._start(now, conversation, ',"initiated_by":"system","bot":false')
        engine.later(now + 200, conversation, "chat.message", f'{conversation.message()},"actor":"system","auto":true')
        if dice.random() < ANSWERS_THE_SYSTEM:
            at = now + SYSTEM_HEARD.draw(dice)
            engine.later(at, conversation, "chat.message", f'{conversation.message()},"actor":"customer"')
            engine.call(at + 200, self.enqueue, conversation)
        else:
            engine.later(now + SYSTEM_CLOSES_MS, conversation, "chat.closed", ',"by":"system","reason":"no answer"')
