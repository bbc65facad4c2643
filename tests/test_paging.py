"""The yardstick of the page on back-tests: onsets worked out from raw events, and pages judged by them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.paging import (
    Contact,
    Firing,
    Outcome,
    Stretch,
    by_finished,
    contacts,
    day_of,
    first_firing,
    judged,
    row,
    service_level,
    share_of,
    stretches,
)

if TYPE_CHECKING:
    from pathlib import Path

NINE = 32_400
"""09:00 of the first day there is, in Unix seconds."""


def came(number: int, at: int, wait: int, *, answered: bool = True, queue: str = "a") -> list[Contact]:
    """Return so many contacts of one instant who wait as long and talk for 100 s, or give up."""
    left = at + wait
    return [Contact(queue, at, left, answered, left + 100 if answered else left) for _ in range(number)]


def test_a_leg_is_read_from_its_events(tmp_path: Path) -> None:
    """One is answered and closed, one gives up, one still waits."""
    events = [
        ("1", "chat.queued", 0), ("2", "chat.queued", 5), ("3", "chat.queued", 9), ("1", "chat.accepted", 10),
        ("2", "chat.abandoned", 30), ("1", "chat.closed", 70),
    ]  # fmt: skip
    file = tmp_path / "events.jsonl"
    file.write_text(
        "\n".join(
            json.dumps(
                {"type": kind, "at": f"1970-01-01T00:{at // 60:02}:{at % 60:02}Z", "conversation": key, "queue": "a"}
            )
            for key, kind, at in events
        )
    )

    assert contacts(file) == [
        Contact("a", 0, 10, answered=True, closed=70),
        Contact("a", 5, 30, answered=False, closed=30),
        Contact("a", 9),
    ]


def test_the_service_level_leaves_out_who_gave_up_in_time() -> None:
    """3 answered within 20 s, 2 later, 1 gave up after 30 s, 4 within 20 s: 3 of 6."""
    some = [*came(3, 0, 20), *came(2, 0, 21), *came(1, 0, 30, answered=False), *came(4, 0, 20, answered=False)]

    assert service_level(some) == (0.5, 6)
    assert service_level([]) == (1.0, 0)


def test_bad_cohorts_one_after_the_other_are_one_stretch() -> None:
    """Of ten minutes by arrival: 09:00 and 09:10 bad, 09:20 half and half, 09:30 bad, 09:40 bad but nine only."""
    some = [
        *came(6, NINE, 60), *came(4, NINE, 5),
        *came(10, NINE + 1199, 60),
        *came(5, NINE + 1200, 60), *came(5, NINE + 1200, 5),
        *came(10, NINE + 1800, 60, answered=False),
        *came(9, NINE + 2400, 60),
        *came(10, NINE, 60, queue="b"),
    ]  # fmt: skip

    assert stretches(some) == [
        Stretch("a", NINE, NINE + 1200),
        Stretch("b", NINE, NINE + 600),
        Stretch("a", NINE + 1800, NINE + 2400),
    ]


def test_firings_are_judged_by_the_stretches() -> None:
    """A bad stretch of ten minutes each in the queues a, b, c and d.

    a: a firing of before goes on: on. b: the first is 4 min after the onset, the second does not count. c: one at the
    end of the stretch does not find it, for nobody is in it any more, and is not beside it; one half an hour later is,
    and is not false, as everybody was late there. d: none. One in e, where nobody came, is false.
    """
    truth = [Stretch(queue, NINE, NINE + 600) for queue in "abcd"]
    firings = [
        Firing("a", NINE - 300, NINE + 1),
        Firing("b", NINE + 240, NINE + 300), Firing("b", NINE + 400, NINE + 500),
        Firing("c", NINE + 600, NINE + 700), Firing("c", NINE + 2400, NINE + 2500),
        Firing("e", NINE, NINE + 60),
    ]  # fmt: skip

    found = judged(firings, truth, came(10, NINE, 60, queue="c"))

    assert found == Outcome(firsts=[0, 240, None, None], firings=6, beside=2, false=1)
    assert found.delays == [240]
    assert [first_firing(firings, stretch) for stretch in truth] == [0, 240, None, None]


def test_medians_are_compared_over_the_onsets_that_both_found() -> None:
    """Found after 1, 3 and 9 min; the other has only the first of them, and two more: 1 min of one and 5 min of it."""
    one = Outcome(firsts=[60, 180, 540, 0, None], firings=3, beside=0, false=0)
    other = Outcome(firsts=[300, 0, None, 60, 120], firings=5, beside=1, false=0)

    assert row("x", one, other, 0.256) == "| x | 1 | 3 | 1 | 3.0 min (3) | 1.0 min, 5.0 min (1) | 3 | 0 | 0 | 26 % |"
    assert row("y", other, other, 0) == "| y | 1 | 3 | 1 | 2.0 min (3) | – | 5 | 1 | 0 | 0 % |"


def test_the_share_of_the_day_counts_overlaps_once_and_nothing_beyond_it() -> None:
    """Of 100 s: 0 to 20 of a span that began before, 30 to 60 of two, 90 to 100 of one that goes on: 60 of 100."""
    assert share_of([(30, 50), (-10, 20), (40, 60), (45, 50), (90, 130)], (0, 100)) == 0.6
    assert share_of([], (0, 100)) == 0
    assert day_of([*came(1, NINE, 60), *came(1, NINE + 10, 5)]) == (NINE, NINE + 160)


def test_a_rule_on_finished_contacts_sees_them_when_they_are_finished() -> None:
    """Ten come at 09:05 and are answered after 60 s, which ends at 09:07:40 with their talks.

    Every half hour over the half hour before: 09:30 sees them, 10:00 no more. Every minute over ten: from 09:07, the
    first minute after 09:06:00, to 09:17, the first from which 09:06:00 is more than ten minutes ago; by the end of the
    contact 100 s later, at 09:08 first.
    """
    some = came(10, NINE + 300, 60)

    assert by_finished(some, window_s=1800, every_s=1800, over=lambda one: one.left) == [
        Firing("a", NINE + 1800, NINE + 3600)
    ]
    assert by_finished(some, window_s=600, every_s=60, over=lambda one: one.left) == [
        Firing("a", NINE + 420, NINE + 1020)
    ]
    assert by_finished(some, window_s=600, every_s=60, over=lambda one: one.closed) == [
        Firing("a", NINE + 480, NINE + 1080)
    ]
