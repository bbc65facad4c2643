"""The counts of legs beside the rows: the same as the metrics of the catalogue, whenever somebody looks."""

from __future__ import annotations

from aggregators.leg_counts import NO_LEGS, LegCounts
from aggregators.rolling import Group
from tests.logs import Log, after, offline

BILLING = Group("queue", ("default", "chat", "billing"))


def test_they_follow_the_board() -> None:
    """At each look: legs come in, leave the window, are taken back by a flag, and nothing is kept of what has none.

    5m   |--queued 1:00, answered 1:20--|     gone from the window at 6:20
    """
    log = Log().queued("1:00").accepted("1:20").flagged("2:00").flagged("3:00", value=False)
    engine = offline([], 0)
    board = engine.board
    found = []
    for clock, fed in (("1:10", 1), ("1:30", 2), ("2:30", 3), ("6:10", 4), ("6:30", 4)):
        engine.feed(log.lines[engine.tables.offset or 0 : fed])
        board.move(after(clock))
        shown = {row.metric.suffix: row.value for row in board.rows() if row[1:3] == (BILLING, "5m")}
        counts = board.leg_counts().get(("5m", BILLING), NO_LEGS)
        found.append(counts)
        for name in counts._fields[:8]:
            assert shown.get(name, 0) == getattr(counts, name), (clock, name)

    assert found[0] == LegCounts(queued=1)
    assert found[1] == LegCounts(queued=1, answered=1, answered_within=1)
    assert found[2] == NO_LEGS
    assert found[3] == LegCounts(answered=1, answered_within=1)
    assert found[4] == NO_LEGS


def test_what_ended_is_every_outcome() -> None:
    """Seven of them; neither those queued nor those within their target."""
    assert LegCounts(100, 1, 2, 4, 8, 16, 32, 64, 1_000, 1_000, 1_000).ended == 127
