"""States: what holds just before an instant, from the intervals: legs waiting, first responses open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aggregators.business import hours_of, response_due
from aggregators.panes import FINE, QUARTER, is_bucket_kept
from aggregators.reading import State
from aggregators.samples import (
    FOLLOWING,
    RESPONSE_LEFT,
    RESPONSE_OPEN,
    SERIES,
    SPELLS,
    UNANSWERED,
    WAITED,
    WAITING,
    Interval,
    Labels,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.definitions import Definitions
    from aggregators.delta import Entry
    from aggregators.rolling import Group

    Grouping = Callable[[Labels], tuple[Group, ...]]
    Place = tuple[object, int]


class _Bucket:
    """The intervals of one bucket. `states` are theirs at every instant in (low, high], which is empty at first."""

    __slots__ = ("entries", "high", "labels", "low", "states")

    def __init__(self, entries: Mapping[Entry, int]) -> None:
        self.entries = entries
        self.labels: set[Labels] | None = None
        self.states: dict[Labels, State] = {}
        self.low, self.high = math.inf, -math.inf


class States:
    """The intervals of any number of partitions, by the bucket of their ends (below 0: no end known).

    Somebody looks each second, with tens of thousands waiting: a bucket is gone through again only when it was
    replaced, or when the instant has passed a start, an end or a target in it.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._buckets: dict[Place, _Bucket] = {}
        self._shares: dict[Labels, dict[Place, State]] = {}
        self._states: dict[Labels, State] = {}
        self._stale: set[Labels] = set()

    def put(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Replace a bucket."""
        place = (partition, bucket)
        old = self._buckets.pop(place, None)
        if old is not None:
            self._share(place, old.states, {})
        if entries:
            self._buckets[place] = _Bucket(entries)

    def at(self, as_of: int, grouping: Grouping) -> dict[Group, State]:
        """Return the state of every group that has one at *as_of*: intervals with start < as_of ≤ end."""
        for place, bucket in self._buckets.items():
            if not bucket.low < as_of <= bucket.high:
                before = bucket.states
                self._look(bucket, as_of, number=place[1])
                self._share(place, before, bucket.states)
        for labels in self._stale:
            shares = self._shares.get(labels)
            if shares:
                self._states[labels] = sum_of(*shares.values())
            else:
                self._shares.pop(labels, None)
                self._states.pop(labels, None)
        self._stale.clear()
        return _by_group(self._states, grouping)

    def kept(self, as_of: int) -> set[Labels]:
        """Return the labels of every interval that is kept at *as_of*, whether it holds or not."""
        found: set[Labels] = set()
        for (_, number), bucket in self._buckets.items():
            if number < 0 or is_bucket_kept(number, as_of, kept_ms=FINE.kept_ms):
                if bucket.labels is None:
                    bucket.labels = {entry.content.labels for entry in bucket.entries}
                found |= bucket.labels
        return found

    def _look(self, bucket: _Bucket, as_of: int, *, number: int) -> None:
        if 0 <= number <= as_of - QUARTER.ms:  # all of it ended before
            bucket.states, bucket.low, bucket.high = {}, number + QUARTER.ms - 1, math.inf
        else:
            bucket.states, bucket.low, bucket.high = states_of(bucket.entries, as_of, self._definitions)

    def _share(self, place: Place, old: Mapping[Labels, State], new: Mapping[Labels, State]) -> None:
        for labels in old.keys() - new.keys():
            del self._shares[labels][place]
        for labels, state in new.items():
            self._shares.setdefault(labels, {})[place] = state
        self._stale.update(old, new)


def states_of(
    entries: Mapping[Entry, int], as_of: int, definitions: Definitions
) -> tuple[dict[Labels, State], float, float]:
    """Return the states by labels at *as_of*, and the range (low, high] of instants at which they are the same.

    All there is to compare are instants that lie before *as_of* or do not: the nearest ones bound the range.
    """
    states: dict[Labels, State] = {}
    low, high = -math.inf, math.inf
    pane_end = as_of + (-as_of) % FINE.ms
    unanswered = "unanswered" in definitions.families
    for entry, number in entries.items():
        interval: Interval = entry.content  # type: ignore[assignment]  # never a sample here
        kind, labels, start, end, since = interval
        if kind in SPELLS:
            for turn, at in ((number, start), (-number, end)):
                if at is None or at < as_of:
                    continue
                if at < pane_end:
                    low = max(low, pane_end - FINE.ms)
                    _turn(states.setdefault(labels, State()), kind, turn, at)
                else:
                    high = min(high, at - at % FINE.ms)
        if start >= as_of:
            high = min(high, start)
            continue
        if end is not None and end < as_of:
            low = max(low, end)
            continue
        state = states.get(labels)
        if state is None:
            state = states[labels] = State()
        late = math.inf
        if kind in (RESPONSE_OPEN, RESPONSE_LEFT):
            late = _response_due(labels, since, definitions)
            state.response_open += number
            state.oldest_response_open = _least(state.oldest_response_open, since)
            state.response_open_past_target += number if late < as_of else 0
            if kind == RESPONSE_LEFT:
                _count(state, kind, number, since)
            elif unanswered:
                # Its first message is one without an answer for as long.
                _count(state, UNANSWERED, number, since)
        elif kind not in (WAITED, WAITING):
            _last(state, interval, number)
        else:
            late = start + definitions.wait_target(labels[1], labels[2])
            state.waiting += number
            state.oldest_wait = _least(state.oldest_wait, start)
            state.oldest_customer_wait = _least(state.oldest_customer_wait, since)
            state.waiting_past_target += number if late < as_of else 0
        if late < as_of:
            low = max(low, late)
        else:
            high = min(high, late)
        low = max(low, start)
        if end is not None:
            high = min(high, end)
    return states, low, high


def _last(state: State, interval: Interval, number: int) -> None:
    """Let *number* of an interval that is no leg and no first response last."""
    kind, _, start, _, since = interval
    if kind == SERIES:
        state.latest = max(state.latest or (start, since), (start, since))
    else:
        _count(state, kind, number, since)


def _response_due(labels: Labels, since: int, definitions: Definitions) -> float:
    """Return up to when a response to what came at *since* is in time."""
    due = response_due(definitions, labels, hours_of(definitions, labels), since)
    return math.inf if due is None else due


def _turn(state: State, kind: int, number: int, at: int) -> None:
    """Let *number* of a kind begin at *at*, which lies ahead, or end if it is negative."""
    turns, instants = state.ahead.get(kind, (0, 0))
    state.ahead[kind] = (turns + number, instants + number * at)


def _count(state: State, kind: int, number: int, since: int) -> None:
    """Count *number* of a kind that began at *since*. A message that follows another begins nothing."""
    if kind in (UNANSWERED, FOLLOWING):
        state.unanswered_messages += number
    if kind != FOLLOWING:
        state.lasting[kind] = state.lasting.get(kind, 0) + number
        state.oldest[kind] = min(since, state.oldest.get(kind, since))


def _by_group(by_labels: Mapping[Labels, State], grouping: Grouping) -> dict[Group, State]:
    groups: dict[Group, State] = {}
    for labels, state in by_labels.items():
        for group in grouping(labels):
            known = groups.get(group)
            groups[group] = state if known is None else sum_of(known, state)
    return groups


def sum_of(*states: State) -> State:
    """Return the state of all those together."""
    total = State()
    for state in states:
        total.waiting += state.waiting
        total.oldest_wait = _least(total.oldest_wait, state.oldest_wait)
        total.oldest_customer_wait = _least(total.oldest_customer_wait, state.oldest_customer_wait)
        total.waiting_past_target += state.waiting_past_target
        total.response_open += state.response_open
        total.oldest_response_open = _least(total.oldest_response_open, state.oldest_response_open)
        total.response_open_past_target += state.response_open_past_target
        total.unanswered_messages += state.unanswered_messages
        for kind, number in state.lasting.items():
            total.lasting[kind] = total.lasting.get(kind, 0) + number
        for kind, (turns, instants) in state.ahead.items():
            known = total.ahead.get(kind, (0, 0))
            total.ahead[kind] = (known[0] + turns, known[1] + instants)
        for kind, since in state.oldest.items():
            total.oldest[kind] = min(since, total.oldest.get(kind, since))
        if state.latest is not None:
            total.latest = max(total.latest or state.latest, state.latest)
    return total


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or (other is not None and other < one):
        return other
    return one
