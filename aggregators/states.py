"""States: what holds just before an instant, from the intervals: legs waiting, first responses open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.reading import State
from aggregators.samples import RESPONSE_OPEN, WAITING, Interval, Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aggregators.definitions import Definitions
    from aggregators.delta import Entry
    from aggregators.rolling import Group

    Grouping = Callable[[Labels], tuple[Group, ...]]


def states_at(
    entries: Iterable[tuple[Entry, int]], as_of: int, *, definitions: Definitions, grouping: Grouping
) -> dict[Group, State]:
    """Return the state of every group that has one at *as_of*: intervals with start < as_of ≤ end."""
    by_labels: dict[Labels, State] = {}
    for entry, number in entries:
        interval: Interval = entry.content  # type: ignore[assignment]  # never a sample here
        kind, labels, start, end, since = interval
        if start >= as_of or (end is not None and end < as_of):
            continue
        state = by_labels.get(labels)
        if state is None:
            state = by_labels[labels] = State()
        if kind == RESPONSE_OPEN:
            state.response_open += number
            if state.oldest_response_open is None or since < state.oldest_response_open:
                state.oldest_response_open = since
            if as_of - since > definitions.response_target(labels[1]):
                state.response_open_past_target += number
        else:
            state.waiting += number
            if state.oldest_wait is None or start < state.oldest_wait:
                state.oldest_wait = start
            if state.oldest_customer_wait is None or since < state.oldest_customer_wait:
                state.oldest_customer_wait = since
            if as_of - start > definitions.wait_target(labels[1]):
                state.waiting_past_target += number
    return _by_group(by_labels, grouping)


def waiting_at(entries: Iterable[tuple[Entry, int]], instant: int, *, known_at: int) -> dict[Labels, int]:
    """Return the legs waiting just before *instant*, by labels.

    A leg that only a timer would end, at or after *known_at*, still waits: the timer is not counted there either.
    """
    waiting: dict[Labels, int] = {}
    for entry, number in entries:
        interval: Interval = entry.content  # type: ignore[assignment]  # never a sample here
        if interval.kind == RESPONSE_OPEN or interval.start >= instant or interval.end is None:
            continue
        timed = interval.kind == WAITING and interval.end >= known_at
        if interval.end >= instant or timed:
            waiting[interval.labels] = waiting.get(interval.labels, 0) + number
    return waiting


def _by_group(by_labels: Mapping[Labels, State], grouping: Grouping) -> dict[Group, State]:
    groups: dict[Group, State] = {}
    for labels, state in by_labels.items():
        for group in grouping(labels):
            known = groups.get(group)
            groups[group] = state if known is None else _sum(known, state)
    return groups


def _sum(one: State, other: State) -> State:
    return State(
        waiting=one.waiting + other.waiting,
        oldest_wait=_least(one.oldest_wait, other.oldest_wait),
        oldest_customer_wait=_least(one.oldest_customer_wait, other.oldest_customer_wait),
        waiting_past_target=one.waiting_past_target + other.waiting_past_target,
        response_open=one.response_open + other.response_open,
        oldest_response_open=_least(one.oldest_response_open, other.oldest_response_open),
        response_open_past_target=one.response_open_past_target + other.response_open_past_target,
    )


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
