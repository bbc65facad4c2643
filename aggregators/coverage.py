"""The sweep of the coverage: how many contacts, solves and bots' ends have a customer who is known (M45, M48, M72).

What nobody is told of is in no number of the customers. It is counted where it happened, so that their shares say of
how much they are shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import points
from aggregators.points import Point
from aggregators.vocabulary import CUSTOMER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Sample

UNKNOWN: Final = 1
KNOWN: Final = 2
"""The choices of CONTACT_KNOWN, SOLVE_KNOWN and BOT_ENDED_KNOWN."""


def is_named(facts: Iterable[Fact]) -> bool:
    """Tell whether any of *facts* names a customer; "" is no name."""
    return any([fact[4].get(CUSTOMER) for fact in facts])  # noqa: C419 - a generator is slow here


def observe(
    places: Places,
    samples: list[Sample],
    *,
    contacts: Iterable[tuple[int, bool]],
    solved: Iterable[int],
    known: bool,
) -> None:
    """Add to *samples*, all others of one conversation, whether its customer is known of what it tells.

    `contacts` are the instants of its episodes, each with whether the centre began it; `solved` those of the last solve
    of each episode.
    """
    choice = KNOWN if known else UNKNOWN
    ended = [sample for sample in samples if sample[0] == points.BOT_ENDED.code]
    for at, ours in contacts:
        if not ours:
            samples.append(Point(points.CONTACT_KNOWN.code, at, places.at(at), choice))
    samples += [Point(points.SOLVE_KNOWN.code, at, places.at(at), choice) for at in solved]
    samples += [Point(points.BOT_ENDED_KNOWN.code, each[1], each[2], choice) for each in ended]
