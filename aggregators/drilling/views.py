"""Views: what one metric, under one value of its extra label, makes of a single sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from aggregators import measures as m
from aggregators.drilling.gathering import NOBODY, add
from aggregators.points import KINDS
from aggregators.samples import INTERVAL_NAMES
from aggregators.states import sum_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.drilling.reads import Reads
    from aggregators.metric import Metric
    from aggregators.reading import Reading, State, Value

How = Literal["sum", "mean", "quotient", "percentile", "oldest", "formula"]
Key = tuple[tuple[int, int], ...]
"""What a sample adds to the measures that a metric looks up."""
Seen = tuple[bool, float | None, dict[str, int]]
"""Whether it matters, its value, its shares by the names of measures."""
_TOTALS: Final = {
    m.WAIT_BIN: m.WAIT_MS,
    m.ABANDON_WAIT_BIN: m.ABANDON_WAIT_MS,
    m.FIRST_RESPONSE_BIN: m.FIRST_RESPONSE_MS,
    m.REPLY_BIN: m.REPLY_MS,
    **{kind.bins: kind.total for kind in KINDS if kind.adds in {"duration", "number"}},
}
"""By family of bins or numbers, the measure of the sum of what is in them."""
_NOT_THERE: Final[Seen] = (False, None, {})
_ALIKE: Final = 1e-9
_ENDS: Final = 20
_SOME: Final = 1_009
_OTHERS: Final = 7_919
_SPREAD: Final = 2_654_435_761


class View:
    """*metric* as it was read of *whole*, where it asked for *reads*."""

    def __init__(self, metric: Metric, extra: str | None, whole: Reading, reads: Reads) -> None:
        self._metric = metric
        self._extra = extra
        self._whole = whole
        self._reads = reads
        self._nobody = replace(whole, sums={}, state=NOBODY, reasons={})
        self._totals = {_TOTALS[family] for family, _ in (*reads.sketches, *reads.families) if family in _TOTALS}
        self._totals |= {_TOTALS[correction] for _, correction in reads.sketches if correction is not None}
        # A percentile does not ask for the very durations that its members have.
        self._touches: dict[int, bool] = dict.fromkeys(self._totals if metric.extra == "q" else (), True)
        self._seen: dict[Key, Seen] = {}
        self._some = _something(reads)
        self._is_one_of_several = extra is not None and metric.extra != "q"
        self._usual = self._of_some(1) if self._is_one_of_several else 0.0
        self.how: How = self._how()
        self.is_corrected = any(correction is not None for _, correction in reads.sketches)

    def touches(self, measures: Iterable[int]) -> bool:
        """Tell whether any of *measures* is looked up."""
        return any(self._is_touched(measure) for measure in measures)

    def touched(self, amounts: m.Amounts) -> Key:
        """Return what of *amounts* is looked up."""
        return tuple([each for each in amounts if self._is_touched(each[0])])

    def of_sample(self, key: Key) -> Seen:
        """Return what is made of a sample that adds *key*."""
        known = self._seen.get(key)
        if known is None:
            known = self._seen[key] = self._look(key)
        return known

    def of_state(self, state: State) -> Seen:
        """Return what is made of something that lasts and makes *state* alone."""
        alone = replace(self._nobody, state=state)
        if not self._reads.finds(alone):
            return _NOT_THERE
        if self._reads.is_of_states and self.how == "sum":
            # Beside all others: some numbers are known only where anybody is.
            more = self._read(replace(self._whole, state=sum_of(self._whole.state, state))) - self._read(self._whole)
            return (bool(more), more, self.adds(alone))
        if not self._matters(self._some, state):
            return _NOT_THERE
        return (True, self._alone(alone), self.adds(alone))

    def of_reason(self, name: str) -> float | None:
        """Return the value of a contact that has the reason *name*."""
        return self._alone(replace(self._nobody, reasons={name: 1}))

    def is_about(self, reason: str) -> bool:
        """Tell whether contacts with *reason* count."""
        return "reasons" in self._reads.context and reason == self._extra

    @property
    def is_of_states(self) -> bool:
        """Whether anything that lasts is asked for."""
        return bool(self._reads.counts or self._reads.lasting or self._reads.oldest)

    def _alone(self, reading: Reading) -> float | None:
        """Return the value of what is all there is in *reading*; None where it alone makes none."""
        if self.how == "formula":
            return None
        if self.how == "percentile":
            return self._exact(reading)
        value = pick(self._metric.read(reading), self._extra)
        return None if value is None else float(value)

    def adds(self, reading: Reading) -> dict[str, int]:
        """Return what there is in *reading* of everything the metric asks for, by name."""
        found = {m.name_of(measure): reading[measure] for measure in sorted(self._reads.measures)}
        state = reading.state
        for name in sorted(self._reads.counts):
            value = getattr(state, name)
            found[name] = value if type(value) is int else 0
        found |= {INTERVAL_NAMES[kind]: state.lasting.get(kind, 0) for kind in sorted(self._reads.lasting)}
        return {name: number for name, number in found.items() if number}

    def _is_touched(self, measure: int) -> bool:
        found = self._touches.get(measure)
        if found is None:
            found = self._touches[measure] = self._reads.touches(measure)
        return found

    def _look(self, key: Key) -> Seen:
        sums: dict[int, int] = {}
        add(sums, key, 1)
        alone = replace(self._nobody, sums=sums)
        if not self._reads.finds(alone):
            return _NOT_THERE
        more = dict(self._some)
        add(more, key, 1)
        if not self._matters(more, NOBODY):
            return _NOT_THERE
        return (True, self._alone(alone), self.adds(alone))

    def _matters(self, sums: dict[int, int], state: State) -> bool:
        """Tell whether the number is another one of *sums* and *state*, where several are read at once."""
        return not self._is_one_of_several or self._of(sums, state=state) != self._usual

    def _exact(self, alone: Reading) -> float:
        exact = sum([alone[measure] for measure in self._totals])
        return exact / 1000 if self._reads.sketches else float(exact)

    def _how(self) -> How:
        """Return how the number follows from the values, by what becomes of it where there is twice of everything."""
        if self._metric.extra == "q":
            return "percentile"
        if self._reads.is_of_states:
            return "oldest" if self._reads.is_of_the_oldest else "sum"
        try:
            once, twice = self._of_some(1), self._of_some(2)
        except ValueError:  # of an interval: no share is greater than the whole
            return "formula"
        if abs(twice - 2 * once) <= _ALIKE * abs(once):
            return "sum"
        return "mean" if abs(twice - once) <= _ALIKE * abs(once) else "formula"

    def _of_some(self, times: int) -> float:
        return self._of({measure: number * times for measure, number in self._some.items()}, times=times)

    def _of(self, sums: dict[int, int], *, state: State = NOBODY, times: int = 1) -> float:
        reasons = {self._extra: times * _SOME} if self._extra is not None and "reasons" in self._reads.context else {}
        return self._read(replace(self._whole, sums=sums, state=state, reasons=reasons))

    def _read(self, reading: Reading) -> float:
        return float(pick(self._metric.read(reading), self._extra) or 0)


def pick(said: Value | Mapping[str, Value], extra: str | None) -> Value:
    """Return the one value of what a metric says; of several the one of *extra*."""
    if isinstance(said, Mapping):
        return None if extra is None else said.get(extra)
    return said


def _something(reads: Reads) -> dict[int, int]:
    """Return numbers of all that is looked up, no two of them in a simple ratio."""
    some = set(reads.touched)
    for first, behind in reads.ranges:
        some.update([*range(first, min(behind, first + _ENDS)), *range(max(first, behind - _ENDS), behind)])
    some.update(m.score_measure(kind, 1, 3) for kind in reads.scores)
    return {measure: _SOME + measure * _SPREAD % _OTHERS for measure in some}
