"""How an agent's part of a conversation ends: closed, passed on, left alone. Then come wrap-up, survey, a return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.customers import AFTER_RESOLVED, AFTER_UNRESOLVED
from stream.simulator.dice import exponential_ms, lognormal, pick
from stream.simulator.profile import QUEUES, REOPEN_DELAY, TEXT_WRAPUP, VOICE_WRAPUP
from stream.simulator.surveys import send

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from stream.simulator.conversations import Conversation
    from stream.simulator.customers import Customers
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor

TRANSFERRED = 0.06
HANDED_OVER = 0.025
ESCALATED = 0.4
"""Of those handed over: to a senior; the others because the agent has to go."""
LEFT_ALONE = 0.03
SEEN_TO_LEAVE = 0.6
LEFT_CLOSES_MS = 60_000
SILENCE_CLOSES_MS = 2_100_000
UNCLOSED = 0.004
RESOLVED = {True: 0.6, False: 0.88}
"""By whether the customer is annoyed."""
SURVEYED = 0.6
REOPENED = 0.03
REOPENED_LATE = 0.15
REOPEN_LATE = lognormal(110_000, 0.5)
CORRECTED = 0.005
CORRECTION_MS = 120_000
SPAM = 0.008
TEST = 0.2
UNSPAMMED = 0.3
TAGGED = 0.3
FORGOTTEN = 0.0005
FORGOTTEN_AFTER_MS = 3 * 3_600_000
SECOND_TAGS = ("vip", "complaint", "praise", "bug", "how-to")


class Endings:
    """Conversations that leave the hands of an agent."""

    def __init__(
        self,
        engine: Engine,
        *,
        floor: Floor,
        customers: Customers,
        enqueue: Callable[[int, Conversation], None],
        resume: Callable[[int, Conversation, Agent], None],
    ) -> None:
        """`enqueue` opens another leg; `resume` goes on with another agent, without one."""
        self.engine = engine
        self.floor = floor
        self.customers = customers
        self.enqueue = enqueue
        self.resume = resume

    def choose(self, conversation: Conversation) -> Callable[[int, Any], None]:
        """Return what is to happen at the end of the talk."""
        luck = self.engine.dice.random()
        if luck < TRANSFERRED + HANDED_OVER and conversation.moves < 2:  # noqa: PLR2004 - nobody is passed on for ever
            return self._transfer if luck < TRANSFERRED else self._hand_over
        if luck < TRANSFERRED + HANDED_OVER + LEFT_ALONE:
            return self._alone
        return self._release if luck > 1 - UNCLOSED else self._close

    def _transfer(self, now: int, what: tuple[Conversation, Agent]) -> None:
        conversation, agent = what
        dice = self.engine.dice
        conversation.moves += 1
        kind = "escalation" if dice.random() < 0.1 else "transfer"  # noqa: PLR2004 - one of ten
        conversation.queue = pick(dice, [queue for queue in QUEUES if queue != conversation.queue])
        fields = f',"agent":"{agent.name}","to_queue":"{conversation.queue}","kind":"{kind}"'
        self.engine.emit(now, conversation, "chat.transferred", fields)
        # Some systems stamp the move and the queue it leads to alike.
        self.engine.call(now + (0 if dice.random() < 0.5 else 800), self.enqueue, conversation)  # noqa: PLR2004 - half
        self._release(now, what)

    def _hand_over(self, now: int, what: tuple[Conversation, Agent]) -> None:
        """Pass it to a colleague with a free slot, past the queue; if there is none, end it oneself."""
        conversation, agent = what
        dice = self.engine.dice
        other = self._colleague(agent)
        if other is None:
            self._close(now, what)
            return
        conversation.moves += 1
        kind = "escalation" if dice.random() < ESCALATED else "reassignment"
        fields = f',"agent":"{agent.name}","to_agent":"{other.name}","kind":"{kind}"'
        self.engine.emit(now, conversation, "chat.transferred", fields)
        other.used += 1
        self.floor.say(now, other)
        self._release(now, what)
        self.engine.call(now + 500 + int(dice.random() * 2_000), self._take_over, (conversation, other))

    def _colleague(self, agent: Agent) -> Agent | None:
        """Return a colleague with a free slot, if a few looks around meet one."""
        for _ in range(5):
            other = pick(self.engine.dice, agent.desk.on)
            if other is not agent and self.floor.can_take(other):
                return other
        return None

    def _take_over(self, now: int, what: tuple[Conversation, Agent]) -> None:
        conversation, agent = what
        self.engine.emit(now, conversation, "chat.accepted", f',"agent":"{agent.name}"')
        agent.talking += 1
        self.floor.say(now, agent)
        self.resume(now, conversation, agent)

    def _alone(self, now: int, what: tuple[Conversation, Agent]) -> None:
        """The customer has gone in the middle of it; where nobody sees that, the silence closes the conversation."""
        conversation = what[0]
        closes_ms = SILENCE_CLOSES_MS
        if self.engine.dice.random() < SEEN_TO_LEAVE:
            self.engine.emit(now, conversation, "chat.abandoned", ',"stage":"chat"')
            closes_ms = LEFT_CLOSES_MS
        fields = ',"by":"system","reason":"idle","resolved":false'
        self.engine.later(now + closes_ms, conversation, "chat.closed", fields)
        self.customers.may_return(now, conversation, share=AFTER_UNRESOLVED)
        self._release(now, what)

    def _close(self, now: int, what: tuple[Conversation, Agent]) -> None:
        conversation = what[0]
        dice, engine = self.engine.dice, self.engine
        luck = dice.random()
        by = "human" if luck < 0.7 else "customer" if luck < 0.95 else "system"  # noqa: PLR2004 - shares
        resolved = dice.random() < RESOLVED[conversation.annoyed]
        engine.emit(now, conversation, "chat.closed", f',"by":"{by}","resolved":{"true" if resolved else "false"}')
        luck = dice.random()
        if luck < REOPENED:
            delay = REOPEN_LATE if luck < REOPENED * REOPENED_LATE else REOPEN_DELAY
            engine.call(now + delay.draw(dice), self._reopen, conversation)
        elif luck < REOPENED + CORRECTED:
            self._correct(now, conversation)
        elif luck > 1 - SPAM:
            self._flag(now, conversation)
        else:
            self.customers.may_return(now, conversation, share=AFTER_RESOLVED if resolved else AFTER_UNRESOLVED)
        if dice.random() < SURVEYED:
            send(engine, now, conversation)
        self._release(now, what)

    def _reopen(self, now: int, conversation: Conversation) -> None:
        self.engine.emit(now, conversation, "chat.reopened", ',"by":"customer"')
        if conversation.mode == "text":
            fields = f'{conversation.message()},"actor":"customer"'
            self.engine.emit(now, conversation, "chat.message", fields)
        self.engine.call(now + 300, self.enqueue, conversation)

    def _correct(self, now: int, conversation: Conversation) -> None:
        """The agent has pressed the wrong button: open again, and closed for good."""
        at = now + 10_000 + int(self.engine.dice.random() * CORRECTION_MS)
        self.engine.later(at, conversation, "chat.reopened", ',"by":"human"')
        self.engine.later(at + 20_000, conversation, "chat.closed", ',"by":"human","resolved":true')

    def _flag(self, now: int, conversation: Conversation) -> None:
        dice, later = self.engine.dice, self.engine.later
        flag = "test" if dice.random() < TEST else "spam"
        later(now + 5_000, conversation, "chat.flagged", f',"flag":"{flag}"')
        if dice.random() < UNSPAMMED:
            later(now + 300_000, conversation, "chat.flagged", f',"flag":"{flag}","value":false')

    def _release(self, now: int, what: tuple[Conversation, Agent]) -> None:
        """End the agent's part. Where nothing else is said, the source has lost the end of the conversation."""
        conversation, agent = what
        wrapup = VOICE_WRAPUP if conversation.mode == "voice" else TEXT_WRAPUP
        self.engine.emit(now, conversation, "chat.released", f',"agent":"{agent.name}"')
        agent.talking -= 1
        agent.acw += 1
        self.floor.settle(now, agent)
        self.engine.call(now + wrapup.draw(self.engine.dice), self._wrapped, what)

    def _wrapped(self, now: int, what: tuple[Conversation, Agent]) -> None:
        """Some tag what it was about while they wrap up; a few conversations are to be forgotten later."""
        conversation, agent = what
        dice = self.engine.dice
        luck = dice.random()
        tags = ""
        if luck < TAGGED:
            second = f',"{pick(dice, SECOND_TAGS)}"' if luck < TAGGED / 2 else ""
            tags = f',"tags":["{conversation.topic}"{second}]'
        elif luck > 1 - FORGOTTEN:
            at = now + exponential_ms(dice, FORGOTTEN_AFTER_MS)
            self.engine.later(at, conversation, "conversation.forgotten")
        self.engine.emit(now, conversation, "chat.wrapup_ended", f',"agent":"{agent.name}"{tags}')
        agent.acw -= 1
        agent.used -= 1
        self.floor.settle(now, agent)
