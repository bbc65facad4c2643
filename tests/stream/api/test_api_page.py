"""The page of the API says what there is."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from stream.api.app import make_app
from stream.api.changes import LASTS_S, MOST_CLIENTS, MOST_VALUES, QUIET_S
from stream.api.differing import REMEMBERED
from stream.api.history import MOST_POINTS
from stream.api.hub import WAITING_EVENTS
from stream.api.source import Source
from stream.settings import load
from stream.snapshot import Snapshot

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
TAGS = {"catalogue", "numbers", "trust"}
"""What the page is about; other pages have the others."""


@cache
def contract() -> dict[str, dict[str, dict[str, object]]]:
    """Return the paths of the contract."""
    paths: dict[str, dict[str, dict[str, object]]] = make_app(Source(load({}), Snapshot)).openapi()["paths"]
    return paths


def test_every_endpoint_about_numbers_is_on_the_page() -> None:
    """In its table, and nothing else is."""
    there = {
        f"{method.upper()} {path}"
        for path, operations in contract().items()
        for method, operation in operations.items()
        if TAGS & set(operation.get("tags", ()))  # type: ignore[call-overload]
    }

    assert set(re.findall(r"^\| `([A-Z]+ /\S+)` \|", PAGE, re.MULTILINE)) == there


def test_every_example_asks_for_what_there_is() -> None:
    """Paths, and parameters by the contract."""
    asked = re.findall(r"curl -sN? '?localhost:8420(/[^'\s`]+)", PAGE)
    for path, query in ((urlsplit(each).path, urlsplit(each).query) for each in asked):
        if path.endswith("openapi.json"):
            continue
        parameters = contract()[path]["get"].get("parameters", [])
        names = {each["name"] for each in parameters}  # type: ignore[attr-defined]
        assert {name for name, _ in parse_qsl(query)} <= names, path

    assert len(asked) == 9


def test_answers_on_the_page_are_json() -> None:
    """Each block that says so."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)

    assert len([json.loads(block) for block in blocks]) == 4


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    """To the number."""
    assert f"at most {MOST_POINTS:,}." in PAGE
    assert f"{MOST_CLIENTS:,} may follow at once" in PAGE
    assert f"follow {MOST_VALUES:,} values" in PAGE
    assert f"when {WAITING_EVENTS} events wait" in PAGE
    assert f"after {QUIET_S:g} s without any" in PAGE
    assert f"ends after {LASTS_S / 60:g} minutes" in PAGE
    assert REMEMBERED == 120  # two minutes of seconds
