"""Conversations by letter: e-mail, social networks, notes left when nobody came. Planned whole when they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.dice import lognormal, pick
from stream.simulator.profile import LANGUAGES, QUEUES, TOPICS
from stream.simulator.surveys import send

if TYPE_CHECKING:
    from stream.simulator.conversations import Book, Conversation
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Floor

ASSIGN = lognormal(240, 1.0)
FIRST_ANSWER = {"email": lognormal(1_500, 1.1), "social": lognormal(420, 1.0), "offline": lognormal(2_400, 1.0)}
CUSTOMER_BACK = lognormal(1_800, 1.2)
ANSWER = lognormal(900, 1.1)
SOLVE = lognormal(120, 1.0)
RETURN = lognormal(7_200, 1.5)
MORE = 0.4
REOPENED = 0.07
MOVED = 0.08
CLOSED_AFTER_MS = 4 * 86_400_000


class Tickets:
    """Tickets, answered by whoever is on shift; nobody's slot is taken."""

    def __init__(self, engine: Engine, *, floor: Floor, book: Book) -> None:
        """Agents are those of the queue's text desk."""
        self.engine = engine
        self.floor = floor
        self.book = book

    def leave_note(self, now: int, before: Conversation) -> None:
        """Begin an offline message of somebody who gave up waiting."""
        self.begin(
            now,
            self.book.begin(
                tenant=before.tenant, channel="offline", queue=before.queue, mode="ticket", customer=before.customer
            ),
        )

    def begin(self, now: int, ticket: Conversation) -> None:
        """Write the ticket's whole course into the future."""
        dice, later = self.engine.dice, self.engine.later
        topic = pick(dice, TOPICS[ticket.queue])
        by = "system" if dice.random() < 0.02 else "customer"  # noqa: PLR2004 - alarms of machines
        self.engine.emit(
            now,
            ticket,
            "ticket.created",
            f',"channel":"{ticket.channel}","queue":"{ticket.queue}","team":"{ticket.queue}-desk"'
            f',"customer":"{ticket.customer}","language":"{pick(dice, LANGUAGES)}","topic":"{topic}"'
            f',"priority":"normal","initiated_by":"{by}","via":"{ticket.channel}","source":"mail"',
        )
        luck = dice.random()
        if luck < 0.02:  # noqa: PLR2004 - rubbish: never answered
            later(now + 20_000, ticket, "ticket.flagged", ',"flag":"spam"')
            later(now + 600_000, ticket, "ticket.deleted")
            return
        if ticket.channel == "email":
            later(now + 900, ticket, "ticket.commented", f'{ticket.message()},"actor":"system","auto":true')
        if luck < 0.05:  # noqa: PLR2004 - written twice
            into = f"t-{self.book.run}-{1 + int(dice.random() * self.book.counts[ticket.tenant])}"
            later(now + 900_000, ticket, "ticket.merged", f',"into":"{into}"')
            return
        if luck > 0.995:  # noqa: PLR2004 - a right to be forgotten
            later(now + 7_200_000, ticket, "conversation.forgotten")
        agent = self._somebody(ticket)
        at = now + ASSIGN.draw(dice)
        later(at, ticket, "ticket.assigned", f',"agent":"{agent}"')
        later(at + 2_000, ticket, "ticket.status_changed", ',"status":"open","by":"human"')
        if dice.random() < MOVED:
            ticket.queue = pick(dice, QUEUES)
            agent = self._somebody(ticket)
            fields = f',"agent":"{agent}","to_queue":"{ticket.queue}","to_team":"{ticket.queue}-desk"'
            later(at + 60_000, ticket, "ticket.assigned", fields)
            later(at + 61_000, ticket, "ticket.escalated", ',"to":"second line"')
            later(at + 62_000, ticket, "ticket.priority_changed", ',"priority":"high"')
            at += 62_000
        if dice.random() < 0.3:  # noqa: PLR2004 - share
            later(at + 30_000, ticket, "ticket.tagged", f',"tags":["{topic}","{ticket.queue}"]')
        at = self._answer(max(at, now) + FIRST_ANSWER[ticket.channel].draw(dice), ticket, agent)
        self.engine.call(at + SOLVE.draw(dice), self._solve, (ticket, agent))

    def _answer(self, at: int, ticket: Conversation, agent: str) -> int:
        dice, later = self.engine.dice, self.engine.later
        by_agent = f',"actor":"human","agent":"{agent}"'
        if dice.random() < 0.2:  # noqa: PLR2004 - share with an internal note
            later(at - 1_000, ticket, "ticket.commented", f'{ticket.message()}{by_agent},"public":false')
        later(at, ticket, "ticket.commented", ticket.message() + by_agent)
        while dice.random() < MORE:
            later(at + 1_000, ticket, "ticket.status_changed", ',"status":"pending","by":"human"')
            at += CUSTOMER_BACK.draw(dice)
            later(at, ticket, "ticket.commented", f'{ticket.message()},"actor":"customer"')
            later(at, ticket, "ticket.status_changed", ',"status":"open","by":"system"')
            at += ANSWER.draw(dice)
            later(at, ticket, "ticket.commented", ticket.message() + by_agent)
        return at

    def _solve(self, now: int, what: tuple[Conversation, str]) -> None:
        ticket, agent = what
        dice = self.engine.dice
        self.engine.emit(now, ticket, "ticket.status_changed", ',"status":"solved","by":"human"')
        if dice.random() < 0.5:  # noqa: PLR2004 - half are asked
            send(self.engine, now, ticket)
        if dice.random() < REOPENED:
            at = now + RETURN.draw(dice)
            self.engine.later(at, ticket, "ticket.commented", f'{ticket.message()},"actor":"customer"')
            self.engine.later(at, ticket, "ticket.status_changed", ',"status":"open","by":"customer"')
            at = self._answer(at + ANSWER.draw(dice), ticket, agent)
            self.engine.call(at + SOLVE.draw(dice), self._solve, what)
        else:
            self.engine.later(
                now + CLOSED_AFTER_MS, ticket, "ticket.status_changed", ',"status":"closed","by":"system"'
            )

    def _somebody(self, ticket: Conversation) -> str:
        line = self.floor.lines[ticket.tenant, ticket.queue, "text"]
        return pick(self.engine.dice, line.on).name if line.on else "a-99"
