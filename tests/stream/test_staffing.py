"""The staffing what-if on the command line, against published values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stream.errors import UsageError
from stream.staffing import Asked, report

HALF_HOUR = Asked(
    contacts=100,
    handle="180s",
    interval="30m",
    target=0.8,
    within="20s",
    patience=None,
    chats=1,
    max_occupancy=1.0,
    max_abandonment=1.0,
)
"""The example of Call Centre Helper: 100 calls in half an hour of 3 min each, 80 % within 20 s."""


def lines(**changed: object) -> list[str]:
    """Return the answer to the example, with some of it changed."""
    return list(report(replace(HALF_HOUR, **changed)))  # type: ignore[arg-type]  # whatever a test asks for


def table(**changed: object) -> dict[str, list[str]]:
    """Return the rows of the table by the number of agents."""
    rows = [line.removesuffix(" <").split("  ") for line in lines(**changed)[3:-2]]
    return {cells[0]: cells[1:] for cells in ([cell.strip() for cell in row if cell.strip()] for row in rows)}


def test_the_published_example() -> None:
    """M30: 14 agents, of 10 erlangs: 88.8 % in time, a mean wait of 7.8 s, 17.4 % wait, busy 71.4 % of the time."""
    assert lines()[0] == "14 agents (Erlang C: nobody leaves; 10.00 erlangs)"
    assert table()["14"] == ["88.8%", "0.0%", "7.8 s", "17.4%", "71.4%"]
    assert list(table()) == ["12", "13", "14", "15", "16"]
    assert [line.split()[0] for line in lines() if line.endswith("<")] == ["14"]


def test_a_load_that_is_not_below_the_agents_grows_without_end() -> None:
    """15 calls in half an hour of 3 min are 1.5 erlangs: two agents serve them somehow, one never catches up."""
    required = table(contacts=15, target=0.01, max_occupancy=1.0)

    assert required["1"] == ["the queue grows without end"]


def test_with_a_patience_fewer_are_enough_and_some_leave() -> None:
    """By Erlang A 12 agents answer as many in time as 14 do by Erlang C; more of them where few may leave."""
    answers = [lines(patience="2m")[0], lines(patience="2m", max_abandonment=0.03)[0]]

    assert [int(answer.split()[0]) for answer in answers] == [12, 14]
    assert "Erlang A: patience 2m" in answers[0]


def test_chats_at_once_divide_the_handle_time() -> None:
    """240 chats an hour of 10 min are 40 erlangs; three at once, by a factor of 2.5, 16."""
    assert "(Erlang C: nobody leaves; 16.00 erlangs)" in lines(contacts=240, interval="1h", handle="10m", chats=3)[0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"contacts": 0.0}, "--calls: 0 is not above 0"),
        ({"contacts": float("nan")}, "--calls: nan is not above 0"),
        ({"contacts": 1e9}, "--calls: 100000000 erlangs are more than 10000"),
        ({"handle": "3"}, "--aht: '3' is not a duration: a whole number with s, m, h or d (try 5m)"),
        ({"interval": "x"}, "--per: 'x' is not a duration: a whole number with s, m, h or d (try 5m)"),
        ({"within": "0s"}, "--within: '0s' is no time at all (try 5m)"),
        ({"patience": "-1s"}, "--patience: '-1s' is not a duration: a whole number with s, m, h or d (try 5m)"),
        ({"target": 80.0}, "--target: 80 is not between 0 and 1 (try 0.8)"),
        ({"chats": 6}, "--chats: 6 is not one of 1, 2, 3, 4, 5"),
        ({"max_occupancy": 0.0}, "--max-occupancy: 0 is not above 0 and up to 1"),
        ({"max_abandonment": 1.5}, "--max-abandonment: 1.5 is not above 0 and up to 1"),
    ],
)
def test_what_has_no_answer_names_its_option(changed: dict[str, object], message: str) -> None:
    """One line, and no traceback."""
    with pytest.raises(UsageError) as caught:
        lines(**changed)

    assert str(caught.value) == message
