"""Conversations and the customers who begin them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulator.dice import pick
from stream.simulator.engine import Subject

if TYPE_CHECKING:
    from random import Random

    from stream.simulator.events import Lane
    from stream.simulator.profile import Mode

RETURNING = 0.3
REMEMBERED = 2_000


class Conversation(Subject):
    """One chat, call or ticket, as far as the simulation has to remember it."""

    __slots__ = (
        "annoyed",
        "channel",
        "customer",
        "legs",
        "messages",
        "mode",
        "moves",
        "name",
        "queue",
        "surveys",
        "tenant",
    )

    def __init__(
        self, name: str, *, tenant: str, channel: str, queue: str, customer: str, mode: Mode, tail: str
    ) -> None:
        """A conversation that has left no event yet."""
        lane: Lane = "ticket" if mode == "ticket" else "chat"
        super().__init__(key=name, prefix=name, lane=lane, tail=tail)
        self.name = name
        self.tenant = tenant
        self.channel = channel
        self.queue = queue
        self.customer = customer
        self.mode = mode
        self.legs = self.messages = self.surveys = self.moves = 0
        self.annoyed = False
        # The telephone system stamps in epoch milliseconds.
        self.epoch = mode == "voice"

    def message(self) -> str:
        """Return the JSON text of the next message's id."""
        self.messages += 1
        return f',"message":"m{self.messages}"'


class Book:
    """Names conversations and customers. Every tenant counts from 1, so two tenants share names."""

    def __init__(self, dice: Random, *, run: str, customers: int, default_tenant: str) -> None:
        """`run` keeps the names of one simulation apart from those of any other."""
        self.dice = dice
        self.run = run
        self.customers = customers
        self.default_tenant = default_tenant
        self.counts: dict[str, int] = {}
        self.recent: list[str] = []

    def begin(self, *, tenant: str, channel: str, queue: str, mode: Mode, customer: str | None = None) -> Conversation:
        """Return a new conversation: of *customer*, or of somebody, who may have been here before."""
        number = self.counts[tenant] = self.counts.get(tenant, 0) + 1
        name = f"{'t' if mode == 'ticket' else 'c'}-{self.run}-{number}"
        tail = f',"conversation":"{name}"'
        if tenant != self.default_tenant:
            tail += f',"tenant":"{tenant}"'
        return Conversation(
            name,
            tenant=tenant,
            channel=channel,
            queue=queue,
            customer=customer or self._customer(),
            mode=mode,
            tail=tail,
        )

    def _customer(self) -> str:
        dice = self.dice
        if self.recent and dice.random() < RETURNING:
            return pick(dice, self.recent)
        name = f"u-{int(dice.random() * self.customers)}"
        if len(self.recent) < REMEMBERED:
            self.recent.append(name)
        else:
            self.recent[int(dice.random() * REMEMBERED)] = name
        return name
