"""What was accepted can be stored: the message of a commit can be packed, and read back, whatever an event holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.engine import Engine, Incoming
from aggregators.events import DEEPEST, Event
from aggregators.tables import Tables
from aggregators.vocabulary import TYPES
from stream import codec
from stream.decoding import decode_record
from stream.offline import definitions_of
from stream.payload import payload
from stream.settings import load
from tests.logs import T0

if TYPE_CHECKING:
    from aggregators.samples import Labels

FIELDS = sorted({field for kind in TYPES.values() for field in kind.fields} | {"extra"})
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SCALES = st.fixed_dictionaries(
    {}, optional={"min": NUMBERS, "max": NUMBERS, "direction": st.sampled_from(["up", "down"]), "x": JSON}
)
RATINGS = st.fixed_dictionaries(
    {"type": st.just("survey.responded"), "survey": st.text(max_size=3), "kind": st.sampled_from(["csat", "ces", "x"])}
    | {"score": NUMBERS},
    optional={"scale": SCALES},
)
OBJECTS = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from(sorted(TYPES)),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8),
)
TINY: dict[str, Any] = {"type": "survey.responded", "survey": "s", "kind": "csat", "scale": {"min": 0, "max": 1}}


def nested(levels: int) -> dict[str, Any]:
    """Return a rating whose scale holds so many levels of lists beside what is known."""
    inner: list[Any] = []
    for _ in range(levels - 2):
        inner = [inner]
    return {**TINY, "score": 1, "scale": {"min": 0, "max": 1, "x": inner}}


@given(st.lists(RATINGS | OBJECTS, min_size=1, max_size=4))
@example([{**TINY, "score": 0.00012345678901234567}])
@example([{**TINY, "score": 5e-324, "scale": {"min": -1e308, "max": 1e308}}])
@example([nested(DEEPEST), nested(DEEPEST)])
@settings(max_examples=100, derandomize=True, database=None, deadline=None)
def test_whatever_is_accepted_can_be_stored_and_read_back(sent: list[dict[str, Any]]) -> None:
    """Twice, as replaced facts are written whole; no number is too large, nothing is nested too deep."""
    definitions = definitions_of(load())
    engine, tables = Engine(definitions), Tables(offset=0)
    lids: dict[Labels, int] = {}
    for number, fields in enumerate([*sent, *sent]):
        content = decode_record(
            json.dumps({"id": f"{number % 3}", "at": T0 + number, "conversation": "c"} | fields).encode()
        )
        if not isinstance(content, Event):
            continue
        delta = engine.run([Incoming(T0, content)], lambda key: dict(tables.facts.get(key, {})))
        built = payload(delta, expected=number, following=number + 1, lids=lids, known=lambda _: None, meta={})
        tables.apply(delta, offset=number + 1)

        for key, blob in built.facts.items():
            assert repr(codec.unpack_facts(key, blob)) == repr(delta.facts[key].facts)
        by_lid = {lid: labels for labels, lid in lids.items()}
        for index in (delta.stops, delta.due):
            for entry in (entry for entries in index.values() for entry in entries):
                assert codec.unpack_samples(codec.pack_entry(entry, lids), b"1", by_lid) == {entry: 1}
    assert list(tables.lines("t", 0, definitions=definitions))


@pytest.mark.parametrize(("levels", "accepted"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_a_field_that_is_kept_whole_may_be_nested_so_deep(levels: int, accepted: bool) -> None:  # noqa: FBT001 - a case
    """Beyond that it is of a wrong type: what compares and packs it would run out of stack."""
    content = decode_record(json.dumps({"id": "e", "at": T0, "conversation": "c"} | nested(levels)).encode())

    assert isinstance(content, Event) == accepted
