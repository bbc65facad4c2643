"""Small logs that are out to confuse: ties, ghosts, shared ids, other content under the same id, flags, transfers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from tests.logs import T0
from tests.oracle import DAY, GHOST, HOUR, MINUTE, SECOND

STEP = 10 * SECOND
STARTS = (0, 5 * SECOND, MINUTE, HOUR, GHOST, 23 * HOUR, DAY, 2 * DAY, 9 * DAY)
PAUSES = (
    *(0, 0, 0, 1, SECOND, 5 * SECOND, 5 * SECOND + 1, 10 * SECOND, 10 * SECOND + 1, 20 * SECOND, 20 * SECOND + 1),
    *(2 * SECOND, 3 * SECOND, 30 * SECOND, 40 * SECOND, MINUTE, MINUTE + 1, MINUTE + 2, 90 * SECOND, 15 * MINUTE - 1),
    *(HOUR, HOUR + 1, GHOST - 1, GHOST, GHOST + 1, GHOST + 5 * SECOND, DAY, DAY + 1, DAY + HOUR),
)
QUEUES = ("billing", "sales", "vip, gold")
SCALES: tuple[dict[str, Any], ...] = (
    {"min": 0, "max": 1},
    {"min": 1, "max": 3},
    {"min": 0, "max": 10},
    {"direction": "down"},
    {"max": 7},
    {},
)


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    """One of these; None leaves a field out."""
    return st.sampled_from(values)


ACTORS = one_of("customer", "customer", "human", "human", "bot", "system")
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "chat.started": {"initiated_by": one_of(None, "customer", "agent", "system")},
    "chat.queued": {"queue": st.sampled_from(QUEUES)},
    "chat.offered": {},
    "chat.accepted": {"agent": one_of(None, "a-1")},
    "chat.message": {
        "actor": ACTORS,
        "public": st.sampled_from([None, None, True, False]),
        "auto": st.sampled_from([None, None, False, True]),
    },
    "chat.transferred": {"to_queue": one_of(None, *QUEUES), "to_agent": one_of(None, "a-2")},
    "chat.abandoned": {"stage": one_of(None, "bot", "queue", "ringing", "chat")},
    "chat.flowed_out": {"to": one_of(None, "voicemail")},
    "chat.callback_requested": {},
    "chat.bot_handoff": {},
    "chat.closed": {"by": one_of(None, "customer", "human", "system"), "resolved": st.sampled_from([None, True])},
    "chat.reopened": {},
    "chat.flagged": {"flag": one_of("spam", "test", "vip"), "value": st.sampled_from([None, True, False, False])},
    "ticket.created": {"initiated_by": one_of(None, None, "customer", "agent")},
    "ticket.commented": {
        "actor": ACTORS,
        "public": st.sampled_from([None, None, False]),
        "auto": st.sampled_from([None, None, True]),
    },
    "ticket.assigned": {"to_queue": one_of(None, *QUEUES)},
    "ticket.status_changed": {"status": one_of("open", "pending", "solved", "closed")},
    "ticket.flagged": {"flag": one_of("spam", "test"), "value": st.sampled_from([None, False, False])},
    "ticket.merged": {},
    "survey.offered": {"survey": one_of("s", "t"), "kind": one_of("csat", "csat", "nps")},
    "survey.sent": {"survey": one_of("s", "t"), "kind": one_of("csat", "csat", "nps")},
    "survey.responded": {
        "survey": one_of("s", "t"),
        "kind": one_of("csat", "csat", "csat", "nps"),
        "score": one_of(0, 1, 2, 3, 4, 5, 7, 4.0, 2.5),
        "scale": one_of(None, None, *SCALES),
    },
    "survey.retracted": {"survey": one_of("s", "t")},
}
COMMON = ("chat.queued",) * 6 + ("chat.accepted", "chat.message") * 3 + ("ticket.commented", "chat.closed") * 2
RARE = ("chat.flagged", "chat.flagged", "ticket.flagged", "ticket.merged")
KINDS = (*(kind for kind in FIELDS if kind not in RARE), *COMMON)
"""Withdrawn conversations say nothing, so what withdraws them is rare."""
IDS = [f"{n}" for n in range(60)] + ["a", "Z", "é", "\uffff", "\U00010000"]
NO_EVENTS = (b"", b"null", b'{"id":"1"}', b"[]", b"\xff", b'{"id":"1","type":"chat.closed","conversation":"c","at":1}')


def written(at: int, notation: int) -> str | int:
    """One of the notations of an instant."""
    if notation == 0:
        return at
    text = datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % SECOND:03}"
    return text + ("Z" if notation == 1 else "999+00:00")


@st.composite
def events(draw: Callable[..., Any], starts: tuple[int, ...], kinds: tuple[str, ...]) -> bytes:
    """One good event of one of four conversations, some of which share their ids."""
    kind = draw(st.sampled_from(kinds))
    at = T0 + draw(st.sampled_from(starts)) + draw(st.sampled_from(PAUSES))
    record = {
        "id": draw(st.sampled_from(IDS)),
        "type": kind,
        "at": written(at, draw(st.integers(0, 2))),
        "conversation": draw(one_of("c", "c", "c", "d")),
        "tenant": draw(one_of(None, None, None, "default", "acme")),
        "channel": draw(one_of(*[None] * 8, "chat", "voice", "email", "whatsapp")),
        "queue": draw(one_of(None, None, None, *QUEUES)),
        "source": draw(one_of(None, "road")),
        **{name: draw(value) for name, value in FIELDS[kind].items()},
    }
    nulls = draw(st.booleans())
    return json.dumps({name: value for name, value in record.items() if nulls or value is not None}).encode()


@st.composite
def logs(draw: Callable[..., Any]) -> list[bytes]:
    """A log in any order of arrival, now and then with something that withdraws a conversation or is no event."""
    starts = tuple(draw(st.lists(st.sampled_from(STARTS), min_size=1, max_size=3)))
    lines: list[bytes] = draw(st.lists(events(starts, KINDS), min_size=draw(st.integers(1, 24)), max_size=30))
    if not draw(st.integers(0, 3)):
        lines += draw(st.lists(events(starts, RARE), min_size=1, max_size=3))
    if not draw(st.integers(0, 3)):
        lines.append(draw(st.sampled_from(NO_EVENTS)))
    return list(draw(st.permutations(lines)))


def instants() -> st.SearchStrategy[int]:
    """Multiples of ten seconds: soon after something may have happened, or a good while later."""
    moments = st.builds(
        lambda start, pause, more: start + pause + more,
        st.sampled_from(STARTS),
        st.sampled_from(PAUSES),
        st.sampled_from((0, 1, STEP, STEP, MINUTE, HOUR, GHOST, DAY, 7 * DAY)),
    )
    return moments.map(lambda after: -(-(T0 + after) // STEP) * STEP)
