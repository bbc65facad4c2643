"""What one customer contributes: visits in, rows to read and shown values out. Instants are in days after T0."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from aggregators.board import Board
from aggregators.customers import observe
from aggregators.instants import DAY_MS
from aggregators.measures import rolling
from aggregators.metric import LABELS
from aggregators.panes import FINE, HOUR, QUARTER, Pane
from aggregators.points import BY_CODE, Point
from aggregators.rolling import LEVELS
from aggregators.told import Contact, Contained, Session, SolvedEpisode, Visit
from tests.aggregators.running import EVERYTHING
from tests.logs import T0

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregators.definitions import Definitions
    from aggregators.samples import Interval, Sample

Row = tuple[str, str, float, int]
"""What, queue, on which day, which."""


def instant(days: float) -> int:
    """Return an instant in epoch ms."""
    return T0 + round(days * DAY_MS)


def contact(days: float, queue: str = "billing", *, channel: str = "chat", topic: str = "", by: int = 1) -> Contact:
    """Return a contact by the customer, or by us (2)."""
    return Contact(instant(days), channel, queue, topic, by)


def solve(
    days: float,
    queue: str = "billing",
    *,
    topic: str = "",
    teams: int = 1,
    owners: int = 1,
    transferred: bool = False,
    reopened: bool = False,
    replies: int = 1,
    solves: int = 0,
) -> SolvedEpisode:
    """Return a solved episode, by one agent of one team with one reply unless told, solved again where reopened."""
    times = solves or 1 + reopened
    return SolvedEpisode(instant(days), "chat", queue, topic, teams, owners, transferred, reopened, replies, times)


def visit(*rows: Contact | SolvedEpisode | Contained | Session) -> Visit:
    """Return what a conversation or a session tells."""
    return Visit(
        tuple(row for row in rows if isinstance(row, Contact)),
        tuple(row for row in rows if isinstance(row, SolvedEpisode)),
        tuple(row for row in rows if isinstance(row, Contained)),
        tuple(row for row in rows if isinstance(row, Session)),
    )


def samples_of(
    visits: Mapping[str, Visit], *, definitions: Definitions = EVERYTHING, customer: str = "u"
) -> list[Sample]:
    """Return all that the customer contributes."""
    samples: list[Sample] = []
    intervals: list[Interval] = []
    observe("default", customer, visits, definitions, samples, intervals)
    assert intervals == []
    return samples


def points(visits: Mapping[str, Visit], *names: str, definitions: Definitions = EVERYTHING) -> list[Row]:
    """Return the points of these names, in order of time and then of *names*."""
    rows = [
        (BY_CODE[each.kind].name, each.labels.queue, round((each.at - T0) / DAY_MS, 6), each.value)
        for each in samples_of(visits, definitions=definitions)
        if isinstance(each, Point) and BY_CODE[each.kind].name in names
    ]
    return sorted(rows, key=lambda row: (row[2], names.index(row[0]), row[1]))


def shown(
    samples: Iterable[Sample],
    days: float,
    *labels: str,
    window: str = "7d",
    taken: Iterable[Sample] = (),
    definitions: Definitions = EVERYTHING,
) -> dict[str, float]:
    """Return what is shown of one label set (the tenant `default` unless told) of *samples* without those *taken*."""
    board = Board(definitions, zone=timezone.utc)  # noqa: UP017 - as elsewhere
    t = instant(days)
    for by, sample in [*((1, each) for each in samples), *((-1, each) for each in taken)]:
        for width in (FINE.ms, QUARTER.ms):
            pane = Pane(width, sample.at - sample.at % width)
            board.add(pane, sample.labels, {m: by * amount for m, amount in rolling(sample, definitions)})
        board.see_labels({sample.labels: sample.at})
        board.set_hour("p", sample.at - sample.at % HOUR.ms, sample.labels, filled=True)
    board.move(t)
    of_this = labels or ("default",)
    level = LEVELS[len(LEVELS) - len(of_this)]
    found: dict[str, float] = {}
    for row in board.rows():
        rest = dict(row.pairs)
        group = tuple(rest.pop(each) for each in LABELS[level] if each in rest)
        if row.name.startswith(f"support_{level}_rolling_") and group == of_this and rest.pop("window") == window:
            found[":".join([row.name.removeprefix(f"support_{level}_rolling_"), *rest.values()])] = row.value
    return found
