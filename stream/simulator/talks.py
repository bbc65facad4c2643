"""What follows an answer: messages to and fro, or a call, with holds, until it comes to one of its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.endings import Endings
from stream.simulator.profile import CLOSING, CUSTOMER_GAP, FIRST_REPLY, MORE_EXCHANGES, REPLY, TALK

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.conversations import Conversation
    from stream.simulator.customers import Customers
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor

HELD = 0.08
NOTED = 0.12
GREETED = 0.15
TWO_LINES = 0.2


class Talks:
    """Conversations in the hands of an agent."""

    def __init__(
        self, engine: Engine, *, floor: Floor, customers: Customers, enqueue: Callable[[int, Conversation], None]
    ) -> None:
        """`enqueue` opens the next leg of a conversation in its queue."""
        self.engine = engine
        self.endings = Endings(engine, floor=floor, customers=customers, enqueue=enqueue, resume=self.begin)

    def begin(self, now: int, conversation: Conversation, agent: Agent) -> None:
        """Plan everything up to the end of the agent's part, which then takes its course."""
        at = (
            self._call(now, conversation, agent)
            if conversation.mode == "voice"
            else self._write(now, conversation, agent)
        )
        self.engine.call(at, self.endings.choose(conversation), (conversation, agent))

    def _call(self, now: int, conversation: Conversation, agent: Agent) -> int:
        length = TALK.draw(self.engine.dice)
        if self.engine.dice.random() < HELD:
            self._hold(now + length // 3, now + length // 2, conversation, agent)
        return now + length

    def _write(self, now: int, conversation: Conversation, agent: Agent) -> int:
        dice, engine = self.engine.dice, self.engine
        by_agent = f',"actor":"human","agent":"{agent.name}"'
        if dice.random() < GREETED:
            engine.emit(now, conversation, "chat.message", f'{conversation.message()}{by_agent},"auto":true')
        at = now + FIRST_REPLY.draw(dice)
        engine.later(at, conversation, "chat.message", conversation.message() + by_agent)
        while dice.random() < MORE_EXCHANGES:
            at += CUSTOMER_GAP.draw(dice)
            engine.later(at, conversation, "chat.message", f'{conversation.message()},"actor":"customer"')
            if dice.random() < TWO_LINES:
                fields = f'{conversation.message()},"actor":"customer"'
                engine.later(at + 1 + int(dice.random() * 4_000), conversation, "chat.message", fields)
            at += REPLY.draw(dice)
            engine.later(at, conversation, "chat.message", conversation.message() + by_agent)
        if dice.random() < NOTED:
            engine.later(at + 500, conversation, "chat.message", f'{conversation.message()}{by_agent},"public":false')
        if dice.random() < HELD / 2:
            self._hold(at + 1_000, at + 4_000, conversation, agent)
            at += 4_000
        return at + CLOSING.draw(dice)

    def _hold(self, start: int, end: int, conversation: Conversation, agent: Agent) -> None:
        fields = f',"agent":"{agent.name}"'
        self.engine.later(start, conversation, "chat.held", fields)
        self.engine.later(end, conversation, "chat.resumed", fields)
