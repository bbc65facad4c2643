"""The engine chunk by chunk: what is put, written over, held and remembered."""

from dataclasses import replace

import pytest

from aggregators import measures as m
from aggregators.definitions import Definitions
from aggregators.delta import Delta, Holdings
from aggregators.engine import (
    Engine,
    Incoming,
    expires_after_ms,
)
from aggregators.events import Rejected
from aggregators.facts import Key
from aggregators.indexing import change_intervals, hold_intervals, hold_stops, open_bucket
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.panes import ALL_TIME, FINE, QUARTER, bucket_of
from aggregators.points import CUSTOMER, SOLVED_SETTLED, Point
from aggregators.samples import LEG, LOST, QUEUED, RESPONSE_OPEN, WAITED, Interval, Labels, Leg, Queued
from aggregators.telling import Batch
from aggregators.vocabulary import code_of
from tests.aggregators.engines import GHOST_MS, RETENTION_MS, C, at, beat, reasons
from tests.aggregators.running import DEFAULT, Counted, counted, incoming
from tests.logs import T0, Log
from tests.reference import centre_lines


def test_a_rejected_record_holds_nothing_up() -> None:
    """What follows one that is bad, in the future or late counts, and each is counted as often as it comes."""
    good = [Log().add("chat.queued", at(RETENTION_MS + 1), queue="q", id=f"g{number}").lines[0] for number in range(4)]
    early, ahead = Log().queued("00:00").lines[0], Log().add("chat.queued", at(RETENTION_MS), queue="q").lines[0]
    records = incoming([beat(RETENTION_MS + 1), good[0], b"{}", good[1], early, good[2], ahead, good[3]])
    records[6] = records[6]._replace(timestamp=records[6].timestamp - DAY_MS - 1)
    partition = Counted()

    delta = partition.take(records)

    assert [index for index, _ in delta.rejected] == [2, 4, 6]
    assert (reasons(partition)[1:], delta.counts["chat.queued"]) == (["late", "in_the_future"], 4)


def test_everything_is_counted_each_time() -> None:
    """Two clamped, three applied late, two duplicates, two replaced, in one chunk."""
    hours = 2 * HOUR_MS
    log = Log().add("chat.held", at(hours - 3), id="a").add("chat.held", at(hours - 3), id="b")
    log.add("chat.held", at(hours), id="a").add("chat.held", at(hours), id="b")
    log.add("chat.held", T0, id="a").add("chat.held", T0, id="b").add("chat.held", T0, id="c")
    log.add("chat.held", at(hours + 1), id="d").add("chat.held", at(hours + 1), id="e")
    records = incoming(log.lines)
    records[7:] = [record._replace(timestamp=record.timestamp - HOUR_MS) for record in records[7:]]

    counts = Counted().take(records).counts

    assert (counts["duplicates"], counts["replaced"], counts["late_applied"]) == (2, 2, 5)
    assert counts["clamped"] == 2


def put(partition: Counted, *instants: str) -> list[str] | None:
    """Let holds begin at these instants, named by the letters in front; return the ids that are written, None: all."""
    log = Log()
    for each in instants:
        log.add("chat.held", each[1:], id=each[0])
    added = partition.feed(log.lines).facts[C].added
    return None if added is None else [fact.id for fact in added]


def test_a_chunk_puts_the_facts_that_are_new() -> None:
    """All there are, and by name those that are not stored yet: new ones, and the later form of what was replaced."""
    partition = Counted()

    assert put(partition, "a10:00") == ["a"]
    assert put(partition, "b11:00", "c12:00") == ["b", "c"]
    assert put(partition, "b10:30", "d13:00") == ["b", "d"]
    assert list(partition.tables.facts[C]) == ["a", "b", "c", "d"]


def test_what_was_replaced_is_written_over_once_there_is_more_of_it_than_of_the_rest() -> None:
    """Two facts: stored are a, b, then two more forms of b; with the next one all is written, and it begins anew."""
    partition = Counted()

    assert put(partition, "a10:00", "b11:00") == ["a", "b"]
    assert [put(partition, f"b10:{minute}") for minute in (50, 40, 30, 20)] == [["b"], ["b"], None, ["b"]]


def test_where_nobody_knows_how_much_was_replaced_all_is_written() -> None:
    """An engine made anew has read what counts only: it adds what is new, and at a replacement writes all."""
    partition = Counted()
    put(partition, "a10:00", "b11:00")
    put(partition, "b10:50")
    partition.restart()

    assert put(partition, "c12:00") == ["c"]
    assert put(partition, "b10:40") is None
    assert put(partition, "b10:30") == ["b"]


def test_the_day_of_expiry_names_its_owners() -> None:
    """For whoever cleans up."""
    assert list(Counted().feed(Log().queued("00:00").lines).expiry.values()) == [{C}]


def of_old_kinds(holdings: Holdings) -> list[list[int]]:
    """Return for each bucket the numbers of waits for a first response or of samples with a shape of their own."""
    return [
        [
            number
            for content, number in held
            if (content.kind == RESPONSE_OPEN if isinstance(content, Interval) else content.kind < 20)
        ]
        for owners in holdings.values()
        for held in owners.values()
    ]


@pytest.mark.parametrize("restarts", [False, True])
def test_only_the_difference_is_written(*, restarts: bool) -> None:
    """A bucket in which all stays is in no delta; one in which anything changes is there whole, or with nothing."""
    partition = Counted()
    partition.feed(Log(channel="chat").customer("00:00", id="a").sent("00:00", "s1", id="b").lines)
    if restarts:
        partition.restart()

    same = partition.feed(Log(channel="chat").add("chat.offered", "00:01", id="c").lines)
    assert not any(of_old_kinds(same.lasting))
    assert (same.stopped, same.stops, same.due) == ({}, {}, {})
    assert list(same.cells) == [ALL_TIME]

    if restarts:
        partition.restart()
    moved = partition.feed(Log(channel="chat").sent("00:00", "s2", id="d").human("00:30", id="e", queue="q").lines)

    # The wait for a first response has ended; two surveys of one instant, the first response and the reply.
    assert sorted(map(sorted, of_old_kinds(moved.lasting))) == [[], [1]]
    assert [sorted(numbers) for numbers in of_old_kinds(moved.stopped)] == [[1, 1, 2]]
    events = {labels.queue: cells for labels, cells in partition.tables.cells[ALL_TIME].items()}
    assert not any(events["none"].values())
    assert events["q"][m.EVENTS + code_of("survey.sent")] == 2
    assert partition.cells(width=FINE.ms)[m.SURVEYS_SENT] == 2


def test_timers_that_go_are_put_out_with_zero() -> None:
    """In the index of timers and, once lost, in that of stops."""
    partition = Counted()
    partition.feed(Log().queued("00:00", id="a").lines)
    passed = partition.feed([beat(GHOST_MS + 1)])
    assert [list(rows.values()) for rows in passed.due.values()] == [[0]]
    assert [list(rows.values()) for rows in passed.stops.values()] == [[1]]

    revived = partition.feed(Log().add("chat.closed", at(GHOST_MS + HOUR_MS), id="b").lines)

    assert [list(rows.values()) for rows in revived.stops.values()] == [[0]]
    # The leg ends and the wait with it, an hour after the loss.
    ((bucket, owners),) = revived.stopped.items()
    assert (bucket, [number for _, number in owners[C]]) == (at(GHOST_MS + HOUR_MS), [1, 1])


@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize("warm_owners", [0, 3, 1_000])
def test_what_the_engine_remembers_changes_nothing(size: int, warm_owners: int) -> None:
    """Owners lately touched are remembered whole, or looked up: the tables are those of one chunk."""
    records = incoming(centre_lines()[3_000:3_200])
    cuts = range(size, len(records), size)
    whole = counted(records).lines()

    assert counted(records, cuts=cuts, warm_owners=warm_owners).lines() == whole
    assert counted(records, cuts=cuts, restarts=True, warm_owners=warm_owners).lines() == whole


def test_what_is_remembered_is_bounded() -> None:
    """The owners touched last are; nobody has to look them up."""
    partition = Counted(warm_owners=2)
    for name in "abc":
        partition.feed(Log(conversation=name).queued("00:00").lines)

    assert [partition.engine.is_warm(Key("default", name)) for name in "abc"] == [False, True, True]


def test_a_new_engine_knows_the_watermark() -> None:
    """A late record is late for it as well."""
    partition = Counted()
    partition.feed([beat(RETENTION_MS + 1)])
    partition.restart()

    partition.feed(Log().queued("00:00").lines)

    assert reasons(partition) == ["late"]


def test_one_more_of_the_same_is_one_more() -> None:
    """A second survey sent at the same instant, in a chunk of its own."""
    partition = Counted()
    partition.feed(Log(queue="q").sent("00:00", "s1", id="a").lines)

    delta = partition.feed(Log(queue="q").sent("00:00", "s2", id="b").lines)

    assert partition.cells(width=FINE.ms)[m.SURVEYS_SENT] == 2
    assert [[number for _, number in held] for owners in delta.stopped.values() for held in owners.values()] == [[2]]


def test_a_chunk_of_repeats_writes_nothing() -> None:
    """But counts and the watermark: no fact, no cell, no day of expiry."""
    partition = Counted()
    lines = Log().queued("00:00").lines
    partition.feed(lines)

    delta = partition.feed(lines * 2)

    assert (delta.facts, delta.cells, dict(delta.expiry), delta.counts["duplicates"]) == ({}, {}, {}, 2)


def test_whose_facts_are_looked_up_and_what_is_no_event() -> None:
    """One look-up for each owner; what was told elsewhere is of no type that is known here."""
    lines = Log().customer("00:00").human("00:10").of(conversation="d").customer("00:20").lines
    records = [*incoming(lines), Incoming(0, Rejected("invalid_json")), Incoming(0, Batch(1, T0, []))]

    assert Engine(DEFAULT).owners(records) == {Key("default", "c"), Key("default", "d")}
    assert Engine(DEFAULT).run(records, lambda _: None).rejected == [
        (3, Rejected("invalid_json")),
        (4, Rejected("unknown_type")),
    ]


def test_what_ended_long_ago_is_not_put_and_hides_nothing() -> None:
    """Ten days after T0: what ended at T0 is left out, what lasts and what ended just now is put, what is gone is 0."""
    now, labels = T0 + 10 * DAY_MS, Labels("acme", "chat", "billing")
    old, new, gone = (Interval(WAITED, labels, T0 - 1, end, T0 - 1) for end in (T0, now - 1, now - 2))
    lasting = Interval(RESPONSE_OPEN, labels, T0, None, T0)
    delta = Delta()

    change_intervals(Key("acme", "c"), {gone: 1, lasting: 1}, {old: 1, new: 2, lasting: 2}, delta, watermark=now)

    assert {(bucket, *entry): number for bucket, rows in delta.intervals.items() for entry, number in rows.items()} == {
        (bucket_of(now - 1), "acme", "c", new): 2,
        (open_bucket("c"), "acme", "c", lasting): 2,
        (bucket_of(now - 2), "acme", "c", gone): 0,
    }


def test_what_is_held_is_put_whole_where_anything_has_changed() -> None:
    """A bucket in which all stays is left out, and so is what is long past; what is left of one comes with the new."""
    now, labels, other = T0 + 10 * DAY_MS, Labels("acme", "chat", "billing"), Labels("acme", "chat", "sales")
    end = bucket_of(now) - 1
    old, stays, gone, before = (
        Interval(WAITED, labels, T0 - 1, at_ms, T0 - 1) for at_ms in (T0, end, end - 1, end - QUARTER.ms)
    )
    new, lasting = Interval(WAITED, other, T0, end, T0), Interval(RESPONSE_OPEN, labels, T0, None, T0)
    key, delta = Key("acme", "c"), Delta()

    came = hold_intervals(
        key, {stays: 1, gone: 1, before: 1, lasting: 1}, {old: 1, stays: 1, new: 2, before: 1}, delta, watermark=now
    )

    assert came == {labels, other}
    assert delta.lasting == {bucket_of(end): {key: [(stays, 1), (new, 2)]}, open_bucket("c"): {key: []}}


def test_of_an_agents_day_only_what_changes_is_put() -> None:
    """What stays as it was is in no bucket, and its labels did not come about."""
    labels, other = Labels("acme", "chat", "billing"), Labels("acme", "chat", "sales")
    stays, new = (Interval(WAITED, each, T0 - 1, T0, T0 - 1) for each in (labels, other))
    delta = Delta()

    came = change_intervals(Key("acme", "c"), {stays: 1}, {stays: 1, new: 1}, delta, watermark=T0)

    assert came == {other}
    assert delta.intervals == {bucket_of(T0): {("acme", "c", new): 1}}


def test_what_time_brings_about_and_what_nobody_stands_behind_is_not_held() -> None:
    """A leg that was lost and a solve that is final are timers; a cell of a sketch is in no index."""
    labels, key, delta = Labels("acme", "chat", "billing"), Key("acme", "c"), Delta()
    held = Queued(QUEUED, T0, labels)
    others = (
        Leg(LEG, T0, labels, LOST, T0 - 1),
        Point(SOLVED_SETTLED.code, T0, labels, 1),
        Point(CUSTOMER.code, T0, labels, 1),
    )

    hold_stops(key, {bucket_of(T0)}, dict.fromkeys((held, *others), 1), delta)

    assert delta.stopped == {bucket_of(T0): {key: [(held, 1)]}}


def test_how_long_an_owner_is_kept_at_the_most() -> None:
    """35 d, and the longest that any timer may lie ahead: silence, surveys and returns where they are counted."""
    base = Definitions(families=(), retention_ms=35 * DAY_MS, silent_ms=2 * DAY_MS, ghost_ms=DAY_MS)
    surveys = replace(base, families=("surveys",), survey_settle_ms=9 * DAY_MS)
    customers = replace(base, families=("customers",), repeat_ms=3 * DAY_MS, settle_ms=DAY_MS)

    assert expires_after_ms(base) == 37 * DAY_MS
    assert expires_after_ms(replace(base, ghost_ms=4 * DAY_MS)) == 39 * DAY_MS
    assert expires_after_ms(surveys) == 44 * DAY_MS
    assert expires_after_ms(replace(base, families=("resolution",), settle_ms=8 * DAY_MS)) == 43 * DAY_MS
    assert expires_after_ms(customers) == 39 * DAY_MS
    assert expires_after_ms(replace(customers, settle_ms=5 * DAY_MS)) == 41 * DAY_MS
    assert expires_after_ms(replace(customers, silent_ms=8 * DAY_MS)) == 43 * DAY_MS
