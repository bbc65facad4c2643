"""More queues than a screen has room for: how many there are beyond is said, and none is cut in half unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.devstack.process import free_port
from tests.wallboard.browsing import PHONE, UHD, WALL, chromium, eventually, page
from tests.wallboard.standing import Floor, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

MANY = 40


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Give a wallboard of forty queues."""
    floor = Floor.busy()
    for number in range(MANY):
        labels = {"tenant": "acme", "channel": "chat", "queue": f"queue-{number:02}-of-some-length"}
        floor.put("queue", labels, "waiting", number % 3)
        floor.put("queue", labels, "waiting_past_target", 0)
    with Standing(floor, port=free_port()) as running:
        yield running.url


WHOLE = """
(() => {
  const list = document.querySelector(".queues .rows").getBoundingClientRect();
  const rows = [...document.querySelectorAll(".queues tbody tr")].filter((row) => !row.hidden);
  return [rows.filter((row) => row.getBoundingClientRect().bottom <= list.bottom + 1).length, rows.length];
})()
"""
"""How many rows can be seen whole, and how many there are."""


@pytest.mark.parametrize("size", [WALL, UHD])
def test_at_a_desk_it_is_said_how_many_are_further_down(url: str, browser: Browser, size: tuple[int, int]) -> None:
    """And at the end, how many are further up."""
    with page(browser, url, size=size) as board:
        more = board.locator(".queues .more")
        eventually(more.inner_text, lambda said: said.endswith("further down"))
        seen, there = board.evaluate(WHOLE)
        said = eventually(more.inner_text, lambda said: said == f"+ {there - seen} further down")
        board.locator(".queues .rows").evaluate("(rows) => rows.scrollTo(0, rows.scrollHeight)")
        at_the_end = eventually(more.inner_text, lambda said: said.endswith("further up"))

    assert said != "+ 0 further down"
    assert at_the_end.startswith("+ ")


@pytest.mark.parametrize("size", [WALL, UHD])
def test_on_a_wall_those_that_do_not_fit_are_counted(url: str, browser: Browser, size: tuple[int, int]) -> None:
    """Nobody scrolls there: every row that is there is whole."""
    with page(browser, f"{url}/?kiosk", size=size) as board:
        more = board.locator(".queues .more")
        eventually(more.inner_text, lambda said: said.endswith("quieter"))
        seen, there = board.evaluate(WHOLE)

        assert seen == there
        assert more.inner_text() == f"+ {MANY + 8 - there} quieter"


def test_on_a_phone_no_column_is_cut(url: str, browser: Browser) -> None:
    """Queue, channel, waiting, oldest and state stand beside each other."""
    with page(browser, url, size=PHONE) as board:
        eventually(lambda: board.locator(".queues tbody tr").count(), lambda number: number == MANY + 8)
        wide, room = board.locator(".queues .rows").evaluate("(rows) => [rows.scrollWidth, rows.clientWidth]")

        assert wide <= room
        assert board.locator(".queues .more").inner_text() == ""
