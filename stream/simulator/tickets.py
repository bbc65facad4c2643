"""Conversations by letter, from their beginning until somebody has them: e-mail, social networks, notes left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.dice import exponential_ms, lognormal, pick
from stream.simulator.letters import Letters
from stream.simulator.profile import HOUR_MS, QUEUES, TICKET_PRIORITIES

if TYPE_CHECKING:
    from stream.simulator.conversations import Book, Conversation
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Floor

ASSIGN = lognormal(240, 1.0)
FIRST_ANSWER = {"email": lognormal(1_500, 1.1), "social": lognormal(420, 1.0), "offline": lognormal(2_400, 1.0)}
BY_SYSTEM = 0.02
BY_AGENT = 0.02
FLAGGED = 0.02
TEST = 0.2
FLAGGED_WRONGLY = 0.25
WRITTEN_TWICE = 0.03
SECOND_LETTER = lognormal(900, 0.8)
WITHDRAWN = 0.02
WITHDRAW = lognormal(1_200, 1.0)
OVERLOOKED = 0.004
OVERLOOKED_MS = 20 * HOUR_MS
FORGOTTEN = 0.005
FORGOTTEN_AFTER_MS = 6 * HOUR_MS
MOVED = 0.06
ESCALATED = 0.04
REPRIORITISED = 0.04
TAGGED = 0.3


class Tickets:
    """Tickets, answered by whoever is on shift; nobody's slot is taken."""

    def __init__(self, engine: Engine, *, floor: Floor, book: Book) -> None:
        """Agents are those of the queue's text desk."""
        self.engine = engine
        self.book = book
        self.letters = Letters(engine, floor=floor, customers=book.customers)

    def leave_note(self, now: int, before: Conversation) -> None:
        """Begin an offline message of somebody who gave up waiting; whoever was unknown says who it is."""
        note = self.book.begin(
            tenant=before.tenant,
            channel="offline",
            queue=before.queue,
            mode="ticket",
            customer=before.customer or None,
            topic=before.topic,
        )
        self.begin(now, note)

    def begin(self, now: int, ticket: Conversation) -> None:
        """Create the ticket, and decide what becomes of it: most get an answer."""
        dice, later, call = self.engine.dice, self.engine.later, self.engine.call
        luck = dice.random()
        if luck < BY_AGENT:
            self._create(now, ticket, by="agent")
            self.letters.reach_out(now, ticket)
            return
        self._create(now, ticket, by="system" if luck > 1 - BY_SYSTEM else "customer")
        luck = dice.random()
        if luck < FLAGGED:
            self._flag(now, ticket, wrongly=dice.random() < FLAGGED_WRONGLY)
        elif luck < FLAGGED + WITHDRAWN:
            at = now + WITHDRAW.draw(dice)
            later(at, ticket, "ticket.status_changed", ',"status":"solved","by":"customer"')
            later(at + HOUR_MS, ticket, "ticket.status_changed", ',"status":"closed","by":"system"')
        elif luck < FLAGGED + WITHDRAWN + OVERLOOKED:
            later(now + OVERLOOKED_MS, ticket, "ticket.status_changed", ',"status":"closed","by":"system"')
        else:
            call(now + ASSIGN.draw(dice), self._assign, ticket)
            if luck > 1 - WRITTEN_TWICE:
                call(now + SECOND_LETTER.draw(dice), self._write_twice, ticket)
            elif luck > 1 - WRITTEN_TWICE - FORGOTTEN:
                later(now + exponential_ms(dice, FORGOTTEN_AFTER_MS), ticket, "conversation.forgotten")

    def _create(self, now: int, ticket: Conversation, *, by: str) -> None:
        priority = pick(self.engine.dice, TICKET_PRIORITIES)
        fields = (
            f'{self.book.about(ticket)},"queue":"{ticket.queue}","team":"{ticket.queue}-desk","priority":"{priority}"'
            f',"initiated_by":"{by}","via":"{ticket.channel}","source":"mail"'
        )
        self.engine.emit(now, ticket, "ticket.created", fields)
        if ticket.channel == "email" and by != "agent":
            fields = f'{ticket.message()},"actor":"system","auto":true'
            self.engine.later(now + 900, ticket, "ticket.commented", fields)

    def _flag(self, now: int, ticket: Conversation, *, wrongly: bool) -> None:
        """Rubbish is deleted, unless somebody looks again."""
        flag = "test" if self.engine.dice.random() < TEST else "spam"
        self.engine.later(now + 20_000, ticket, "ticket.flagged", f',"flag":"{flag}"')
        if wrongly:
            self.engine.later(now + 580_000, ticket, "ticket.flagged", f',"flag":"{flag}","value":false')
            self.engine.call(now + 600_000, self._assign, ticket)
        else:
            self.engine.later(now + 600_000, ticket, "ticket.deleted")

    def _write_twice(self, now: int, first: Conversation) -> None:
        """The customer asks again in a letter of its own; somebody sees that they belong together."""
        second = self.book.again(first, channel=first.channel, mode="ticket")
        self._create(now, second, by="customer")
        at = now + 60_000 + exponential_ms(self.engine.dice, 600_000)
        self.engine.later(at, second, "ticket.merged", f',"into":"{first.name}"')

    def _assign(self, now: int, ticket: Conversation) -> None:
        """Give the ticket to somebody of its queue, who answers it, or finds that it belongs elsewhere."""
        dice, engine = self.engine.dice, self.engine
        self.letters.assign(now, ticket)
        engine.emit(now, ticket, "ticket.status_changed", ',"status":"open","by":"human"')
        luck = dice.random()
        if luck < MOVED and not ticket.moves:
            engine.call(now + 60_000, self._move, ticket)
            return
        if luck < MOVED + ESCALATED:
            engine.later(now + 61_000, ticket, "ticket.escalated", ',"to":"second line"')
            engine.later(now + 62_000, ticket, "ticket.priority_changed", ',"priority":"urgent"')
        elif luck < MOVED + ESCALATED + REPRIORITISED:
            fields = f',"priority":"{pick(dice, TICKET_PRIORITIES)}"'
            engine.later(now + 40_000, ticket, "ticket.priority_changed", fields)
        if dice.random() < TAGGED:
            engine.later(now + 30_000, ticket, "ticket.tagged", f',"tags":["{ticket.topic}","{ticket.queue}"]')
        engine.call(now + FIRST_ANSWER[ticket.channel].draw(dice), self.letters.answer, ticket)

    def _move(self, now: int, ticket: Conversation) -> None:
        """Another team's: it is new there, and waits until somebody has it."""
        ticket.moves += 1
        ticket.queue = pick(self.engine.dice, [queue for queue in QUEUES if queue != ticket.queue])
        fields = f',"to_queue":"{ticket.queue}","to_team":"{ticket.queue}-desk"'
        self.engine.emit(now, ticket, "ticket.assigned", fields)
        self.engine.emit(now, ticket, "ticket.status_changed", ',"status":"new","by":"human"')
        self.engine.call(now + ASSIGN.draw(self.engine.dice), self._assign, ticket)
