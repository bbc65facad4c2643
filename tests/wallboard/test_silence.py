"""Silence: whose makes which board grey, and who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stream.api.access import ANYBODY, Caller
from stream.wallboard.boards import boards_from
from stream.wallboard.silence import said
from tests.logs import T0
from tests.stream.api.asking import FRESH, ask

if TYPE_CHECKING:
    from pathlib import Path

BOARDS = boards_from(
    """
    [sources]
    ignored = ["ledger"]
    each = { import = "2h" }
    [[boards]]
    name = "all"
    [[boards]]
    name = "voice"
    sources = ["pbx"]
    [[boards]]
    name = "globex"
    tenant = "globex"
    sources = ["desk"]
    """
)
ACME = Caller("screen", frozenset({"read"}), frozenset({"acme"}))


def boards(ages_s: dict[str, float], *, caller: Caller = ANYBODY) -> list[tuple[str, str, float, int]]:
    """Return the boards that are said to be silent: name, source, its age, how many others."""
    return [(each.board, each.source, each.age_s, each.others) for each in said(BOARDS, ages_s, caller=caller).silent]


def test_a_source_is_silent_after_90_seconds() -> None:
    """At exactly 90 s it is not yet."""
    assert boards({"mail": 90.0}) == []
    assert boards({"mail": 90.1}) == [("all", "mail", 90.1, 0)]


def test_a_board_that_names_its_sources_stands_on_no_other() -> None:
    """A silent mailbox is nothing to the telephone, and the other way round."""
    assert boards({"pbx": 100.0, "mail": 200.0}) == [("all", "mail", 200.0, 1), ("voice", "pbx", 100.0, 0)]


def test_sources_that_speak_seldom_have_times_of_their_own() -> None:
    """The import may be silent for two hours, the ledger for ever."""
    assert boards({"import": 7_200.0, "ledger": 99_999.0}) == []
    assert boards({"import": 7_201.0}) == [("all", "import", 7_201.0, 0)]


def test_who_sees_some_tenants_is_told_of_the_sources_their_boards_name() -> None:
    """Not of others, which may be of other tenants; nor of boards of other tenants."""
    assert boards({"pbx": 100.0, "mail": 200.0, "desk": 300.0}, caller=ACME) == [("voice", "pbx", 100.0, 0)]


def test_ages_are_those_at_the_instant_of_the_numbers(tmp_path: Path) -> None:
    """A replay of an old day is not silent because it is old; without numbers nothing is said of anybody."""
    file = tmp_path / "boards.toml"
    file.write_text('[[boards]]\nname = "all"\n')
    snapshot = replace(FRESH, sources={"desk": T0 - 95_000, "mail": T0 - 5_000})

    def silent(as_of: int | None) -> object:
        found = replace(snapshot, as_of=as_of)
        return ask("/api/v1/silence", snapshot=found, given={"boards": str(file)}).json()["silent"]

    assert silent(T0) == [{"board": "all", "source": "desk", "age_s": 95.0, "others": 0}]
    assert silent(None) == []
