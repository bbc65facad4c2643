"""The words of the wire format: every type of event, every field, its kind and its number in the stored form.

Numbers are part of the state version: they are never given to another word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["string", "flag", "number", "integer", "strings", "scale", "skills", "instant"]

# Fields that are kept, by number. DROPPED ones are checked and then left out of the state.
DROPPED: Final = 0
CHANNEL: Final = 1
QUEUE: Final = 2
TENANT: Final = 3
ACTOR: Final = 4
CUSTOMER: Final = 5
AGENT: Final = 6
PUBLIC: Final = 7
AUTO: Final = 8
TO_QUEUE: Final = 9
INITIATED_BY: Final = 10
BY: Final = 11
STATUS: Final = 12
STAGE: Final = 13
FLAG: Final = 14
VALUE: Final = 15
SURVEY: Final = 16
KIND: Final = 17
SCORE: Final = 18
SCALE: Final = 19
LEG: Final = 20
TEAM: Final = 21
PRIORITY: Final = 22
LANGUAGE: Final = 23
TOPIC: Final = 24
TAGS: Final = 25
BOT: Final = 26
TO_AGENT: Final = 27
TO: Final = 28
RESOLVED: Final = 29
TO_TEAM: Final = 30
INTO: Final = 31
STATE: Final = 32
QUEUES: Final = 33
SHIFT_START: Final = 34
SHIFT_END: Final = 35
SLOTS: Final = 36
SESSION: Final = 37
FOUND: Final = 38
AMOUNT: Final = 39
CURRENCY: Final = 40
PERIOD_START: Final = 41
PERIOD_END: Final = 42
NAME: Final = 43
REASON: Final = 44
THANKS: Final = 45
FIRST_CONTACT: Final = 46
# Never among the kept fields: every event has a place of its own for them.
CONVERSATION: Final = 100
SOURCE: Final = 101
# Of what owners tell one another (`telling`): in no event.
VERSION: Final = 110
CONTENT: Final = 111

COMMON: Final[dict[str, tuple[int, Kind]]] = {
    "tenant": (TENANT, "string"),
    "channel": (CHANNEL, "string"),
    "queue": (QUEUE, "string"),
    "team": (TEAM, "string"),
    "priority": (PRIORITY, "string"),
    "language": (LANGUAGE, "string"),
    "topic": (TOPIC, "string"),
    "customer": (CUSTOMER, "string"),
    "tags": (TAGS, "strings"),
    "actor": (ACTOR, "string"),
    "agent": (AGENT, "string"),
}
"""Fields any event may have, beside id, type, at, conversation and source."""

_LEG: Final[dict[str, tuple[int, Kind]]] = {"leg": (LEG, "string")}
_REASON: Final[dict[str, tuple[int, Kind]]] = {"reason": (DROPPED, "string")}
OURS: Final = frozenset({"agent", "system"})
"""Who begins a conversation that no customer began."""
REJECTED: Final = "rejected"
"""The only reason that is kept, of a chat.offer_missed: what else stands there may be anybody's words."""
_BY: Final[dict[str, tuple[int, Kind]]] = {"by": (BY, "string")}
_INITIATED_BY: Final[dict[str, tuple[int, Kind]]] = {"initiated_by": (INITIATED_BY, "string")}
_MESSAGE: Final[dict[str, tuple[int, Kind]]] = {
    "message": (DROPPED, "string"),
    "public": (PUBLIC, "flag"),
    "auto": (AUTO, "flag"),
    "thanks": (THANKS, "flag"),
}
_FLAG: Final[dict[str, tuple[int, Kind]]] = {"flag": (FLAG, "string"), "value": (VALUE, "flag")}
_TO: Final[dict[str, tuple[int, Kind]]] = {"to": (TO, "string")}
_INTO: Final[dict[str, tuple[int, Kind]]] = {"into": (INTO, "string")}
_STATE: Final[dict[str, tuple[int, Kind]]] = {"state": (STATE, "string")}
_SESSION: Final[dict[str, tuple[int, Kind]]] = {
    "session": (SESSION, "string"),
    "article": (DROPPED, "string"),
    "found": (FOUND, "flag"),
}
_SURVEY: Final[dict[str, tuple[int, Kind]]] = {
    "survey": (SURVEY, "string"),
    "kind": (KIND, "string"),
    "scale": (SCALE, "scale"),
}


@dataclass(frozen=True, slots=True, eq=False)
class EventType:
    """One type: its number in the stored form, its rank among events of one instant, its fields.

    `fields` holds the common ones too, `required` those an event must have beside id and at. `subject` is the field
    whose value owns the fact; events of a conversation must name it, heartbeats their source. `family` is the name up
    to its point.
    """

    name: str
    code: int
    rank: int
    fields: dict[str, tuple[int, Kind]]
    required: tuple[int, ...]
    subject: int
    family: str


def _declare(*rows: tuple[str, int, dict[str, tuple[int, Kind]], tuple[int, ...]]) -> dict[str, EventType]:
    types = {}
    subjects = {"agent": AGENT, "source": SOURCE, "cost": CURRENCY, "kpi": NAME, "selfservice": SESSION}
    for code, (name, rank, own, required) in enumerate(rows, start=1):
        subject = subjects.get(name.partition(".")[0], CONVERSATION)
        types[name] = EventType(name, code, rank, {**COMMON, **own}, required, subject, name.partition(".")[0])
    return types


_LAST: Final = 15
TYPES: Final[dict[str, EventType]] = _declare(
    ("chat.started", 0, {**_INITIATED_BY, "bot": (BOT, "flag")}, ()),
    ("ticket.created", 0, {**_INITIATED_BY, "via": (DROPPED, "string")}, ()),
    ("chat.queued", 1, _LEG, (QUEUE,)),
    ("chat.offered", 2, {**_LEG, **_REASON}, ()),
    ("chat.offer_missed", 3, {**_LEG, "reason": (REASON, "string")}, ()),
    ("chat.accepted", 4, _LEG, ()),
    ("chat.message", 5, _MESSAGE, (ACTOR,)),
    ("ticket.commented", 5, _MESSAGE, (ACTOR,)),
    (
        "chat.transferred",
        6,
        {"to_queue": (TO_QUEUE, "string"), "to_agent": (TO_AGENT, "string"), "kind": (KIND, "string")},
        (),
    ),
    ("ticket.assigned", 6, {"to_queue": (TO_QUEUE, "string"), "to_team": (TO_TEAM, "string")}, ()),
    ("ticket.priority_changed", 6, {}, ()),
    ("ticket.tagged", 6, {}, ()),
    ("chat.flowed_out", 7, {**_TO, **_LEG}, ()),
    ("chat.callback_requested", 7, {**_TO, **_LEG}, ()),
    ("chat.abandoned", 7, {**_LEG, "stage": (STAGE, "string")}, ()),
    ("ticket.status_changed", 8, {**_BY, "status": (STATUS, "string")}, (STATUS,)),
    ("chat.closed", 9, {**_BY, **_REASON, "resolved": (RESOLVED, "flag")}, ()),
    ("chat.reopened", 10, _BY, ()),
    ("survey.sent", 11, _SURVEY, (SURVEY, KIND)),
    (
        "survey.responded",
        12,
        {**_SURVEY, "score": (SCORE, "number"), "first_contact": (FIRST_CONTACT, "flag")},
        (SURVEY, KIND, SCORE),
    ),
    ("survey.retracted", 13, {**_REASON, "survey": (SURVEY, "string")}, (SURVEY,)),
    ("chat.flagged", 14, _FLAG, (FLAG,)),
    ("ticket.flagged", 14, _FLAG, (FLAG,)),
    ("chat.held", _LAST, {}, ()),
    ("chat.resumed", _LAST, {}, ()),
    ("chat.released", _LAST, {}, ()),
    ("chat.wrapup_ended", _LAST, {}, ()),
    ("chat.bot_handoff", _LAST, _REASON, ()),
    ("ticket.escalated", _LAST, _TO, ()),
    ("ticket.merged", _LAST, _INTO, ()),
    ("ticket.deleted", _LAST, _INTO, ()),
    ("conversation.forgotten", _LAST, {}, ()),
    ("agent.state_changed", _LAST, _STATE, (AGENT, STATE)),
    ("agent.heartbeat", _LAST, _STATE, (AGENT, STATE)),
    ("agent.queues_changed", _LAST, {"queues": (QUEUES, "skills")}, (AGENT, QUEUES)),
    (
        "agent.scheduled",
        _LAST,
        {"shift_start": (SHIFT_START, "instant"), "shift_end": (SHIFT_END, "instant")},
        (AGENT, SHIFT_START, SHIFT_END),
    ),
    ("agent.capacity_changed", _LAST, {"slots": (SLOTS, "integer")}, (AGENT, SLOTS)),
    ("source.heartbeat", _LAST, {}, ()),
    ("selfservice.viewed", _LAST, _SESSION, (SESSION,)),
    ("selfservice.searched", _LAST, _SESSION, (SESSION,)),
    (
        "cost.recorded",
        _LAST,
        {
            "amount": (AMOUNT, "number"),
            "currency": (CURRENCY, "string"),
            "period_start": (PERIOD_START, "instant"),
            "period_end": (PERIOD_END, "instant"),
        },
        (AMOUNT,),
    ),
    ("kpi.sample", _LAST, {"name": (NAME, "string"), "value": (VALUE, "number")}, (NAME, VALUE)),
    ("survey.offered", _LAST, _SURVEY, (SURVEY, KIND)),
)

BY_CODE: Final[dict[int, EventType]] = {kind.code: kind for kind in TYPES.values()}
TOLD: Final = 127
"""The number of what one owner tells another, where the number of a type stands; no event has it."""
RANKS: Final[tuple[int, ...]] = (
    0,
    *(BY_CODE[code].rank if code in BY_CODE else _LAST for code in range(1, TOLD + 1)),
)
NAMES: Final[dict[int, str]] = {
    VERSION: "version",
    CONTENT: "content",
    **{code: name for kind in TYPES.values() for name, (code, _) in kind.fields.items() if code},
}


def name_of(code: int) -> str:
    """Return the name of the type of number *code*; "told" of what is told."""
    return "told" if code == TOLD else BY_CODE[code].name


def code_of(name: str) -> int:
    """Return the number of the type *name*; KeyError if there is none."""
    return TYPES[name].code


def is_human_reply(fields: dict[int, Any]) -> bool:
    """Tell whether a message with these *fields* is a reply: a human's, to the customer, and sent by no machine."""
    return bool(fields[ACTOR] == "human" and fields.get(PUBLIC, True) and not fields.get(AUTO, False))
