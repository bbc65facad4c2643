"""What chats are handled, moved and ended by, as rows to read: what tests of the work share."""

from tests.aggregators.observed import Row, Span, points, spans
from tests.logs import Log

DAY_S = 86_400
HANDLED = ("handled", "handled_active", "after_work")
LASTING = ("active", "held", "idle")


def handled(log: Log) -> list[Row]:
    """Return the handle times and wrap-ups."""
    return points(log, *HANDLED)


def parts(log: Log) -> list[tuple[str, float, float]]:
    """Return the handle times alone: queue, when, how long."""
    return [row[1:] for row in points(log, "handled")]


def active(log: Log) -> list[Span]:
    """Return when parts were active."""
    return spans(log, "active")


def accepted(agent: str | None = "a-1") -> Log:
    """A chat that was queued at 0 s and accepted at 10 s."""
    return Log().queued("00:00").accepted("00:10", agent=agent)
