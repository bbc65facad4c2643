"""The wallboard of the demo, as whoever types `make demo` sees it first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from stream.demo.boards import TEXT
from stream.wallboard.boards import boards_from
from tests.stream.test_demo import demo
from tests.wallboard.browsing import chromium, eventually, page

if TYPE_CHECKING:
    from pathlib import Path

STATES = "[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.state)"


def test_the_boards_of_the_demo_are_laid_out() -> None:
    """All queues first, then by channel; none of them stands on the ledger, which speaks once an hour."""
    found = boards_from(TEXT)

    assert [board.name for board in found.boards] == ["all", "voice", "chat"]
    assert found.ignored == ("ledger",)


@pytest.mark.stack
def test_the_board_of_the_demo_knows_all_its_numbers(tmp_path: Path) -> None:
    """Its address is the first that is printed; no tile is grey, nothing errs in the console."""
    with demo(tmp_path, "--calm") as running, chromium() as browser:
        address = running.until(r"wallboard\s+(http://\S+)")
        said = "\n".join(running.said)
        with page(browser, address) as board:
            states = eventually(lambda: board.evaluate(STATES), lambda seen: len(seen) == 8 and "unknown" not in seen)

    assert set(states) <= {"good", "watch", "act", "plain"}
    assert not re.search(r"http://\S+/metrics", said)
