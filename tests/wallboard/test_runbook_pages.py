"""The page of a runbook in a browser: on a phone at night, by keyboard, read aloud, and without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.devstack.process import free_port
from stream.settings import load
from stream.snapshot import Snapshot
from tests.wallboard.browsing import PHONE, chromium, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

SPIKE = "/runbooks/queue-spike"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Give the address of a server that has counted nothing."""
    settings = load({"listen": f"127.0.0.1:{free_port()}"})
    with Server(make_app(Source(settings, Snapshot)), settings) as server:
        yield server.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [SPIKE, "/runbooks/data-stale", "/runbooks/"])
def test_axe_finds_nothing_serious_on_a_phone(url: str, browser: Browser, path: str, theme: str) -> None:
    """Contrast, landmarks, headings; and nothing scrolls sideways."""
    with page(browser, f"{url}{path}?theme={theme}", size=PHONE) as opened:
        opened.locator(f"html[data-theme={theme}]").wait_for()
        wide = opened.evaluate("document.documentElement.scrollWidth")
        found = Axe().run(opened).response["violations"]

    assert wide == PHONE[0]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []


def test_it_is_read_without_a_script(url: str, browser: Browser) -> None:
    """A pager's own browser may have none."""
    with page(browser, url + SPIKE, java_script_enabled=False) as opened:
        assert opened.get_by_role("heading", level=1).inner_text() == "DeskpulseQueueSpike"
        assert opened.get_by_role("heading", level=2).count() == 4
        assert opened.title() == "DeskpulseQueueSpike · Deskpulse"


def test_links_are_reached_by_keyboard(url: str, browser: Browser) -> None:
    """From the head through the text, each visibly; the third leads to another runbook."""
    with page(browser, url + SPIKE) as opened:
        for _ in range(3):
            opened.keyboard.press("Tab")
        outline = opened.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/runbooks/data-stale")

    assert outline == "solid"
