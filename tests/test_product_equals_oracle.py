"""The product says what the oracle says, of any log, at any instant, in any order of arrival."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adversary import instants, logs
from tests.columns import differences
from tests.logs import offline, shown_by_product
from tests.oracle import Oracle

EXAMPLES = settings(max_examples=100, derandomize=True, database=None, deadline=None)


@EXAMPLES
@given(lines=logs(), moments=st.lists(instants(), min_size=1, max_size=3, unique=True))
def test_the_product_equals_the_oracle(lines: list[bytes], moments: list[int]) -> None:
    """Every column of every label set, at up to three instants."""
    oracle = Oracle(lines)

    for t in moments:
        wrong = differences(oracle.at(t), shown_by_product(lines, t), t)
        assert not wrong, f"right value, shown value at {t}: {wrong}"


@EXAMPLES
@given(lines=logs(), t=instants(), chance=st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(lines: list[bytes], t: int, chance: random.Random) -> None:
    """Shuffled, with some lines twice or three times, the product shows exactly the same."""
    again = [*lines, *chance.choices(lines, k=len(lines) // 2)]
    chance.shuffle(again)

    assert offline(again, t).values(t) == offline(lines, t).values(t)
