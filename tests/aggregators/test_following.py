"""What is not stored because it follows from other measures, and samples of several members, by hand."""

import pytest

from aggregators import measures as m
from aggregators import points as p
from aggregators.definitions import Definitions
from aggregators.reading import Reading, State
from aggregators.samples import HANDLED, SOLVED, Handled, Labels, LastSolve
from aggregators.sketch import bin_of

SALES = Labels("acme", "chat", "sales")
DEFAULT = Definitions()


def reading(**cells: int) -> Reading:
    """Return the reading of these cells, by their stored names."""
    numbers = {m.name_of(number): number for number in numbers_of_points()}
    return Reading({numbers[name.replace("__", ":")]: amount for name, amount in cells.items()}, State(), 0)


def numbers_of_points() -> list[int]:
    """Return the measures of the points that are read here."""
    kinds = [p.SOLVED, p.SOLVE, p.FIRST_SOLVED, p.SOLVED_UNPAUSED, p.CLOSED, p.RESOLVED, p.TOUCHES_TO_SOLVE]
    kinds += [p.REPLIES_TO_SOLVE, p.HANDLED, p.HANDLED_ACTIVE, p.CHAT_ENDED, p.RECEIVED]
    measures = []
    for kind in kinds:
        measures += [kind.count, kind.total, *(kind.bins + index for index in range(20)), kind.bins + p.FAMILY - 1]
        if kind.adds in ("choice", "marked"):
            measures += [kind.choice(1), kind.choice(2)]
    return measures


def test_durations_are_as_many_as_stand_in_the_bins() -> None:
    """Two in bin 5, one in bin 9; the sum is stored."""
    r = reading(handled__5=2, handled__9=1, handled_sum=700)

    assert (r[p.HANDLED.count], r[p.HANDLED.total]) == (3, 700)


def test_choices_are_counted_one_by_one() -> None:
    """Three ended, two of them idle; what was marked is stored with how many there were."""
    r = reading(chat_ended__1=1, chat_ended__2=2, received=4, received__2=3)

    assert (r[p.CHAT_ENDED.count], r[p.CHAT_ENDED.choice(2)]) == (3, 2)
    assert (r[p.RECEIVED.count], r[p.RECEIVED.choice(2)]) == (4, 3)


def test_numbers_and_their_sum_stand_in_the_cells_of_the_numbers() -> None:
    """2 × 3 + 1 × 7 replies of three solves; 0 replies count too. What exceeds 4,095 is in the sum alone."""
    r = reading(replies_to_solve__0=1, replies_to_solve__3=2, replies_to_solve__7=1)
    assert (r[p.REPLIES_TO_SOLVE.count], r[p.REPLIES_TO_SOLVE.total]) == (4, 13)

    assert p.number_amounts(40, 4_095) == ((40 * 4_096 + 4_095, 1),)
    assert p.number_amounts(40, 4_100) == ((40 * 4_096 + 4_095, 1), (p.REPLIES_TO_SOLVE.total, 5))
    many = reading(replies_to_solve__4095=2, replies_to_solve_sum=5)
    assert (many[p.REPLIES_TO_SOLVE.count], many[p.REPLIES_TO_SOLVE.total]) == (2, 8_195)


def test_of_the_first_solve_and_the_close_the_difference_is_stored() -> None:
    """Three last solves in 900 ms, one of them no first one: 900 − 400; two not closed by then, one closed later."""
    r = reading(
        solved__3=3, solved_sum=900,
        first_solved=-1, first_solved_sum=-400,
        closed=-1, closed_sum=-100,
        solved_unpaused_sum=-250, touches_to_solve_sum=8,
    )  # fmt: skip

    assert (r[p.SOLVED.count], r[p.SOLVED.total]) == (3, 900)
    assert (r[p.FIRST_SOLVED.count], r[p.FIRST_SOLVED.total]) == (2, 500)
    assert (r[p.CLOSED.count], r[p.CLOSED.total]) == (2, 800)
    assert (r[p.SOLVED_UNPAUSED.count], r[p.SOLVED_UNPAUSED.total]) == (3, 650)
    assert (r[p.TOUCHES_TO_SOLVE.count], r[p.TOUCHES_TO_SOLVE.total]) == (3, 8)


def test_solves_are_the_last_ones_and_those_undone() -> None:
    """Three last ones, one undone by an agent, two by customers. For all time they are stored as resolved."""
    r = reading(solved__3=3, solve__1=1, solve__2=2)
    assert (r[p.SOLVE.count], r[p.RESOLVED.count], r[p.SOLVE.choice(2)]) == (6, 6, 2)

    assert reading(resolved=7)[p.RESOLVED.count] == 7


def test_nothing_follows_from_nothing() -> None:
    """0 everywhere."""
    r = reading()

    assert [r[number] for number in numbers_of_points()] == [0] * len(numbers_of_points())


@pytest.mark.parametrize(
    ("gaps_ms", "after_ms", "more"),
    [
        (0, -1, {}),
        (300, -1, {"handled_active_sum": -300}),
        (0, 0, {"after_work": 1, "after_work_sum": 0}),
        (0, 200, {"after_work": 1, "after_work_sum": 200}),
    ],
)
def test_what_a_part_adds(gaps_ms: int, after_ms: int, more: dict[str, int]) -> None:
    """1,000 ms with its wrap-up; without one it is in no count of wrap-ups, of no length it is."""
    part = Handled(HANDLED, 0, SALES, 1_000, gaps_ms, after_ms)

    assert named(m.rolling(part, DEFAULT)) == {"handled_sum": 1_000, f"handled:{bin_of(1_000)}": 1, **more}


FIRST_AND_CLOSED = (1, 1, -1, -1, 0, 0)


@pytest.mark.parametrize(
    ("paused_ms", "rest", "more"),
    [
        (0, FIRST_AND_CLOSED, {}),
        (40, FIRST_AND_CLOSED, {"solved_unpaused_sum": -40}),
        (0, (0, 1, -1, -1, 0, 0), {"first_solved": -1, "first_solved_sum": -1_000}),
        (0, (1, 0, -1, -1, 0, 0), {"closed": -1, "closed_sum": -1_000}),
        (0, (1, 1, 0, -1, 0, 0), {"auto_closed": 1}),
        (0, (1, 1, 60, -1, 0, 0), {"auto_closed": 1, "closed_sum": 60}),
        (0, (1, 0, 60, -1, 0, 0), {"auto_closed": 1, "closed": -1, "closed_sum": -1_000}),
        (0, (1, 1, -1, 0, 0, 0), {"replies_to_solve:0": 1}),
        (0, (1, 1, -1, 3, 5, 2), {"replies_to_solve:3": 1, "touches_to_solve_sum": 5, "owners:2": 1}),
    ],
)
def test_what_a_last_solve_adds(paused_ms: int, rest: tuple[int, ...], more: dict[str, int]) -> None:
    """After 1,000 ms: of a first solve that closes it nothing more; in all time each is one resolved."""
    solve = LastSolve(SOLVED, 0, SALES, 1_000, paused_ms, *rest)

    assert named(m.rolling(solve, DEFAULT)) == {"solved_sum": 1_000, f"solved:{bin_of(1_000)}": 1, **more}
    assert named(m.all_time(solve, Definitions())) == {"resolved": 1}


def named(amounts: m.Amounts) -> dict[str, int]:
    """Return amounts by their stored names, each of which comes once."""
    assert len({measure for measure, _ in amounts}) == len(amounts)
    return {m.name_of(measure): amount for measure, amount in amounts}
