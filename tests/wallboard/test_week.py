"""When they come: the heat map of the hours of the week, in a browser, of what the API says."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from aggregators.definitions import Definitions
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.devstack.process import free_port
from stream.settings import load
from tests.logs import T0, Log
from tests.stream.api.shown import past, shown
from tests.wallboard.browsing import PHONE, chromium, eventually, page
from tests.wallboard.standing import Floor, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

NINE, TEN = 9, 10


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


def fortnight() -> Log:
    """Return two weeks from Monday 0:00 UTC: at 9 two, then six in chat; at 10 one each by phone on the second."""
    log = Log(tenant="acme", queue="billing")

    def comes(name: str, at: int, **more: Any) -> None:
        log.of(conversation=name, **{"tenant": "acme", "queue": "billing", **more}).add("chat.queued", at)

    comes("first", T0)
    for number in range(8):
        comes(f"c{number}", T0 + (number >= 2) * 7 * DAY_MS + NINE * HOUR_MS + number * MINUTE_MS)
    comes("call", T0 + 7 * DAY_MS + TEN * HOUR_MS, channel="voice")
    comes("last", T0 + 14 * DAY_MS)
    return log


@contextmanager
def serving(*families: str) -> Iterator[str]:
    """Serve what is kept of the fortnight, with these families counted; give the address."""
    defined = Definitions(families=families)
    snapshot, kept = shown(fortnight(), "336:00:00", definitions=defined), past(fortnight(), definitions=defined)
    settings = load({"listen": f"127.0.0.1:{free_port()}"})
    source = Source(settings, lambda: snapshot, clock=lambda: T0 + 14 * DAY_MS, read_past=kept)
    with Server(make_app(source), settings) as server:
        yield server.address


def cell(opened: Page, day: int, hour: int) -> str:
    """Return what stands in an hour of a day, 1 being Monday."""
    return opened.locator(f"tbody tr:nth-child({day}) td").nth(hour).inner_text()


def test_each_hour_says_its_number_and_the_busiest_is_named(browser: Browser) -> None:
    """Mondays at 9: 2 and 6, which are 4 an hour; at 10: none and 1; all of Monday 0.5 + 4 + 0.5. Tuesdays nobody."""
    with serving("volume") as address, page(browser, f"{address}/week?lang=en-GB") as opened:
        opened.locator("tbody tr").first.wait_for()
        said = opened.get_by_role("status").inner_text()
        caption = opened.locator("caption").inner_text()
        numbers = [cell(opened, 1, hour) for hour in (0, NINE, TEN, 11, 24)]
        levels = [
            opened.locator("tbody tr").first.locator("td").nth(hour).get_attribute("data-level")
            for hour in (0, NINE, 11)
        ]

        assert cell(opened, 2, NINE) == "0"

    assert said == "The busiest hour is Monday at 9:00: 4."
    assert numbers == ["0.5", "4", "0.5", "0", "5"]
    assert levels == ["1", "4", "0"]
    assert caption == "contacts an hour on average, of acme, 4 Mar 2024 to 18 Mar 2024, by the clocks of UTC"


def test_a_place_and_the_weeks_are_chosen(browser: Browser) -> None:
    """The call alone; then of the last week alone, in which there was one at 10. The address says so."""
    with serving("volume") as address, page(browser, f"{address}/week?lang=en-GB") as opened:
        opened.get_by_label("Of").select_option("acme · voice")
        eventually(lambda: cell(opened, 1, TEN), lambda value: value == "0.5")
        opened.get_by_label("Weeks").select_option("1")
        eventually(lambda: opened.locator("tbody tr").count() and cell(opened, 1, TEN), lambda value: value == "1")

        assert cell(opened, 1, NINE) == "0"
        asked = parse_qs(urlsplit(opened.url).query)

    assert asked == {"lang": ["en-GB"], "tenant": ["acme"], "channel": ["voice"], "weeks": ["1"]}


@pytest.mark.parametrize(
    ("asked", "why", "doors"),
    [
        ("tenant=nobody", "the tenant nobody", ["acme"]),
        ("tenant=acme&channel=post&weeks=1", "the channel post", ["chat", "voice"]),
        ("channel=voice&queue=nowhere", "the queue nowhere", ["billing"]),
        ("queue=billing", "the queue billing, but not of which channel", ["billing · chat", "billing · voice"]),
        ("tenant=acme&weeks=99", "the number of weeks 99", ["1", "2", "4", "8", "12"]),
    ],
)
def test_what_there_is_not_is_named_with_what_there_is(
    browser: Browser, asked: str, why: str, doors: list[str]
) -> None:
    """Nobody else's hours in its place, a door to each there is, and one back to the board."""
    with serving("volume") as address, page(browser, f"{address}/week?{asked}") as opened:
        wrong = opened.locator(".wrong")
        wrong.wait_for()
        assert why in wrong.get_by_role("alert").inner_text()
        links = wrong.locator("a")
        assert links.all_inner_texts() == [*doors, "Back to the board"]
        assert opened.locator("table").count() == 0
        links.first.click()
        opened.locator("tbody tr").first.wait_for()


def test_any_number_of_weeks_up_to_twelve_can_be_asked_for(browser: Browser) -> None:
    """Three are none of those to choose from: they are one more, and chosen."""
    with serving("volume") as address, page(browser, f"{address}/week?weeks=3") as opened:
        opened.locator("tbody tr").first.wait_for()
        weeks = opened.get_by_label("Weeks")
        assert weeks.locator("option").all_inner_texts() == ["1", "2", "3", "4", "8", "12"]
        assert weeks.locator("option:checked").inner_text() == "3"


def test_where_contacts_are_not_counted_legs_are_shown(browser: Browser) -> None:
    """Legs are always counted; the words below say which it is."""
    with serving() as address, page(browser, f"{address}/week?lang=en-GB") as opened:
        opened.locator("tbody tr").first.wait_for()
        assert opened.locator("caption").inner_text().startswith("legs in queue an hour on average, of acme,")
        assert cell(opened, 1, NINE) == "4"


def test_it_fits_a_phone_and_everybody_can_read_it(browser: Browser) -> None:
    """The table scrolls in itself, the page does not; nothing is wrong by axe, in light and in dark."""
    with serving("volume") as address:
        for theme in ("light", "dark"):
            with page(browser, f"{address}/week?theme={theme}", size=PHONE) as opened:
                opened.locator("tbody tr").first.wait_for()
                assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
                assert Axe().run(opened).response["violations"] == []


def test_the_board_has_a_door_to_it(browser: Browser) -> None:
    """In its head."""
    with Standing(Floor.busy(), port=free_port()) as standing, page(browser, standing.url) as board:
        assert board.get_by_role("link", name="Week").get_attribute("href") == "/week"
