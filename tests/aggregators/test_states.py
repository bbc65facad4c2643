"""States at an instant, whatever was asked before: what is remembered of a bucket never shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.delta import Entry
from aggregators.panes import QUARTER, bucket_of
from aggregators.reading import State
from aggregators.rolling import Group, groups_of
from aggregators.samples import RESPONSE_OPEN, WAITED, WAITING, Interval, Labels
from aggregators.states import States

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Definitions()
TARGET = DEFAULT.wait_target("chat")
BILLING = Labels("acme", "chat", "billing")
SALES = Labels("acme", "chat", "sales")
OPEN = -1
EXAMPLES = settings(max_examples=100, derandomize=True, database=None, deadline=None)

INSTANTS = st.integers(0, 3 * QUARTER.ms // 60_000).map(lambda minute: minute * 60_000)
INTERVALS = st.builds(
    lambda kind, labels, start, length, before: Interval(
        kind, labels, start, None if kind == RESPONSE_OPEN and length > QUARTER.ms else start + length, start - before
    ),
    st.sampled_from([WAITED, WAITING, RESPONSE_OPEN]),
    st.sampled_from([BILLING, SALES]),
    INSTANTS,
    INSTANTS,
    st.sampled_from([0, 1, TARGET]),
)
ENTRIES = st.dictionaries(
    st.builds(Entry, st.just("acme"), st.sampled_from("abcdef"), INTERVALS), st.integers(1, 2), max_size=6
)


def buckets_of(entries: Mapping[Entry, int]) -> dict[int, dict[Entry, int]]:
    """Return *entries* by the bucket of their ends."""
    found: dict[int, dict[Entry, int]] = {}
    for entry, number in entries.items():
        assert isinstance(entry.content, Interval)
        end = entry.content.end
        found.setdefault(OPEN if end is None else bucket_of(end), {})[entry] = number
    return found


def least(one: int, other: int | None) -> int:
    """Return the lesser one of those there are."""
    return one if other is None else min(one, other)


def by_hand(entries: Mapping[Entry, int], as_of: int) -> dict[Group, State]:
    """Return the states at *as_of*, from each entry for itself."""
    found: dict[Group, State] = {}
    for entry, number in entries.items():
        assert isinstance(entry.content, Interval)
        kind, labels, start, end, since = entry.content
        if start < as_of and (end is None or as_of <= end):
            for group in groups_of(labels):
                state = found.setdefault(group, State())
                if kind == RESPONSE_OPEN:
                    state.response_open += number
                    state.response_open_past_target += number * (as_of - since > DEFAULT.response_target("chat"))
                    state.oldest_response_open = least(since, state.oldest_response_open)
                else:
                    state.waiting += number
                    state.waiting_past_target += number * (as_of - start > TARGET)
                    state.oldest_wait = least(start, state.oldest_wait)
                    state.oldest_customer_wait = least(since, state.oldest_customer_wait)
    return found


@EXAMPLES
@given(st.lists(st.tuples(ENTRIES, st.lists(INSTANTS.flatmap(lambda t: st.sampled_from([t, t + 1])), min_size=1))))
def test_what_was_asked_before_makes_no_difference(steps: list[tuple[dict[Entry, int], list[int]]]) -> None:
    """Buckets are replaced and the clock goes to and fro; the states are those counted by hand at each instant."""
    states = States(DEFAULT)
    shown: set[int] = set()
    for entries, instants in steps:
        buckets = buckets_of(entries)
        for bucket in shown | buckets.keys():
            states.put(0, bucket, buckets.get(bucket, {}))
        shown = set(buckets)
        for as_of in instants:
            assert states.at(as_of, groups_of) == by_hand(entries, as_of)


class Looked(dict[Entry, int]):
    """Entries that count how often somebody goes through them."""

    times = 0

    def items(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a type that has no public name
        """Return the items, and count it."""
        self.times += 1
        return super().items()


def test_who_waits_is_looked_at_when_something_passes() -> None:
    """Once at first, then when the target passes and when the leg ends; the seconds between cost nothing.

    start          +TARGET                     end
      |--------------|--------------------------|
     . . . . . . . . .|. . . . . . . . . . . . . |. .
    """
    start, end = 1_000, 1_000 + 10 * TARGET
    entries = Looked({Entry("acme", "c", Interval(WAITED, BILLING, start, end, start)): 1})
    states = States(DEFAULT)
    states.put(0, bucket_of(end), entries)
    queue = groups_of(BILLING)[0]
    looks = []

    for as_of in (start + 1, start + TARGET, start + TARGET + 1, end, end + 1, end + TARGET):
        seen = [states.at(as_of, groups_of).get(queue) for _ in range(100)]
        assert seen == seen[:1] * 100
        looks.append(entries.times)

    assert looks == [1, 1, 2, 2, 3, 3]


def test_a_bucket_that_ended_before_is_not_looked_at() -> None:
    """Yesterday's legs cost nothing today."""
    entries = Looked({Entry("acme", "c", Interval(WAITED, BILLING, 0, 5, 0)): 1})
    states = States(DEFAULT)
    states.put(0, 0, entries)

    assert states.at(QUARTER.ms, groups_of) == {}
    assert entries.times == 0


def test_labels_are_kept_with_their_intervals() -> None:
    """As long as 10-second panes are, and without end while no end is known; each partition for itself."""
    waited = Entry("acme", "c", Interval(WAITED, BILLING, 0, 5, 0))
    unanswered = Entry("acme", "d", Interval(RESPONSE_OPEN, SALES, 0, None, 0))
    states = States(DEFAULT)
    states.put(0, 0, {waited: 1})
    states.put(1, OPEN, {unanswered: 1})

    assert states.kept(QUARTER.ms) == {BILLING, SALES}
    assert states.kept(20 * QUARTER.ms) == {SALES}
