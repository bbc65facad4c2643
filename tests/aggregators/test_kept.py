"""Which label sets have hours that are kept."""

from __future__ import annotations

from aggregators.kept import KeptHours
from aggregators.panes import HOUR
from aggregators.samples import Labels

BILLING = Labels("acme", "chat", "billing")
SALES = Labels("acme", "chat", "sales")
LATER = HOUR.kept_ms + HOUR.ms
"""The instant at which the hour from 0 is no longer kept."""


def test_a_label_set_is_kept_as_long_as_its_latest_hour() -> None:
    """To the millisecond."""
    hours = KeptHours()
    hours.put(0, 0, BILLING, filled=True)
    hours.put(0, HOUR.ms, SALES, filled=True)

    assert set(hours.labels(LATER - 1)) == {BILLING, SALES}
    assert set(hours.labels(LATER)) == {SALES}


def test_an_hour_taken_back_leaves_the_one_before() -> None:
    """The latest hour is emptied: the label set is kept by an earlier one, and after that by none."""
    hours = KeptHours()
    for start in (0, HOUR.ms):
        hours.put(0, start, BILLING, filled=True)

    hours.put(0, HOUR.ms, BILLING, filled=False)
    assert (set(hours.labels(LATER - 1)), set(hours.labels(LATER))) == ({BILLING}, set())

    hours.put(0, 0, BILLING, filled=False)
    assert set(hours.labels(0)) == set()


def test_an_hour_is_kept_while_any_partition_has_it() -> None:
    """And saying it twice changes nothing."""
    hours = KeptHours()
    for partition in ("a", "b", "b"):
        hours.put(partition, 0, BILLING, filled=True)

    hours.put("b", 0, BILLING, filled=False)
    assert set(hours.labels(0)) == {BILLING}

    hours.put("a", 0, BILLING, filled=False)
    assert set(hours.labels(0)) == set()


def test_what_is_forgotten_is_not_kept_and_the_rest_is() -> None:
    """Old hours go, younger ones of the same label set stay; emptying one that is gone is no trouble."""
    hours = KeptHours()
    hours.put(0, 0, BILLING, filled=True)
    hours.put(0, HOUR.ms, BILLING, filled=True)
    hours.put(0, 0, SALES, filled=True)

    hours.forget(LATER)
    hours.put(0, 0, SALES, filled=False)

    assert set(hours.labels(0)) == {BILLING}
    hours.forget(LATER + HOUR.ms)
    assert set(hours.labels(0)) == set()
