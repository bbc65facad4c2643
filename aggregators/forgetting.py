"""Forgetting: whose conversations nobody is told of any more, and what stands for a customer who is forgotten.

`conversation.forgotten` blanks the customer of its conversation, in what is known of it and in what comes later, and so
does nothing to its numbers but this: of other conversations of that customer it knows nothing any more, unless they are
forgotten too. `ticket.deleted` leaves the customer. Behind either a conversation is no longer named by what opens
numbers down to their conversations; it still counts in them.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from aggregators.vocabulary import CUSTOMER, code_of

if TYPE_CHECKING:
    from aggregators.facts import Fact, Facts

FORGOTTEN: Final = code_of("conversation.forgotten")
HIDING: Final = frozenset({FORGOTTEN, code_of("ticket.deleted")})
"""The types of events behind which nobody is told of a conversation."""
_MARK: Final = "…"
_BYTES: Final = 8


def stand_in(tenant: str, customer: str) -> str:
    """Return what stands for a forgotten customer: the same in each of their forgotten conversations.

    It is a hash: whoever has a list of customers may find by trying whom it stands for. So nobody is shown it who is
    not shown ids.
    """
    text = f"{tenant}\0{customer}".encode("utf-8", "surrogatepass")
    return _MARK + blake2b(text, digest_size=_BYTES).hexdigest()


def is_stand_in(customer: str) -> bool:
    """Tell whether *customer* stands for somebody who is forgotten."""
    return customer.startswith(_MARK) and len(customer) == len(_MARK) + 2 * _BYTES


def blanked(fact: Fact, tenant: str) -> Fact:
    """Return *fact* without its customer; the same object where it names none."""
    customer = fact[4].get(CUSTOMER)
    if not customer or is_stand_in(customer):
        return fact
    return fact._replace(fields={**fact[4], CUSTOMER: stand_in(tenant, customer)})


def blank(facts: Facts, tenant: str) -> bool:
    """Take the customer out of all of *facts*, in place; tell whether any had one."""
    found = False
    for identifier, fact in facts.items():
        without = blanked(fact, tenant)
        if without is not fact:
            facts[identifier] = without
            found = True
    return found
