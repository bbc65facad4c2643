"""`deskpulse compute` over the adversarial centre agrees with every row of its tables."""

from pathlib import Path

import pytest

from tests.computed import compute
from tests.oracle import LEVELS
from tests.reference import by_instant, centre_log, centre_table, mismatches, surplus

EVERY = {"tenant": "5m", "channel": "15m", "queue": "15m"}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log as a file, in its order of arrival."""
    file = tmp_path_factory.mktemp("centre") / "centre-1.jsonl"
    file.write_bytes(centre_log())
    return file


@pytest.mark.parametrize("level", LEVELS)
def test_thirty_hours(centre: Path, level: str) -> None:
    """Every row of the thirty hours: counts equal, means and ratios to their last digit, quantiles within 1 %."""
    table = by_instant(centre_table(level))
    instants = sorted(table)[:-2]

    shown = compute(centre, every=EVERY[level], first=instants[0], last=instants[-1], level=level)

    cells = {t: shown.get(t, {level: {}}) for t in instants}
    assert [wrong for t in instants for wrong in mismatches(table[t], cells[t]) + surplus(table[t], cells[t])] == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("late", [-2, -1], ids=["two hours later", "two days later"])
def test_long_after_the_last_event(centre: Path, level: str, late: int) -> None:
    """Windows roll on and ghosts end where no event arrives any more."""
    table = by_instant(centre_table(level))
    t = sorted(table)[late]

    shown = compute(centre, every="10s", first=t, last=t, level=level)

    assert mismatches(table[t], shown[t]) == []
