"""The staffing what-if on the command line, against published values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stream.errors import UsageError
from stream.staffing import Asked, report
from tests.logs import Log

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Return a file of six calls and a chat. Two callers of four who waited 100 s gave up then, two waited 200 s.

    Of the calls 4/6 wait for longer than 100 s, all that is known up to 200 s: 100 + 100 · 4/6 = 166.7 s, of which 2/6
    have seen the end: 166.7 ÷ 2/6 = 500 s. The chat alone waited until its customer gave up after 30 s.
    """
    log = Log(channel="voice")
    for number, end in enumerate(("abandoned", "abandoned", "accepted", "accepted")):
        log.of(conversation=f"a-{number}").queued("00:00", "billing").add(f"chat.{end}", "01:40")
    for number in range(2):
        log.of(conversation=f"b-{number}").queued("00:00", "sales").accepted("03:20")
    log.of(conversation="c", channel="chat").queued("00:00", "sales").abandoned("00:30")
    path = tmp_path / "day.jsonl"
    path.write_bytes(b"\n".join(log.lines) + b"\n")
    return path


def test_the_patience_is_measured_in_events(day: Path) -> None:
    """M30: 500 s of the calls by Kaplan and Meier, though those who left did so after 100 s; as if it were given."""
    answer = lines(patience_from=(day,), channel="voice")
    measured = re.search(r"patience ([\d.]+)s, as measured", answer[0])

    assert measured is not None
    assert float(measured[1]) == pytest.approx(500, rel=0.01)
    assert answer[0].split()[0] == lines(patience="500s")[0].split()[0]


def test_the_patience_of_one_queue(day: Path) -> None:
    """In sales nobody gave up on the telephone, and in the chat the only one did after 30 s."""
    assert "patience 30." in lines(patience_from=(day,), queue="sales", channel="chat")[0]
    with pytest.raises(UsageError, match="--patience-from: nobody gave up waiting in channel voice and queue sales"):
        lines(patience_from=(day,), queue="sales", channel="voice")


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
        ({"patience": "2m", "patience_from": ("day.jsonl",)}, "--patience: is measured with --patience-from"),
        ({"queue": "billing"}, "--queue: goes with --patience-from"),
        ({"channel": "voice"}, "--channel: goes with --patience-from"),
        (
            {"max_abandonment": 0.03},
            "--max-abandonment: goes with --patience or --patience-from: without one nobody leaves",
        ),
        ({"max_occupancy": 0.0}, "--max-occupancy: 0 is not above 0 and up to 1"),
        ({"max_abandonment": 1.5}, "--max-abandonment: 1.5 is not above 0 and up to 1"),
    ],
)
def test_what_has_no_answer_names_its_option(changed: dict[str, object], message: str) -> None:
    """One line, and no traceback."""
    with pytest.raises(UsageError) as caught:
        lines(**changed)

    assert str(caught.value) == message
