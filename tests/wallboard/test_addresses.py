"""Addresses that ask for what there is not, and pages whose scripts do not come: that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.devstack.process import free_port
from tests.wallboard.browsing import chromium, eventually, page, tile
from tests.wallboard.morning import morning
from tests.wallboard.standing import Floor, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Route


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Give the address of a server of one tenant, acme, on a Monday at 2:40."""
    with morning() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize(
    ("asked", "why", "doors"),
    [
        ("/?tenant=acme&window=3x", "the window 3x", ["5 min", "30 min", "1 hour", "today", "7 days"]),
        ("/?tenant=nobody&window=1h", "the tenant nobody", ["acme"]),
        ("/then?tenant=nobody&as_of=2024-03-04T00:20:00Z", "the tenant nobody", ["acme"]),
        ("/?tenant=acme&channel=post", "the channel post", ["chat"]),
        ("/?channel=post&queue=billing", "the channel post", ["chat"]),
        ("/?tenant=acme&channel=chat&queue=nowhere", "the queue nowhere", ["billing"]),
        ("/?tenant=acme&queue=nowhere", "the queue nowhere", ["billing · chat"]),
        ("/?tenant=acme&queue=billing", "the queue billing, but not of which channel", ["billing · chat"]),
        ("/then?channel=post&as_of=2024-03-04T00:20:00Z", "the channel post", ["chat"]),
    ],
)
def test_what_there_is_not_is_named_with_what_there_is(
    url: str, browser: Browser, asked: str, why: str, doors: list[str]
) -> None:
    """No board in its place, and a door to each that there is."""
    with page(browser, url + asked) as opened:
        eventually(opened.locator("[role=alert]").all_inner_texts, lambda said: any(why in each for each in said))
        links = opened.locator(".wrong a")
        shown = (links.all_inner_texts(), opened.locator("[data-tile]").count())
        links.last.click()
        opened.locator("[data-tile]").first.wait_for()

    assert shown == (doors, 0)


def test_the_doors_of_a_wrong_channel_lead_to_the_same_queue_where_it_has_one(browser: Browser) -> None:
    """Of the four channels two have the queue that is asked for with it."""
    with (
        Standing(Floor.busy(), port=free_port()) as standing,
        page(browser, f"{standing.url}/?channel=post&queue=billing&window=1h") as opened,
    ):
        links = opened.locator(".wrong a")
        links.first.wait_for()

        assert [each.get_attribute("href") for each in links.all()] == [
            "/?channel=chat&queue=billing&window=1h",
            "/?channel=sms&window=1h",
            "/?channel=voice&queue=billing&window=1h",
            "/?channel=web&window=1h",
        ]


BOARDS = """
[[boards]]
name = "floor"
title = "The floor"
[[boards]]
name = "tech"
"""


def test_a_board_that_is_not_laid_out_is_named_with_those_that_are(browser: Browser, tmp_path: Path) -> None:
    """No other board in its place, at first as later; a door to each, and one goes through without loading anew."""
    file = tmp_path / "boards.toml"
    file.write_text(BOARDS)
    with (
        Standing(Floor.busy(), port=free_port(), boards=str(file)) as standing,
        page(browser, f"{standing.url}/?tenant=acme#nosuch") as opened,
    ):
        links = opened.locator(".wrong a")
        links.first.wait_for()
        assert "the board nosuch" in opened.get_by_role("alert").inner_text()
        assert links.all_inner_texts() == ["The floor", "tech"]
        assert (opened.locator("[data-tile]").count(), opened.locator("[aria-current=page]").count()) == (0, 0)
        links.first.click()
        opened.locator("[data-tile]").first.wait_for()
        assert opened.locator("[aria-current=page]").inner_text() == "The floor"
        opened.evaluate("location.hash = 'other'")
        opened.locator(".wrong").wait_for()
        assert "the board other" in opened.get_by_role("alert").inner_text()
        opened.go_back()
        opened.locator("[data-tile]").first.wait_for()


@pytest.mark.parametrize("place", ["channel=post", "channel=chat&queue=nowhere", "queue=nowhere"])
def test_while_no_number_is_known_no_place_is_wrong(browser: Browser, place: str) -> None:
    """The board waits for numbers, and says so; what they do not hold is named as soon as they come."""
    floor = Floor()
    with (
        Standing(floor, port=free_port()) as standing,
        page(browser, f"{standing.url}/?tenant=acme&{place}") as opened,
    ):
        opened.locator(".freshness .link[data-link=live]").wait_for()
        before = (opened.locator("[data-tile]").count() > 0, opened.locator(".wrong").count())
        floor.numbers = Floor.busy().numbers
        opened.locator(".wrong").wait_for()

    assert before == (True, 0)


def test_while_numbers_are_in_trouble_no_place_is_wrong(browser: Browser) -> None:
    """Some may be missing: the tiles say what the trouble is."""
    floor = Floor.busy()
    floor.trouble = "the worker counts anew"
    with (
        Standing(floor, port=free_port()) as standing,
        page(browser, f"{standing.url}/?channel=chat&queue=night") as opened,
    ):
        eventually(lambda: tile(opened, "waiting")["detail"], lambda said: said == floor.trouble)
        during = opened.locator(".wrong").count()
        floor.trouble = None
        opened.locator(".wrong").wait_for()

    assert during == 0


def test_a_queue_that_has_no_numbers_any_more_is_not_wrong(browser: Browser) -> None:
    """It had some since the page was opened: its board stays, and says of each number that it is not counted."""
    floor = Floor.busy()
    with (
        Standing(floor, port=free_port()) as standing,
        page(browser, f"{standing.url}/?channel=chat&queue=sales") as opened,
    ):
        eventually(lambda: tile(opened, "waiting")["value"], lambda value: value == "2")
        for key in [key for key in floor.numbers if ("queue", "sales") in key[1]]:
            del floor.numbers[key]
        eventually(lambda: tile(opened, "waiting")["detail"], lambda said: said == "not counted here")

        assert opened.locator(".wrong").count() == 0


def test_a_queue_that_a_board_names_is_not_wrong(browser: Browser, tmp_path: Path) -> None:
    """Whoever laid the boards out knows of it, before anybody has waited there."""
    file = tmp_path / "boards.toml"
    file.write_text('[[boards]]\nname = "night"\nchannel = "voice"\nqueue = "night"\n')
    with (
        Standing(Floor.busy(), port=free_port(), boards=str(file)) as standing,
        page(browser, f"{standing.url}/?channel=voice&queue=night") as opened,
    ):
        eventually(lambda: tile(opened, "waiting")["detail"], lambda said: said == "not counted here")

        assert opened.locator(".wrong").count() == 0


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        (
            "2024-03-01T00:00:00Z",
            "asks for 1 Mar 2024, 00:00:00. A look back reaches from a day ago to now: this is 3 Mar",
        ),
        (
            "2030-01-01T00:00:00Z",
            "asks for 1 Jan 2030, 00:00:00. A look back reaches from a day ago to now: this is 4 Mar",
        ),
        ("noon", "noon in the address is no instant. This is 4 Mar 2024, 01:40:00."),
    ],
)
def test_a_look_back_says_that_it_shows_another_instant(url: str, browser: Browser, as_of: str, said: str) -> None:
    """Until another one is chosen."""
    with page(browser, f"{url}/then?tenant=acme&as_of={as_of}", locale="en-GB", timezone_id="UTC") as opened:
        note = opened.locator(".elsewhere")
        eventually(lambda: note.inner_text() if note.count() else "", lambda text: said in text)
        opened.get_by_role("button", name="5 minutes sooner").click()

        assert not note.is_visible()


def test_of_an_instant_that_is_kept_nothing_is_said(url: str, browser: Browser) -> None:
    """Beside what was known then."""
    with page(browser, url + "/then?tenant=acme&as_of=2024-03-04T00:21:00Z") as opened:
        opened.locator(".compared").first.wait_for()

        assert not opened.locator(".elsewhere").is_visible()


@pytest.mark.parametrize(
    "path", ["/?tenant=acme", "/drill?metric=support_tenant_rolling_csat_responses&tenant=acme&window=1h"]
)
def test_a_page_whose_script_does_not_come_says_so_and_tries_again(url: str, browser: Browser, path: str) -> None:
    """A wall that nobody stands before heals by itself."""
    with page(browser, "about:blank", may_err=True) as opened:
        opened.route("**/static/dom.js", lambda route: route.abort(), times=1)
        opened.goto(url + path)
        assert opened.locator("body").inner_text() == "loading …"

        eventually(lambda: opened.locator("h1").count(), lambda number: number > 0)


def test_a_page_that_runs_is_not_loaded_again(url: str, browser: Browser) -> None:
    """Twelve seconds later it is still the one that was opened."""
    with page(browser, f"{url}/?tenant=acme") as opened:
        eventually(lambda: tile(opened, "waiting")["state"], lambda state: state not in ("", "unknown"))
        opened.evaluate("window.stayed = true")
        opened.wait_for_timeout(11_000)

        assert opened.evaluate("window.stayed") is True


@pytest.mark.parametrize(
    ("wrong", "words", "choices"),
    [
        ("tenant=acme&window=3x", "window: '3x' is none of", ["5m", "30m", "1h", "today", "7d"]),
        ("tenant=nobody&window=1h", "tenant: 'nobody' is not known", ["acme"]),
    ],
)
def test_a_list_names_what_is_wrong_and_what_there_is(
    url: str, browser: Browser, wrong: str, words: str, choices: list[str]
) -> None:
    """With a way back to the board."""
    metric = "support_tenant_rolling_csat_satisfied_ratio"
    with page(browser, f"{url}/drill?metric={metric}&{wrong}", may_err=True) as opened:
        banner = opened.locator(".wrong")
        banner.wait_for()
        said, links = banner.inner_text(), banner.locator("a")

        assert words in said
        assert links.all_inner_texts() == [*choices, "Back to the board"]
        assert links.last.get_attribute("href") == "/"


def test_a_board_and_a_list_say_alike_what_there_is_not(url: str, browser: Browser) -> None:
    """Why, read aloud by itself; then the doors. A list leads back to the board besides."""
    metric = "support_tenant_rolling_csat_satisfied_ratio"
    built = []
    for path in ("/?", f"/drill?metric={metric}&tenant=acme&"):
        with page(browser, f"{url}{path}window=3x", may_err=True) as opened:
            opened.locator(".wrong").wait_for()
            parts = opened.locator(".wrong > :not(.hidden)")
            built.append(parts.evaluate_all("(all) => all.map((each) => [each.tagName, each.getAttribute('role')])"))

    assert built[0] == [["P", "alert"], ["P", None], ["UL", None]]
    assert built[1] == [*built[0], ["P", None]]


def test_a_page_that_is_not_answered_is_not_loaded_again(url: str, browser: Browser) -> None:
    """For the browser would show a page of its own, and stay at that: it goes on asking."""
    asked: list[str] = []

    def away(route: Route) -> None:
        if asked or route.request.method == "HEAD":
            asked.append(route.request.method)
            route.abort()
        else:
            route.continue_()

    with page(browser, "about:blank", may_err=True) as opened:
        opened.clock.install()
        opened.route("**/static/dom.js", lambda route: route.abort())
        opened.route(f"{url}/", away)
        opened.goto(url)
        for _ in range(30):
            opened.clock.run_for(1_000)
            opened.wait_for_timeout(50)

        assert asked[:2] == ["HEAD", "HEAD"]
        assert opened.locator("body").inner_text() == "loading …"
