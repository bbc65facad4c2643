"""What a worker reads next, of the sources and of what workers tell one another."""

from __future__ import annotations

from stream.chunks import Partition
from stream.turns import FAR_BEHIND, Turns

CHAT, MORE, HEARD = Partition("chat", 0), Partition("chat", 1), Partition("told", 0)
EVERYTHING = {CHAT, MORE, HEARD}


def lags(chat: int, more: int = 0, *, heard: int = 500) -> dict[Partition, int]:
    """Return how far behind each partition is."""
    return {CHAT: chat, MORE: more, HEARD: heard}


def test_all_is_read_together_while_no_source_is_far_behind() -> None:
    """However much was told and whenever one looks."""
    turns = Turns(["told"])
    for now_s in (0.0, 1.0, 100.0):
        assert turns.choose(lags(FAR_BEHIND, heard=10 * FAR_BEHIND), now_s=now_s) == EVERYTHING


def test_far_behind_the_sources_and_what_they_tell_are_read_by_turns() -> None:
    """The sources from 10 s on; when 100,000 records of them have come what was told, for 20 s; the sources again."""
    turns = Turns(["told"])
    behind = lags(0, FAR_BEHIND + 1)
    assert turns.choose(behind, now_s=10.0) == {CHAT, MORE}
    turns.got(99_999, now_s=11.0)
    assert turns.choose(behind, now_s=11.0) == {CHAT, MORE}
    turns.got(1, now_s=12.0)
    assert turns.choose(behind, now_s=12.0) == {HEARD}
    turns.got(1_000_000, now_s=31.9)
    assert turns.choose(behind, now_s=31.9) == {HEARD}
    assert turns.choose(behind, now_s=32.0) == {CHAT, MORE}


def test_sources_that_are_slow_have_a_turn_of_some_seconds() -> None:
    """20 s, and nothing that came of them ends it before."""
    turns = Turns(["told"])
    behind = lags(FAR_BEHIND + 1)
    turns.choose(behind, now_s=10.0)
    turns.got(0, now_s=11.0)
    assert turns.choose(behind, now_s=29.9) == {CHAT, MORE}
    assert turns.choose(behind, now_s=30.0) == {HEARD}


def test_when_nothing_more_was_told_the_sources_go_on_at_once() -> None:
    """Their turn begins at 15.5 s then, with no record read of it."""
    turns = Turns(["told"])
    behind = lags(FAR_BEHIND + 1)
    turns.choose(behind, now_s=10.0)
    turns.got(100_000, now_s=15.0)
    assert turns.choose(behind, now_s=15.0) == {HEARD}
    turns.got(0, now_s=15.5)
    assert turns.choose(behind, now_s=15.5) == {CHAT, MORE}
    assert turns.choose(behind, now_s=35.4) == {CHAT, MORE}
    assert turns.choose(behind, now_s=35.5) == {HEARD}


def test_who_has_caught_up_reads_everything_and_begins_anew_when_behind_again() -> None:
    """The turn of what was told ends with the backlog; the next one begins with the sources."""
    turns = Turns(["told"])
    turns.choose(lags(FAR_BEHIND + 1), now_s=0.0)
    assert turns.choose(lags(FAR_BEHIND + 1), now_s=20.0) == {HEARD}
    assert turns.choose(lags(FAR_BEHIND), now_s=20.1) == EVERYTHING
    assert turns.choose(lags(FAR_BEHIND + 1), now_s=20.2) == {CHAT, MORE}


def test_without_anything_told_or_any_source_all_is_read() -> None:
    """A worker of one kind of partitions has no turns."""
    assert Turns([]).choose({CHAT: FAR_BEHIND + 1}, now_s=0.0) == {CHAT}
    assert Turns(["told"]).choose({CHAT: FAR_BEHIND + 1}, now_s=0.0) == {CHAT}
    assert Turns(["told"]).choose({HEARD: FAR_BEHIND + 1}, now_s=0.0) == {HEARD}
