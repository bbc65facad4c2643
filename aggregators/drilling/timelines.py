"""Timelines: the facts of one conversation in order, and what became of the numbers as each of them was known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import measures
from aggregators.drilling.reads import read
from aggregators.observe import NOTHING, observe
from aggregators.samples import INTERVAL_NAMES, RESPONSE_LEFT, SAMPLE_NAMES, Interval, Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aggregators.definitions import Definitions
    from aggregators.drilling.reads import Reads
    from aggregators.facts import Fact, Key
    from aggregators.metric import Metric
    from aggregators.observe import Counted
    from aggregators.reading import Reading
    from aggregators.samples import Sample

MOST_FACTS: Final = 500
"""Of so many facts at most, the earliest, it is told what they contributed: each means looking at all before it."""


class Contribution(NamedTuple):
    """What a fact adds to the numbers, or takes back where `number` is negative, as it is known beside those before.

    A sample is dated `at` and `adds` to measures; what lasts begins then, until `end` (None: nobody knows) and adds
    none. `metrics` are those that read any of it.
    """

    what: str
    number: int
    at: int
    end: int | None
    labels: Labels
    adds: dict[str, int]
    metrics: tuple[str, ...]


class Told(NamedTuple):
    """A fact, and what it contributed; None where that is not told."""

    fact: Fact
    contributions: tuple[Contribution, ...] | None


class Readers:
    """Which metrics read what: each of *metrics* is read once of *everything*, a reading in which everything was."""

    def __init__(self, metrics: Iterable[Metric], everything: Reading) -> None:
        self._reads: dict[str, Reads] = {
            metric.suffix: read(metric, everything)[1] for metric in metrics if metric.family != "total"
        }
        self._of_measures: dict[int, frozenset[str]] = {}
        self._of_intervals: dict[int, tuple[str, ...]] = {}

    def of_amounts(self, amounts: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        """Return the metrics that look at any of these measures, in the order of the catalogue."""
        found = frozenset[str]().union(*(self._of(measure) for measure, _ in amounts))
        return tuple(name for name in self._reads if name in found)

    def of_kind(self, kind: int) -> tuple[str, ...]:
        """Return the metrics that look at what lasts of a kind, in the order of the catalogue."""
        return tuple(
            name
            for name, reads in self._reads.items()
            if kind in reads.lasting or kind in reads.oldest or reads.counts & _COUNTS.get(kind, set())
        )

    def _of(self, measure: int) -> frozenset[str]:
        found = self._of_measures.get(measure)
        if found is None:
            found = frozenset(name for name, reads in self._reads.items() if reads.touches(measure))
            self._of_measures[measure] = found
        return found


def timeline(key: Key, facts: Iterable[Fact], *, definitions: Definitions, readers: Readers) -> Iterator[Told]:
    """Yield the facts of a conversation in the order of the sweep, each with what became of the numbers by it."""
    known: list[Fact] = []
    before = NOTHING
    for fact in sorted(facts):
        if len(known) >= MOST_FACTS:
            yield Told(fact, None)
            continue
        known.append(fact)
        after = observe(key, known, definitions=definitions)
        samples = [_sample(each, by, definitions, readers) for each, by in _changes(before.samples, after.samples)]
        lasting = [_lasting(each, by, readers) for each, by in _changes(before.intervals, after.intervals)]
        yield Told(fact, (*samples, *lasting))
        before = after


def _changes(before: Mapping[Counted, int], after: Mapping[Counted, int]) -> Iterator[tuple[Counted, int]]:
    """Yield what is there more often, or less often: what is taken back first."""
    for each, number in before.items():
        if after.get(each, 0) < number:
            yield each, after.get(each, 0) - number
    for each, number in after.items():
        if number > before.get(each, 0):
            yield each, number - before.get(each, 0)


def _sample(sample: Sample, by: int, definitions: Definitions, readers: Readers) -> Contribution:
    amounts = measures.rolling(sample, definitions)
    adds = {measures.name_of(measure): amount * by for measure, amount in amounts if amount}
    what = SAMPLE_NAMES[sample[0]]
    return Contribution(what, by, sample[1], None, sample[2], adds, readers.of_amounts(amounts))


def _lasting(interval: Interval, by: int, readers: Readers) -> Contribution:
    kind, labels, start, end, _ = interval
    return Contribution(INTERVAL_NAMES[kind], by, start, end, labels, {}, readers.of_kind(kind))


_OF_WAITS: Final = {"waiting", "oldest_wait", "oldest_customer_wait", "waiting_past_target"}
_OF_RESPONSES: Final = {"response_open", "oldest_response_open", "response_open_past_target", "unanswered_messages"}
_COUNTS: Final[dict[int, set[str]]] = {
    **{kind: _OF_WAITS for kind, name in INTERVAL_NAMES.items() if name in {"waited", "waiting"}},
    **{kind: _OF_RESPONSES for kind, name in INTERVAL_NAMES.items() if name == "first_response_open"},
    RESPONSE_LEFT: _OF_RESPONSES - {"unanswered_messages"},
    **{kind: {"unanswered_messages"} for kind, name in INTERVAL_NAMES.items() if name.startswith("unanswered")},
}
"""By kind of what lasts, what of a state it is counted in."""
