"""The stored form: packed and unpacked everything is what it was, and it takes little room."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators import samples as s
from aggregators.delta import Cause, Entry, Restated
from aggregators.facts import Fact, Key, stored
from aggregators.measures import CSAT_SCORE, score_measure
from aggregators.points import KINDS, Point
from aggregators.vocabulary import RANKS, code_of
from stream import codec
from tests.logs import T0

EXAMPLES = settings(max_examples=150, derandomize=True, database=None, deadline=None)
TEXTS = st.text(max_size=12) | st.sampled_from(["", "c", "c-1", "é", "\uffff", "\U00010000", "\x00"])
KEYS = st.builds(Key, TEXTS, TEXTS, st.sampled_from(["", "agent:h", "source:1"]))
POINTS = [kind.code for kind in KINDS]
LABELS = st.builds(s.Labels, TEXTS, TEXTS, TEXTS)
INSTANTS = st.integers(0, 253_402_300_799_999)
COUNTS = st.integers(0, 2**53)
VALUES = st.one_of(
    TEXTS, st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.lists(TEXTS, max_size=3),
    st.dictionaries(st.sampled_from(["min", "max", "direction"]), st.integers(0, 10), max_size=3),
)  # fmt: skip
FACTS = st.builds(
    stored, INSTANTS, st.integers(1, len(RANKS) - 1), TEXTS, st.dictionaries(st.integers(1, 43), VALUES, max_size=4)
)
SAMPLES = st.one_of(
    st.builds(s.Queued, st.just(s.QUEUED), INSTANTS, LABELS),
    st.builds(s.Leg, st.just(s.LEG), INSTANTS, LABELS, st.sampled_from(sorted(s.OUTCOME_NAMES)), INSTANTS),
    st.builds(s.Stay, st.just(s.STAY), INSTANTS, LABELS, st.integers(0, 1), COUNTS),
    st.builds(s.Response, st.sampled_from([s.FIRST_RESPONSE, s.REPLY]), INSTANTS, LABELS, INSTANTS),
    st.builds(s.SurveySent, st.just(s.SURVEY_SENT), INSTANTS, LABELS, st.integers(0, 1)),
    st.builds(
        s.Rating,
        st.sampled_from([s.CSAT, s.CES, s.NPS]),
        INSTANTS,
        LABELS,
        st.integers(0),
        st.integers(1),
        st.integers(0, 1),
    ),
    st.builds(s.Handled, st.just(s.HANDLED), INSTANTS, LABELS, COUNTS, COUNTS, st.integers(-1)),
    st.builds(s.LastSolve, st.just(s.SOLVED), INSTANTS, LABELS, *[COUNTS] * 4, *[st.integers(-1)] * 2, *[COUNTS] * 2),
    st.builds(Point, st.sampled_from([code for code in POINTS if s.SHAPES[code] is Point]), INSTANTS, LABELS, COUNTS),
)
INTERVALS = st.builds(
    s.Interval, st.sampled_from(sorted(s.INTERVAL_NAMES)), LABELS, INSTANTS, st.none() | INSTANTS, INSTANTS
)


@EXAMPLES
@given(key=KEYS)
def test_owners(key: Key) -> None:
    """The name of the field is the owner's, and says where its facts are."""
    field = codec.field_of(key)

    assert codec.key_of(field) == key
    assert 0 <= codec.bucket_of(field) < codec.FACT_BUCKETS


@EXAMPLES
@given(keys=st.sets(KEYS, min_size=2, max_size=6))
def test_no_two_owners_share_a_field(keys: set[Key]) -> None:
    """Whatever is in their names."""
    assert len({codec.field_of(key) for key in keys}) == len(keys)


@EXAMPLES
@given(key=KEYS, facts=st.lists(FACTS, max_size=5, unique_by=lambda fact: fact.id))
@example(key=Key("t", ""), facts=[stored(T0, 1, "x", {})])
@example(key=Key("t", "c"), facts=[stored(T0, 1, "c", {15: 5}), stored(T0, 1, "c-1", {15: 5.0})])
def test_facts(key: Key, facts: list[Fact]) -> None:
    """Every fact as it was, in its place, integers and floats told apart."""
    loaded = codec.unpack_facts(key, codec.pack_facts(key, facts))

    assert list(loaded) == [fact.id for fact in facts]
    assert repr(list(loaded.values())) == repr(facts)


@EXAMPLES
@given(key=KEYS, facts=st.lists(FACTS, min_size=1, max_size=5, unique_by=lambda fact: fact.id), data=st.data())
def test_facts_packed_later_are_appended(key: Key, facts: list[Fact], data: st.DataObject) -> None:
    """Two blobs one after the other hold what both hold."""
    cut = data.draw(st.integers(0, len(facts)))

    blob = codec.pack_facts(key, facts[:cut]) + codec.pack_facts(key, facts[cut:])

    assert blob == codec.pack_facts(key, facts)


@EXAMPLES
@given(sample=SAMPLES, tenant=TEXTS, conversation=TEXTS)
def test_samples(sample: s.Sample, tenant: str, conversation: str) -> None:
    """An entry of due or stops, its labels by number."""
    entry = Entry(tenant, conversation, sample)

    (loaded,) = codec.unpack_samples(codec.pack_entry(entry, {sample[2]: 7}), b"3", {7: sample[2]}).items()

    assert (loaded, type(loaded[0].content)) == ((entry, 3), type(sample))


@EXAMPLES
@given(held=st.dictionaries(SAMPLES, st.integers(1, 99), max_size=20), tenant=TEXTS, subject=TEXTS, kind=TEXTS)
def test_all_samples_of_an_owner(held: dict[s.Sample, int], tenant: str, subject: str, kind: str) -> None:
    """In one field, each with how often; how many there are is known without unpacking them."""
    lids = {labels: lid for lid, labels in enumerate({sample[2] for sample in held})}
    field, value = codec.field_of(Key(tenant, subject, kind)), codec.pack_held(list(held.items()), lids)

    loaded = codec.unpack_samples(field, value, {lid: labels for labels, lid in lids.items()})

    assert loaded == {Entry(tenant, subject, sample): number for sample, number in held.items()}
    assert codec.number_held(value) == len(held)


@pytest.mark.parametrize("number", [0, 1, 7, 8, 127, 128, 300, 40_000, 70_000])
def test_how_many_an_owner_has_is_read_off_the_head(number: int) -> None:
    """Whatever the lengths of the array and of the number it begins with."""
    interval = s.Interval(s.OPEN, s.Labels("t", "chat", "q"), 1, None, 1)

    assert codec.number_held(codec.pack_held([(interval, 1)] * number, {interval.labels: 0})) == number
    assert codec.number_held(b"12") == 1


@EXAMPLES
@given(sample=SAMPLES, tenant=TEXTS, conversation=TEXTS, cause=st.none() | st.builds(Cause, st.integers(1, 90), TEXTS))
def test_restatements(sample: s.Sample, tenant: str, conversation: str, cause: Cause | None) -> None:
    """A row of the log, also one from before causes were logged."""
    row = Restated(7, tenant, conversation, sample, -1, cause)

    loaded = codec.unpack_restated(codec.pack_restated(row, 9))

    assert (loaded, type(loaded.sample)) == (row, type(sample))


@EXAMPLES
@given(interval=INTERVALS, tenant=TEXTS, conversation=TEXTS)
def test_intervals(interval: s.Interval, tenant: str, conversation: str) -> None:
    """An entry of the intervals, with an end or without."""
    entry = Entry(tenant, conversation, interval)

    lids, labels = {interval.labels: 0}, {0: interval.labels}
    assert codec.unpack_intervals(codec.pack_entry(entry, lids), b"2", labels) == {entry: 2}
    field, value = codec.field_of(Key(tenant, conversation)), codec.pack_held([(interval, 3)], lids)
    assert codec.unpack_intervals(field, value, labels) == {entry: 3}


@EXAMPLES
@given(labels=LABELS, first=INSTANTS)
def test_labels(labels: s.Labels, first: int) -> None:
    """With their first instant."""
    assert codec.unpack_labels(codec.pack_labels(labels, first)) == (labels, first)


@EXAMPLES
@given(measure=st.integers(1, 2**53 + 5) | st.builds(lambda n: score_measure(CSAT_SCORE, n, 10**17), st.integers(0, 9)))
@example(measure=2**53 - 1)
@example(measure=2**53)
def test_measures_pass_through_lua(measure: int) -> None:
    """What a double cannot hold exactly travels as text."""
    packed = codec.pack_measure(measure)

    assert int(packed) == measure
    assert type(packed) is str or int(float(packed)) == measure


def test_an_id_that_begins_with_its_conversation_is_short() -> None:
    """Most do: only what follows is stored."""
    key = Key("default", "conversation-0123456789")
    one = stored(T0, code_of("chat.queued"), "conversation-0123456789-1", {2: "q"})

    assert len(codec.pack_facts(key, [one])) < 20
    assert len(codec.pack_facts(Key("default", "other"), [one])) > 40
