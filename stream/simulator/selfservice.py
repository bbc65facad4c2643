"""Visits to the help pages: some find what they look for, some write or call instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.customers import Return
from stream.simulator.dice import exponential_ms, lognormal, pick
from stream.simulator.engine import Subject
from stream.simulator.events import tenant_tail
from stream.simulator.profile import HOUR_MS, load_at

if TYPE_CHECKING:
    from stream.simulator.customers import Customers
    from stream.simulator.engine import Engine

VISITS_PER_CONTACT = 0.25
SIGNED_IN = 0.5
SEARCHES = 0.45
FOUND = 0.7
GOES_ON = 0.35
READS = lognormal(40, 0.7)
ASKS = {True: 0.12, False: 0.35}
"""How many of those signed in make a contact within a day, by whether they found anything."""
ASKS_AFTER = lognormal(1_500, 1.3)
ARTICLES = ("reset-password", "track-an-order", "read-an-invoice", "return-a-parcel", "change-a-plan")


class SelfService:
    """Sessions on the help pages of every tenant, as many as fit its contacts."""

    def __init__(
        self, engine: Engine, *, run: str, customers: Customers, tenants: tuple[str, ...], rate: float
    ) -> None:
        """`tenants` by weight; `rate` is contacts per hour in a mean hour."""
        self.engine = engine
        self.run = run
        self.customers = customers
        self.tenants = tenants
        self.gap_ms = HOUR_MS / (rate * VISITS_PER_CONTACT)
        self.sessions = 0

    def open(self, now: int, _: None = None) -> None:
        """Wait for the first visitor."""
        self.engine.call(now + exponential_ms(self.engine.dice, self.gap_ms / load_at(now)), self._visit)

    def _visit(self, now: int, _: None) -> None:
        """Look at a page, and at more of them; nobody goes on for ever."""
        self.open(now)
        dice, engine = self.engine.dice, self.engine
        tenant = pick(dice, self.tenants)
        customer = self.customers.somebody() if dice.random() < SIGNED_IN else ""
        session = self._session(tenant, customer)
        at, found = now, True
        while True:
            if dice.random() < SEARCHES:
                found = dice.random() < FOUND
                engine.later(at, session, "selfservice.searched", f',"found":{"true" if found else "false"}')
            else:
                found = True
                engine.later(at, session, "selfservice.viewed", f',"article":"{pick(dice, ARTICLES)}"')
            if dice.random() >= GOES_ON:
                break
            at += READS.draw(dice)
        if customer and dice.random() < ASKS[found]:
            self.customers.expect(at + ASKS_AFTER.draw(dice), tenant, Return(customer))

    def _session(self, tenant: str, customer: str) -> Subject:
        self.sessions += 1
        name = f"v-{self.run}-{self.sessions}"
        tail = f',"session":"{name}"' + (f',"customer":"{customer}"' if customer else "")
        return Subject(key=name, prefix=name, lane="agent", tail=tail + tenant_tail(tenant))
