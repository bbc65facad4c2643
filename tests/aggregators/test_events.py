"""Decoding: every type, every reason, and what is kept of what was sent."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.events import MAX_ID_LENGTH, REASONS, USUAL_SCALES, Event, Rejected, bounds, decode, exact
from aggregators.instants import EARLIEST_MS
from aggregators.vocabulary import (
    BY_CODE,
    CONVERSATION,
    KIND,
    NAMES,
    QUEUE,
    RANKS,
    REASON,
    SCALE,
    TENANT,
    TYPES,
    EventType,
    code_of,
)
from tests.logs import T0

EXAMPLES = settings(max_examples=300, derandomize=True, database=None, deadline=None)
SAMPLES: dict[str, Any] = {
    "string": "text", "flag": True, "number": 1.5, "integer": 3, "strings": ["a"], "scale": {"min": 1, "max": 5},
    "skills": [{"queue": "billing", "level": 2}], "instant": "2024-03-04T00:00:00Z",
}  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "string": [1, True, ["a"], {}],
    "flag": [0, 1, "true", []],
    "number": [True, "1", []],
    "integer": [True, 1.0, "1"],
    "strings": ["a", ["a", 1], {}],
    "scale": [5, [], {"min": "1"}, {"max": True}, {"direction": 1}],
    "skills": ["a", ["a"], [{}], [{"queue": 1}]],
    "instant": [1.5, True, []],
}


def record(kind: str = "chat.queued", /, **fields: Any) -> dict[str, Any]:
    """A good record of a type, with other *fields*; one given as None is null."""
    needed = {NAMES[code]: SAMPLES[TYPES[kind].fields[NAMES[code]][1]] for code in TYPES[kind].required}
    return {"id": "x", "type": kind, "at": T0, "conversation": "c", "source": "s", **needed, **fields}


def event(kind: str = "chat.queued", /, **fields: Any) -> Event:
    """The event of a good record."""
    found = decode(record(kind, **fields))
    assert isinstance(found, Event), found
    return found


def reason(sent: object) -> tuple[str, str]:
    """Why *sent* is rejected, and which field is named."""
    found = decode(sent)
    assert isinstance(found, Rejected), found
    assert found.reason in REASONS
    return found.reason, found.detail


def without(sent: dict[str, Any], name: str) -> dict[str, Any]:
    """*sent* without a field."""
    return {key: value for key, value in sent.items() if key != name}


@pytest.mark.parametrize("kind", list(TYPES))
def test_every_type_decodes(kind: str) -> None:
    """With what it must have, and with every field it may have."""
    names = {name: SAMPLES[shape] for name, (_, shape) in TYPES[kind].fields.items() if name != "score"}
    names |= {"reason": "rejected"} if "reason" in names else {}

    assert event(kind).type is TYPES[kind]
    assert set(event(kind, **names).fields) >= {code for code, _ in TYPES[kind].fields.values() if code} - {19}


def test_no_reason_is_kept_but_that_an_offer_was_rejected() -> None:
    """Whatever else stands there may be somebody's words; of a close, none is kept at all."""
    missed = {
        reason: event("chat.offer_missed", reason=reason).fields for reason in ("rejected", "timeout", "Rejected")
    }

    assert {reason for reason, fields in missed.items() if REASON in fields} == {"rejected"}
    assert event("chat.closed", reason="rejected").fields == event("chat.closed").fields


@pytest.mark.parametrize("kind", list(TYPES))
def test_what_a_type_must_have(kind: str) -> None:
    """Each needed field is missed by its name, absent or null; an empty list of names is no reason to reject."""
    for code in TYPES[kind].required:
        name = NAMES[code]
        assert reason(without(record(kind), name)) == ("missing_field", name)
        assert reason(record(kind, **{name: None})) == ("missing_field", name)


@pytest.mark.parametrize("kind", list(TYPES))
def test_what_has_a_wrong_type(kind: str) -> None:
    """Each field that the type has is checked; the detail names the field, never its content."""
    for name, (_, shape) in TYPES[kind].fields.items():
        for wrong in WRONG[shape]:
            assert reason(record(kind, **{name: wrong})) == ("wrong_type", name)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": None}, ("missing_field", "id")),
        ({"id": 7}, ("wrong_type", "id")),
        ({"id": ""}, ("bad_id", "")),
        ({"id": "x" * (MAX_ID_LENGTH + 1)}, ("bad_id", "")),
        ({"type": None}, ("missing_field", "type")),
        ({"type": 7}, ("wrong_type", "type")),
        ({"type": "chat.queue"}, ("unknown_type", "")),
        ({"at": None}, ("missing_field", "at")),
        ({"at": "yesterday"}, ("bad_instant", "at")),
        ({"at": 10**18}, ("bad_instant", "at")),
        ({"at": 1.5}, ("wrong_type", "at")),
        ({"at": True}, ("wrong_type", "at")),
        ({"at": EARLIEST_MS - 1}, ("before_1990", "")),
        ({"conversation": None}, ("missing_field", "conversation")),
        ({"conversation": 7}, ("wrong_type", "conversation")),
        ({"source": 7}, ("wrong_type", "source")),
    ],
    ids=str,
)
def test_what_every_event_must_have(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    """An id of 1 to 128 characters, a known type, an instant since 1990, a conversation; a source is a string."""
    assert reason(record(**fields)) == expected


def test_the_limits_are_good() -> None:
    """An id of 128 characters, the first millisecond of 1990, a name of one."""
    assert event(id="x" * MAX_ID_LENGTH, at=EARLIEST_MS, queue="q", conversation="c").at == EARLIEST_MS


def test_a_name_of_no_characters_is_absent() -> None:
    """As null is: nothing is kept of it, what must be there is missing, and the tenant is the usual one."""
    found = event("chat.accepted", queue="", channel="", tenant="", source="", agent="")

    assert (found.fields, found.tenant, found.source) == ({}, "default", None)
    assert reason(record("chat.queued", queue="")) == ("missing_field", "queue")
    assert reason(record("chat.closed", conversation="")) == ("missing_field", "conversation")
    assert reason(record("source.heartbeat", source="")) == ("missing_field", "source")


@pytest.mark.parametrize("sent", [None, 1, "x", [], [record()], True])
def test_only_objects_are_events(sent: object) -> None:
    """Any other JSON value is none."""
    assert reason(sent) == ("not_an_object", "")


def test_only_fields_of_the_type_are_kept() -> None:
    """Null is absent; `message`, `reason` and what the type does not have are left out, whatever they hold."""
    found = event("chat.closed", by=None, reason="long story", meta={"queue": 7}, score="high", queue="q")

    assert found.fields == {QUEUE: "q"}


def test_the_tenant_is_default() -> None:
    """Where none is named; a named one is a field as well, as it was sent."""
    assert (event().tenant, event(tenant="acme").tenant) == ("default", "acme")
    assert event(tenant="default").fields[TENANT] == "default"


@pytest.mark.parametrize(
    ("kind", "fields", "subject"),
    [
        ("chat.queued", {}, "c"),
        ("agent.heartbeat", {"agent": "a"}, "a"),
        ("source.heartbeat", {}, "s"),
        ("selfservice.viewed", {"session": "v"}, "v"),
        ("kpi.sample", {"name": "n"}, None),
        ("cost.recorded", {"currency": "EUR"}, "EUR"),
        ("cost.recorded", {}, ""),
    ],
)
def test_whose_an_event_is(kind: str, fields: dict[str, Any], subject: str | None) -> None:
    """Of its conversation, or of what it is about; those need no conversation."""
    sent = record(kind, **fields) | ({"conversation": None} if TYPES[kind].subject != CONVERSATION else {})
    if kind == "kpi.sample":
        sent, subject = sent | {"value": 2.5}, "n"

    found = decode(sent)

    assert isinstance(found, Event)
    assert found.subject == subject


def test_a_heartbeat_needs_its_source() -> None:
    """It is what it is about; other events may go without."""
    assert reason(without(record("source.heartbeat"), "source")) == ("missing_field", "source")
    assert isinstance(decode(without(record(), "source")), Event)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"scale": {"min": 5, "max": 5}, "score": 5}, ("bad_scale", "")),
        ({"scale": {"min": 6}, "score": 5}, ("bad_scale", "")),
        ({"score": 0}, ("score_outside_scale", "")),
        ({"score": 5.001}, ("score_outside_scale", "")),
        ({"kind": "nps", "score": 10.5}, ("score_outside_scale", "")),
        ({"kind": "ces", "score": 8}, ("score_outside_scale", "")),
        ({"scale": {"max": 3}, "score": 4}, ("score_outside_scale", "")),
    ],
    ids=str,
)
def test_scores_lie_on_their_scales(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    """The scale sent, its missing ends at the defaults of the kind."""
    assert reason(record("survey.responded", **{"kind": "csat", **fields})) == expected


def test_scales_have_defaults() -> None:
    """1–5, 0–10 and 1–7; kinds without one may have any score; a survey that is sent may name a scale."""
    ends = [bounds({KIND: kind}, USUAL_SCALES) for kind in ("csat", "nps", "ces", "mood")]
    assert ends == [(1, 5), (0, 10), (1, 7), None]
    assert bounds({KIND: "mood", SCALE: {"min": 0, "max": 3}}, USUAL_SCALES) == (0, 3)
    assert bounds({KIND: "mood", SCALE: {"min": 0}}, USUAL_SCALES) is None
    assert event("survey.responded", kind="mood", score=1000).fields[KIND] == "mood"
    assert reason(record("survey.sent", kind="csat", scale={"min": 9})) == ("bad_scale", "")


def test_numbers_are_the_decimals_they_were_written_as() -> None:
    """3.3 is 33/10."""
    assert [exact(number) for number in (3, 3.3, 1e-3)] == [Fraction(3), Fraction(33, 10), Fraction(1, 1000)]


def test_numbers_of_types_are_their_own() -> None:
    """Codes are stored: unique, dense from 1, each with its rank."""
    assert sorted(BY_CODE) == list(range(1, len(TYPES) + 1))
    assert [RANKS[code] for code in BY_CODE] == [kind.rank for kind in BY_CODE.values()]
    assert code_of("chat.started") == 1
    assert isinstance(BY_CODE[1], EventType)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = sorted({name for kind in TYPES.values() for name in kind.fields} | {"id", "at", "conversation", "source"})


@EXAMPLES
@given(kind=st.sampled_from(sorted(TYPES)), fields=st.dictionaries(st.sampled_from(FIELD_NAMES), JSON, max_size=4))
def test_whatever_is_sent_is_an_event_or_has_a_reason(kind: str, fields: dict[str, Any]) -> None:
    """Nothing raises, and what is kept are numbers of fields."""
    found = decode(record(kind, **fields))

    assert isinstance(found, Event | Rejected)
    if isinstance(found, Event):
        assert set(found.fields) <= set(NAMES)
