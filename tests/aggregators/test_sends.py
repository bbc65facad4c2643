"""The replies of an episode, those of one agent within a while as one, against a count from the definition."""

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.sends import Sends

EXAMPLES = settings(max_examples=300, derandomize=True, database=None, deadline=None)
CUSTOMER = "customer"
SAID = st.lists(st.tuples(st.integers(0, 12), st.sampled_from([CUSTOMER, "a", "b", None])), max_size=12)
"""Who wrote at which second; None is a human without a name."""


def counted(said: list[tuple[int, str | None]], within: int) -> int:
    """Return the number of replies, each message in the order given within its second."""
    sends, asked = Sends(within), False
    for at, who in sorted(said, key=lambda each: each[0]):
        if who == CUSTOMER:
            sends.ask(at, first=not asked)
            asked = True
        else:
            sends.send(at, who)
    return sends.number


def by_the_definition(said: list[tuple[int, str | None]], within: int) -> int:
    """Cut what was said at each customer message, those of a second before all else; count what is no continuation."""
    ordered = sorted(said, key=lambda each: (each[0], each[1] != CUSTOMER))
    if any(who == CUSTOMER for _, who in ordered):
        while ordered[0][1] != CUSTOMER:
            del ordered[0]
    number = 0
    for is_customer, run in groupby(ordered, key=lambda each: each[1] == CUSTOMER):
        rows = list(run)
        if not is_customer:
            for place, (at, who) in enumerate(rows):
                earlier = [since for since, other in rows[:place] if other == who is not None]
                number += not earlier or at - earlier[-1] > within
    return number


@EXAMPLES
@given(said=SAID, within=st.integers(-1, 5))
def test_what_continues_a_reply_is_none(said: list[tuple[int, str | None]], within: int) -> None:
    """Whoever wrote, and in whatever order the messages of one second come."""
    assert counted(said, within) == by_the_definition(said, within)
    assert counted(said[::-1], within) == by_the_definition(said, within)


def test_each_counts_by_default() -> None:
    """Two at one instant are two, and those before the first customer message are none."""
    assert counted([(0, "a"), (1, CUSTOMER), (2, "a"), (2, "a"), (2, None)], -1) == 3
    assert counted([(0, "a"), (1, CUSTOMER), (2, "a"), (2, "a"), (2, None)], 0) == 2


def test_within_five_seconds_of_the_same_agents_last_reply_it_is_one() -> None:
    """Each from the one before it: 6 s after 1 s is, 12 s after 6 s is not; b has a reply of its own.

    customer  0
    a           1 ──── 6      12
    b                         12
    """
    said: list[tuple[int, str | None]] = [(0, CUSTOMER), (1, "a"), (6, "a"), (12, "a"), (12, "b")]

    assert [counted(said[:number], 5) for number in range(1, 6)] == [0, 1, 1, 2, 3]


def test_what_the_customer_wrote_at_that_instant_stands_before_it() -> None:
    """At 2 s the customer's message comes last and counts as the first: nothing of that second continues what was.

    a         1    2 2   3    5        1, 2 and 5 s count: three replies
    b              2     3             2 s counts: a fourth
    customer  0    2        4
    """
    said: list[tuple[int, str | None]] = [(0, CUSTOMER), (1, "a"), (2, "a"), (2, "b"), (2, "a"), (2, CUSTOMER)]

    assert counted([*said, (3, "a"), (3, "b"), (4, CUSTOMER), (5, "a")], 5) == 4
    assert counted(said[:5], 5) == 2  # without the message at 2 s: one of each


def test_replies_of_the_instant_of_the_first_customer_message_are_behind_it() -> None:
    """Whatever came before that instant counts no more; where no customer writes all of them count."""
    said: list[tuple[int, str | None]] = [(0, "a"), (1, "a"), (1, "b"), (1, None)]

    assert [counted(said, within) for within in (-1, 0)] == [4, 4]
    assert [counted([*said, (1, CUSTOMER)], within) for within in (-1, 0)] == [3, 3]
    assert [counted([*said, (1, CUSTOMER), (1, CUSTOMER)], within) for within in (-1, 0)] == [3, 3]
