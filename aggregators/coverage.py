"""The sweep of the coverage: how many contacts, solves and bots' ends have a customer who is known (M45, M48, M72).

What nobody is told of is in no number of the customers. It is counted where it happened, so that their shares say of
how much they are shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import points
from aggregators.points import Point
from aggregators.samples import Labels

if TYPE_CHECKING:
    from aggregators.samples import Sample
    from aggregators.told import Visit

UNKNOWN: Final = 1
KNOWN: Final = 2
"""The choices of CONTACT_KNOWN, SOLVE_KNOWN and BOT_ENDED_KNOWN."""
_BY_CUSTOMER: Final = 1


def observe(tenant: str, visit: Visit, samples: list[Sample], *, known: bool) -> None:
    """Add to *samples*, those of the conversation itself, whether the customer is known of what it tells."""
    choice = KNOWN if known else UNKNOWN
    ended = [sample for sample in samples if sample[0] == points.BOT_ENDED.code]
    for contact in visit.contacts:
        if contact.by == _BY_CUSTOMER:
            labels = Labels(tenant, contact.channel, contact.queue)
            samples.append(Point(points.CONTACT_KNOWN.code, contact.at, labels, choice))
    for solved in visit.solved:
        labels = Labels(tenant, solved.channel, solved.queue)
        samples.append(Point(points.SOLVE_KNOWN.code, solved.at, labels, choice))
    samples += [Point(points.BOT_ENDED_KNOWN.code, each[1], each[2], choice) for each in ended]
