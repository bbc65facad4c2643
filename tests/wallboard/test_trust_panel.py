"""The panel of trust: what was counted anew in the last hour, with what it was before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from stream.devstack.process import free_port
from tests.wallboard.browsing import PHONE, WALL, chromium, eventually, page
from tests.wallboard.morning import morning
from tests.wallboard.standing import Floor, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PROXY = {"proxy_user_header": "X-User", "proxy_peers": "127.0.0.1"}
ROOMY = (7680, 4320)
MASKED = {"X-User": "kim", "X-Deskpulse-Scopes": "read", "X-Deskpulse-Tenants": "acme"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


def lines(board: Page) -> list[str]:
    """Return what the list of late events says, once it says anything."""
    found: list[str] = eventually(board.locator(".restated li").all_inner_texts, bool)
    return found


def test_late_events_stand_there_with_before_after_and_cause(browser: Browser) -> None:
    """A rating taken back: of two one was satisfied, now the only one is. An accept came late: 1 answered, now 2."""
    with morning() as url, page(browser, f"{url}/?tenant=acme", locale="en-GB", timezone_id="UTC") as board:
        found = lines(board)
        count = board.locator(".facts div", has_text="Late events, last hour").locator("dd").inner_text()
        violations = Axe().run(board).response["violations"]
        board.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        wide = board.evaluate("document.documentElement.scrollWidth")
        board.locator(".restated a").first.click()
        board.locator(".timeline").wait_for()
        heading = board.locator("h1").inner_text()

    assert [[each.strip() for each in line.splitlines()] for line in found] == [
        [
            "Satisfied billing · chat in the hour to 00:15", "was 50%, is 100%", "50% → 100%",
            "02:40 1 rating was taken back · c1",
        ],
        ["answered billing · chat in the hour to 00:10", "was 1, is 2", "1 → 2", "02:30 1 accept arrived late · c2"],
    ]  # fmt: skip
    assert count == "2"
    assert [each["id"] for each in violations if each["impact"] in ("serious", "critical")] == []
    assert wide == PHONE[0]
    assert heading == "Conversation c1"


SEEN = """
(() => {
  const panel = document.querySelector(".trust");
  const end = Math.min(panel.getBoundingClientRect().bottom, panel.querySelector(".more").getBoundingClientRect().top);
  const lines = [...panel.querySelectorAll(".facts > div, .restated > li")];
  const seen = lines.filter((line) => getComputedStyle(line).visibility !== "hidden");
  const isWhole = (line) => line.getBoundingClientRect().bottom
    <= Math.min(end, line.parentElement.getBoundingClientRect().bottom) + 1;
  return [seen.length, seen.filter(isWhole).length, lines.length];
})()
"""
"""How many lines of the panel can be seen, how many of them whole, and how many there are."""


@pytest.mark.parametrize("size", [WALL, (1000, 520)])
def test_on_a_wall_lines_that_do_not_fit_are_counted(browser: Browser, size: tuple[int, int]) -> None:
    """Forty sources: nobody scrolls there, every line that is seen is whole, and how many others there are is said."""
    floor = Floor.busy()
    floor.sources_s = {f"source-{number:02}": 3.0 for number in range(40)}
    with Standing(floor, port=free_port()) as standing, page(browser, f"{standing.url}/?kiosk", size=size) as board:
        more = board.locator(".trust .more")
        eventually(more.inner_text, lambda said: said.endswith("further down"))
        seen, whole, there = board.evaluate(SEEN)

        assert 0 < seen == whole < there
        assert more.inner_text() == f"+ {there - seen} further down"


def test_on_a_wall_late_events_that_do_not_fit_are_counted_too(browser: Browser) -> None:
    """A low screen has no room for both of them; on a wall of 8K both are seen, and nothing is said."""
    with morning() as url, page(browser, f"{url}/?tenant=acme&kiosk", size=(1000, 520)) as board:
        board.locator(".restated li").first.wait_for(state="attached")
        more = board.locator(".trust .more")
        eventually(more.inner_text, lambda said: said.endswith("further down"))
        seen, _, there = eventually(lambda: board.evaluate(SEEN), lambda found: found[0] == found[1])
        said = more.inner_text()
        board.set_viewport_size({"width": ROOMY[0], "height": ROOMY[1]})
        eventually(more.inner_text, lambda words: words == "")
        of_all = board.evaluate(SEEN)

    assert said == f"+ {there - seen} further down"
    assert of_all == [there, there, there]


def test_at_a_desk_every_line_is_there(browser: Browser) -> None:
    """For there one scrolls."""
    floor = Floor.busy()
    floor.sources_s = {f"source-{number:02}": 3.0 for number in range(40)}
    with Standing(floor, port=free_port()) as standing, page(browser, standing.url) as board:
        eventually(lambda: board.locator(".trust .facts > div").count(), lambda number: number > len(floor.sources_s))
        seen, whole, there = board.evaluate(SEEN)

    assert whole < seen == there


def test_without_the_scope_ids_are_masked_and_lead_nowhere(browser: Browser) -> None:
    """Numbers and causes remain."""
    with morning(**PROXY) as url, page(browser, f"{url}/?tenant=acme", extra_http_headers=MASKED) as board:
        found = lines(board)
        links = board.locator(".restated a").count()
        facts = board.locator(".trust").inner_text()

    assert ["50% → 100%" in line for line in found] == [True, False]
    assert all(re.search(r" · …[0-9a-f]{10}$", line) for line in found)
    assert links == 0
    assert "Sums" not in facts  # whether they agree is of all tenants, and not told to who sees one
