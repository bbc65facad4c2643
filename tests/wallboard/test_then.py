"""The page that looks back: what was known at an instant, what is known of it now, and why that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.devstack.process import free_port
from stream.settings import load
from tests.logs import after
from tests.stream.api.shown import behind, late_morning, restated, shown
from tests.wallboard.browsing import PHONE, chromium, eventually, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AT_0_20 = "/then?tenant=acme&as_of=2024-03-04T00:20:00Z"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Give the address of a server that knows a morning in which an accept and a retraction come late."""
    log = late_morning()
    settings, snapshot = load({"listen": f"127.0.0.1:{free_port()}"}), shown(log, "2:40:00")
    source = Source(
        settings,
        lambda: snapshot,
        clock=lambda: after("2:40:00"),
        read_behind=behind(log),
        read_restated=restated(log),
    )
    with Server(make_app(source), settings) as server:
        yield server.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


def rows(opened: Page) -> dict[str, list[str]]:
    """Return what stands beside each number: then, now, how many events came between."""
    found = opened.locator("tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in found}


def test_then_and_now_stand_side_by_side_with_what_came_between(url: str, browser: Browser) -> None:
    """At 0:20 one of two ratings was a good one; since the other was taken back, all are. An accept came late too."""
    with page(browser, url + AT_0_20, locale="en-GB") as opened:
        eventually(lambda: rows(opened).get("Satisfied", [])[:2], lambda found: found == ["50%", "100%"])
        between = rows(opened)["Satisfied"][2]
        events = opened.locator(".timeline li").all_inner_texts()
        status = opened.locator("p[role=status]").inner_text()

    assert between == "1"
    assert any("survey.retracted" in each and "csat counts no more" in each for each in events)
    assert any("chat.accepted" in each and "leg counts since" in each for each in events)
    assert status.startswith("Counted anew since: ")


def test_the_slider_goes_through_the_day(url: str, browser: Browser) -> None:
    """At 2:35 the accept had come, and no rating is of that hour; the address is that of the instant shown."""
    with page(browser, url + AT_0_20) as opened:
        eventually(lambda: rows(opened).get("Satisfied", [])[:2], lambda found: found == ["50%", "100%"])
        opened.locator("#instant").fill(str(after("2:35:00")))
        eventually(lambda: rows(opened).get("Satisfied", [])[:2], lambda found: found == ["–", "–"])
        address = opened.url

    assert "as_of=2024-03-04T02%3A35%3A00.000Z" in address


def test_a_number_leads_to_its_conversations_at_that_instant(url: str, browser: Browser) -> None:
    """As they are known now."""
    with page(browser, url + AT_0_20) as opened:
        eventually(lambda: rows(opened).get("Satisfied", [])[:2], lambda found: found == ["50%", "100%"])
        opened.get_by_role("link", name="Satisfied").click()
        opened.locator("tbody tr").first.wait_for()

        assert opened.locator("tbody th").all_inner_texts() == ["c2"]


def test_the_page_fits_a_phone_and_reads_aloud(url: str, browser: Browser) -> None:
    """No overflow, and nothing that axe calls serious."""
    with page(browser, url + AT_0_20, size=PHONE) as opened:
        eventually(lambda: rows(opened).get("Satisfied", [])[:2], lambda found: found == ["50%", "100%"])
        width = opened.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found = Axe().run(opened).response["violations"]

    assert width <= 0
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []
