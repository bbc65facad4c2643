"""`deskpulse compute` over one real day of telephone contacts agrees with every row of its tables.

The day is read where it lies, beside the project; it is not part of it.
"""

import pytest

from tests.computed import compute
from tests.reference import REAL_DAY, by_instant, mismatches, real_day_table, surplus

pytestmark = pytest.mark.skipif(
    not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl"
)


@pytest.mark.parametrize(("level", "every"), [("tenant", "1m"), ("queue", "15m")])
def test_the_whole_day(level: str, every: str) -> None:
    """All columns but `wait_max_s`: counts equal, ratios and means to their last digit, quantiles within 1 %."""
    table = by_instant(real_day_table(level))

    shown = compute(REAL_DAY, every=every, first=min(table), last=max(table), level=level)

    cells = {t: shown.get(t, {level: {}}) for t in sorted(table)}
    assert [wrong for t in cells for wrong in mismatches(table[t], cells[t]) + surplus(table[t], cells[t])] == []
