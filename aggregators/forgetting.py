"""Forgetting: whose conversations nobody is told of any more, and what stands for a customer who is forgotten.

`conversation.forgotten` blanks the customer of its conversation, in what is known of it and in what comes later.
Customers are told of their conversations under what stands for them, forgotten or not, so every number stays as it was.
`ticket.deleted` leaves the customer. Behind either a conversation is no longer named by what opens numbers down to
their conversations; it still counts in them.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from aggregators.vocabulary import CUSTOMER, code_of

if TYPE_CHECKING:
    from aggregators.facts import Fact, Facts

FORGOTTEN: Final = code_of("conversation.forgotten")
HIDING: Final = frozenset({FORGOTTEN, code_of("ticket.deleted")})
"""The types of events behind which nobody is told of a conversation."""
_MARK: Final = "…"
_DIGITS: Final = "0123456789abcdef"
_BYTES: Final = 8


@lru_cache(maxsize=4_096)
def stand_in(tenant: str, customer: str) -> str:
    """Return what stands for a customer of a tenant, which of what does so already is itself.

    It is a hash: whoever has a list of customers may find by trying whom it stands for. So it is shown to nobody.
    """
    if is_stand_in(customer):
        return customer
    text = f"{tenant}\0{customer}".encode("utf-8", "surrogatepass")
    return _MARK + blake2b(text, digest_size=_BYTES).hexdigest()


def is_stand_in(customer: str) -> bool:
    """Tell whether *customer* is no name, but stands for somebody."""
    return len(customer) == len(_MARK) + 2 * _BYTES and customer[0] == _MARK and not customer[1:].strip(_DIGITS)


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
