"""What a metric is read from: the measures of one group in one window, and the group's state now."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from aggregators.definitions import Definitions
from aggregators.following import FOLLOWS
from aggregators.measures import FAMILY, SCORES, fraction_of
from aggregators.sketch import quantiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.expected_wait import Advice
    from aggregators.history import Demand


Value = float | int | None
"""What is shown; None, which means absent, where nothing is known."""

QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(slots=True)
class State:
    """One group just before an instant. The oldest ones are instants in epoch ms, None when there is nobody."""

    waiting: int = 0
    oldest_wait: int | None = None
    oldest_customer_wait: int | None = None
    waiting_past_target: int = 0
    response_open: int = 0
    oldest_response_open: int | None = None
    response_open_past_target: int = 0
    unanswered_messages: int = 0
    lasting: dict[int, int] = field(default_factory=dict)
    """How many intervals of every other kind there are."""
    oldest: dict[int, int] = field(default_factory=dict)
    """Where the oldest of them began."""
    latest: tuple[int, int] | None = None
    """Of a series computed elsewhere: the instant of its last sample in epoch ms, and the value in millionths."""
    ahead: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of the kinds of `samples.SPELLS` what begins or ends from now to the end of the 10-second pane, as turns are.

    (How many more begin than end, the sum of their instants so signed): the window holds it, and it is not yet.
    """


@dataclass(frozen=True, slots=True)
class Reading:
    """The measures of one group in one window (`sums`), its state, and the instant both are for (epoch ms).

    The window begins at `start` (epoch ms; 0 where there is none). `definitions` are those in force.
    `level` is that of the group; `window` is "" where there is none. `advice` is what those who come now are told;
    `past` returns what the same hours of each week before counted (history.MEASURES), the latest first, where that is
    remembered; `demand` how many queued in the like of the last hour.
    Since the hour from `since` anything of its tenant is known. Of a channel `tenant` reads its tenant; `channels` is
    that channel, or those of a tenant.
    `place` are the values of its group's labels.
    Of a tenant, `reasons` says how often each reason came in the window, `usual` which share of the contacts each has
    over 7 d.
    `month` are the measures of the last 30 days (month.MEASURES), where there is no window.
    """

    sums: Mapping[int, int]
    state: State
    as_of: int
    start: int = 0
    definitions: Definitions = field(default_factory=Definitions)
    level: str = "tenant"
    window: str = ""
    advice: Advice | None = None
    past: Callable[[], list[dict[int, int]]] | None = None
    demand: Callable[[], list[Demand]] | None = None
    since: int = 0
    tenant: Reading | None = None
    channels: tuple[str, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    place: tuple[str, ...] = ()
    month: Mapping[int, int] = field(default_factory=dict)
    _added_up: dict[int, tuple[int, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getitem__(self, measure: int) -> int:
        """Return the measure, with all that is not stored because it follows from others; 0 where there is nothing."""
        found = self.sums.get(measure, 0)
        follows = FOLLOWS.get(measure)
        return found if follows is None else found + follows(self)

    def choices(self, first: int, behind: int) -> int:
        """Return the sum of the measures from *first* up to *behind*, none of which follows from others."""
        sums = self.sums
        return sum([sums[measure] for measure in range(first, behind) if measure in sums])

    def values(self, family: int) -> tuple[int, int]:
        """Return how many values are counted one by one in a family of measures, and their sum."""
        if not self._added_up:
            self._added_up[-1] = (0, 0)
            for measure, number in self.sums.items():
                if measure >= FAMILY:
                    index = measure % FAMILY
                    count, total = self._added_up.get(measure - index, (0, 0))
                    self._added_up[measure - index] = (count + number, total + index * number)
        return self._added_up.get(family, (0, 0))

    def counted(self, family: int, size: int = FAMILY) -> dict[int, int]:
        """Return what there is of a family of so many measures, each by its index: bins, numbers, types."""
        behind = family + size
        return {measure - family: n for measure, n in self.sums.items() if family <= measure < behind}

    def quantiles_s(self, family: int, correction: int | None = None) -> dict[str, float]:
        """Return the quantiles in seconds of a sketch by their `q`; nothing where there are no samples.

        `correction` is the family of the bins to be added to those of the sketch first.
        """
        bins = self.counted(family)
        if correction is not None:
            for index, n in self.counted(correction).items():
                bins[index] = bins.get(index, 0) + n
        if not any(count > 0 for count in bins.values()):
            return {}
        found = quantiles(bins, QUANTILES)
        return {str(q): value / 1000 for q, value in zip(QUANTILES, found, strict=True)}

    def scores(self, kind: int) -> dict[Fraction, int]:
        """Return how often each normalised score of a kind of survey (measures.CSAT_SCORE, …) was given."""
        found = ((divmod(m - SCORES, 3), n) for m, n in self.sums.items() if m >= SCORES and n)
        return {Fraction(*fraction_of(index)): n for (index, which), n in found if which == kind}

    def score_sum(self, kind: int) -> Fraction:
        """Return the exact sum of the normalised scores of a kind of survey (measures.CSAT_SCORE, …)."""
        return sum((score * n for score, n in self.scores(kind).items()), Fraction())


def ratio(part: int, whole: int) -> float | None:
    """Return part/whole; None, which means absent, where there is no whole."""
    return part / whole if whole else None


def mean_s(total_ms: int, count: int) -> float | None:
    """Return the mean in seconds; None where there is nothing."""
    return total_ms / count / 1000 if count else None


def age_s(since: int | None, as_of: int) -> float | None:
    """Return the age in seconds of what began at `since`; None where there is nothing."""
    return None if since is None else (as_of - since) / 1000
