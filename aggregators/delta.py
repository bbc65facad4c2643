"""Delta: everything one commit writes for a partition, all of it or nothing.

Its whole format stands here from the first day: facts put and deleted, cells added to, intervals, due and stops put
and deleted, the log of restatements, watermark and offset.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aggregators.events import Rejected
    from aggregators.facts import Fact, Facts, Key
    from aggregators.panes import Pane
    from aggregators.samples import Interval, Labels, Sample
    from aggregators.telling import Said, To


class FactsPut(NamedTuple):
    """All facts of one owner now. `added` are those that are not stored yet; None where all must be written.

    Behind a fact that was replaced its later form may be added: of two facts of one id the one behind counts.
    """

    facts: Facts
    added: list[Fact] | None


class Entry(NamedTuple):
    """A sample or interval with the conversation it comes from: a line of an index."""

    tenant: str
    conversation: str
    content: Sample | Interval


Index = dict[int, dict[Entry, int]]
"""Entries by bucket, each with how often it stands there from now on; 0 takes it out."""
Held = list[tuple["Sample | Interval", int]]
"""All that one owner has in a bucket, each with how often."""
Holdings = dict[int, dict["Key", Held]]
"""By bucket what owners have there from now on, in place of what they had; nothing takes them out."""


class Cause(NamedTuple):
    """The event that changed what was counted, by the number of its type and its id: of several the earliest."""

    type: int
    id: str


class Restated(NamedTuple):
    """A sample older than what was still open to change was added (or taken back: `number` < 0) at `watermark`.

    `cause` is None in what was logged before causes were.
    """

    watermark: int
    tenant: str
    conversation: str
    sample: Sample
    number: int
    cause: Cause | None = None


@dataclass(slots=True)
class Delta:
    """What changes between the record offsets `expected` and `next` of a partition."""

    watermark: int | None = None
    facts: dict[Key, FactsPut] = field(default_factory=dict)
    forgotten: list[Key] = field(default_factory=list)
    cells: dict[Pane, dict[Labels, dict[int, int]]] = field(default_factory=dict)
    intervals: Index = field(default_factory=lambda: defaultdict(dict))
    due: Index = field(default_factory=lambda: defaultdict(dict))
    stops: Index = field(default_factory=lambda: defaultdict(dict))
    lasting: Holdings = field(default_factory=lambda: defaultdict(dict))
    """Intervals of whoever is observed whole; those of others stand in `intervals`, one by one."""
    stopped: Holdings = field(default_factory=lambda: defaultdict(dict))
    """Samples of whoever is observed whole, but for timers; those and others' stand in `stops`, one by one."""
    expiry: dict[int, set[Key]] = field(default_factory=lambda: defaultdict(set))
    hidden: dict[Key, bool] = field(default_factory=dict)
    """Conversations that nobody is to be told of, or again may be, as one of that id begins anew."""
    log: list[Restated] = field(default_factory=list)
    labels: dict[Labels, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[int, Rejected]] = field(default_factory=list)
    is_coarse: bool = False
    """Whether it goes over so much time that what came late within it is not told from what came in time."""
    told: dict[To, Said] = field(default_factory=dict)
    """What has to be told, before all else is written, to owners in other partitions."""

    def size(self) -> int:
        """Return the number of cells and of fields of indexes, the measure of what a commit costs inside Redis."""
        cells = sum(len(cells) for groups in self.cells.values() for cells in groups.values())
        single = sum(len(rows) for index in (self.intervals, self.due, self.stops) for rows in index.values())
        held = sum(len(some) for index in (self.lasting, self.stopped) for some in index.values())
        return cells + single + held
