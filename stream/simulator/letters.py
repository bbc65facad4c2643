"""A ticket in somebody's hands: answers, waiting for the customer or for others, the solution, and what comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.conversations import thanks
from stream.simulator.customers import AFTER_RESOLVED
from stream.simulator.dice import lognormal, pick
from stream.simulator.profile import HOUR_MS
from stream.simulator.surveys import send

if TYPE_CHECKING:
    from stream.simulator.conversations import Conversation
    from stream.simulator.customers import Customers
    from stream.simulator.engine import Engine
    from stream.simulator.floor import Agent, Floor

CUSTOMER_BACK = lognormal(1_800, 1.2)
ANSWER = lognormal(900, 1.1)
THIRD_PARTY = lognormal(14_000, 1.0)
SOLVE = lognormal(120, 1.0)
RETURN = lognormal(20_000, 1.3)
MORE = 0.4
SILENT = 0.1
SILENT_MS = 48 * HOUR_MS
ON_HOLD = 0.05
NOTED = 0.2
REOPENED = 0.07
CORRECTED = 0.01
SURVEYED = 0.5
TAGGED = 0.15
TAGGED_LATER = 0.05
TAGGED_AFTER = lognormal(40_000, 0.8)
CLOSED_AFTER_MS = 96 * HOUR_MS
SOLUTIONS = ("explained", "credited", "fixed", "replaced", "known issue")


class Letters:
    """Tickets from their first answer to their closing."""

    def __init__(self, engine: Engine, *, floor: Floor, customers: Customers) -> None:
        """Agents are those of the queue's text desk."""
        self.engine = engine
        self.floor = floor
        self.customers = customers

    def assign(self, now: int, ticket: Conversation) -> None:
        """Give the ticket to somebody of its queue who is there."""
        ticket.owner = self._somebody(ticket)
        if ticket.owner:
            self.engine.emit(now, ticket, "ticket.assigned", f',"agent":"{ticket.owner.name}"')

    def reach_out(self, now: int, ticket: Conversation) -> None:
        """Write first: the customer is expected to answer."""
        self.assign(now, ticket)
        self._write(now + 1_000, ticket)
        self._ask(now + 2_000, ticket)

    def answer(self, now: int, ticket: Conversation) -> None:
        """Write to the customer; it may take more letters, or somebody else, until it is solved."""
        dice, engine = self.engine.dice, self.engine
        if ticket.owner is None or not ticket.owner.on_shift:
            self.assign(now, ticket)
        if dice.random() < NOTED:
            self._write(now, ticket, ',"public":false')
        self._write(now + 1_000, ticket)
        luck = dice.random()
        if luck < MORE:
            self._ask(now + 2_000, ticket)
        elif luck < MORE + ON_HOLD:
            engine.later(now + 2_000, ticket, "ticket.status_changed", ',"status":"on_hold","by":"human"')
            at = now + 3_000 + THIRD_PARTY.draw(dice)
            engine.later(at, ticket, "ticket.status_changed", ',"status":"open","by":"human"')
            engine.call(at + ANSWER.draw(dice), self.answer, ticket)
        else:
            engine.call(now + 1_000 + SOLVE.draw(dice), self._solve, ticket)

    def _write(self, at: int, ticket: Conversation, fields: str = "") -> None:
        agent = f',"agent":"{ticket.owner.name}"' if ticket.owner else ""
        self.engine.later(at, ticket, "ticket.commented", f'{ticket.message()},"actor":"human"{agent}{fields}')

    def _ask(self, at: int, ticket: Conversation) -> None:
        """Wait for the customer, who mostly comes back with more."""
        dice, later = self.engine.dice, self.engine.later
        later(at, ticket, "ticket.status_changed", ',"status":"pending","by":"human"')
        if dice.random() < SILENT:
            later(at + SILENT_MS, ticket, "ticket.status_changed", ',"status":"solved","by":"system"')
            later(at + SILENT_MS + CLOSED_AFTER_MS, ticket, "ticket.status_changed", ',"status":"closed","by":"system"')
            return
        at += CUSTOMER_BACK.draw(dice)
        later(at, ticket, "ticket.commented", f'{ticket.message()},"actor":"customer"')
        later(at, ticket, "ticket.status_changed", ',"status":"open","by":"system"')
        self.engine.call(at + ANSWER.draw(dice), self.answer, ticket)

    def _solve(self, now: int, ticket: Conversation) -> None:
        """Solved, until the customer says otherwise; closed for good some days later."""
        dice, engine = self.engine.dice, self.engine
        engine.emit(now, ticket, "ticket.status_changed", ',"status":"solved","by":"human"')
        luck = dice.random()
        if luck < TAGGED + TAGGED_LATER:
            at = now + 5_000 if luck < TAGGED else now + TAGGED_AFTER.draw(dice)
            engine.later(at, ticket, "ticket.tagged", f',"tags":["{ticket.topic}","{pick(dice, SOLUTIONS)}"]')
        if dice.random() < SURVEYED:
            send(engine, now, ticket)
        luck = dice.random()
        back_ms = RETURN.draw(dice) if luck < REOPENED else CLOSED_AFTER_MS + 1
        if luck < REOPENED:
            engine.call(now + back_ms, self._reopen, ticket)
        elif luck < REOPENED + CORRECTED:
            engine.later(now + 90_000, ticket, "ticket.status_changed", ',"status":"open","by":"human"')
            engine.later(now + 150_000, ticket, "ticket.status_changed", ',"status":"solved","by":"human"')
        else:
            self.customers.may_return(now, ticket, share=AFTER_RESOLVED)
        if back_ms > CLOSED_AFTER_MS:
            engine.later(now + CLOSED_AFTER_MS, ticket, "ticket.status_changed", ',"status":"closed","by":"system"')

    def _reopen(self, now: int, ticket: Conversation) -> None:
        engine = self.engine
        engine.emit(now, ticket, "ticket.commented", f'{ticket.message()},"actor":"customer"{thanks(ticket)}')
        engine.emit(now, ticket, "ticket.status_changed", ',"status":"open","by":"customer"')
        engine.call(now + ANSWER.draw(engine.dice), self.answer, ticket)

    def _somebody(self, ticket: Conversation) -> Agent | None:
        """Return an agent of the ticket's queue who is not away, if one is met with in a few looks."""
        on = self.floor.lines[ticket.tenant, ticket.queue, "text"].on
        found = None
        for _ in range(4):
            found = pick(self.engine.dice, on) if on else None
            if found is None or not found.paused:
                break
        return found
