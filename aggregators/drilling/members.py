"""Members: who a number is made of, what each of them adds to it, and the number made of them alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from aggregators.drilling.gathering import add, named, state_of
from aggregators.drilling.owners import Owner, owner_of
from aggregators.drilling.reads import read, why_not
from aggregators.drilling.views import How, Key, View, pick
from aggregators.points import REASON
from aggregators.samples import INTERVAL_NAMES, SAMPLE_NAMES, Interval, Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.delta import Entry
    from aggregators.drilling.gathering import Pool
    from aggregators.metric import Metric
    from aggregators.reading import Value


class NotDrilled(NamedTuple):
    """There is nobody to be told behind a number; `why` ends a sentence that begins with its name."""

    why: str


class Member(NamedTuple):
    """One sample behind a number, or one thing that lasts.

    `owner` is what `id` names. A sample is dated `at`; what lasts has begun then. `what` is the kind of it. `value` is
    the number as this member alone would make it, in the unit of the metric: a count, a duration, 1 or 0 for a share;
    None where one alone makes none. `adds` are its shares in all that the number is made of, by the names of measures.
    `number` is how often it counts.
    """

    owner: Owner
    tenant: str
    id: str
    at: int
    labels: Labels
    what: str
    value: float | None
    adds: dict[str, int]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """A number, made of its members alone; None where it is absent.

    `how` it is made of their values: their sum, their mean, a percentile, that of the oldest. A "quotient" is that of
    two of the `parts`, and a "formula" is made of these only: they are the sums of what all members add. `n` is how
    many members count, `total` the sum of their values, `exact` the percentile without the bins of a sketch.
    """

    value: Value
    how: How
    n: int
    total: float
    exact: float | None
    parts: dict[str, int]
    members: tuple[Member, ...]


def drill(metric: Metric, pool: Pool, *, extra: str | None = None) -> Drilled | NotDrilled:
    """Return who *metric* is made of; *extra* is the value of the label it has beside those of its level and window."""
    said, reads = read(metric, pool.reading)
    why = why_not(metric, reads)
    if why is not None:
        return NotDrilled(why)
    shown = pick(said, extra)
    if shown is None:
        return Drilled(value=None, how="formula", n=0, total=0.0, exact=None, parts={}, members=())
    view = View(metric, extra, pool.reading, reads)
    sums: dict[int, int] = {}
    members = []
    for entries, number, key in _samples(view, pool):
        _, value, adds = view.of_sample(key)
        add(sums, key, number)
        members.append(_member(entries, number, value, adds))
    reasons = [row for row in pool.reasons if view.is_about(row.name)]
    members += [_member([row.entry], row.number, view.of_reason(row.name), {REASON.name: 1}) for row in reasons]
    lasting = []
    for each in pool.lasting if view.is_of_states else ():
        is_member, value, adds = view.of_state(each.state)
        if is_member:
            lasting.append(each)
            members.append(_member([each.entry], each.number, value, adds))
    whole = replace(pool.reading, sums=sums, state=state_of(lasting, pool.where), reasons=named(reasons))
    value = pick(metric.read(whole), extra)
    values = [(each.value, each.number) for each in members if each.value is not None]
    total = fsum(value * number for value, number in values)
    if value is None and (view.how == "sum" or not members):
        # It is known only beside others, who do not count: that there is nobody too.
        value = int(total)
    return Drilled(
        value=value,
        how="quotient" if view.how == "mean" and any(each.value is None for each in members) else view.how,
        n=sum([each.number for each in members]),
        total=total,
        exact=percentile(values, float(extra)) if view.how == "percentile" and values and extra else None,
        parts=view.adds(whole),
        members=tuple(members),
    )


def kinds_of(metric: Metric, pool: Pool, *, extra: str | None = None) -> frozenset[int]:
    """Return the kinds of samples in *pool* that *metric* is made of; see `drill`."""
    _, reads = read(metric, pool.reading)
    view = View(metric, extra, pool.reading, reads)
    return frozenset(kind for kind, measures in pool.measures.items() if view.touches(measures))


def chosen(
    members: Sequence[Member], *, at_least: float | None = None, quantile: float | None = None
) -> tuple[Member, ...]:
    """Return the members whose value is at least *at_least*, and at least the percentile *quantile* of them all."""
    bounds = [] if at_least is None else [at_least]
    values = [(each.value, each.number) for each in members if each.value is not None]
    if quantile is not None and values:
        bounds.append(percentile(values, quantile))
    elif quantile is None and at_least is None:
        return tuple(members)
    return tuple(each for each in members if each.value is not None and all(each.value >= bound for bound in bounds))


def percentile(values: Iterable[tuple[float, int]], rank: float) -> float:
    """Return the nearest-rank percentile of values, each with how often it came; there is at least one."""
    ordered = sorted(values)
    wanted = max(1, -int(-(rank * sum([number for _, number in ordered]) - 1e-9) // 1))
    place, seen = 0, ordered[0][1]
    while seen < wanted:
        place += 1
        seen += ordered[place][1]
    return ordered[place][0]


def _samples(view: View, pool: Pool) -> list[tuple[list[Entry], int, Key]]:
    """Return the samples that matter, how often, and what each adds.

    What one owner adds at an instant is one member where only together it makes a number, and none where it cancels
    out: a duration and its correction, a reply and that it met no clock.
    """
    places: dict[tuple[str, str, int, Labels], list[tuple[list[Entry], int, Key]]] = {}
    kinds = [kind for kind, measures in pool.measures.items() if view.touches(measures)]
    for entry, number, amounts in (row for kind in kinds for row in pool.counted[kind]):
        key = view.touched(amounts)
        if key and view.of_sample(key)[0]:
            at, labels = entry.content[1], entry.content[2]
            place: tuple[str, str, int, Labels] = (entry.tenant, entry.conversation, at, labels)  # type: ignore[assignment]  # of a sample
            places.setdefault(place, []).append(([entry], number, key))
    found = []
    for rows in places.values():
        if len(rows) == 1:
            found += rows
            continue
        sums: dict[int, int] = {}
        for _, number, key in rows:
            add(sums, key, number)
        together = tuple(sums.items())
        if not view.of_sample(together)[0]:
            continue
        alone = view.is_corrected or any(view.of_sample(key)[1] is None for _, _, key in rows)
        if alone and all(number == 1 for _, number, _ in rows):
            found.append(([entry for entries, _, _ in rows for entry in entries], 1, together))
        else:
            found += rows
    return found


def _member(entries: Sequence[Entry], number: int, value: float | None, adds: dict[str, int]) -> Member:
    tenant, name, content = entries[0]
    at = content.start if isinstance(content, Interval) else content[1]
    kinds = dict.fromkeys(
        (INTERVAL_NAMES if isinstance(each.content, Interval) else SAMPLE_NAMES)[each.content[0]] for each in entries
    )
    return Member(owner_of(content), tenant, name, at, content.labels, "+".join(kinds), value, adds, number)
