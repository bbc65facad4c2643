"""What one sample does to the cells and to the index of stops."""

from __future__ import annotations

import pytest

from aggregators.delta import Delta, Entry
from aggregators.panes import ALL_TIME
from aggregators.points import CUSTOMER, KB_SEARCH, TURNS, Point, PointKind
from aggregators.samples import Labels
from aggregators.tally import Tally
from tests.aggregators.running import EVERYTHING
from tests.logs import T0

LABELS = Labels("default", "chat", "billing")


def added(sample: Point, by: int, number: int) -> Delta:
    """Return what it changes that *sample* is counted *by* times more, *number* times in all."""
    delta = Delta()
    Tally(delta, EVERYTHING).add_single(Entry("default", "c", sample), by, number, watermark=T0)
    return delta


@pytest.mark.parametrize("by", [2, 1, -1, -2])
def test_totals_count_as_often_as_panes(by: int) -> None:
    """Two searches of one instant are two, and both may be taken back."""
    cells = added(Point(KB_SEARCH.code, T0, LABELS, 2), by, max(by, 0)).cells

    assert ALL_TIME in cells
    assert {number for groups in cells.values() for number in groups[LABELS].values()} == {by}


def test_copies_are_in_no_total() -> None:
    """What stands at a level of its own counts there and nowhere else."""
    cells = added(Point(KB_SEARCH.code, T0, LABELS._replace(part="team=one"), 2), 1, 1).cells

    assert cells
    assert ALL_TIME not in cells


@pytest.mark.parametrize(("kind", "stops"), [(KB_SEARCH, [1]), (CUSTOMER, []), (TURNS[0], [])])
def test_what_no_conversation_stands_behind_is_no_stop(kind: PointKind, stops: list[int]) -> None:
    """A search is one; cells of sketches and turns of agents are none."""
    delta = added(Point(kind.code, T0, LABELS, 1), 1, 1)

    assert [number for rows in delta.stops.values() for number in rows.values()] == stops
