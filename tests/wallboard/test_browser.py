"""The wallboard in a real browser, over every state its numbers can be in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from stream.devstack.process import free_port
from tests.wallboard.browsing import PHONE, UHD, WALL, chromium, eventually, page, tile
from tests.wallboard.standing import Floor, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

HEADLINES = (
    "waiting",
    "oldest_wait",
    "service_level",
    "abandonment",
    "first_response",
    "csat",
    "agents",
    "open_tickets",
)


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


def shown(page: Page, name: str, **wanted: str) -> dict[str, str]:
    """Return what a tile shows once all of *wanted* is part of it."""
    return eventually(lambda: tile(page, name), lambda seen: all(text in seen[part] for part, text in wanted.items()))  # type: ignore[no-any-return]


def test_the_board_shows_every_headline(standing: Standing, browser: Browser) -> None:
    """Value, state in a word, and how it came about; without one error in the console."""
    with page(browser, standing.url) as board:
        assert shown(board, "waiting", value="54") == {
            "state": "act", "value": "54", "detail": "24 past the target", "word": "off target",
        }  # fmt: skip
        assert tile(board, "service_level")["value"] == "82%"
        assert tile(board, "service_level")["detail"] == "of 1,703 queued · 95 %: 80% to 84%"
        assert tile(board, "abandonment")["value"] == "4%"
        assert tile(board, "first_response")["detail"] == "1,210 answered · 9 of 10 within 2:04"
        assert tile(board, "csat")["detail"] == "292 ratings · 95 %: 72% to 81%"
        # 5 available, 4 partially busy, 31 busy and 3 in after-work are 43 at work.
        assert tile(board, "agents") == {"state": "good", "value": "7", "detail": "of 43 at work", "word": "on target"}
        assert tile(board, "open_tickets")["value"] == "1,346"
        assert all(tile(board, name)["state"] != "unknown" for name in HEADLINES)


def test_a_board_whose_server_is_busy_asks_again(standing: Standing, browser: Browser) -> None:
    """Every first question about the past is put off for a second: each tile has its trend all the same."""
    put_off = set()

    def busy_at_first(route: Route) -> None:
        if route.request.url in put_off:
            route.continue_()
        else:
            put_off.add(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"detail": "come back in a moment"})

    with page(browser, "about:blank", may_err=True) as board:
        board.route("**/api/v1/history?*", busy_at_first)
        board.goto(standing.url)

        drawn = """() => document.querySelectorAll('[data-tile] .spark-line[d]:not([d=""])').length"""
        eventually(lambda: board.evaluate(drawn), lambda seen: seen == len(HEADLINES))
        assert len(put_off) == len(HEADLINES)


def test_the_queue_that_needs_somebody_stands_first(standing: Standing, browser: Browser) -> None:
    """Wrong before busy before fine, and those by name."""
    with page(browser, standing.url) as board:
        shown(board, "waiting", value="54")
        rows = board.locator("tbody tr").all_inner_texts()

    assert [re.split(r"\s+", row)[:2] for row in rows[:3]] == [["tech", "voice"], ["tech", "chat"], ["billing", "chat"]]
    assert "wrong" in rows[0]
    assert "busy" in rows[1]


def test_a_number_that_changes_is_pushed(standing: Standing, browser: Browser) -> None:
    """Nobody asks for it: it comes with the next snapshot."""
    with page(browser, standing.url) as board:
        shown(board, "waiting", value="54")

        standing.floor.tenant("waiting", 55)

        shown(board, "waiting", value="55")


def test_the_oldest_wait_counts_up_between_two_pushes(standing: Standing, browser: Browser) -> None:
    """An age goes on while nothing comes: people wait by the second."""
    with page(browser, standing.url) as board:
        shown(board, "oldest_wait", value="2:2")
        seen = {tile(board, "oldest_wait")["value"]}
        standing.floor.is_stuck = True

        while len(seen) < 3:
            seen.add(shown(board, "oldest_wait", state="act")["value"])

    assert sorted(seen)[:2] == ["2:28", "2:29"]


def test_a_server_that_is_gone_is_said_and_its_return_heals_the_board(browser: Browser) -> None:
    """Grey within seconds with for how long; once it is back the numbers are, without anybody's doing."""
    port = free_port()
    floor = Floor.busy()
    with Standing(floor, port=port) as standing:
        window = page(browser, standing.url, may_err=True)
        board = window.__enter__()
        shown(board, "waiting", value="54")
    try:
        for name in HEADLINES:
            seen = shown(board, name, state="unknown")
            assert (seen["value"], seen["word"]) == ("–", "unknown")
            assert re.fullmatch(r"connection lost \d+s ago", seen["detail"])
        floor.tenant("waiting", 7)
        with Standing(floor, port=port):
            shown(board, "waiting", value="7", state="act")
    finally:
        window.__exit__(None, None, None)


def test_a_silent_source_makes_tiles_grey_that_say_which(standing: Standing, browser: Browser) -> None:
    """They say "no events from zendesk for 1:35", never a calm number or 0; a source that speaks again heals them."""
    with page(browser, standing.url) as board:
        shown(board, "waiting", value="54")

        standing.floor.sources_s["zendesk"] = 95.0

        for name in HEADLINES:
            seen = shown(board, name, state="unknown")
            assert seen["value"] == "–"
            assert re.fullmatch(r"no events from zendesk for 1:\d\d", seen["detail"])
        standing.floor.sources_s["zendesk"] = 1.0
        shown(board, "waiting", value="54")


def test_trouble_behind_the_server_is_said_in_its_words(standing: Standing, browser: Browser) -> None:
    """Redis that does not answer is what the tile says."""
    with page(browser, standing.url) as board:
        shown(board, "waiting", value="54")

        standing.floor.trouble = "Redis does not answer: Connection refused"

        seen = shown(board, "waiting", state="unknown")
        assert (seen["value"], seen["detail"]) == ("–", "Redis does not answer: Connection refused")


def test_what_is_not_known_is_no_nought(standing: Standing, browser: Browser) -> None:
    """No rating in the hour: the tile is grey and says so; nobody waiting has no age, and that is known."""
    floor = standing.floor
    with page(browser, standing.url) as board:
        shown(board, "csat", value="77%")

        floor.tenant("rolling_csat_satisfied_ratio", None)
        floor.tenant("oldest_wait_seconds", None)
        floor.tenant("waiting", 0)
        floor.tenant("backlog_open", None)

        seen = shown(board, "csat", state="unknown")
        assert (seen["value"], seen["detail"]) == ("–", "nothing to count in the last hour")
        assert tile(board, "oldest_wait") == {
            "state": "good", "value": "–", "detail": "nobody waits", "word": "on target",
        }  # fmt: skip
        assert tile(board, "open_tickets")["detail"] == "not counted here"


def test_few_ratings_call_nobody_to_act(standing: Standing, browser: Browser) -> None:
    """1 of 2 satisfied is below the limit, but 95 % of such samples reach 91 %: the tile is orange, not red."""
    floor = standing.floor
    floor.tenant("rolling_csat_satisfied_ratio", 0.5)
    floor.tenant("rolling_csat_satisfied_high_ratio", 0.91)
    with page(browser, standing.url) as board:
        assert shown(board, "csat", value="50%")["state"] == "watch"

        floor.tenant("rolling_csat_satisfied_high_ratio", 0.55)

        shown(board, "csat", state="act")


@pytest.mark.parametrize("path", ["/", "/?kiosk"])
def test_nothing_overflows(standing: Standing, browser: Browser, path: str) -> None:
    """No sideways scrolling anywhere; on a wall or a desk the board is one screen full; no number is cut."""
    with page(browser, standing.url + path) as board:
        shown(board, "waiting", value="54")
        for size in (WALL, UHD, PHONE):
            board.set_viewport_size({"width": size[0], "height": size[1]})
            wide, high = board.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            assert wide == size[0]
            assert size == PHONE or high == size[1]
            assert board.evaluate(CUT) == [], size


CUT = """
[...document.querySelectorAll(".tile")].filter((tile) => {
  const box = tile.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(tile.querySelector(".value"));
  const inner = range.getBoundingClientRect();
  return inner.right > box.right || inner.bottom > box.bottom;
}).map((tile) => tile.dataset.tile)
"""
"""The tiles whose number is not whole."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(standing: Standing, browser: Browser, theme: str) -> None:
    """Names, roles, contrast: over good, off-target and unknown tiles, in both themes."""
    standing.floor.tenant("rolling_csat_satisfied_ratio", None)
    standing.floor.tenant("rolling_abandonment_ratio", 0.07)
    with page(browser, f"{standing.url}/?theme={theme}", reduced_motion="reduce") as board:
        shown(board, "abandonment", state="watch")
        found = Axe().run(board).response["violations"]

    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []


def test_states_are_said_not_only_coloured(standing: Standing, browser: Browser) -> None:
    """A screen reader hears of a state that is another one; a number that only changes is not read out."""
    with page(browser, standing.url) as board:
        shown(board, "abandonment", state="good")
        live = board.locator("[aria-live=polite]")
        assert live.text_content() == ""

        standing.floor.tenant("rolling_abandonment_ratio", 0.2)

        eventually(live.text_content, lambda said: said == "Abandoned: off target, 20%")
        standing.floor.trouble = "Redis does not answer"
        eventually(live.text_content, lambda said: said == "Redis does not answer")
        standing.floor.trouble = None
        eventually(live.text_content, lambda said: said == "the numbers are back")


def test_tiles_are_moved_by_keyboard_and_stay_there(standing: Standing, browser: Browser) -> None:
    """The order is kept on this screen; it can be undone."""
    with page(browser, standing.url) as board:
        shown(board, "waiting", value="54")
        board.get_by_role("button", name="Arrange").press("Enter")
        board.get_by_role("button", name="Move Waiting back").press("Enter")
        board.reload()
        shown(board, "waiting", value="54")
        assert order(board)[:2] == ["oldest_wait", "waiting"]

        board.get_by_role("button", name="Arrange").click()
        board.get_by_role("button", name="As laid out").click()

        assert order(board)[:2] == ["waiting", "oldest_wait"]


def test_tiles_are_dragged(standing: Standing, browser: Browser) -> None:
    """A tile dropped on another one takes its place."""
    with page(browser, standing.url) as board:
        shown(board, "waiting", value="54")
        board.get_by_role("button", name="Arrange").click()

        board.drag_and_drop("[data-tile=agents]", "[data-tile=waiting]")

        assert order(board)[:2] == ["agents", "waiting"]


def order(board: Page) -> list[str]:
    """Return the names of the tiles, in the order they have on the screen."""
    names: list[str] = board.evaluate("[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.tile)")
    return names


def test_boards_take_turns_on_a_wall(browser: Browser, tmp_path: Path) -> None:
    """Each stands for as long as the file says, and then gives way to the next."""
    file = tmp_path / "boards.toml"
    file.write_text(
        """
        rotate = "5s"
        [[boards]]
        name = "floor"
        title = "The floor"
        [[boards]]
        name = "tech"
        title = "Tech by phone"
        channel = "voice"
        queue = "tech"
        tiles = ["waiting", { shows = "service_level", target = 0.9, limit = 0.3 }]
        panels = ["trust"]
        """
    )
    with (
        Standing(Floor.busy(), port=free_port(), boards=str(file)) as standing,
        page(browser, f"{standing.url}/?kiosk") as board,
    ):
        shown(board, "csat", value="77%")
        shown(board, "waiting", value="31")
        # 41 % is below 90 %, but not below the limit that this board sets.
        assert shown(board, "service_level", value="41%")["state"] == "watch"
        assert order(board) == ["waiting", "service_level"]
        assert "Tech by phone" in board.locator(".head").inner_text()


def test_names_are_text_and_nothing_else(standing: Standing, browser: Browser) -> None:
    """A queue may be called anything: what looks like markup is shown as it is written, and nothing runs."""
    name = "<img src=x onerror=document.title='taken'>"
    standing.floor.put("queue", {"tenant": "acme", "channel": "chat", "queue": name}, "waiting", 1)
    standing.floor.put("queue", {"tenant": "acme", "channel": "chat", "queue": name}, "waiting_past_target", 0)
    with page(browser, standing.url) as board:
        row = board.locator("tbody th", has_text=name)
        row.wait_for()
        assert board.title() == "Deskpulse"
        assert board.locator("tbody img").count() == 0


def test_numbers_follow_the_locale(standing: Standing, browser: Browser) -> None:
    """German groups by points, and puts a space before the percent sign."""
    with page(browser, standing.url, locale="de-DE") as board:
        assert shown(board, "open_tickets", value="1.346")
        assert tile(board, "service_level")["value"] == "82\N{NO-BREAK SPACE}%"


def test_silence_is_heard_of_where_nothing_else_is_trusted(standing: Standing, browser: Browser) -> None:
    """Of a tenant that is not known there is no trust to be told of; a silent source makes tiles grey all the same."""
    standing.floor.is_unknown = True
    with page(browser, standing.url, may_err=True) as board:
        shown(board, "waiting", value="54")

        standing.floor.sources_s["zendesk"] = 95.0

        assert shown(board, "waiting", state="unknown")["detail"].startswith("no events from zendesk for 1:")


def test_no_queue_is_cut_in_half_on_a_wall(browser: Browser) -> None:
    """Forty queues are more than there is room for: those that fit are whole, and the others are counted."""
    floor = Floor.busy()
    for number in range(40):
        labels = {"tenant": "acme", "channel": "chat", "queue": f"q{number:02}"}
        floor.put("queue", labels, "waiting", 0)
        floor.put("queue", labels, "waiting_past_target", 0)
    with Standing(floor, port=free_port()) as standing, page(browser, f"{standing.url}/?kiosk") as board:
        more = board.locator(".queues .more")
        eventually(more.text_content, lambda said: bool(re.fullmatch(r"\+ \d+ quieter", said or "")))
        for size in (WALL, UHD):
            board.set_viewport_size({"width": size[0], "height": size[1]})
            eventually(lambda: board.evaluate(HALF), lambda rows: rows == [])
        seen = board.locator(".queues tbody tr:visible").count()

        assert more.text_content() == f"+ {48 - seen} quieter"


HALF = """
[...document.querySelectorAll(".queues tbody tr:not([hidden])")].filter((row) =>
  row.getBoundingClientRect().bottom > document.querySelector(".queues .rows").getBoundingClientRect().bottom + 0.5
).map((row) => row.textContent)
"""
"""The rows of the table of queues that are not whole."""
