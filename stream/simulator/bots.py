"""What greets first: a bot in text, a menu of keys on the telephone. It contains, loses or hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.customers import AFTER_BOT, AFTER_GIVING_UP, SOON
from stream.simulator.dice import pick, weighted
from stream.simulator.profile import BOT_CUSTOMER_GAP, BOT_REPLY, IVR
from stream.simulator.surveys import offer, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.conversations import Conversation
    from stream.simulator.customers import Customers
    from stream.simulator.engine import Engine

CONTAINS = {"text": 0.3, "voice": 0.1}
LOSES = {"text": 0.06, "voice": 0.08}
SURVEYED = 0.1
REASONS = weighted({"asked for a human": 6, "did not understand": 3, "not allowed to": 1})


class Bots:
    """Conversations from the bot's greeting until it is no longer concerned."""

    def __init__(self, engine: Engine, *, customers: Customers, enqueue: Callable[[int, Conversation], None]) -> None:
        """`enqueue` takes what is handed over to humans."""
        self.engine = engine
        self.customers = customers
        self.enqueue = enqueue

    def begin(self, at: int, conversation: Conversation) -> None:
        """Write the whole talk into the future, and how it ends."""
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
        if luck < CONTAINS[mode]:
            engine.call(at + 4_000, self._contain, conversation)
        elif luck < CONTAINS[mode] + LOSES[mode]:
            engine.call(at + 2_000, self._lose, conversation)
        else:
            engine.later(at + 100, conversation, "chat.bot_handoff", f',"reason":"{pick(dice, REASONS)}"')
            engine.call(at + 250, self.enqueue, conversation)

    def _contain(self, now: int, conversation: Conversation) -> None:
        self.engine.emit(now, conversation, "chat.closed", ',"by":"bot","resolved":true')
        if conversation.mode == "text":
            offer(self.engine, now, conversation)
            if self.engine.dice.random() < SURVEYED:
                send(self.engine, now, conversation)
        self.customers.may_return(now, conversation, share=AFTER_BOT)

    def _lose(self, now: int, conversation: Conversation) -> None:
        self.engine.emit(now, conversation, "chat.abandoned", ',"stage":"bot"')
        self.engine.later(now + 400, conversation, "chat.closed", ',"by":"customer","resolved":false')
        self.customers.may_return(now, conversation, share=AFTER_GIVING_UP, gap=SOON)

    def _line(self, at: int, conversation: Conversation, actor: str) -> None:
        self.engine.later(at, conversation, "chat.message", f'{conversation.message()},"actor":"{actor}"')
