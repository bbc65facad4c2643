"""Who comes: somebody new, one of the regulars, or somebody whose business is not finished."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from stream.simulator.dice import lognormal
from stream.simulator.profile import CHANNEL_MODE, LANGUAGES

if TYPE_CHECKING:
    from random import Random

    from stream.simulator.conversations import Conversation
    from stream.simulator.dice import Spread

NAMES_PER_CONTACT_AN_HOUR = 2_000
"""So many that few of those who come in a week come twice by chance."""
REGULARS = 0.03
REGULARS_PER_CONTACT_AN_HOUR = 0.25
DUE_COMES = 0.6
SAME_CHANNEL = 0.5
# Without an account on the web, with the number withheld on the telephone.
ANONYMOUS = {"web": 0.2, "voice": 0.25}

LATER = lognormal(36_000, 1.5)
"""From an end until the same customer comes again: hours to days."""
SOON = lognormal(700, 1.0)
"""The same for one who has not got through."""

AFTER_GIVING_UP = 0.4
AFTER_UNRESOLVED = 0.45
AFTER_RESOLVED = 0.11
AFTER_BOT = 0.18


class Return(NamedTuple):
    """Somebody who will come: about what and how; the queue is empty if that is open."""

    customer: str
    queue: str = ""
    topic: str = ""
    channel: str = ""


class Customers:
    """The customers of every tenant, and what is still to be expected of them."""

    def __init__(self, dice: Random, *, rate: float) -> None:
        """`rate` is contacts per hour in a mean hour."""
        self.dice = dice
        self.many = 1_000 + int(rate * NAMES_PER_CONTACT_AN_HOUR)
        self.regulars = 20 + int(rate * REGULARS_PER_CONTACT_AN_HOUR)
        self.due: dict[str, list[tuple[int, int, Return]]] = {}
        self.turn = 0

    def somebody(self) -> str:
        """Return the name of a customer who comes out of nowhere."""
        luck = self.dice.random()
        return f"u-{int(luck / REGULARS * self.regulars if luck < REGULARS else luck * self.many)}"

    def caller(self, channel: str) -> str:
        """Return the name of somebody who comes over *channel*, "" if it stays unknown."""
        hidden = ANONYMOUS.get(channel)
        return "" if hidden and self.dice.random() < hidden else self.somebody()

    def language(self, customer: str) -> str:
        """Return the customer's own language, any for the unknown."""
        number = int(customer[2:]) * 61 if customer else int(self.dice.random() * 100)
        return LANGUAGES[number % len(LANGUAGES)]

    def expect(self, at_ms: int, tenant: str, who: Return) -> None:
        """Have *who* come at *at_ms* or soon after, in place of somebody new."""
        self.turn += 1
        heappush(self.due.setdefault(tenant, []), (at_ms, self.turn, who))

    def may_return(self, now: int, before: Conversation, *, share: float, gap: Spread = LATER) -> None:
        """Have the customer of *before* come again with this probability, about the same or over another channel."""
        if before.customer and self.dice.random() < share:
            who = Return(before.customer, before.queue, before.topic, before.channel)
            self.expect(now + gap.draw(self.dice), before.tenant, who)

    def returning(self, now: int, tenant: str) -> Return | None:
        """Return somebody who is due, None where nobody is or somebody else is quicker."""
        due = self.due.get(tenant)
        if not due or due[0][0] > now or self.dice.random() >= DUE_COMES:
            return None
        return heappop(due)[2]

    def channel(self, who: Return, *, drawn: str) -> str:
        """Return the channel over which *who* comes: half of the time the one of before."""
        return who.channel if who.channel in CHANNEL_MODE and self.dice.random() < SAME_CHANNEL else drawn
