"""The panel of trust: what was counted anew in the last hour, with what it was before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.wallboard.browsing import PHONE, chromium, eventually, page
from tests.wallboard.morning import morning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PROXY = {"proxy_user_header": "X-User", "proxy_peers": "127.0.0.1"}
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
