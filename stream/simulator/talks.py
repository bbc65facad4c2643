"""What follows an answer: messages to and fro, holds, transfers, the end, the survey, and sometimes a return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.dice import pick
from stream.simulator.profile import (
    CLOSING,
    CUSTOMER_GAP,
    FIRST_REPLY,
    MORE_EXCHANGES,
    QUEUES,
    REOPEN_DELAY,
    REPLY,
    TALK,
    TEXT_WRAPUP,
    VOICE_WRAPUP,
)
from stream.simulator.surveys import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.simulator.conversations import Conversation
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor

TRANSFERRED = 0.07
REASSIGNED = 0.015
LEFT_ALONE = 0.03
UNCLOSED = 0.004
SURVEYED = 0.6
REOPENED = 0.03
SPAM = 0.008
UNSPAMMED = 0.2
HELD = 0.08
NOTED = 0.12
GREETED = 0.15
TWO_LINES = 0.2


class Talks:
    """Conversations in the hands of an agent."""

    def __init__(self, engine: Engine, *, floor: Floor, requeue: Callable[[int, Conversation], None]) -> None:
        """`requeue` opens the next leg of a conversation in its queue."""
        self.engine = engine
        self.floor = floor
        self.requeue = requeue

    def begin(self, now: int, conversation: Conversation, agent: Agent) -> None:
        """Plan everything up to the end of the agent's part, which then takes its course."""
        at = (
            self._call(now, conversation, agent)
            if conversation.mode == "voice"
            else self._write(now, conversation, agent)
        )
        luck = self.engine.dice.random()
        if luck < TRANSFERRED and conversation.moves < 2:  # noqa: PLR2004 - nobody is passed on for ever
            end = self._transfer
        elif luck < TRANSFERRED + LEFT_ALONE:
            end = self._alone
        elif luck > 1 - UNCLOSED:
            end = self._forget
        else:
            end = self._close
        self.engine.call(at, end, (conversation, agent))

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
        if dice.random() < REASSIGNED and agent.desk.on:
            other = pick(dice, agent.desk.on)
            fields = f',"to_agent":"{other.name}","kind":"reassignment"'
            engine.later(at + 1_000, conversation, "chat.transferred", fields)
            engine.later(at + 3_000, conversation, "chat.accepted", f',"agent":"{other.name}"')
            at += 3_000 + REPLY.draw(dice)
            fields = f'{conversation.message()},"actor":"human","agent":"{other.name}"'
            engine.later(at, conversation, "chat.message", fields)
        return at + CLOSING.draw(dice)

    def _hold(self, start: int, end: int, conversation: Conversation, agent: Agent) -> None:
        fields = f',"agent":"{agent.name}"'
        self.engine.later(start, conversation, "chat.held", fields)
        self.engine.later(end, conversation, "chat.resumed", fields)

    def _transfer(self, now: int, what: tuple[Conversation, Agent]) -> None:
        conversation, agent = what
        dice = self.engine.dice
        conversation.moves += 1
        kind = "escalation" if dice.random() < 0.2 else "transfer"  # noqa: PLR2004 - one of five
        conversation.queue = pick(dice, [queue for queue in QUEUES if queue != conversation.queue])
        fields = f',"agent":"{agent.name}","to_queue":"{conversation.queue}","kind":"{kind}"'
        self.engine.emit(now, conversation, "chat.transferred", fields)
        # Some systems stamp the move and the queue it leads to alike.
        self.engine.call(now + (0 if dice.random() < 0.5 else 800), self.requeue, conversation)  # noqa: PLR2004 - half
        self._release(now, conversation, agent)

    def _alone(self, now: int, what: tuple[Conversation, Agent]) -> None:
        """The customer has gone in the middle of it."""
        conversation, agent = what
        self.engine.emit(now, conversation, "chat.abandoned", ',"stage":"chat"')
        self.engine.later(now + 60_000, conversation, "chat.closed", ',"by":"system","reason":"idle","resolved":false')
        self._release(now, conversation, agent)

    def _forget(self, now: int, what: tuple[Conversation, Agent]) -> None:
        """The source loses the end: nothing more is heard of the conversation."""
        self._release(now, *what)

    def _close(self, now: int, what: tuple[Conversation, Agent]) -> None:
        conversation, agent = what
        dice, engine = self.engine.dice, self.engine
        luck = dice.random()
        by = "human" if luck < 0.7 else "customer" if luck < 0.95 else "system"  # noqa: PLR2004 - shares
        resolved = "true" if dice.random() < (0.6 if conversation.annoyed else 0.88) else "false"
        engine.emit(now, conversation, "chat.closed", f',"by":"{by}","resolved":{resolved}')
        if dice.random() < SURVEYED:
            send(engine, now, conversation)
        luck = dice.random()
        if luck < REOPENED:
            engine.call(now + REOPEN_DELAY.draw(dice), self._reopen, conversation)
        elif luck > 1 - SPAM:
            flag = "test" if dice.random() < 0.1 else "spam"  # noqa: PLR2004 - one of ten
            engine.later(now + 5_000, conversation, "chat.flagged", f',"flag":"{flag}"')
            if dice.random() < UNSPAMMED:
                engine.later(now + 300_000, conversation, "chat.flagged", f',"flag":"{flag}","value":false')
        self._release(now, conversation, agent)

    def _reopen(self, now: int, conversation: Conversation) -> None:
        self.engine.emit(now, conversation, "chat.reopened", ',"by":"customer"')
        if conversation.mode == "text":
            fields = f'{conversation.message()},"actor":"customer"'
            self.engine.emit(now, conversation, "chat.message", fields)
        self.engine.call(now + 300, self.requeue, conversation)

    def _release(self, now: int, conversation: Conversation, agent: Agent) -> None:
        wrapup = VOICE_WRAPUP if conversation.mode == "voice" else TEXT_WRAPUP
        self.engine.emit(now, conversation, "chat.released", f',"agent":"{agent.name}"')
        agent.acw += 1
        self.floor.settle(now, agent)
        self.engine.call(now + wrapup.draw(self.engine.dice), self._wrapped, (conversation, agent))

    def _wrapped(self, now: int, what: tuple[Conversation, Agent]) -> None:
        conversation, agent = what
        self.engine.emit(now, conversation, "chat.wrapup_ended", f',"agent":"{agent.name}"')
        agent.acw -= 1
        agent.used -= 1
        self.floor.settle(now, agent)
