"""Runbooks: what stands in them is true and complete, and their pages open for whoever is paged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.core
import typer.main

import stream
from aggregators.definitions import Definitions
from stream.alerting import groups
from stream.alerting.runbooks import with_conditions
from stream.cli import app
from stream.wallboard.runbooks import rendered, runbooks
from tests.queries import troubles
from tests.stream.api.asking import ask

if TYPE_CHECKING:
    from stream.wallboard.runbooks import Runbook

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "stream" / "runbooks"
FILES = sorted(SOURCES.glob("*.md"))
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
EACH = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
LONGEST_LINE = 120
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


def fenced(path: Path, kind: str) -> list[str]:
    """Return the blocks of a runbook that are marked as *kind*."""
    return [
        block.strip()
        for block in re.findall(rf"^ *```{kind}\n(.*?)^ *```$", path.read_text(), re.MULTILINE | re.DOTALL)
    ]


def commands() -> set[str]:
    """Return the names of Deskpulse's commands."""
    made = typer.main.get_command(app)
    assert isinstance(made, typer.core.TyperGroup)
    return set(made.commands)


def of(slug: str) -> Runbook:
    """Return one runbook."""
    return next(each for each in runbooks() if each.slug == slug)


@EACH
def test_every_runbook_has_the_four_headings(path: Path) -> None:
    """In this order; the first line names its alerts, which are called as alerts are."""
    lines = path.read_text().splitlines()

    assert re.fullmatch(r"# Deskpulse([A-Z][a-z]+)+(, Deskpulse([A-Z][a-z]+)+)*", lines[0])
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS
    assert max(map(len, lines)) <= LONGEST_LINE
    assert SLUG.fullmatch(path.stem)


@EACH
def test_every_heading_has_something_below_it(path: Path) -> None:
    """A heading alone helps nobody."""
    parts = re.split(r"^## .*$", path.read_text(), flags=re.MULTILINE)[1:]

    assert all(len(part.split()) > 10 for part in parts)


@EACH
def test_every_query_is_promql_over_the_catalogue(path: Path) -> None:
    """Metrics and labels exist, rolling ones pin `window`: a lead at night can paste it."""
    for query in fenced(path, "promql"):
        assert troubles(query) == [], query


@EACH
def test_every_command_is_there(path: Path) -> None:
    """What begins with `deskpulse` is a command of it."""
    known = commands()
    blocks = "\n".join(fenced(path, "sh"))
    named = re.findall(r"(?:^|\| )\s*deskpulse ([a-z-]+)", blocks, re.MULTILINE)

    assert set(named) <= known
    assert set(re.findall(r"`deskpulse ([a-z-]+)", path.read_text())) <= known


@EACH
def test_every_link_leads_to_a_page(path: Path) -> None:
    """In the file to a file, in the page to an address that answers."""
    body = of(path.stem).body
    leads = re.findall(r"\]\(([^)]+)\)", path.read_text())

    assert all((SOURCES / name).is_file() for name in leads)
    for link in re.findall(r'href="([^"]*)"', body):
        assert ask(link).status_code == 200, link
    assert body.count("href=") == len(leads)


@EACH
def test_every_dashboard_it_names_is_there(path: Path) -> None:
    """By the title it has in Grafana, without what all of them begin with."""
    named = re.findall(r"dashboard(?: of the page,)?\s\*([^*]+)\*", path.read_text())

    assert {name.lower() for name in named} <= dashboards()


def dashboards() -> set[str]:
    """Return the titles of the dashboards, in small letters."""
    titles = (json.loads(file.read_text())["title"] for file in (ROOT / "grafana" / "dashboards").glob("*.json"))
    return {title.partition(": ")[2].lower() for title in titles}


def test_the_tests_of_queries_and_commands_look_at_some() -> None:
    """Else a changed fence would let everything pass."""
    assert sum(len(fenced(path, "promql")) for path in FILES) > 20
    assert sum(len(fenced(path, "sh")) for path in FILES) > 8
    assert {"queue", "people", "satisfaction", "the numbers' health"} <= dashboards()
    assert {"check", "dead-letters", "rebuild", "staffing"} <= commands()


@EACH
def test_its_page_opens(path: Path) -> None:
    """With what stands in the file, under the policy of every page."""
    answer = ask(f"/runbooks/{path.stem}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert [heading.lower() for heading in HEADINGS] == re.findall(r'<h2 id="([a-z]+)">', answer.text)
    assert not re.search(r"<style|style=|<script(?! type=\"module\" src=)| on[a-z]+=", answer.text)


def test_whoever_is_paged_can_open_it(tmp_path: Path) -> None:
    """A telephone has no token, and a runbook holds no number."""
    file = tmp_path / "tokens.toml"
    file.write_text("")
    given = {"tokens": str(file)}

    assert ask("/runbooks/queue-spike", given=given).status_code == 200
    assert ask("/api/v1/values", given=given).status_code == 401


def test_the_list_has_them_all() -> None:
    """With the names of the alerts, as links that open."""
    said = ask("/runbooks/").text

    assert re.findall(r'<li><a href="/runbooks/([^"]*)">', said) == [path.stem for path in FILES]
    assert "DeskpulseDataStale, DeskpulseSnapshotStale, DeskpulseDataAbsent" in said
    assert ask("/runbooks").text == said


@pytest.mark.parametrize(
    "path", ["/runbooks/none", "/runbooks/queue-spike.md", "/runbooks/../app.py", "/runbooks/%2e%2e/cli.py"]
)
def test_what_is_no_runbook_is_not_there(path: str) -> None:
    """A slug is looked up among those there are; it is no path."""
    assert ask(path).status_code == 404


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    """As every page."""
    first = ask("/runbooks/queue-spike")
    again = ask("/runbooks/queue-spike", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_markup_in_a_runbook_is_text() -> None:
    """Nothing that stands in the file becomes an element or a script, and no link runs anything."""
    text = "# A<b>c\n\n<script>alert(1)</script>\n\n[go](javascript:alert) <img src=x onerror=y> [up](../secret.md)\n"
    runbook = rendered("x", text)

    assert runbook.title == "A<b>c"
    assert "<h1>A&lt;b&gt;c</h1>" in runbook.body
    assert "<script" not in runbook.body
    assert "<img" not in runbook.body
    assert 'href="javascript' not in runbook.body
    assert 'href="../secret.md"' in runbook.body  # only a file beside it has a page


def test_what_is_installed_has_every_runbook() -> None:
    """There is one copy, in the package; nothing else lies beside it."""
    folder = Path(stream.__file__).parent / "runbooks"

    assert {each.name for each in folder.iterdir()} == {path.name for path in FILES}


@EACH
def test_it_says_when_its_alerts_fire_as_the_rules_do(path: Path) -> None:
    """Below Meaning: condition, duration and guard of the table of rules; `python -m stream.alerting` writes them."""
    text = path.read_text(encoding="utf-8")

    assert with_conditions(text, path.stem, groups(Definitions())) == text


def test_what_it_says_of_an_alert_follows_the_rule() -> None:
    """What stood there is replaced, what was written by hand is left; a page without a Meaning is no runbook."""
    old = "# X\n\n## Meaning\n\n- **DeskpulseOldestWait** fires when: the moon is full. At once.\n\nBy hand.\n"
    new = with_conditions(old, "oldest-wait", groups(Definitions()))

    assert "moon" not in new
    assert new.endswith(".\n\nBy hand.\n")
    assert "above twice the wait target of its queue. For: 1 min, then\n  kept for 10 min. Guard: open for" in new
    assert with_conditions("## Meaning\n\nBy hand.\n", "oldest-wait", groups(Definitions())) == new.partition("\n\n")[2]
    with pytest.raises(ValueError, match="oldest-wait: there is no heading Meaning"):
        with_conditions("# X\n", "oldest-wait", groups(Definitions()))
