"""Who is forgotten: no fact names the customer any more, no telling does, and every number stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.facts import Key
from aggregators.forgetting import is_stand_in, stand_in
from aggregators.hearing import Hearing
from aggregators.instants import DAY_MS
from aggregators.points import CELLS
from aggregators.tables import Tables
from aggregators.telling import BY_CUSTOMER, Batch, Row, name_in
from aggregators.vocabulary import CONTENT
from stream.offline import Offline
from tests.aggregators.running import EVERYTHING, Counted, incoming
from tests.logs import T0, Log, after

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.panes import Pane
    from aggregators.samples import Labels


ANA = "…10dfdeb9fc9a6ded"
"""`printf 'acme\\0ana' | b2sum -l 64`."""


def morning(*, forgotten: Sequence[str] = ()) -> list[bytes]:
    """Return two chats of ana's, the second a repeat contact, and a ticket of ben's; some are to be forgotten."""
    log = Log(tenant="acme")
    for name, begins in (("c1", "00:00"), ("c2", "20:00")):
        pen = log.of(conversation=name, tenant="acme", queue="billing", customer="ana")
        pen.queued(begins).customer(begins).accepted("25:00", agent="kim").human("25:10").closed("26:00")
    log.of(conversation="t1", tenant="acme", queue="returns", customer="ben").created("05:00")
    for name in forgotten:
        log.of(conversation=name, tenant="acme").add("conversation.forgotten", "40:00", id=f"f-{name}")
    return log.lines


def counted(lines: Iterable[bytes], *, cuts: Sequence[int] = ()) -> Offline:
    """Return everything counted of *lines*, in chunks that end at *cuts*."""
    offline, rows, start = Offline(definitions=EVERYTHING), incoming(lines), 0
    for cut in [*sorted(cuts), len(rows)]:
        offline.apply(rows[start:cut])
        start = cut
    return offline


def numbers(tables: Tables) -> dict[tuple[Pane, Labels, int], int]:
    """Return all cells of panes."""
    return {
        (pane, labels, measure): number
        for pane, groups in tables.cells.items()
        for labels, cells in groups.items()
        for measure, number in cells.items()
        if number and pane.width
    }


def names_of(offline: Offline, customer: str) -> list[str | None]:
    """Return under which name each conversation told a customer; None where it told that there is nothing."""
    facts = offline.told.facts[Key("acme", stand_in("acme", customer), BY_CUSTOMER)]
    return [name_in(fact) if fact.fields[CONTENT] else None for _, fact in sorted(facts.items())]


def test_what_stands_for_a_customer() -> None:
    """A hash of tenant and customer: another tenant's customer of that name is another one."""
    assert stand_in("acme", "ana") == ANA
    assert stand_in("beta", "ana") != ANA
    assert is_stand_in(ANA)
    assert not is_stand_in("ana")
    assert not is_stand_in("…")


def test_nothing_that_is_known_of_it_names_the_customer() -> None:
    """Neither the facts from before nor one that comes later; ben is still named."""
    lines = morning(forgotten=["c1", "c2"])
    late = Log(tenant="acme", conversation="c1", customer="ana").customer("50:00", id="late").lines
    offline = counted([*lines, *late])

    found = "\n".join(offline.tables.lines("t", 0, definitions=EVERYTHING))

    assert '"customer":"ana"' not in found
    assert found.count(f'"customer":"{ANA}"') == 11  # five facts of each chat, and the one that came later
    assert '"customer":"ben"' in found


def test_customers_are_told_under_what_stands_for_them() -> None:
    """Their name comes behind what is told while it is not forgotten: c1 names nobody any more, c2 does."""
    before, now = counted(morning(), cuts=[9]), counted(morning(forgotten=["c1"]), cuts=[9])

    assert {key.subject for key in before.told.facts if key.kind == BY_CUSTOMER} == {ANA, stand_in("acme", "ben")}
    assert names_of(before, "ana") == ["ana", "ana"]
    assert names_of(now, "ana") == ["", "ana"]
    assert names_of(now, "ben") == ["ben"]


@pytest.mark.parametrize("forgotten", [["c1"], ["c2"], ["c1", "c2"], ["c1", "c2", "t1"]])
def test_every_number_stays(forgotten: list[str]) -> None:
    """Also that c2 came back after c1, whichever of them is forgotten; and who is unique."""
    before, now = counted(morning()), counted(morning(forgotten=forgotten), cuts=[7])

    assert numbers(now.tables) == numbers(before.tables)
    assert numbers(now.told) == numbers(before.told)
    assert any(measure >= CELLS for _, _, measure in numbers(now.told))


@given(data=st.data())
def test_no_order_repeat_or_cut_makes_a_difference(data: st.DataObject) -> None:
    """Whenever it arrives and how often: facts, cells, indexes and what is told end up the same."""
    lines = morning(forgotten=["c1", "c2"])
    shuffled = data.draw(st.permutations([*lines, *data.draw(st.lists(st.sampled_from(lines), max_size=4))]))
    cuts = data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3))

    expected, found = counted(lines), counted(shuffled, cuts=cuts)

    for mine, theirs in ((found.tables, expected.tables), (found.told, expected.told)):
        assert [row for row in _lines(mine) if '"offset"' not in row] == [
            row for row in _lines(theirs) if '"offset"' not in row
        ]
    assert names_of(found, "ana") == ["", ""]


def _lines(tables: Tables) -> list[str]:
    """Return the canonical lines but for the facts of who is told: how often they were told is of the cuts."""
    kept = tables.lines("t", 0, definitions=EVERYTHING)
    return sorted(row for row in kept if '"table":"fact"' not in row or '"kind":""' in row)


def test_a_repeat_behind_the_forgetting_is_one_event_that_came_twice() -> None:
    """In one chunk or in two: a duplicate, and none that replaced anything."""
    lines = morning(forgotten=["c1"])
    together, apart = Counted(EVERYTHING), Counted(EVERYTHING)
    counts = [
        together.feed([*lines, lines[0]]).counts,
        apart.feed(lines).counts + apart.feed([lines[0]]).counts,
    ]

    assert [(each["duplicates"], each["replaced"]) for each in counts] == [(1, 0), (1, 0)]


def test_what_was_told_of_a_name_is_written_over() -> None:
    """All that a customer was told is written anew as a name goes, and only then: none stays behind the later form."""
    engine, hearing, tables = Counted(EVERYTHING), Hearing(EVERYTHING), Tables(offset=0)
    forgetting = Log(tenant="acme", conversation="c1").add("conversation.forgotten", "40:00", id="f").lines
    reopened = Log(tenant="acme", conversation="c2").customer("50:00", id="again").lines
    put = []

    for version, lines in enumerate([morning(), reopened, forgetting]):
        rows = [Row(*to, *said) for to, said in engine.feed(lines).told.items()]
        delta = hearing.run([(0, Batch(version, after("50:00"), rows))], lambda key: dict(tables.facts.get(key, {})))
        tables.apply(delta, offset=version + 1)
        put.append(delta.facts.get(Key("acme", ANA, BY_CUSTOMER)))

    first, same, last = put
    assert first is not None
    assert same is None or same.added is not None
    assert last is not None
    assert last.added is None


def test_facts_are_written_whole_once_and_then_added_to() -> None:
    """What is stored of a name is gone with the commit of the forgetting, also from behind what replaced it."""
    counting = Counted(EVERYTHING)
    counting.feed(morning())
    forgetting = Log(tenant="acme", conversation="c1").add("conversation.forgotten", "40:00", id="f").lines
    later = Log(tenant="acme", conversation="c1", customer="ana").customer("41:00", id="later").lines

    first, second = (counting.feed(lines).facts[Key("acme", "c1")] for lines in (forgetting, later))

    assert first.added is None
    assert second.added is not None
    assert len(second.added) == 1


@pytest.mark.parametrize("kind", ["conversation.forgotten", "ticket.deleted"])
def test_deleted_or_forgotten_it_is_hidden(kind: str) -> None:
    """It is noted; its numbers and its index stay."""
    counting = Counted(Definitions())
    log = Log(tenant="acme", conversation="t1").created("00:00").commented("00:10", "human")
    before = dict(counting.feed(log.lines).cells)
    delta = counting.feed(Log(tenant="acme", conversation="t1").add(kind, "00:20", id="gone").lines)

    assert delta.hidden == {Key("acme", "t1"): True}
    assert {pane.width for pane in before} > {
        pane.width for pane, groups in delta.cells.items() if any(groups.values())
    }
    assert not any(delta.stops.values())
    assert not delta.stopped
    assert '{"table":"hidden","topic":"t","partition":0,"tenant":"acme","subject":"t1"}' in counting.lines()


def test_who_is_deleted_keeps_the_customer() -> None:
    """A ticket that was deleted is not one whose customer asked to be forgotten."""
    counting = Counted(EVERYTHING)
    counting.feed(
        Log(tenant="acme", conversation="t1", customer="ana").created("00:00").add("ticket.deleted", "1:00").lines
    )

    assert any('"customer":"ana"' in line for line in counting.lines())


def test_spam_that_is_forgotten_is_hidden_too() -> None:
    """It is in no number, and may have been: what was counted anew would name it."""
    counting = Counted(EVERYTHING)
    pen = Log(tenant="acme", conversation="c", customer="ana").customer("00:00").flagged("00:10")

    delta = counting.feed(pen.add("conversation.forgotten", "00:20").lines)

    assert delta.hidden == {Key("acme", "c"): True}


def test_who_begins_anew_under_an_old_id_is_not_hidden() -> None:
    """Sixty days after it was forgotten, and expired, its id is used again: of that one everybody may know."""
    counting = Counted(EVERYTHING)
    counting.feed(Log(tenant="acme", conversation="c", customer="ana").customer("00:00").closed("00:10").lines)
    counting.feed(Log(tenant="acme", conversation="c").add("conversation.forgotten", "00:20", id="f").lines)
    day = T0 + 60 * DAY_MS
    counting.feed(Log(tenant="acme", conversation="other").add("chat.started", day).lines)
    delta = counting.feed(Log(tenant="acme", conversation="c", customer="ben").add("chat.started", day, id="n").lines)

    assert delta.hidden == {Key("acme", "c"): False}
    assert not any('"table":"hidden"' in line for line in counting.lines())


@pytest.mark.parametrize("warm", [0, 100])
def test_an_id_that_two_types_share_forgets_if_the_forgetting_counts(warm: int) -> None:
    """Of two events of one id the earlier counts: where that is no forgetting nothing is blanked, cold or warm."""
    pen = Log(tenant="acme", conversation="c", customer="ana")
    lines = [
        *pen.customer("00:10", id="x").lines,
        *Log(tenant="acme", conversation="c").customer("00:20", id="f").lines,
        *Log(tenant="acme", conversation="c").add("conversation.forgotten", "00:30", id="f").lines,
        *Log(tenant="acme", conversation="c", customer="ana").customer("00:40", id="n").lines,
    ]
    counting = Counted(EVERYTHING, warm_owners=warm)
    for line in lines:
        counting.feed([line])

    assert sum('"customer":"ana"' in line for line in counting.lines()) == 2
    assert not any('"table":"hidden"' in line for line in counting.lines())
