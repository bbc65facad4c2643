"""The board that looks back: what was known at an instant, what is known of it now, and why that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.logs import after
from tests.wallboard.browsing import PHONE, UHD, WALL, chromium, eventually, page, tile
from tests.wallboard.morning import morning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AT_0_20 = "/then?tenant=acme&as_of=2024-03-04T00:20:00Z"
NOT_LOGGED = "a number of the moment: what it said then is not logged"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Give the address of a server that knows a morning in which an accept and a retraction come late."""
    with morning() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests; each has windows of its own."""
    with chromium() as running:
        yield running


def sides(opened: Page, name: str) -> tuple[str, str]:
    """Return what a tile said then, and what is known now."""
    box = opened.locator(f"[data-tile={name}]")
    return (box.locator(".then .value").inner_text(), box.locator(".now .value").inner_text())


def looked_back(opened: Page, then: str = "50%", now: str = "100%") -> None:
    """Wait until the satisfied are these, then and now."""
    eventually(lambda: sides(opened, "csat"), lambda found: found == (then, now))


def test_then_and_now_stand_side_by_side_with_the_cause_in_words(url: str, browser: Browser) -> None:
    """At 0:20 one of two ratings was a good one; since the other was taken back, all are. An accept came late too."""
    with page(browser, url + AT_0_20, locale="en-GB", timezone_id="UTC") as opened:
        looked_back(opened)
        status = opened.locator(".instant [role=status]")
        eventually(status.inner_text, lambda said: "1 of 4 numbers is another one by now." in said)
        csat, level = tile(opened, "csat"), tile(opened, "service_level")
        whens = opened.locator("[data-tile=csat] .when").all_inner_texts()
        between = opened.locator(".between-list li").all_inner_texts()

    assert whens == ["it said at 00:20", "known now"]
    assert (csat["state"], csat["detail"], csat["word"]) == ("anew", "1 rating was taken back", "counted anew")
    assert level["detail"] == "1 accept arrived late"
    assert "1 rating was taken back · rating of 4 Mar 2024, 00:10:00 counts no more · c1" in between[0]
    assert any(
        "1 accept arrived late · stay in the queue of 4 Mar 2024, 00:05:40 counts since" in row for row in between
    )


def test_what_has_no_log_says_so(url: str, browser: Browser) -> None:
    """Who waited then is not logged: the tile is grey and says why, rather than to show a number of now."""
    with page(browser, url + AT_0_20) as opened:
        looked_back(opened)
        waiting = tile(opened, "waiting")

    assert waiting["state"] == "unknown"
    assert waiting["detail"] == NOT_LOGGED


def test_the_live_board_looks_back_and_lives_on(url: str, browser: Browser) -> None:
    """By a button: updates pause and that is said; by Escape they come again, and the address is that of the board."""
    with page(browser, f"{url}/?tenant=acme") as opened:
        eventually(lambda: tile(opened, "waiting")["state"], lambda state: state not in ("", "unknown"))
        opened.get_by_role("button", name="Look back").press("Enter")
        opened.locator(".compared").first.wait_for()
        focused = opened.evaluate("document.activeElement.id")
        word = opened.locator(".freshness .link").inner_text()
        eventually(opened.locator(".instant [role=status]").inner_text, lambda said: "Updates are paused." in said)
        back = opened.url
        opened.keyboard.press("Escape")
        eventually(lambda: opened.locator(".freshness .link").inner_text(), lambda said: said == "live")
        known = tile(opened, "waiting")
        live, focused_then = opened.url, opened.evaluate("document.activeElement.textContent")

    assert (focused, word) == ("instant", "looks back")
    assert "/then?" in back
    assert live == f"{url}/?tenant=acme"
    assert known["state"] != "unknown"
    assert focused_then == "Look back"


def test_nothing_is_pushed_while_it_looks_back(url: str, browser: Browser) -> None:
    """The stream of changes is closed, so that no number moves under whoever reads."""
    with page(browser, url + AT_0_20.replace("tenant=acme&", "")) as opened:
        looked_back(opened)
        assert not opened.get_by_role("button", name="Look back").is_visible()
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.wait_for_timeout(2_500)
        moved = [each for each in asked if "/changes" in each]
        before = len(asked)
        opened.get_by_role("button", name="Back to now").click()
        eventually(lambda: [each for each in asked[before:] if "/changes" in each], bool)

    assert moved == []


def test_the_slider_goes_through_the_day_by_keyboard(url: str, browser: Browser) -> None:
    """At 2:35 the accept had come, and no rating is of that hour; the address is that of the instant shown."""
    with page(browser, url + AT_0_20, locale="en-GB", timezone_id="UTC") as opened:
        looked_back(opened)
        slider = opened.get_by_role("slider", name="Instant of the day")
        assert slider.get_attribute("aria-valuetext") == "4 Mar 2024, 00:20:00"
        slider.press("ArrowRight")
        opened.get_by_role("button", name="5 minutes later").click()
        assert slider.get_attribute("aria-valuetext") == "4 Mar 2024, 00:30:00"
        slider.fill(str(after("2:35:00")))
        looked_back(opened, "–", "–")
        address = opened.url

    assert "as_of=2024-03-04T02%3A35%3A00.000Z" in address


def test_where_nothing_is_known_then_nor_now_that_is_said(url: str, browser: Browser) -> None:
    """Two dashes are not the same number: at 2:35 no rating is of the hour, whenever one asks."""
    with page(browser, url + AT_0_20.replace("00:20", "02:35")) as opened:
        eventually(lambda: sides(opened, "csat"), lambda found: found == ("–", "–"))
        csat = tile(opened, "csat")
        seen = opened.locator("[data-tile=csat] .sides").is_visible()

    assert (csat["state"], csat["word"]) == ("neither", "unknown")
    assert csat["detail"] == "nothing is known, then or now"
    assert seen


def test_a_number_leads_to_its_conversations_at_that_instant(url: str, browser: Browser) -> None:
    """As they are known now."""
    with page(browser, url + AT_0_20) as opened:
        looked_back(opened)
        opened.get_by_role("link", name="Satisfied").click()
        opened.locator("tbody tr").first.wait_for()

        assert opened.locator("tbody th").all_inner_texts() == ["c2"]


def test_a_wall_lives(url: str, browser: Browser) -> None:
    """Nobody stands before it who could bring it back."""
    with page(browser, url + AT_0_20 + "&kiosk") as opened:
        eventually(lambda: tile(opened, "waiting")["state"], lambda state: state not in ("", "unknown"))

        assert opened.locator(".compared").count() == 0
        assert not opened.get_by_role("button", name="Look back").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_every_screen_and_reads_aloud(url: str, browser: Browser, theme: str) -> None:
    """No overflow, no number cut, and nothing that axe calls serious; on a desk it is one screen full."""
    with page(browser, f"{url}{AT_0_20}&theme={theme}", reduced_motion="reduce") as opened:
        looked_back(opened)
        for size in (WALL, UHD, PHONE):
            opened.set_viewport_size({"width": size[0], "height": size[1]})
            wide, high = opened.evaluate(EXTENT)
            assert wide == size[0]
            assert size == PHONE or high == size[1]
            assert opened.evaluate(CUT) == [], size
        found = Axe().run(opened).response["violations"]

    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []


EXTENT = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
CUT = """
[...document.querySelectorAll(".compared .side")].filter((side) => {
  const box = side.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(side.querySelector(".value"));
  return range.getBoundingClientRect().right > box.right + 0.5;
}).map((side) => side.textContent)
"""
"""The sides whose number is not whole."""
