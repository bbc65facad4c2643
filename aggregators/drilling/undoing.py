"""Undoing: what was behind a number before later events restated it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.delta import Entry
from aggregators.drilling.gathering import Index

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.delta import Restated


def undone(index: Index, log: Iterable[Restated]) -> Index:
    """Return *index* as it would be if none of *log* had happened.

    What lasts is as it is: who was there is not logged.
    """
    stops: dict[Entry, int] = {}
    for entry, number in index.stops:
        stops[entry] = stops.get(entry, 0) + number
    for row in log:
        entry = Entry(row.tenant, row.conversation, row.sample)
        stops[entry] = stops.get(entry, 0) - row.number
    return Index([(entry, number) for entry, number in stops.items() if number], index.due, index.intervals)
