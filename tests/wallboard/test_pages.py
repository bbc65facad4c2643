"""What a browser is sent: pages and scripts of our own, under a policy that lets nothing else in."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import stream.wallboard
from stream.wallboard.pages import PAGES, static_files
from tests.stream.api.asking import ask

SOURCES = Path(__file__).parents[2] / "stream" / "wallboard" / "static"
FOLDER = Path(stream.wallboard.__file__).parent / "static"
SCRIPTS = sorted(FOLDER.glob("*.js"))
MOST_LINES = 200


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_a_page_has_nothing_unsafe(path: str) -> None:
    """Scripts and styles come from this server alone, and none of them stands in the page or in an attribute."""
    answer = ask(path)

    policy = answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_a_page_names_is_there(path: str) -> None:
    """No address of somebody else's: it works without a network."""
    names = re.findall(r'(?:src|href)="([^"]*)"', ask(path).text)

    assert names
    for name in names:
        assert ask(name).status_code == 200, name


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_script_and_no_style_of_their_own(path: str) -> None:
    """Else the policy would have to let it in."""
    found: list[str] = []

    class Look(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(name for name, _ in attrs if name == "style" or name.startswith("on"))
            if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
                found.append(tag)

    Look().feed(ask(path).text)

    assert found == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.name))
def test_scripts_make_no_markup_of_values(script: Path) -> None:
    """What a queue is called is never read as HTML, nor run; nothing is loaded from elsewhere; a file has one idea."""
    text = script.read_text()

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://(?!www\.w3\.org/2000/svg)",
        text,
    )
    for name in re.findall(r'from "\./([^"]+)"', text):
        assert (FOLDER / name).exists(), name
    assert len(text.splitlines()) <= MOST_LINES


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    """Asked for each time, so that an update is there at once; sent only if it is another one."""
    first = ask("/")

    again = ask("/", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


def test_pages_are_nobodys_secret(tmp_path: Path) -> None:
    """They hold no number: a screen that has no token yet can say that it needs one."""
    file = tmp_path / "tokens.toml"
    file.write_text("")

    assert ask("/", given={"tokens": str(file)}).status_code == 200


def test_files_beside_the_pages_are_not_sent() -> None:
    """A name is looked up among those there are; it is no path."""
    assert ask("/static/board.js").status_code == 200
    assert ask("/static/../pages.py").status_code == 404
    assert ask("/static/%2e%2e/pages.py").status_code == 404
    assert ask("/static/board.html").status_code == 404


def test_every_kind_of_file_has_a_type() -> None:
    """A browser runs no module that is not called a script."""
    types = {name.rpartition(".")[2]: file.media_type for name, file in static_files()}

    assert types["js"] == "text/javascript; charset=utf-8"
    assert types["css"] == "text/css; charset=utf-8"


def test_what_is_installed_has_every_file() -> None:
    """`make test-compiled` asks this of the wheel: what stands in the sources beside the code is in it."""
    assert {each.name for each in FOLDER.iterdir()} == {each.name for each in SOURCES.iterdir()}
