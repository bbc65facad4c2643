"""Reasons: what contacts are about, by the topic and the tags of their conversation (M73).

A reason has cells of its own, under its name; the sums over queues know nothing of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aggregators.levels import part_of
from aggregators.points import REASON, REASONED, Point
from aggregators.samples import Labels
from aggregators.vocabulary import TAGS, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Sample

LEVEL: Final = "reason"
MOST_REASONS: Final = 10
"""So many of a conversation's tags and topic count at most, the first by name."""
UNKNOWN: Final = 1
KNOWN: Final = 2
"""The choices of REASONED."""


def of(facts: Iterable[Fact]) -> list[str]:
    """Return the reasons of a conversation: the last topic and the last tags that its events name, each once.

    `facts` are in the order of the sweep.
    """
    topic = ""
    tags: list[Any] = []
    for fact in facts:
        topic = fact[4].get(TOPIC, topic)
        tags = fact[4].get(TAGS, tags)
    return sorted({name for name in (topic, *tags) if name})[:MOST_REASONS]


def observe(facts: Iterable[Fact], places: Places, contacts: Iterable[tuple[int, bool]], samples: list[Sample]) -> None:
    """Add what one conversation contributes: `contacts` are the instants of its episodes, and whether we began them."""
    named, tenant = of(facts), places.tenant
    for at, ours in contacts:
        if not ours:
            samples.append(Point(REASONED.code, at, places.at(at), KNOWN if named else UNKNOWN))
            samples += [Point(REASON.code, at, Labels(tenant, "", "", part_of(LEVEL, name)), 0) for name in named]
