"""The file of boards: what it says, and how its mistakes are named, to line and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregators.catalogue import METRICS
from stream.definitions_file import definitions_from
from stream.settings import SettingsError, load
from stream.wallboard.boards import PANELS, Place, boards_from, usual
from stream.wallboard.headlines import NAMES, headlines, name_of
from tests.stream.api.asking import ask

ROOT = Path(__file__).parents[2]
FILE = """
rotate = "20s"

[sources]
silent_after = "2m"
ignored = ["import"]
each = { zendesk = "10m" }

[[boards]]
name = "floor"
window = "30m"
tiles = ["waiting", { shows = "service_level", target = 0.9, title = "SL" }, "waiting", "rolling_reopened"]
panels = ["queues"]
sources = ["zendesk"]

[[boards]]
name = "tech"
tenant = "acme"
channel = "voice"
queue = "tech"
"""


def test_without_a_file_there_is_one_board_with_every_headline() -> None:
    """Over the last hour, of whatever tenant the screen shows."""
    (board,) = usual().boards

    assert [tile.name for tile in board.tiles] == list(NAMES)
    assert (board.window, board.place, board.panels) == ("1h", Place(), PANELS)
    assert usual().rotate_ms is None


def test_a_file_says_what_boards_show() -> None:
    """Headlines by name, with targets of one's own; other metrics by their name; two alike are told apart."""
    found = boards_from(FILE)

    floor, tech = found.boards
    assert [tile.name for tile in floor.tiles] == ["waiting", "service_level", "waiting-2", "rolling_reopened"]
    assert (floor.tiles[1].title, floor.tiles[1].headline.target, floor.tiles[1].headline.limit) == ("SL", 0.9, 0.9)
    assert floor.tiles[3].headline.value.metric == "rolling_reopened"
    assert (floor.window, floor.panels, floor.sources) == ("30m", ("queues",), ("zendesk",))
    assert tech.place == Place(tenant="acme", channel="voice", queue="tech")
    assert (found.rotate_ms, found.silent_after_ms, found.ignored) == (20_000, 120_000, ("import",))
    assert found.silent_after_of_ms == {"zendesk": 600_000}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('rotate = "1s"', "1: rotate: '1s' is too quick to be read (try 30s)"),
        ("boards = 3", "1: boards: 3 stands where a table belongs (try [boards])"),
        ("[[boards]]", "1: boards.name: is missing"),
        ('[[boards]]\nname = "a"\n[[boards]]\nname = "a"', "4: boards.name: 'a' is a board above already"),
        ('[[boards]]\nname = "a"\ncolour = "red"', "3: boards.colour: is not a key of this file"),
        ('[[boards]]\nname = "a"\nwindow = "2h"', "3: boards.window: '2h' is not one of 5m, 30m, 1h, today, 7d, shift"),
        ('[[boards]]\nname = "a"\nqueue = "tech"', "3: boards.queue: needs the channel it is of"),
        (
            '[[boards]]\nname = "a"\npanels = ["clock"]',
            "3: boards.panels: 'clock' is not one of queues, waiting, trust",
        ),
        ('[[boards]]\nname = "a"\ntiles = []', "3: boards.tiles: "),
        ('[[boards]]\nname = "a"\ntiles = [\n"waiting",\n"wating"]', "5: boards.tiles: 'wating' is no headline"),
        ('[[boards]]\nname = "a"\ntiles = ["wait_seconds"]', "3: boards.tiles: 'wait_seconds' is no headline"),
        (
            '[[boards]]\nname = "a"\ntiles = [{ shows = "csat", target = 0.8, limit = 0.9 }]',
            "3: boards.tiles.limit: is on the good side of the target (0.9 and 0.8)",
        ),
        ('[[boards]]\nname = "a"\ntiles = [{ target = 1 }]', "3: boards.tiles.shows: is missing"),
        ("[sources]\nsilent_after = 90", '2: sources.silent_after: 90 is not a duration (try "90s")'),
        ("[[boards", "1: is not TOML"),
    ],
)
def test_a_mistake_is_named_by_line_and_key(text: str, said: str) -> None:
    """As those of the definitions are."""
    with pytest.raises(ValueError, match=r"^[0-9]+: ") as wrong:
        boards_from(text)

    assert str(wrong.value).startswith(said)


def test_a_mistake_ends_serve_with_one_line(tmp_path: Path) -> None:
    """The variable, the file, the line, the key."""
    file = tmp_path / "boards.toml"
    file.write_text('[[boards]]\nname = "a"\nwindow = 3\n')

    with pytest.raises(SettingsError) as wrong:
        load({"boards": str(file)})

    assert str(wrong.value).startswith(f"DESKPULSE_BOARDS: {file}:3: boards.window: 3 is not one of")


def test_a_screen_holds_so_many_tiles() -> None:
    """24 at most, else nobody reads them."""
    with pytest.raises(ValueError, match=r"2: boards\.tiles: are 25: a screen holds 24 at most"):
        boards_from(f'[[boards]]\ntiles = {["waiting"] * 25}\nname = "a"')


def test_every_headline_is_made_of_metrics_that_there_are() -> None:
    """Each name is one of the catalogue, with the label it is given."""
    known = {name_of(metric.suffix, metric.family): metric for metric in METRICS}

    for headline in headlines().values():
        for part in (headline.value, *headline.beside.values()):
            assert set(part.labels) == ({known[part.metric].extra} if known[part.metric].extra else set()), part


def test_the_target_of_first_responses_is_that_of_the_definitions() -> None:
    """A house that answers chats within 30 s sees 30 s on its wall; off is what takes twice as long."""
    defined = definitions_from('[targets.first_response.channels]\nchat = "30s"\n')

    assert headlines()["first_response"].target == 60
    assert headlines(defined)["first_response"].target == 30
    assert headlines(defined)["first_response"].limit == 60


def test_of_targets_that_change_the_wall_has_the_one_in_force() -> None:
    """45 s since 2020; what comes into force in the year 2900 is not on it yet."""
    defined = definitions_from(
        "[[targets.first_response]]\n"
        '[[targets.first_response]]\nfrom = 2020-01-01\nchannels = { chat = "45s" }\n'
        '[[targets.first_response]]\nfrom = 2900-01-01\nchannels = { chat = "30s" }\n'
    )

    assert headlines(defined)["first_response"].target == 45


def test_waits_are_judged_by_those_past_the_target_unless_told() -> None:
    """Each by the target of its own queue; a board that names a target means the age of the oldest itself."""
    (board,) = boards_from(
        '[[boards]]\nname = "a"\ntiles = ["oldest_wait", { shows = "oldest_wait", target = 30, limit = 90 }]'
    ).boards

    assert [tile.headline.judged_by for tile in board.tiles] == ["past_target", None]
    assert (board.tiles[1].headline.target, board.tiles[1].headline.limit) == (30, 90)


def test_boards_are_asked_for_over_http(tmp_path: Path) -> None:
    """With every tile whole: what is None in the file is as its board says."""
    file = tmp_path / "boards.toml"
    file.write_text(FILE)

    said = ask("/api/v1/boards", given={"boards": str(file)}).json()

    assert [board["name"] for board in said["boards"]] == ["floor", "tech"]
    assert said["boards"][0]["tiles"][1] == {
        "name": "service_level", "title": "SL", "unit": "ratio", "better": "up", "target": 0.9, "limit": 0.9,
        "value": {"metric": "rolling_service_level_ratio", "labels": {"variant": "SL3"}},
        "beside": {
            "low": {"metric": "rolling_service_level_low_ratio", "labels": {}},
            "high": {"metric": "rolling_service_level_high_ratio", "labels": {}},
            "queued": {"metric": "rolling_queued", "labels": {}},
        },
        "judged_by": None, "window": "30m", "tenant": None, "channel": None, "queue": None,
    }  # fmt: skip
    assert said["boards"][1]["tiles"][0]["queue"] == "tech"
    assert said["rotate_s"] == 20
    assert said["sources"] == {"silent_after_s": 120, "silent_after_of_s": {"zendesk": 600}, "ignored": ["import"]}
    assert said["has_alerts"] is False


def test_the_example_of_the_page_is_a_file_of_boards() -> None:
    """What docs/wallboard.md shows can be taken as it stands."""
    page = (ROOT / "docs" / "wallboard.md").read_text()
    (text,) = re.findall(r"<!-- file: boards.toml -->\n```toml\n(.*?)```", page, re.DOTALL)

    assert [board.name for board in boards_from(text).boards] == ["floor", "tech"]
