"""Days of agents told bit by bit: what changes each time adds up to what a look at all that is known finds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import FAMILIES, Definitions
from aggregators.engine import Incoming
from aggregators.facts import Fact
from aggregators.hearing import Hearing
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.panes import FINE, bucket_of, is_bucket_kept
from aggregators.points import Point
from aggregators.presence import Day, observe
from aggregators.tables import Tables, sorted_lines
from aggregators.telling import AGENT, Batch, Row, day_of
from aggregators.told import AgentDay, Offer, Share
from aggregators.vocabulary import TYPES
from tests.logs import T0

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

DEFINITIONS = Definitions(families=FAMILIES, heartbeat_ms=40 * MINUTE_MS, slots=2)
EXAMPLES = settings(max_examples=60, derandomize=True, database=None, deadline=None)
TODAY = T0 // DAY_MS
REACHED = T0 + DAY_MS + HOUR_MS

WORDS = st.sampled_from(["available", "available", "busy", "acw", "break", "offline", "error", "custom:x"])
# The day before, the day and the next, by 20 min, its midnights and their neighbours.
INSTANTS = st.one_of(
    st.integers(-72, 144).map(lambda step: T0 + step * 20 * MINUTE_MS),
    st.sampled_from([T0 - 1, T0, T0 + 1, T0 + DAY_MS - 1, T0 + DAY_MS, T0 + DAY_MS + 1]),
)
LENGTHS = st.sampled_from([0, 0, 1, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 9 * HOUR_MS])


def event(kind: str, at: int, **fields: Any) -> tuple[Any, ...]:
    """Return what an event of an agent tells."""
    of = TYPES[f"agent.{kind}"]
    return at, of.code, tuple(sorted((of.fields[name][0], value) for name, value in fields.items()))


SIGNS = st.one_of(
    st.builds(lambda at, word: event("state_changed", at, state=word), INSTANTS, WORDS),
    st.builds(lambda at, word: event("heartbeat", at, state=word), INSTANTS, WORDS),
    st.builds(lambda at, slots: event("capacity_changed", at, slots=slots), INSTANTS, st.integers(0, 3)),
    st.builds(lambda at, slots: event("capacity_changed", at, slots=slots, channel="chat"), INSTANTS, st.just(3)),
    st.builds(
        lambda at, names: event("queues_changed", at, queues=[{"queue": name, "skill": 1} for name in names]),
        INSTANTS,
        st.lists(st.sampled_from(["billing", "sales"]), unique=True),
    ),
    st.builds(lambda at, ms: event("scheduled", at, shift_start=at, shift_end=at + ms), INSTANTS, LENGTHS),
)


@st.composite
def shares(draw: st.DrawFn) -> tuple[Share, ...]:
    """Up to two parts of one conversation, some of them just alike."""
    found = []
    for _ in range(draw(st.integers(1, 2))):
        opened = draw(INSTANTS)
        ended = opened + draw(LENGTHS)
        lapsed = draw(st.booleans())
        found.append(Share("chat", "billing", opened, ended, ended + (0 if lapsed else draw(LENGTHS)), lapsed))
    return tuple(found)


@st.composite
def offers(draw: st.DrawFn) -> tuple[Offer, ...]:
    """Up to two offers of one conversation."""
    starts = draw(st.lists(INSTANTS, min_size=1, max_size=2))
    return tuple(Offer(start, start + draw(LENGTHS), draw(st.integers(0, 2))) for start in starts)


NAMES = st.integers(0, 7)
CONTENTS = st.one_of(
    st.tuples(NAMES.map(lambda number: f"e:{number}"), SIGNS),
    st.tuples(NAMES.map(lambda number: f"c:{TODAY}:{number}"), st.one_of(shares(), st.none())),
    st.tuples(NAMES.map(lambda number: f"o:{TODAY}:{number}"), st.one_of(offers(), st.none())),
)
"""(id, content) of rows, so few ids that most of them are told anew."""
TELLINGS = st.lists(CONTENTS, max_size=40)


def until_of(content: tuple[Any, ...] | None) -> tuple[int, int]:
    """Return the instants that a row concerns: all those that are swept here."""
    return (T0 - DAY_MS, T0 + 2 * DAY_MS) if content is None or type(content[0]) is int else (T0, T0 + DAY_MS)


def batches(told: Sequence[tuple[str, Any]]) -> list[Batch]:
    """Return a record for each row, of versions that go up."""
    return [
        Batch(version, REACHED, [Row(AGENT, "default", "a-1", name, *until_of(content), content)])
        for version, (name, content) in enumerate(told, start=1)
    ]


def heard(records: Sequence[Batch], cuts: Sequence[int], *, warm_owners: int = 100) -> Tables:
    """Return the tables of what is told, cut before each of *cuts*."""
    tables = Tables(offset=0)
    hearing = Hearing(DEFINITIONS, warm_owners=warm_owners)
    for start, end in pairwise([0, *cuts, len(records)]):
        chunk = [Incoming(0, record) for record in records[start:end]]
        tables.apply(hearing.run(chunk, lambda key: dict(tables.facts.get(key, {}))), offset=end)
    return tables


def lines(tables: Tables, *, offset: int = 0) -> list[str]:
    """Return the canonical lines, as if *offset* were that of the tables."""
    tables.offset = offset
    return sorted_lines(tables.lines("t", 0, definitions=DEFINITIONS))


@EXAMPLES
@given(
    st.lists(st.tuples(NAMES, st.one_of(SIGNS, shares(), offers(), st.none()), st.booleans()), max_size=40),
    st.sampled_from([1, 3, 100]),
)
def test_changes_add_up_to_what_is_known(
    steps: list[tuple[int, tuple[Any, ...] | None, bool]], remembered: int
) -> None:
    """A sign or a part that comes, goes, or is another now, on the day or around it; some times several at once."""
    day = Day("default", TODAY, DEFINITIONS, remembered=remembered)
    known: dict[int, tuple[Any, ...]] = {}
    samples: Counter[Any] = Counter()
    intervals: Counter[Any] = Counter()

    def tell(number: int, by: int) -> None:
        if type(known[number][0]) is int:
            day.sign(sign(number), by)
        else:
            for each in known[number]:
                if isinstance(each, Offer):
                    day.offer(each, by)
                else:
                    day.share(each, by)

    def sign(number: int) -> Fact:
        at, code, fields = known[number]
        return Fact(at, code % 5, str(number), code, dict(fields))

    for number, content, looks in [*steps, (0, None, True)]:
        if number in known:
            tell(number, -1)
            del known[number]
        if content is not None:
            known[number] = content
            tell(number, 1)
        if not looks:
            continue
        before, after = day.settle()
        for found, was, now in (
            (samples, before.samples, after.samples),
            (intervals, before.intervals, after.intervals),
        ):
            found.subtract(was)
            found.update(now)
        signs = sorted(sign(number) for number in known if type(known[number][0]) is int)
        parts = {str(number): each for number, each in known.items() if type(each[0]) is Share}
        rung = tuple(each for row in known.values() for each in row if type(each) is Offer)
        whole = observe(AgentDay("default", "a-1", TODAY, signs, parts, rung), DEFINITIONS)
        assert {each: n for each, n in samples.items() if n} == whole.samples
        assert {each: n for each, n in intervals.items() if n} == whole.intervals


@EXAMPLES
@given(TELLINGS, st.randoms(use_true_random=False), st.sampled_from([0, 1, 100]))
def test_however_it_is_told_the_tables_are_those_of_one_look(
    told: list[tuple[str, Any]], random: Random, warm_owners: int
) -> None:
    """One record at a time, cut anywhere, twice and in any order; owners remembered, or looked up each time."""
    records = batches(told)
    right = lines(heard(records, []))

    assert lines(heard(records, range(1, len(records)), warm_owners=warm_owners)) == right
    other = random.sample(records * 2, len(records) * 2)
    cuts = sorted(random.sample(range(len(other) + 1), min(5, len(other) + 1)))
    assert lines(heard(other, cuts, warm_owners=warm_owners)) == right


@EXAMPLES
@given(TELLINGS)
def test_the_tables_hold_what_the_facts_of_each_day_come_to(told: list[tuple[str, Any]]) -> None:
    """The intervals that are stored of the days, told one by one, are those of a look at their facts at the end."""
    tables = heard(batches(told), range(1, len(told)))

    right: Counter[Any] = Counter()
    for key, facts in tables.facts.items():
        right.update(observe(day_of(key, facts.values()), DEFINITIONS).intervals)
    stored = {entry.content: n for rows in tables.intervals.values() for entry, n in rows.items()}

    assert stored == {
        each: n
        for each, n in right.items()
        if each.end is not None and is_bucket_kept(bucket_of(each.end), REACHED, kept_ms=FINE.kept_ms)
    }


@pytest.mark.parametrize("warm_owners", [0, 100])
def test_a_busy_day_is_swept_from_where_it_changes(warm_owners: int) -> None:
    """40 chats of an hour, one each half hour from 0:00 on, and at last one of the night before until 0:30.

    Two are in hand from 0:00 to 20:00, then the last one alone: 15 + 15 min for each but that one, which has 15 + 30,
    and the one of the night, which has 15 min of this day.
    """
    begun = [T0 + number * 30 * MINUTE_MS for number in range(40)]
    told: list[tuple[str, Any]] = [
        (f"c:{TODAY}:{at}", (Share("chat", "billing", at, at + HOUR_MS, at + HOUR_MS, lapsed=False),)) for at in begun
    ]
    early = (Share("chat", "billing", T0 - HOUR_MS, T0 + 30 * MINUTE_MS, T0 + 30 * MINUTE_MS, lapsed=False),)
    records = batches([*told, (f"c:{TODAY - 1}:early", early)])

    tables = heard(records, range(1, len(records)), warm_owners=warm_owners)

    efforts = [entry.content for rows in tables.stops.values() for entry in rows]
    assert Counter(each.value // MINUTE_MS for each in efforts if isinstance(each, Point)) == {15: 1, 30: 39, 45: 1}


def test_signs_far_apart_that_come_at_once() -> None:
    """Heartbeats each hour from 8:00 to 16:00, then told together: a break at 15:30, and three changes before 9:00."""
    day = Day("default", TODAY, DEFINITIONS)
    signs = [told_sign("heartbeat", hour * 60, "available") for hour in range(8, 17)]
    for sign in signs:
        day.sign(sign, 1)
    _, first = day.settle()

    more = [
        told_sign("state_changed", minute, "break") for minute in (15 * 60 + 30, 8 * 60 + 30, 8 * 60 + 40, 8 * 60 + 50)
    ]
    for sign in more:
        day.sign(sign, 1)
    before, after = day.settle()

    whole = observe(AgentDay("default", "a-1", TODAY, sorted([*signs, *more]), {}), DEFINITIONS)
    assert Counter(first.intervals) - Counter(before.intervals) + Counter(after.intervals) == whole.intervals
    assert Counter(first.samples) - Counter(before.samples) + Counter(after.samples) == whole.samples


def told_sign(kind: str, minute: int, state: str) -> Fact:
    """Return an event at a minute of the day."""
    at, code, fields = event(kind, T0 + minute * MINUTE_MS, state=state)
    return Fact(at, code % 5, f"{minute}", code, dict(fields))
