"""Order does not matter: what is known is a set of events, and how a log is cut into chunks is nobody's business."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.engine import Incoming
from aggregators.events import Event
from aggregators.facts import Fact, Facts, Key, canonical, key_of, merge
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.vocabulary import AGENT
from stream import codec
from tests.adversary import KINDS, RARE, events, logs
from tests.aggregators.running import Counted, counted, incoming
from tests.logs import T0, Log

RETENTION_MS = 35 * DAY_MS
GHOST_MS = 4 * HOUR_MS
WIDE_STARTS = (
    *(0, 0, 0, HOUR_MS, GHOST_MS, 2 * HOUR_MS + 15 * MINUTE_MS, DAY_MS, 8 * DAY_MS, 9 * DAY_MS),
    *(RETENTION_MS - 1, RETENTION_MS, RETENTION_MS + 1, RETENTION_MS + 1, RETENTION_MS + GHOST_MS),
    *(RETENTION_MS + GHOST_MS + 1, RETENTION_MS + DAY_MS, 2 * RETENTION_MS + 2 * DAY_MS, 91 * DAY_MS, 120 * DAY_MS),
)
BEHIND = (*[0] * 12, -SECOND_MS, -MINUTE_MS, MINUTE_MS, MINUTE_MS + 1, HOUR_MS, DAY_MS, DAY_MS + 1, -40 * DAY_MS)
"""How far the stamps of events run ahead of the timestamps of their records: beyond a minute they are clamped."""


def few(examples: int) -> settings:
    """Return the settings of one property: always the same examples, bounded in number."""
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None)


@st.composite
def long_logs(draw: Callable[..., Any]) -> list[Incoming]:
    """A log over up to four months, mostly forward: expiry, records that come too late, wrong clocks."""
    starts = tuple(sorted(draw(st.lists(st.sampled_from(WIDE_STARTS), min_size=2, max_size=5))))
    kinds = (*KINDS, *KINDS, *RARE)
    lines: list[bytes] = []
    for start in starts:
        lines += draw(st.lists(events((start,), kinds), min_size=1, max_size=8))
    for place in draw(st.lists(st.integers(0, len(lines) - 1), max_size=4)):
        lines.insert(draw(st.integers(0, len(lines))), lines[place])
    behind = [draw(st.sampled_from(BEHIND)) for _ in lines]
    records = incoming(lines)
    return [Incoming(timestamp - ahead, content) for (timestamp, content), ahead in zip(records, behind, strict=True)]


def without_position(lines: list[str]) -> list[str]:
    """Leave out the line that says how many records there were."""
    return [line for line in lines if not line.startswith('{"table":"position"')]


# ------------------------------------------------------------------------------------------------ tables


@few(70)
@given(lines=logs(), chance=st.randoms(use_true_random=False))
def test_order_and_repeats_leave_the_same_tables(lines: list[bytes], chance: random.Random) -> None:
    """Facts, cells, intervals, timers and stops are the same line by line while nothing is late or expired."""
    again = [*lines, *chance.choices(lines, k=len(lines) // 2)]
    chance.shuffle(again)

    one, other = counted(incoming(lines)), counted(incoming(again))

    assert without_position(one.lines()) == without_position(other.lines())
    assert one.tables.watermark == other.tables.watermark


@few(70)
@given(records=long_logs(), data=st.data())
def test_chunks_leave_the_same_tables(records: list[Incoming], data: st.DataObject) -> None:
    """However a log is cut: also where lives expire, stamps are clamped, records are late, timers and panes pass."""
    cuts = data.draw(st.lists(st.integers(0, len(records)), max_size=6))

    assert counted(records, cuts=cuts).lines() == counted(records).lines()


@few(50)
@given(records=long_logs())
def test_a_chunk_of_each_record_leaves_the_same_tables(records: list[Incoming]) -> None:
    """Record by record, with an engine made anew from the tables after each, as after a crash."""
    assert counted(records, cuts=range(1, len(records)), restarts=True).lines() == counted(records).lines()


@few(50)
@given(records=long_logs(), data=st.data())
def test_chunks_reject_the_same_records(records: list[Incoming], data: st.DataObject) -> None:
    """What goes to the dead letters depends on the place in the log alone."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=6)))

    partition = counted(records, cuts=cuts)

    found = []
    for start, delta in zip([0, *cuts], partition.deltas, strict=True):
        found += [(start + index, why) for index, why in delta.rejected]
    assert found == counted(records).deltas[0].rejected


@pytest.mark.parametrize("reverse", [False, True])
def test_of_what_differs_by_its_reason_alone_that_without_it_counts(*, reverse: bool) -> None:
    """Of one id and one instant: a reason is no part of what decides, but no order of arrival may decide either."""
    log = Log().add("chat.offer_missed", "00:10", id="x", reason="rejected").add("chat.offer_missed", "00:10", id="x")
    log.lines.sort(reverse=reverse)
    (facts,) = counted(incoming(log.lines)).tables.facts.values()

    assert [fact.fields for fact in facts.values()] == [{}]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_reason_decides_nothing_else(*, reverse: bool) -> None:
    """The least of the other content counts, rejected or not: ann before bob."""
    log = Log().add("chat.offer_missed", "00:10", id="x", agent="ann")
    log.add("chat.offer_missed", "00:10", id="x", agent="bob", reason="rejected")
    log.lines.sort(reverse=reverse)
    (facts,) = counted(incoming(log.lines)).tables.facts.values()

    assert [fact.fields for fact in facts.values()] == [{AGENT: "ann"}]


# ---------------------------------------------------------------------------------------------- taking back


@few(50)
@given(lines=logs())
def test_everything_can_be_taken_back(lines: list[bytes]) -> None:
    """Once every conversation is spam all cells are back at zero, and no interval, timer or stop is left."""
    partition = counted(incoming(lines))
    flags = flag_all(partition, after_ms=1, value=True)

    partition.feed(flags.lines)

    assert {json.loads(line)["table"] for line in partition.lines()} <= {"position", "fact"}


@few(50)
@given(lines=logs())
def test_what_was_taken_back_comes_back(lines: list[bytes]) -> None:
    """Withdrawn as spam and reinstated, conversations contribute what they did; the flags are counted as events."""
    good = [line for line in lines if b"spam" not in line]
    partition = counted(incoming(good))
    on, off = flag_all(partition, after_ms=1, value=True), flag_all(partition, after_ms=2, value=False)
    later = Log(conversation=None).add("source.heartbeat", (partition.tables.watermark or T0) + 2, source="s")

    partition.feed(on.lines)
    partition.feed(off.lines)

    wanted = counted(incoming([*good, *later.lines]))
    partition.feed(later.lines)
    assert contributions(partition) == contributions(wanted)


def flag_all(partition: Counted, *, after_ms: int, value: bool) -> Log:
    """Return a log that sets every conversation's spam flag to *value*, soon after the watermark."""
    log = Log()
    at = (partition.tables.watermark or T0) + after_ms
    for key in partition.tables.facts:
        if not key.kind:
            pen = log.of(conversation=key.subject, tenant=key.tenant)
            pen.add("ticket.flagged", at, flag="spam", value=value, id=f"spam {after_ms}")
    return log


def contributions(partition: Counted) -> list[str]:
    """Return the lines that conversations contribute, counts of their events left out."""
    return [line for line in without_position(partition.lines()) if '"fact"' not in line and '"events:' not in line]


# --------------------------------------------------------------------------------------------------- merge


def facts_of(lines: list[bytes]) -> list[tuple[Key, Fact]]:
    """Return the facts of good lines, as they arrive, each with its owner."""
    good = [record.content for record in incoming(lines) if isinstance(record.content, Event)]
    return [(key_of(each), Fact(each.at, each.type.rank, each.id, each.type.code, each.fields)) for each in good]


def merged(*parts: list[tuple[Key, Fact]]) -> dict[Key, Facts]:
    """Merge *parts*, each first by itself, then one after the other."""
    whole: dict[Key, Facts] = {}
    for part in parts:
        alone: dict[Key, Facts] = {}
        for key, fact in part:
            merge(alone.setdefault(key, {}), fact, key)
        for key, facts in alone.items():
            for fact in facts.values():
                merge(whole.setdefault(key, {}), fact, key)
    return whole


def content(whole: dict[Key, Facts]) -> dict[Key, dict[str, tuple[int, bytes]]]:
    """Return what is known, with 5 and 5.0 told apart."""
    return {
        key: {name: (fact.at, canonical(fact, key)) for name, fact in facts.items()} for key, facts in whole.items()
    }


@few(60)
@given(one=logs(), two=logs(), three=logs())
def test_merging_is_a_union(one: list[bytes], two: list[bytes], three: list[bytes]) -> None:
    """Commutative, associative and idempotent."""
    a, b, c = facts_of(one), facts_of(two), facts_of(three)

    assert content(merged(a, b)) == content(merged(b, a))
    assert content(merged(a, b + c)) == content(merged(a + b, c))
    assert content(merged(a, b, a)) == content(merged(a, b))


@few(60)
@given(lines=logs(), chance=st.randoms(use_true_random=False))
@example(
    lines=[
        b'{"id":"x","type":"survey.responded","conversation":"c","at":1709510400000,"survey":"s","kind":"csat","score":%b}'
        % score
        for score in (b"5", b"5.0", b"4")
    ],
    chance=random.Random(1),
)
def test_of_one_id_the_same_content_stays(lines: list[bytes], chance: random.Random) -> None:
    """Which of several contents of one id counts does not depend on which came first; 5 and 5.0 are two contents."""
    shuffled = facts_of(lines)
    chance.shuffle(shuffled)

    assert content(merged(shuffled)) == content(merged(facts_of(lines)))


# --------------------------------------------------------------------------------------------- stored form


@few(60)
@given(lines=logs())
def test_stored_and_loaded_the_facts_are_the_same(lines: list[bytes]) -> None:
    """Packed and unpacked nothing of a fact is different, nor the name of its owner; 5 stays 5 and 5.0 stays 5.0."""
    for key, facts in merged(facts_of(lines)).items():
        loaded = codec.unpack_facts(key, codec.pack_facts(key, facts.values()))

        assert repr(loaded) == repr(facts)
        assert codec.key_of(codec.field_of(key)) == key


@few(50)
@given(lines=logs(), data=st.data())
def test_going_on_from_the_stored_form_is_going_on(lines: list[bytes], data: st.DataObject) -> None:
    """A partition whose facts were packed and unpacked in the middle of the log ends with the same tables."""
    records = incoming(lines)
    cut = data.draw(st.integers(0, len(records)))
    partition = Counted()
    partition.take(records[:cut])
    for key, facts in partition.tables.facts.items():
        partition.tables.facts[key] = codec.unpack_facts(key, codec.pack_facts(key, facts.values()))
    partition.restart()

    partition.take(records[cut:])

    assert partition.lines() == counted(records).lines()
