"""The identity says whether cells and intervals agree, at any instant, and notices each kind of loss."""

from __future__ import annotations

import pytest

from aggregators import measures as m
from aggregators.panes import FINE, Pane, bucket_of
from aggregators.samples import Labels
from aggregators.windows import IDENTITY_WINDOWS
from stream.offline import Offline
from tests.logs import Log, after
from tests.reference import centre_lines

BILLING = Labels("default", "chat", "billing")


def violations(offline: Offline, clock: str | int) -> dict[str, int]:
    """Return the queues that do not add up at *clock*, by window."""
    offline.board.move(after(clock) if isinstance(clock, str) else clock)
    return {window: offline.board.violations(window) for window in IDENTITY_WINDOWS}


def fed(log: Log) -> Offline:
    """Return the product after a log."""
    made = Offline()
    made.feed(log.lines)
    return made


NONE = dict.fromkeys(IDENTITY_WINDOWS, 0)


def test_the_adversarial_centre_adds_up_throughout() -> None:
    """At 60 instants while it comes in, in disorder, with transfers, ghosts and taken-back legs: every queue."""
    offline, lines = Offline(), centre_lines()

    for start in range(0, 6_000, 100):
        offline.feed(lines[start : start + 100])
        assert offline.tables.watermark is not None
        assert violations(offline, offline.tables.watermark + 1) == NONE


@pytest.mark.parametrize("clock", ["00:30", "09:59.999", "10:00", "10:00.001", "14:59", "15:05", "40:00", "1:10:05"])
def test_a_leg_adds_up_before_while_and_after_it_is_in_a_window(clock: str) -> None:
    """Waiting, answered just now, answered at the edge of each window, and long gone.

    10:00 |----- waits -----| 10:05     5m: [as_of - 5m, as_of)
    """
    assert violations(fed(Log().queued("10:00").accepted("10:05")), clock) == NONE


@pytest.mark.parametrize("clock", ["3:59:59", "4:00:00", "4:00:00.001", "4:00:05", "4:30:00", "5:01:00"])
def test_a_ghost_waits_until_its_timer_and_is_lost_then(clock: str) -> None:
    """Nobody ends the leg of 00:00; its end at 4:00:00 counts from the moment it has passed, on both sides."""
    assert violations(fed(Log().queued("00:00")), clock) == NONE


def test_the_clock_may_step_back() -> None:
    """A timer that had passed has not passed again."""
    offline = fed(Log().queued("00:00"))

    assert [violations(offline, clock) for clock in ("4:00:05", "3:59:59", "4:00:05")] == [NONE] * 3


def test_a_lost_count_is_a_violation_of_the_windows_that_hold_it() -> None:
    """The cell of 10:00 has one leg too many: in the windows that reach back so far, in one queue."""
    offline = fed(Log().queued("10:00").accepted("10:05"))
    offline.board.add(Pane(FINE.ms, after("10:00")), BILLING, {m.QUEUED: 1})

    assert violations(offline, "12:00") == {"5m": 1, "30m": 1, "1h": 1}
    assert violations(offline, "20:00") == {"5m": 0, "30m": 1, "1h": 1}
    assert violations(offline, "1:10:10") == NONE


def test_lost_intervals_are_a_violation() -> None:
    """Somebody who was queued stands in no interval: neither ended nor waiting."""
    offline = fed(Log().queued("10:00"))
    assert violations(offline, "12:00") == NONE

    for bucket in list(offline.tables.intervals):
        offline.board.set_intervals(None, bucket, {})

    assert violations(offline, "12:00") == {"5m": 1, "30m": 1, "1h": 1}


def test_each_partition_has_buckets_of_its_own() -> None:
    """The same quarter of an hour of another partition replaces nothing."""
    offline = fed(Log().queued("10:00").accepted("10:05"))

    offline.board.set_intervals("another", bucket_of(after("10:05")), {})

    assert violations(offline, "12:00") == NONE
