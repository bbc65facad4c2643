"""The pages behind a number: its conversations as a list, each of them as a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from aggregators.instants import rfc3339
from stream.clock import now_ms
from stream.devstack.process import free_port
from tests.wallboard.browsing import PHONE, chromium, eventually, page, tile
from tests.wallboard.standing import Floor, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

LIST = "/drill?metric=support_tenant_rolling_first_response_seconds&tenant=acme&q=0.9&window=1h"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


@pytest.fixture
def standing() -> Iterator[Standing]:
    """Give a wallboard of a busy day."""
    with Standing(Floor.busy(), port=free_port()) as running:
        yield running


def names(opened: Page) -> list[str]:
    """Return the conversations of the list, as they stand."""
    opened.locator("tbody tr").first.wait_for()
    return opened.locator("tbody th").all_inner_texts()


def test_a_tile_is_a_door_to_its_conversations(standing: Standing, browser: Browser) -> None:
    """With metric, labels and window of the very number."""
    with page(browser, standing.url) as board:
        eventually(lambda: tile(board, "first_response")["value"], lambda value: value == "45s")
        board.locator("[data-tile=first_response] a").click()
        board.locator("tbody tr").first.wait_for()
        found = urlsplit(board.url)

    assert found.path == "/drill"
    assert parse_qs(found.query) == {
        "metric": ["support_tenant_rolling_first_response_seconds"], "tenant": ["acme"], "q": ["0.5"], "window": ["1h"],
    }  # fmt: skip


QUEUE = {"tenant": ["acme"], "channel": ["chat"], "queue": ["tech"]}


@pytest.mark.parametrize(
    ("column", "asked"),
    [
        ("waiting", {"metric": ["support_queue_waiting"]}),
        ("oldest", {"metric": ["support_queue_oldest_wait_seconds"]}),
        ("past_target", {"metric": ["support_queue_waiting_past_target"]}),
        (
            "service_level",
            {"metric": ["support_queue_rolling_service_level_ratio"], "variant": ["SL3"], "window": ["1h"]},
        ),
        ("abandonment", {"metric": ["support_queue_rolling_abandonment_ratio"], "window": ["1h"]}),
        (
            "first_response",
            {"metric": ["support_queue_rolling_first_response_seconds"], "q": ["0.5"], "window": ["1h"]},
        ),
        ("csat", {"metric": ["support_queue_rolling_csat_satisfied_ratio"], "window": ["1h"]}),
    ],
)
def test_each_number_of_a_queue_is_a_door_to_its_conversations(
    standing: Standing, browser: Browser, column: str, asked: dict[str, list[str]]
) -> None:
    """With metric, labels and window of the very number."""
    with page(browser, standing.url) as board:
        row = board.locator(".queues tbody tr", has_text="tech").filter(has_text="chat")
        row.locator(f"td.{column} a[href]").click()
        board.locator("tbody tr").first.wait_for()
        found = urlsplit(board.url)

    assert found.path == "/drill"
    assert parse_qs(found.query) == QUEUE | asked


def test_doors_of_a_queue_are_gone_through_by_keyboard_and_have_names(standing: Standing, browser: Browser) -> None:
    """A number alone, read aloud, says nothing: its name has the column and the queue. Enter goes through."""
    with page(browser, standing.url) as board:
        eventually(lambda: tile(board, "waiting")["value"], lambda value: value == "54")
        board.get_by_role("link", name="tech", exact=True).first.focus()
        board.keyboard.press("Tab")
        board.keyboard.press("Tab")
        board.keyboard.press("Tab")
        board.keyboard.press("Tab")
        focused = board.locator(":focus")
        said = focused.get_attribute("aria-label")
        focused.press("Enter")
        board.locator("tbody tr").first.wait_for()

    assert said == "Service level, tech · voice: 41%"


def test_a_number_of_a_queue_that_is_not_known_is_no_door(standing: Standing, browser: Browser) -> None:
    """There is a dash, and nothing to go through; nobody waits in billing by voice."""
    with page(browser, standing.url) as board:
        row = board.locator(".queues tbody tr", has_text="billing").filter(has_text="voice")
        eventually(row.locator("td.waiting").inner_text, lambda text: text == "0")
        assert row.locator("td.oldest").inner_text() == "–"
        assert row.locator("td.oldest a[href]").count() == 0


def test_the_list_says_what_makes_the_number(standing: Standing, browser: Browser) -> None:
    """The number of the board, how many there are, their sum, and the number from these alone."""
    with page(browser, standing.url + LIST, locale="en-GB") as opened:
        names(opened)
        said = opened.locator(".sum").inner_text()

    assert said.startswith("the board shows 2:04 · 40 behind it · sum 2:00:20 · from these alone 2:04 · as of ")


def test_the_list_is_sorted_filtered_and_goes_on(standing: Standing, browser: Browser) -> None:
    """By what one clicks on; by what one types; and all of it, page by page."""
    with page(browser, standing.url + LIST) as opened:
        assert names(opened)[0] == "conv-000"
        opened.get_by_role("button", name="More").click()
        opened.locator("tbody tr:nth-child(40)").wait_for()
        opened.get_by_role("button", name="Value").click()
        assert names(opened)[0] == "conv-039"
        assert opened.locator("th[aria-sort=ascending]").inner_text() == "Value"
        opened.get_by_label("Filter").fill("conv-01")
        assert len(names(opened)) == 10
        assert opened.get_by_role("status").inner_text() == "10 of 40 shown"


def test_the_list_is_taken_along(standing: Standing, browser: Browser) -> None:
    """As a file of values, and as a link to this very instant."""
    with page(browser, standing.url + LIST) as opened:
        names(opened)
        with opened.expect_download() as file:
            opened.get_by_role("button", name="Save as CSV").click()
        lines = Path(file.value.path()).read_text().splitlines()
        link = opened.get_by_label("Link").input_value()

    assert lines[:2] == ["conversation,at,channel,queue,value", "conv-000,2026-09-21T14:13:20Z,chat,tech,200"]
    assert parse_qs(urlsplit(link).query)["as_of"] == ["2026-09-21T14:13:20Z"]


def test_without_the_scope_numbers_remain_and_names_do_not(standing: Standing, browser: Browser) -> None:
    """Masked ids lead nowhere."""
    standing.floor.is_masked = True
    with page(browser, standing.url + LIST) as opened:
        assert names(opened)[:2] == ["…000", "…001"]
        assert opened.locator("tbody a").count() == 0


def test_what_was_deleted_counts_and_leads_nowhere(standing: Standing, browser: Browser) -> None:
    """It has its line with its value, and no door; the others have theirs."""
    standing.floor.hidden = frozenset({1})
    with page(browser, standing.url + LIST) as opened:
        assert names(opened)[:3] == ["conv-000", "…001 (deleted or forgotten)", "conv-002"]
        assert opened.locator("tbody tr:nth-child(2) td").last.inner_text() == "3:19"
        assert opened.locator("tbody tr:nth-child(2) a").count() == 0
        assert opened.locator("tbody a").count() == 19


def test_what_is_wrong_with_a_question_is_said(standing: Standing, browser: Browser) -> None:
    """In the words of the API."""
    with page(browser, f"{standing.url}/drill?metric=support_tenant_backlog_oldest", may_err=True) as opened:
        opened.get_by_text("metric: there is no such thing").wait_for()


@pytest.mark.parametrize("written", [str, rfc3339])
def test_what_a_dashboard_calls_now_is_the_latest_there_is(
    standing: Standing, browser: Browser, written: Callable[[int], str]
) -> None:
    """Grafana's now is a little ahead of the numbers: nobody is turned away for that."""
    ahead = written(now_ms() + 60_000)

    with page(browser, f"{standing.url}{LIST}&as_of={ahead}", may_err=True) as opened:
        assert names(opened)[0] == "conv-000"


def test_what_is_too_long_ago_stays_so(standing: Standing, browser: Browser) -> None:
    """The list of now would be another answer to another question."""
    with page(browser, f"{standing.url}{LIST}&as_of=2020-01-01T00:00:00.000Z", may_err=True) as opened:
        opened.get_by_text("as_of: nobody knows that").wait_for()


def test_a_conversation_has_its_facts_and_what_they_counted_for(standing: Standing, browser: Browser) -> None:
    """One click from the list: why this number."""
    with page(browser, standing.url + LIST, size=PHONE) as opened:
        names(opened)
        wide = opened.evaluate("document.documentElement.scrollWidth")
        opened.get_by_role("link", name="conv-000").click()
        opened.locator(".timeline").wait_for()
        said = opened.locator(".timeline > li").all_inner_texts()

    assert wide == PHONE[0]
    assert "chat.queued" in said[0]
    assert "queue tech" in said[0]
    assert "counts since: leg · " in said[1]
    assert " · chat tech · wait ms 9000 · in answered, wait mean seconds" in said[1]


def test_people_who_wait_are_shown_with_their_age(standing: Standing, browser: Browser) -> None:
    """The oldest first; nobody else's: conv-019 of the stand-in has waited for 19 minutes."""
    with page(browser, standing.url) as board:
        row = board.locator(".people tbody tr").first
        eventually(row.inner_text, lambda text: text.startswith("conv-019\ttech · chat\t19:"))
        assert board.locator(".people .more").inner_text().endswith("who came later")


def test_who_waits_is_a_door_to_their_facts(standing: Standing, browser: Browser) -> None:
    """To what happened to that very conversation, of the tenant on the screen."""
    with page(browser, standing.url) as board:
        board.locator(".people tbody a").first.click()
        board.locator(".timeline").wait_for()
        found = urlsplit(board.url)

    assert found.path == "/drill"
    assert parse_qs(found.query) == {"conversation": ["conv-019"], "tenant": ["acme"]}


def test_who_waits_and_may_not_be_named_is_no_door(standing: Standing, browser: Browser) -> None:
    """A mask leads nowhere."""
    standing.floor.is_masked = True
    with page(browser, standing.url) as board:
        board.locator(".people tbody tr").first.wait_for()
        assert board.locator(".people tbody a").count() == 0


@pytest.mark.parametrize("path", [LIST, "/drill?conversation=conv-001&tenant=acme"])
def test_axe_finds_nothing_serious(standing: Standing, browser: Browser, path: str) -> None:
    """In the list, and in the timeline."""
    with page(browser, standing.url + path) as opened:
        opened.locator(".panel").wait_for()
        found = Axe().run(opened).response["violations"]

    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []
