"""Names over the caps count as `other`, chosen by when they were first seen, whatever the order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.engine import Engine
from aggregators.folding import MOST_CHARACTERS, OTHER, Caps, Folding, fold
from aggregators.instants import DAY_MS
from aggregators.rolling import Group, groups_of
from aggregators.samples import Labels
from aggregators.tables import Tables
from stream.offline import board_of, definitions_of, show
from stream.settings import load
from tests.aggregators.running import incoming
from tests.logs import T0, Log

if TYPE_CHECKING:
    import random

    from aggregators.board import Board

EXAMPLES = settings(max_examples=100, derandomize=True, database=None, deadline=None)
NAMES = st.sampled_from("abcd")
PARTS = st.sampled_from(["", "team=a", "team=b", "team=c", "agent=a", "agent=b"])
SEEN = st.dictionaries(st.builds(Labels, NAMES, NAMES, NAMES, PARTS), st.integers(T0, T0 + 5), max_size=20)


def test_below_the_caps_everybody_has_a_name() -> None:
    """Nothing is folded at exactly the cap."""
    folding = fold({Labels("t", "chat", queue): T0 for queue in "ab"}, Caps(tenants=1, channels=1, queues=2))

    assert (folding, folding.folded) == (Folding(), 0)
    assert folding.groups(Labels("t", "chat", "a")) == groups_of(Labels("t", "chat", "a"))


def test_the_first_seen_keep_their_names() -> None:
    """Then by name; the rest of a tenant is one `other`, and another tenant has its own cap."""
    first = {
        Labels("t", "chat", "late"): T0 + 2,
        Labels("t", "chat", "b"): T0 + 1,
        Labels("t", "web", "a"): T0 + 1,
        Labels("t", "chat", "early"): T0,
        Labels("u", "chat", "late"): T0 + 9,
    }

    folding = fold(first, Caps(queues=2))

    shown = [folding.fold(labels).queue for labels in first]
    assert shown == [OTHER, OTHER, "a", "early", "late"]
    assert folding.folded == 2


def test_a_name_that_is_too_long_is_nobodys() -> None:
    """At each level it counts as `other`, among the folded, and takes nobody's place under the cap."""
    fits, long = "q" * MOST_CHARACTERS, "q" * (MOST_CHARACTERS + 1)
    first = {Labels("t", "chat", long): T0, Labels("t", "chat", fits): T0 + 1, Labels(long, long, "a"): T0 + 2}

    folding = fold(first, Caps(queues=1))

    assert folding.fold(Labels("t", "chat", long)) == Labels("t", "chat", OTHER)
    assert folding.fold(Labels("t", "chat", fits)) == Labels("t", "chat", fits)
    assert folding.fold(Labels(long, long, "a")) == Labels(OTHER, OTHER, "a")
    assert folding.folded == 3


def test_a_queue_is_seen_first_in_any_channel() -> None:
    """The earliest of its label sets counts."""
    first = {
        Labels("t", "chat", "a"): T0 + 1,
        Labels("t", "chat", "b"): T0 + 2,
        Labels("t", "web", "b"): T0,
    }

    assert fold(first, Caps(queues=1)).queues == frozenset({("t", "b")})


def test_tenants_and_channels_are_folded_too() -> None:
    """Each by its own cap; what is folded counts once for each name."""
    first = {Labels(tenant, channel, "q"): T0 for tenant in "tuv" for channel in ("chat", "web")}

    folding = fold(first, Caps(tenants=2, channels=1))

    assert folding.fold(Labels("t", "chat", "q")) == Labels("t", "chat", "q")
    assert folding.fold(Labels("u", "web", "q")) == Labels("u", OTHER, "q")
    assert folding.fold(Labels("v", "web", "q")) == Labels(OTHER, OTHER, "q")
    assert folding.folded == 1 + 3
    assert folding.groups(Labels("v", "web", "q"))[1] == Group("channel", (OTHER, OTHER))


def test_names_of_a_level_are_folded_by_their_own_cap() -> None:
    """Two teams and two agents of one each: the later ones are others, each at its level; the long name is one too."""
    first = {
        Labels("t", "chat", "q"): T0,
        Labels("t", "chat", "q", "team=one"): T0,
        Labels("t", "chat", "q", "team=two"): T0 + 1,
        Labels("t", "chat", "q", "agent=a-2"): T0 + 1,
        Labels("t", "web", "q", "agent=a-1"): T0 + 1,
        Labels("u", "web", "q", "team=two"): T0 + 9,
        Labels("u", "web", "q", f"agent={'a' * (MOST_CHARACTERS + 1)}"): T0,
        Labels("u", "web", "q", f"agent={'a' * MOST_CHARACTERS}"): T0,
    }

    folding = fold(first, Caps(parts=1))

    assert [folding.fold(labels).part for labels in first] == [
        "", "team=one", "team=other", "agent=other", "agent=a-1", "team=two", "agent=other",
        f"agent={'a' * MOST_CHARACTERS}",
    ]  # fmt: skip
    assert folding.folded == 3
    assert folding.groups(Labels("t", "chat", "q", "team=two")) == (Group("team", ("t", OTHER)),)


@EXAMPLES
@given(first=SEEN, chance=st.randoms(use_true_random=False))
def test_arrival_decides_nothing(first: dict[Labels, int], chance: random.Random) -> None:
    """In any order the same names are kept, and never more than the caps allow."""
    caps = Caps(tenants=2, channels=2, queues=1, parts=1)
    shuffled = list(first.items())
    chance.shuffle(shuffled)

    folding = fold(dict(shuffled), caps)

    assert folding == fold(first, caps)
    shown = {folding.fold(labels) for labels in first}
    assert len({labels.tenant for labels in shown} - {OTHER}) <= caps.tenants
    for tenant in {labels.tenant for labels in shown} - {OTHER}:
        assert len({labels.queue for labels in shown if labels.tenant == tenant} - {OTHER}) <= caps.queues
        assert len({labels.channel for labels in shown if labels.tenant == tenant} - {OTHER}) <= caps.channels
        for level in ("team", "agent"):
            parts = {labels.part for labels in shown if labels.tenant == tenant and labels.part.startswith(level)}
            assert len(parts - {f"{level}={OTHER}"}) <= caps.parts


def board_after(lines: list[bytes], *, size: int) -> Board:
    """Return the board of *lines* applied *size* records at a time, as it stands after the last, at most 3 queues."""
    most = load({"max_queues": 3})
    board, engine, tables = board_of(most), Engine(definitions_of(most)), Tables(offset=0)
    records = incoming(lines)
    for start in range(0, len(records), size):
        delta = engine.run(records[start : start + size], lambda key: dict(tables.facts.get(key, {})))
        tables.apply(delta, offset=start + size)
        show(board, delta, tables)
    board.move(max(record.timestamp for record in records) + 1)
    return board


def queues_of(board: Board) -> set[str]:
    """Return the queues that have rows of windows."""
    return {row.group.values[2] for row in board.rows() if row.group.level == "queue" and row.window == "7d"}


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_queue_of_a_moment_takes_nobodys_place(size: int) -> None:
    """Each conversation is in no queue until its second event: how records are cut decides whether that was seen."""
    log = Log()
    for number, queue in enumerate(("billing", "sales", "tech")):
        log.of(conversation=f"c{number}").add("chat.offered", f"00:0{number}").queued(f"00:0{number}.500", queue=queue)

    board = board_after(log.lines, size=size)

    assert (queues_of(board), board.folded) == ({"billing", "sales", "tech"}, 0)


def test_queues_that_nothing_is_kept_of_stand_behind_those_of_today() -> None:
    """Three campaigns of last year had the cap to themselves; their counters go to `other` when new queues come."""
    log = Log()
    for number in range(3):
        log.of(conversation=f"c{number}").queued("00:00", queue=f"campaign-{number}").accepted("00:10")
    year = T0 + 400 * DAY_MS
    log.of(conversation="new").add("chat.queued", year, queue="billing").add("chat.accepted", year + 1_000)

    board = board_after(log.lines, size=100)

    assert (queues_of(board), board.folded) == ({"billing"}, 1)


def test_no_name_is_no_name_over_the_cap() -> None:
    """What stands at the tenant, at a channel or at a desk only is not `other`, and takes nobody's place."""
    agents, desk, costs = Labels("t", "", ""), Labels("t", "", "q"), Labels("t", "chat", "")
    first = {agents: T0, desk: T0 + 1, costs: T0 + 2, Labels("t", "web", "r"): T0 + 3}

    folding = fold(first, Caps(channels=1, queues=1))

    assert [folding.fold(labels) for labels in first] == [agents, desk, costs, Labels("t", OTHER, OTHER)]
    assert folding.folded == 2
