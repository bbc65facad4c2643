"""Steps within a time from 100 to 200: what is taken in, and from when on that is not as it was."""

from aggregators.steps import Steps


def test_only_what_lies_within_is_a_step() -> None:
    """What begins before begins with the time; what ends with it or later has no end in it.

    100 ═══════════════ 200
     50 ── 120                   begins at 100, ends at 120
           150 ──────── 200      begins at 150
                   190 ───── 250 begins at 190
    """
    steps = Steps(100, 200)

    assert [steps.span(start, end, 7, 1) for start, end in ((50, 120), (150, 200), (190, 250))] == [True, True, True]
    assert [steps.span(start, end, 7, 1) for start, end in ((50, 100), (200, 250), (150, 150))] == [False] * 3

    steps.settle()
    assert steps.rows == [(100, 7, ()), (120, 7, ()), (150, 7, ()), (190, 7, ())]
    assert steps.numbers == {(100, 7, ()): 1, (120, 7, ()): -1, (150, 7, ()): 1, (190, 7, ()): 1}


def test_it_is_not_as_it_was_from_the_first_instant_on_at_which_something_is_added() -> None:
    """What is added and taken away again changes nothing, nor does what was taken in before."""
    steps = Steps(100, 200)
    assert steps.changed_since() is None

    steps.add(150, 7, 1)
    steps.add(130, 8, 2)
    steps.add(110, 8, 1)
    steps.add(110, 8, -1)
    assert steps.changed_since() == 130

    steps.touch(120)
    assert steps.changed_since() == 120

    steps.settle()
    assert steps.changed_since() is None
