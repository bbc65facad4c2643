"""Where customers and agents hear what is told: what counts, how far time has come, and what is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregators.definitions import FAMILIES, Definitions
from aggregators.engine import Incoming
from aggregators.events import Rejected
from aggregators.facts import Key
from aggregators.hearing import Hearing
from aggregators.instants import DAY_MS
from aggregators.points import CUSTOMER as CELL
from aggregators.samples import Labels
from aggregators.tables import Tables
from aggregators.telling import AGENT, BY_AGENT, BY_CUSTOMER, CUSTOMER, Batch, Row
from aggregators.told import Contact
from tests.aggregators.running import incoming
from tests.logs import T0, Log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.delta import Delta

KEPT = Definitions(families=FAMILIES, retention_ms=35 * DAY_MS)
U = Key("default", "u", BY_CUSTOMER)


def day(number: int) -> int:
    """Return when a day after T0 begins, in epoch ms."""
    return T0 + number * DAY_MS


def row(name: str, number: int, *, told: bool = True) -> Row:
    """Let a conversation tell u of a contact on a day, or that there is nothing of that day."""
    content: Any = ((Contact(day(number), "chat", "billing", "", 1),), (), (), "u") if told else None
    return Row(CUSTOMER, "default", "u", f"c:{name}", day(number), day(number), content)


class Heard:
    """A partition of what is told, and its tables."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.tables = Tables(offset=0)
        self.hearing = Hearing(KEPT)

    def hear(self, *contents: Any) -> Delta:
        """Count records as one chunk."""
        records: Sequence[Incoming] = [Incoming(0, content) for content in contents]
        delta = self.hearing.run(records, lambda key: dict(self.tables.facts.get(key, {})))
        self.tables.apply(delta, offset=(self.tables.offset or 0) + len(records))
        return delta

    @property
    def names(self) -> set[str]:
        """The conversations that u knows of."""
        return set(self.tables.facts[U])


def amounts(delta: Delta) -> list[int]:
    """Return by how much each of its cells changes."""
    return [number for groups in delta.cells.values() for cells in groups.values() for number in cells.values()]


def customers(delta: Delta) -> int:
    """Return how many contacts more are counted in panes of 15 minutes."""
    panes = [groups for pane, groups in delta.cells.items() if pane.width == 900_000]
    return sum(cells.get(CELL.count, 0) for groups in panes for cells in groups.values())


def test_what_tells_nothing_is_rejected_and_the_rest_is_heard() -> None:
    """What cannot be read, by its reason; an event, which no one tells here; then two rows and one."""
    (event,) = incoming(Log().customer("00:00").lines)
    broken = Rejected("invalid_json")

    delta = Heard().hear(
        broken, event.content, Batch(1, day(0), [row("a", 0), row("b", 0)]), Batch(2, day(0), [row("c", 0)])
    )

    assert delta.rejected == [(0, broken), (1, Rejected("unknown_type"))]
    assert delta.counts["told"] == 3
    assert set(delta.facts[U].facts) == {"c:a", "c:b", "c:c"}


def test_what_is_told_again_is_no_event_that_came_twice() -> None:
    """The same row twice, and another version of it: duplicates and replaced facts are of what sources sent."""
    again = [Batch(version, day(0), [row("a", 0)]) for version in (1, 1, 2)]
    delta = Heard().hear(*again)

    assert dict(delta.counts) == {"told": 3}


def test_time_goes_as_far_as_any_source_has_come() -> None:
    """And never back, from one batch to the next and from one chunk to the next."""
    heard = Heard()

    assert heard.hear(Batch(1, day(2), []), Batch(1, day(1), [])).watermark == day(2)
    assert heard.hear(Batch(2, day(1), [])).watermark == heard.hearing.watermark == day(2)
    assert Heard().hear(Rejected("invalid_json")).watermark is None


def test_whose_facts_are_looked_up() -> None:
    """The customer's; an agent's on each day that is concerned."""
    agent = Row(AGENT, "default", "a-1", "c:0:c", day(0), day(1), None)
    today = T0 // DAY_MS

    assert Hearing(KEPT).owners(
        [Incoming(0, Batch(1, day(0), [row("a", 0), agent])), Incoming(0, Rejected("invalid_json"))]
    ) == {
        U,
        Key("default", "a-1", f"{BY_AGENT}:{today}"),
        Key("default", "a-1", f"{BY_AGENT}:{today + 1}"),
    }


def test_labels_are_seen_a_day_after_what_is_told() -> None:
    """Whoever told has counted under them before: only what no other has seen is as late as that."""
    assert Heard().hear(Batch(1, day(0), [row("a", 0)])).labels == {Labels("default", "chat", "billing"): day(1)}


def test_a_customer_forgets_what_no_number_asks_for_any_more() -> None:
    """Contacts of day 0 and 30; on day 56 all are known, on day 57 that of day 0, 35 + 21 days back, is not any more.

    What it counted stays: nothing is taken back.
    """
    heard = Heard()
    heard.hear(Batch(1, day(30), [row("a", 0), row("b", 30)]))
    heard.hear(Batch(2, day(56), [row("c", 56)]))
    assert heard.names == {"c:a", "c:b", "c:c"}

    delta = heard.hear(Batch(3, day(57), [row("d", 57, told=False)]))

    assert heard.names == {"c:b", "c:c", "c:d"}
    assert amounts(delta) == []


def test_the_very_instant_is_not_forgotten() -> None:
    """On day 56 what is of the day before day 0 is forgotten, and what is of day 0 is not."""
    heard = Heard()
    heard.hear(Batch(1, day(30), [row("z", -1), row("a", 0), row("b", 30)]))

    heard.hear(Batch(2, day(56), [row("c", 56)]))

    assert heard.names == {"c:a", "c:b", "c:c"}


def test_what_came_before_it_in_the_chunk_counts_before_it_is_forgotten() -> None:
    """In one chunk the contact of day 56 and what comes on day 57, when that of day 0 is forgotten: it is counted."""
    heard = Heard()
    heard.hear(Batch(1, day(30), [row("a", 0), row("b", 30)]))

    delta = heard.hear(Batch(2, day(56), [row("c", 56)]), Batch(3, day(57), [row("d", 57, told=False)]))

    assert heard.names == {"c:b", "c:c", "c:d"}
    assert customers(delta) == 1
    assert delta.facts[U].added is None


def test_a_customer_who_comes_back_after_long_is_a_new_one() -> None:
    """Last heard of on day 0; on day 120 that is nothing any more, and nothing of it is taken back."""
    heard = Heard()
    heard.hear(Batch(1, day(0), [row("a", 0)]))

    delta = heard.hear(Batch(2, day(120), [row("b", 120)]))

    assert heard.names == {"c:b"}
    assert (customers(delta), min(amounts(delta)) > 0) == (1, True)
    at_once = Heard()
    at_once.hear(Batch(1, day(0), [row("a", 0)]), Batch(2, day(120), [row("b", 120)]))
    assert at_once.names == {"c:b"}


def test_who_is_told_that_there_is_nothing_knows_it() -> None:
    """The contact is taken back, and that there is nothing is kept, against what is told too late."""
    heard = Heard()
    heard.hear(Batch(1, day(0), [row("a", 0)]))

    delta = heard.hear(Batch(2, day(0), [row("a", 0, told=False)]))
    late = heard.hear(Batch(1, day(0), [row("a", 0)]))

    assert customers(delta) == -1
    assert heard.names == {"c:a"}
    assert amounts(late) == []
