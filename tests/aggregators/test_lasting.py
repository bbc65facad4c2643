"""What lasts of an agent: what turns at an instant, and what ends with the day that did not before."""

from __future__ import annotations

from aggregators import samples as s
from aggregators.agents import NOTHING_LASTS, Weights
from aggregators.lasting import Desks, Lasting, Swept
from aggregators.points import Point
from aggregators.samples import SPELLS, Interval

NIGHT = 100
DESKS = Desks("t")


def begun(*turns: tuple[int, Weights, str]) -> Lasting:
    """Return what lasts where at each instant weights and queues, by blanks, turn."""
    lasting = Lasting(DESKS, NOTHING_LASTS)
    for at, weights, queues in turns:
        lasting = lasting.turned(at, weights, dict.fromkeys(queues.split()), Swept({}, {}))
    return lasting


def ends(kind: int, start: int, queue: str = "") -> Interval:
    """Return what ends at night, at a queue or, without one, everywhere."""
    return Interval(kind, DESKS.at(queue), start, NIGHT, start)


def closed(ours: Lasting, theirs: Lasting) -> Swept:
    """Return what ends at night of *ours* and not so in *theirs*."""
    swept = Swept({}, {})
    ours.close(NIGHT, theirs, swept)
    return swept


def test_labels_are_the_same_objects_each_time() -> None:
    """Of a queue, and of a queue of a channel."""
    assert DESKS.at("sales") is DESKS.at("sales")
    assert DESKS.at("sales", "chat") is DESKS.at("sales", "chat")
    assert DESKS.at("sales", "chat") == ("t", "chat", "sales", "")


def test_where_nothing_turns_it_is_the_same() -> None:
    """As long as weights and queues are; another queue is a turn, and so are other weights."""
    weights = Weights({s.CHATS: 1}, {s.SLOTS: 1})
    lasting, queues = begun((10, weights, "sales")), {"sales": None}
    nothing = Lasting(DESKS, NOTHING_LASTS)

    assert nothing.turned(10, NOTHING_LASTS, {}, Swept({}, {})) is nothing
    assert lasting.turned(20, weights, queues, Swept({}, {})) is lasting
    assert lasting.turned(20, weights, {}, Swept({}, {})) is not lasting
    assert lasting.turned(20, NOTHING_LASTS, queues, Swept({}, {})) is not lasting


def test_who_leaves_a_queue_ends_what_lasts_there() -> None:
    """All else goes on: slots at billing since 10, and the chats."""
    weights = Weights({s.CHATS: 1}, {s.SLOTS: 2})
    swept = Swept({}, {})

    left = begun((10, weights, "billing sales")).turned(30, weights, {"billing": None}, swept)

    assert swept == ({}, {Interval(s.SLOTS, DESKS.at("sales"), 10, 30, 10): 2})
    assert closed(left, Lasting(DESKS, NOTHING_LASTS)).intervals == {
        ends(s.CHATS, 10): 1,
        ends(s.SLOTS, 10, "billing"): 2,
    }


def test_everywhere_what_ends_alike_is_left_out() -> None:
    """Slots, since 10 in both, end alike. Another number, and none at all, turn at night too; another start does not.

                  ours           theirs
    slots         1 since 10     1 since 10
    slots used    2 since 10     2 since 20
    chats         1 since 10     3 since 10
    logged in     1 since 10
    """
    ours = begun((10, Weights({s.SLOTS: 1, s.SLOTS_USED: 2, s.CHATS: 1, s.LOGGED_IN: 1}, {}), ""))
    theirs = begun((10, Weights({s.SLOTS: 1, s.CHATS: 3}, {}), ""))
    theirs = theirs.turned(20, Weights({s.SLOTS: 1, s.CHATS: 3, s.SLOTS_USED: 2}, {}), {}, Swept({}, {}))

    assert closed(ours, theirs) == (
        {Point(SPELLS[kind], NIGHT, DESKS.everywhere, -1): 1 for kind in (s.CHATS, s.LOGGED_IN)},
        {ends(s.SLOTS_USED, 10): 2, ends(s.CHATS, 10): 1, ends(s.LOGGED_IN, 10): 1},
    )
    assert closed(ours, ours) == ({}, {})


def test_at_a_queue_what_ends_alike_is_left_out() -> None:
    """It began when its kind did or the agent came, whichever is later; at support they never were.

                  ours           theirs
    billing       since 10       since 10
    sales         since 30       since 40
    support       since 10
    slots         1 since 10     1 since 10      alike at billing
    agents free   1 since 50     1 since 50      alike at billing and at sales
    available     1 since 10     1 since 35      nowhere alike
    slots used    1 since 10     2 since 10      nowhere alike
    busy          1 since 10                     nowhere alike
    """
    first = {s.SLOTS: 1, s.AVAILABLE: 1, s.SLOTS_USED: 1, s.BUSY: 1}
    ours = begun(
        (10, Weights({}, first), "billing support"),
        (30, Weights({}, first), "billing support sales"),
        (50, Weights({}, {**first, s.AGENTS_FREE: 1}), "billing support sales"),
    )
    second = {s.SLOTS: 1, s.SLOTS_USED: 2}
    theirs = begun(
        (10, Weights({}, second), "billing"),
        (35, Weights({}, {**second, s.AVAILABLE: 1}), "billing"),
        (40, Weights({}, {**second, s.AVAILABLE: 1}), "billing sales"),
        (50, Weights({}, {**second, s.AVAILABLE: 1, s.AGENTS_FREE: 1}), "billing sales"),
    )

    everywhere_else = {
        ends(kind, since, queue): 1
        for kind in (s.AVAILABLE, s.SLOTS_USED, s.BUSY)
        for queue, since in (("billing", 10), ("support", 10), ("sales", 30))
    }
    slots = {ends(s.SLOTS, 30, "sales"): 1, ends(s.SLOTS, 10, "support"): 1}
    assert closed(ours, theirs) == ({}, {**everywhere_else, **slots, ends(s.AGENTS_FREE, 50, "support"): 1})
    assert closed(ours, ours) == ({}, {})
