"""Who has the answer already is not sent it again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from stream.api.access import CALLER, Caller
from stream.api.app import make_app
from stream.api.conditional import Conditional
from stream.api.source import Source
from stream.scopes import as_toml
from stream.settings import load
from stream.snapshot import OLD_SNAPSHOT_MS, Snapshot
from tests.logs import T0
from tests.stream.api.asking import FRESH
from tests.stream.api.driving import drive, fine, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from stream.scopes import Scope

CATALOGUE = "/api/v1/catalogue"


class Asker:
    """Asks one application, whose snapshot and clock may change."""

    def __init__(self, file: Path) -> None:
        tokens = (("one", ["read"], ["acme"]), ("two", ["read"], ["acme"]), ("three", ["read", "drill-down"], ["acme"]))
        file.write_text("".join(as_toml(name, name, scopes=held, tenants=seen) for name, held, seen in tokens))  # type: ignore[arg-type]
        self.snapshot, self.now = FRESH, T0
        source = Source(load({"tokens": str(file)}), lambda: self.snapshot, clock=lambda: self.now)
        self.client = TestClient(make_app(source), "http://127.0.0.1:8420")

    def get(self, path: str = CATALOGUE, *, tag: str = "", by: str = "one", **headers: str) -> Response:
        """Return the answer to who has the answer with *tag* already."""
        sent = {"Authorization": f"Bearer {by}", "Accept-Encoding": "identity", **headers}
        return self.client.get(path, headers=sent | ({"If-None-Match": tag} if tag else {}))


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    """Give one who asks."""
    asker = Asker(tmp_path / "tokens.toml")
    with asker.client:
        yield asker


def test_the_same_snapshot_is_not_sent_twice(asker: Asker) -> None:
    """304 without a body, also among other tags; without a tag, or with another one, it is sent whole."""
    first = asker.get()
    tag = first.headers["ETag"]
    again = asker.get(tag=tag)

    assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-cache")
    assert first.headers["Vary"] == "Authorization, Cookie, Accept, Accept-Encoding"
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert asker.get(tag=f'"other", {tag}').status_code == 304
    assert [asker.get(tag=other).status_code for other in ('"other"', "*", tag[:-2] + 'x"')] == [200] * 3


def test_another_snapshot_is_another_answer(asker: Asker) -> None:
    """So is another generation, and one that has grown too old to be believed, second by second."""
    tags = []
    for snapshot in (
        FRESH,
        replace(FRESH, refreshes=1),
        replace(FRESH, made_at=T0 + 1),
        replace(FRESH, generation="d"),
    ):
        asker.snapshot = snapshot
        tags.append(asker.get().headers["ETag"])
    for late_ms in (OLD_SNAPSHOT_MS + 1_000, OLD_SNAPSHOT_MS + 2_000):
        asker.snapshot, asker.now = FRESH, T0 + late_ms
        tags.append(asker.get().headers["ETag"])

    assert len(set(tags)) == 6
    asker.now = T0
    assert asker.get().headers["ETag"] == tags[0]


def test_a_tag_is_of_one_question_and_one_caller(asker: Asker) -> None:
    """Another path, query, form of the answer, caller or scope: another tag, and nobody's lets another one pass."""
    answers = [
        asker.get(),
        asker.get(f"{CATALOGUE}?x=1"),
        asker.get("/api/v1/values"),
        asker.get(by="two"),
        asker.get(by="three"),
        asker.get(Accept="text/csv"),
    ]

    tags = [answer.headers["ETag"] for answer in answers]

    assert len(set(tags)) == len(tags)
    assert [asker.get(tag=tag).status_code for tag in tags] == [304] + [200] * 5


def test_a_tag_lets_nobody_in(asker: Asker, tmp_path: Path) -> None:
    """A token that was taken away is refused whatever tag comes with it."""
    tag = asker.get().headers["ETag"]

    assert asker.get(tag=tag, by="wrong").status_code == 401
    (tmp_path / "tokens.toml").write_text("")
    assert asker.get(tag=tag).status_code == 401


def test_another_process_gives_other_tags(asker: Asker, tmp_path: Path) -> None:
    """So nobody can make one up; behind a load balancer the answer comes whole."""
    with (other := Asker(tmp_path / "other.toml")).client:
        assert other.get().headers["ETag"] != asker.get().headers["ETag"]


def test_errors_and_scrapes_have_no_tag(asker: Asker) -> None:
    """They are made anew each time."""
    asker.snapshot = Snapshot()

    for path in ("/api/v1/nothing", "/ready", "/api/v1/values?metric=nothing"):
        assert "ETag" not in asker.get(path).headers


async def test_ids_of_conversations_are_kept_by_no_browser() -> None:
    """Whoever sees them masked may keep the answer, as of anything else."""
    app = Conditional(fine, Source(load({}), lambda: FRESH, clock=lambda: T0), prefix="/api/v1")

    async def headers(path: str, *scopes: Scope) -> dict[str, str]:
        return (await drive(app, {**scope_of(path), CALLER: Caller("ann", frozenset(scopes))})).headers

    paths = ("conversations", "conversations/c-1", "restatements", "restated-numbers", "known-then")
    for path in (f"/api/v1/{name}" for name in paths):
        shown = await headers(path, "read", "drill-down")
        assert (shown["cache-control"], "etag" in shown) == ("no-store", False)
        assert (await headers(path, "read"))["cache-control"] == "private, no-cache"
    assert (await headers("/api/v1/values", "read", "drill-down"))["cache-control"] == "private, no-cache"
