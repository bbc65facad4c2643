"""Reads: what a metric asks for when it is read, and why there is nobody behind some of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from aggregators.measures import ABANDON_WAIT_BIN, FAMILY, SCORES, WAIT_BIN
from aggregators.points import BY_CODE, CELLS, MEASURES_A_KIND, NO_STOPS
from aggregators.reading import Reading, State
from aggregators.samples import INTERVAL_NAMES, WAITED, WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from aggregators.metric import Metric
    from aggregators.reading import Value

_CONTEXT: Final = frozenset({"advice", "past", "demand", "place", "tenant", "channels", "reasons", "usual", "month"})
"""What a metric reads beside its own measures and state."""
_COUNTS: Final = frozenset(each.name for each in fields(State)) - {"lasting", "oldest", "ahead"}
_KINDS_OF_SCORES: Final = 3
_OF_WAITS: Final = frozenset({"waiting", "oldest_wait", "oldest_customer_wait", "waiting_past_target"})
"""The numbers of a state that waits make, and nothing else does."""
_OVER_ALL_TIME: Final = "counts all there ever was; the conversations of its windows stand behind the rolling metrics"
_ESTIMATED: Final = "is an estimate made of many waits, and of none of them"
_OF_WEEKS: Final = "is set against the same hours of weeks before, of which only the counts are kept"
_OF_PLACES: Final = "is what the definitions say of the queue, whoever is there"
_OF_RATES: Final = "is made of rates by the hour and of shares in them"
_OF_A_WEEK: Final = "is set against the window 7d: see contact_reason_share_ratio in both"
_OF_A_MONTH: Final = "is of 30 days, of which only the counts are kept: see nps_points over 7d"
_OF_TURNS: Final = "is added up of when agents began and ended, of which only the sums are kept"
_CENSORED: Final = "is an estimate: who left is behind abandon_wait_seconds, who was answered behind wait_seconds"
_OF_CELLS: Final = "is read from a sketch that does not know whom it has counted"


@dataclass(slots=True)
class Reads:
    """What was asked for: measures by their number, sketches with their correction, other families, scores, states.

    `touched` and `ranges` are all that was looked up to answer it.
    """

    measures: set[int] = field(default_factory=set)
    sketches: set[tuple[int, int | None]] = field(default_factory=set)
    families: set[tuple[int, int]] = field(default_factory=set)
    scores: set[int] = field(default_factory=set)
    counts: set[str] = field(default_factory=set)
    lasting: set[int] = field(default_factory=set)
    oldest: set[int] = field(default_factory=set)
    context: set[str] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    ranges: set[tuple[int, int]] = field(default_factory=set)

    def touches(self, measure: int) -> bool:
        """Tell whether *measure* was looked up."""
        if measure in self.touched or any(first <= measure < behind for first, behind in self.ranges):
            return True
        return measure >= SCORES and (measure - SCORES) % _KINDS_OF_SCORES in self.scores

    def finds(self, reading: Reading) -> bool:
        """Tell whether there is anything in *reading* of what was asked for; two that cancel out are nothing."""
        sums, state = reading.sums, reading.state
        if any(reading[measure] for measure in self.measures):
            return True
        for sketch, correction in self.sketches:
            bins = reading.counted(sketch)
            for index, number in reading.counted(correction).items() if correction is not None else ():
                bins[index] = bins.get(index, 0) + number
            if any(bins.values()):
                return True
        if any(any(reading.counted(*family).values()) for family in self.families):
            return True
        if self.scores and any(m >= SCORES and (m - SCORES) % _KINDS_OF_SCORES in self.scores for m in sums):
            return True
        return (
            any(getattr(state, name) for name in self.counts)
            or any(state.lasting.get(kind) for kind in self.lasting)
            or any(kind in state.oldest for kind in self.oldest)
        )

    @property
    def is_of_states(self) -> bool:
        """Whether nothing that a window counts was asked for."""
        return not (self.touched or self.ranges or self.scores or self.context)

    @property
    def is_of_the_oldest(self) -> bool:
        """Whether it is about who has been there for longest."""
        return bool(self.oldest) or any(name.startswith("oldest") or name == "latest" for name in self.counts)


def why_not(metric: Metric, reads: Reads) -> str | None:
    """Return why the conversations behind *metric* cannot be told, as the end of a sentence; None if they can."""
    if metric.family == "total":
        return _OVER_ALL_TIME
    if metric.advisory or "advice" in reads.context:
        return _ESTIMATED
    if reads.context & {"past", "demand"}:
        return _OF_WEEKS
    if {(WAIT_BIN, FAMILY), (ABANDON_WAIT_BIN, FAMILY)} <= reads.families:
        return _CENSORED
    if "place" in reads.context:
        return _OF_PLACES
    if reads.context & {"tenant", "channels"}:
        return _OF_RATES
    if "usual" in reads.context:
        return _OF_A_WEEK
    if "month" in reads.context:
        return _OF_A_MONTH
    if any(first >= CELLS and behind <= CELLS + 8 * FAMILY for first, behind in reads.ranges):
        return _OF_CELLS
    for code in NO_STOPS:
        kind = BY_CODE[code]
        if any(kind.count <= measure < kind.count + MEASURES_A_KIND for measure in reads.touched):
            return _OF_TURNS if kind.adds == "turn" else _OF_CELLS
    return None


def kinds_that_last(metric: Metric) -> frozenset[int] | None:
    """Return the kinds of intervals that *metric* is made of where these are waits alone; None: they may be any.

    By what it asks for where there are some of all kinds, and where there are none.
    """
    if metric.family != "state":
        return None
    rich = State(lasting=dict.fromkeys(INTERVAL_NAMES, 1), latest=(1, 1))
    rich.oldest = dict(rich.lasting)
    for name in _COUNTS - {"latest"}:
        setattr(rich, name, 1)
    asked: set[str] = set()
    for state in (rich, State()):
        _, reads = read(metric, Reading({}, state, as_of=1_000, place=("", "", "")))
        if reads.lasting or reads.oldest or reads.context:
            return None
        asked |= reads.counts
    return frozenset((WAITED, WAITING)) if asked and asked <= _OF_WAITS else None


def read(metric: Metric, reading: Reading) -> tuple[Value | Mapping[str, Value], Reads]:
    """Return what *metric* says of *reading*, and what it asked for to say so."""
    reads = Reads()
    values = {each.name: getattr(reading, each.name) for each in fields(Reading) if each.init}
    noting = _Noting(**{**values, "state": _state(reading.state, reads)})
    noting.begin(reads)
    return metric.read(noting), reads


class _Noting(Reading):
    """A reading that notes what it is asked for."""

    __slots__ = ("_depth", "_reads")
    _depth: int
    _reads: Reads | None

    def begin(self, reads: Reads) -> None:
        """Note in *reads* from now on."""
        # Around what keeps a reading as it was made.
        object.__setattr__(self, "_depth", 0)
        object.__setattr__(self, "_reads", reads)

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - whatever the attribute is
        if name in _CONTEXT:
            object.__getattribute__(self, "_reads").context.add(name)
        return object.__getattribute__(self, name)

    def _deeper(self, by: int) -> None:
        object.__setattr__(self, "_depth", self._depth + by)

    def _note(self) -> Reads:
        return object.__getattribute__(self, "_reads")  # type: ignore[no-any-return]  # noted in since `begin`

    def __getitem__(self, measure: int) -> int:
        reads = self._note()
        reads.touched.add(measure)
        if not self._depth:
            reads.measures.add(measure)
        self._deeper(1)
        found = super().__getitem__(measure)
        self._deeper(-1)
        return found

    def choices(self, first: int, behind: int) -> int:
        self._note().ranges.add((first, behind))
        return super().choices(first, behind)

    def values(self, family: int) -> tuple[int, int]:
        self._note().ranges.add((family, family + FAMILY))
        return super().values(family)

    def counted(self, family: int, size: int = FAMILY) -> dict[int, int]:
        reads = self._note()
        reads.ranges.add((family, family + size))
        if not self._depth:
            reads.families.add((family, size))
        return super().counted(family, size)

    def quantiles_s(self, family: int, correction: int | None = None) -> dict[str, float]:
        self._note().sketches.add((family, correction))
        self._deeper(1)
        found = super().quantiles_s(family, correction)
        self._deeper(-1)
        return found

    def scores(self, kind: int) -> dict[Fraction, int]:
        self._note().scores.add(kind)
        return super().scores(kind)


class _Kinds(dict[int, Any]):
    """What a state has by kind of interval; notes which kinds it is asked for."""

    def __init__(self, known: Mapping[int, Any], asked: set[int]) -> None:
        super().__init__(known)
        self._asked = asked

    def get(self, kind: int, default: Any = None) -> Any:  # noqa: ANN401 - as of any dict
        self._asked.add(kind)
        return super().get(kind, default)


class _NotingState(State):
    """A state that notes what it is asked for."""

    __slots__ = ("_reads",)
    _reads: Reads | None

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - as above
        if name in _COUNTS:
            object.__getattribute__(self, "_reads").counts.add(name)
        return object.__getattribute__(self, name)


def _state(state: State, reads: Reads) -> State:
    values = {each.name: getattr(state, each.name) for each in fields(State)}
    values |= {"lasting": _Kinds(state.lasting, reads.lasting), "oldest": _Kinds(state.oldest, reads.oldest)}
    noting = _NotingState(**values)
    noting._reads = reads  # noqa: SLF001 - it is made here
    return noting
