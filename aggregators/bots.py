"""The sweep of the bots: conversations that a bot began, and how its part ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Interval, Sample

TYPES: Final[frozenset[int]] = frozenset()
"""The types this sweep reads."""


def observe(
    facts: Sequence[Fact],
    places: Places,
    definitions: Definitions,
    samples: list[Sample],
    intervals: list[Interval],
) -> None:
    """Add what one conversation contributes. `facts` are those of TYPES in the order of the sweep."""
