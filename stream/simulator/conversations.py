"""Conversations: their names, and what has to be remembered of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from stream.simulator.dice import pick
from stream.simulator.engine import Subject
from stream.simulator.events import tenant_tail
from stream.simulator.profile import TOPICS

if TYPE_CHECKING:
    from stream.simulator.customers import Customers
    from stream.simulator.events import Lane
    from stream.simulator.floor import Agent
    from stream.simulator.profile import Mode


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
        "owner",
        "queue",
        "surveys",
        "tenant",
        "topic",
    )

    def __init__(
        self, name: str, *, tenant: str, channel: str, queue: str, customer: str, topic: str, mode: Mode, tail: str
    ) -> None:
        """A conversation that has left no event yet; `customer` is "" where nobody knows who it is."""
        lane: Lane = "ticket" if mode == "ticket" else "chat"
        super().__init__(key=name, prefix=name, lane=lane, tail=tail)
        self.name = name
        self.tenant = tenant
        self.channel = channel
        self.queue = queue
        self.customer = customer
        self.topic = topic
        self.mode = mode
        self.legs = self.messages = self.surveys = self.moves = 0
        self.annoyed = False
        self.owner: Agent | None = None
        # The telephone system stamps in epoch milliseconds.
        self.epoch = mode == "voice"

    def message(self) -> str:
        """Return the JSON text of the next message's id."""
        self.messages += 1
        return f',"message":"m{self.messages}"'


def thanks(conversation: Conversation) -> str:
    """Return the JSON text by which a customer who comes back says no more than thanks: so does every third."""
    return ',"thanks":true' if crc32(conversation.name.encode()) % 3 == 0 else ""


def first_contact(conversation: Conversation) -> str:
    """Return the JSON text by which a survey is answered that asks whether the first contact was enough: every fifth.

    Who is annoyed says no, and one in four of the others.
    """
    by_name = crc32(conversation.name.encode())
    if by_name % 5:
        return ""
    return f',"first_contact":{"false" if conversation.annoyed or by_name // 5 % 4 == 0 else "true"}'


class Book:
    """Names conversations. Every tenant counts from 1, so two tenants share names."""

    def __init__(self, customers: Customers, *, run: str) -> None:
        """`run` keeps the names of one simulation apart from those of any other."""
        self.customers = customers
        self.run = run
        self.counts: dict[str, int] = {}

    def begin(
        self,
        *,
        tenant: str,
        channel: str,
        queue: str,
        mode: Mode,
        customer: str | None = None,
        topic: str = "",
    ) -> Conversation:
        """Return a new conversation: of *customer*, or of somebody; about *topic*, or any of the queue's."""
        number = self.counts[tenant] = self.counts.get(tenant, 0) + 1
        name = f"{'t' if mode == 'ticket' else 'c'}-{self.run}-{number}"
        return Conversation(
            name,
            tenant=tenant,
            channel=channel,
            queue=queue,
            customer=self.customers.caller(channel) if customer is None else customer,
            topic=topic or pick(self.customers.dice, TOPICS[queue]),
            mode=mode,
            tail=f',"conversation":"{name}"{tenant_tail(tenant)}',
        )

    def again(self, before: Conversation, *, channel: str, mode: Mode) -> Conversation:
        """Return a new conversation of the same customer about the same thing, over *channel*."""
        return self.begin(
            tenant=before.tenant,
            channel=channel,
            queue=before.queue,
            mode=mode,
            customer=before.customer,
            topic=before.topic,
        )

    def about(self, conversation: Conversation) -> str:
        """Return the JSON text of what is known of a conversation when it begins."""
        customer = conversation.customer
        who = f',"customer":"{customer}"' if customer else ""
        language = self.customers.language(customer)
        return f',"channel":"{conversation.channel}"{who},"language":"{language}","topic":"{conversation.topic}"'
