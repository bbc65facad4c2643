"""Decoding: one parsed JSON object becomes an Event, or Rejected with a reason out of a closed set."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args

from aggregators.definitions import usual_scales
from aggregators.instants import EARLIEST_MS, instant_ms
from aggregators.vocabulary import (
    CONVERSATION,
    DROPPED,
    KIND,
    REASON,
    REJECTED,
    SCALE,
    SCORE,
    SOURCE,
    TENANT,
    TYPES,
    EventType,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.definitions import Scale

Reason = Literal[
    "too_large",
    "invalid_json",
    "not_an_object",
    "unknown_type",
    "missing_field",
    "wrong_type",
    "bad_id",
    "bad_instant",
    "before_1990",
    "in_the_future",
    "bad_scale",
    "score_outside_scale",
    "late",
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

DEFAULT_TENANT: Final = "default"
MAX_BYTES: Final = 65_536
MAX_ID_LENGTH: Final = 128
DEEPEST: Final = 32
"""How many levels of lists and objects a field may have that is kept whole."""
USUAL_SCALES: Final = usual_scales()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that takes no part in anything; `detail` names the field, never its content."""

    reason: Reason
    detail: str = ""


class Event(NamedTuple):
    """One occurrence. `at` is epoch ms; `fields` maps the number of each field sent to its value, as sent.

    `subject` is the conversation, or what owns an event without one (agent, session, name of a series, …).
    """

    type: EventType
    at: int
    tenant: str
    subject: str
    id: str
    source: str | None
    fields: dict[int, Any]


_new: Final = tuple.__new__
"""Makes a named tuple in half the time of its constructor: for those that are made by the hundred thousand."""


def decode(sent: object, scales: Mapping[str, Scale] = USUAL_SCALES) -> Event | Rejected:
    """Decode one parsed JSON value. Null is absent, and so is a name of no character.

    Fields the type does not name are left out.

    A survey is answered on its own scale, or on that of its kind in *scales*.
    """
    return take_apart(dict(sent) if isinstance(sent, dict) else sent, scales)


def take_apart(sent: object, scales: Mapping[str, Scale] = USUAL_SCALES) -> Event | Rejected:
    """Do what `decode` does to an object that nobody needs any more, in less time."""
    if not isinstance(sent, dict):
        return Rejected("not_an_object")
    name = sent.pop("type", None)
    kind = TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        return _type_problem(name)
    identifier, stamp = sent.pop("id", None), sent.pop("at", None)
    conversation, source = sent.pop("conversation", None), sent.pop("source", None)
    at = instant_ms(stamp)
    if source == "":
        source = None
    if (
        not isinstance(identifier, str)
        or not 0 < len(identifier) <= MAX_ID_LENGTH
        or at is None
        or at < EARLIEST_MS
        or (not isinstance(conversation, str) and conversation is not None)
        or (not conversation and kind.subject == CONVERSATION)
        or (kind.subject == SOURCE if source is None else not isinstance(source, str))
    ):
        problem = _frame_problem(kind, identifier, stamp, conversation, source)
        if problem is not None:
            return problem
    kept = _kept(kind, sent, scales)
    if isinstance(kept, Rejected):
        return kept
    if kind.subject == CONVERSATION:
        subject = conversation
    else:
        subject = source if kind.subject == SOURCE else kept.get(kind.subject, "")
    return _new(Event, (kind, at, kept.get(TENANT, DEFAULT_TENANT), subject, identifier, source, kept))


def _kept(kind: EventType, sent: dict[str, Any], scales: Mapping[str, Scale]) -> dict[int, Any] | Rejected:
    """Return the fields that *kind* names and *sent* has, by number, each of the right type."""
    known = kind.fields
    kept: dict[int, Any] = {}
    scored = False
    for field, value in sent.items():
        entry = known.get(field)
        if entry is None or value is None:
            continue
        code, sort = entry
        if sort == "string":
            if not isinstance(value, str):
                return Rejected("wrong_type", field)
            if not value:
                continue
        else:
            reason = _CHECKS[sort](value)
            if reason:
                return Rejected(reason, field)
            scored = scored or code in _SCORING
        if code != DROPPED:
            kept[code] = value
    for needed in kind.required:
        if needed not in kept:
            return Rejected("missing_field", _FIELD_NAMES[needed])
    if kind.code == _MISSED and kept.get(REASON, REJECTED) != REJECTED:
        del kept[REASON]
    if scored:
        reason = _survey_problem(kept, scales)
        if reason:
            return Rejected(reason)
    return kept


def _type_problem(name: object) -> Rejected:
    if name is None:
        return Rejected("missing_field", "type")
    return Rejected("unknown_type") if type(name) is str else Rejected("wrong_type", "type")


def _frame_problem(
    kind: EventType, identifier: object, stamp: object, conversation: object, source: object
) -> Rejected | None:
    """Return what is wrong with the fields that every event has a place of its own for, if anything is."""
    for name, value, needed in (
        ("id", identifier, True),
        ("at", stamp, True),
        ("conversation", conversation, kind.subject == CONVERSATION),
        ("source", source, kind.subject == SOURCE),
    ):
        if (value is None or (value == "" and name != "id")) and needed:
            return Rejected("missing_field", name)
        if value is not None and type(value) is not str and not (name == "at" and type(value) is int):
            return Rejected("wrong_type", name)
    if not 1 <= len(str(identifier)) <= MAX_ID_LENGTH:
        return Rejected("bad_id")
    at = instant_ms(stamp)
    if at is None:
        return Rejected("bad_instant", "at")
    return Rejected("before_1990") if at < EARLIEST_MS else None


def exact(number: Any) -> Fraction:  # noqa: ANN401 - compiled, a float would make one of every integer
    """Return a JSON number, int or float, as the decimal it was written as: 3.3 is 33/10."""
    return Fraction(number) if type(number) is int else Fraction(repr(number))


def bounds(fields: dict[int, Any], scales: Mapping[str, Scale]) -> tuple[Any, Any] | None:
    """Return (min, max) of a survey's scale, missing members by its kind in *scales*; None for unknown kinds."""
    scale = fields.get(SCALE) or {}
    least, most = scale.get("min"), scale.get("max")
    if least is None or most is None:
        usual = scales.get(fields[KIND])
        if usual is None:
            return None
        ends = usual.ends
        least = ends[0] if least is None else least
        most = ends[1] if most is None else most
    return least, most


def _survey_problem(kept: dict[int, Any], scales: Mapping[str, Scale]) -> Reason | None:
    ends = bounds(kept, scales)
    if ends is None:
        return None
    if ends[0] >= ends[1]:
        return "bad_scale"
    score = kept.get(SCORE)
    return "score_outside_scale" if score is not None and not ends[0] <= score <= ends[1] else None


def _flag(value: object) -> Reason | None:
    return None if type(value) is bool else "wrong_type"


def _number(value: object) -> Reason | None:
    return None if type(value) is int or type(value) is float else "wrong_type"


def _integer(value: object) -> Reason | None:
    return None if type(value) is int else "wrong_type"


def _strings(value: object) -> Reason | None:
    return None if type(value) is list and all(type(each) is str for each in value) else "wrong_type"


def _is_shallow(value: object, levels: int) -> bool:
    """Tell whether *value* is nested at most so many levels deep: what is kept is compared and packed recursively."""
    if type(value) is dict:
        return levels > 0 and all(_is_shallow(each, levels - 1) for each in value.values())
    if type(value) is list:
        return levels > 0 and all(_is_shallow(each, levels - 1) for each in value)
    return True


def _scale(value: object) -> Reason | None:
    if type(value) is not dict or not _is_shallow(value, DEEPEST):
        return "wrong_type"
    for end in ("min", "max"):
        if value.get(end) is not None and _number(value[end]):
            return "wrong_type"
    return None if value.get("direction") is None or type(value["direction"]) is str else "wrong_type"


def _skills(value: object) -> Reason | None:
    if type(value) is not list or not _is_shallow(value, DEEPEST):
        return "wrong_type"
    for each in value:
        if type(each) is not dict or type(each.get("queue")) is not str:
            return "wrong_type"
    return None


def _instant(value: object) -> Reason | None:
    if type(value) is not str and type(value) is not int:
        return "wrong_type"
    return None if instant_ms(value) is not None else "bad_instant"


_CHECKS: Final = {
    "flag": _flag,
    "number": _number,
    "integer": _integer,
    "strings": _strings,
    "scale": _scale,
    "skills": _skills,
    "instant": _instant,
}
_SCORING: Final = frozenset({SCALE, SCORE})
_MISSED: Final = TYPES["chat.offer_missed"].code
_FIELD_NAMES: Final = {code: name for kind in TYPES.values() for name, (code, _) in kind.fields.items()}
