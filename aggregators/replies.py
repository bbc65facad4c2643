"""The sweep of the messages: episodes with their first response, and the replies to every waiting stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import points
from aggregators.points import Point
from aggregators.samples import (
    FIRST_RESPONSE,
    FOLLOWING,
    REPLY,
    RESPONSE_LEFT,
    RESPONSE_OPEN,
    UNANSWERED,
    Response,
)
from aggregators.vocabulary import ACTOR, INITIATED_BY, OURS, STATUS, code_of, is_human_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Interval, Sample

_new: Final = tuple.__new__
"""As in observe: a named tuple in half the time."""
_STARTED: Final = code_of("chat.started")
_CREATED: Final = code_of("ticket.created")
_MESSAGE: Final = code_of("chat.message")
_COMMENTED: Final = code_of("ticket.commented")
_STATUS: Final = code_of("ticket.status_changed")
_CLOSED: Final = code_of("chat.closed")

TYPES: Final = frozenset({_STARTED, _CREATED, _MESSAGE, _COMMENTED, _STATUS, _CLOSED})
"""The types this sweep reads."""
_WRITTEN: Final = frozenset({_MESSAGE, _COMMENTED})
_BEGUN: Final = frozenset({_STARTED, _CREATED})
_RESOLVED: Final = frozenset({"solved", "closed"})

_CUSTOMER: Final = 0
_HUMAN: Final = 1
_RESOLVE: Final = 2


class OpenResponse(NamedTuple):
    """An episode waited for its first response from `start` until `end` (None: it still does)."""

    start: int
    end: int | None


class Stretch(NamedTuple):
    """Customer messages at the instants `messages`, unanswered until `end`: a reply, a resolve, None for neither."""

    messages: list[int]
    end: int | None


class Replies(NamedTuple):
    """What the messages of one conversation say. Each pair is (instant of the reply, instant it waited from).

    `contacts` are the episodes by their start, each with whether it was us who began the conversation it is first in;
    `replied_at` is when humans wrote, whatever had been written before.
    """

    first_responses: list[tuple[int, int]]
    replies: list[tuple[int, int]]
    open_responses: list[OpenResponse]
    stretches: list[Stretch]
    contacts: list[tuple[int, bool]]
    replied_at: list[int]


def sweep(facts: Sequence[Fact], *, episode_gap_ms: int, stretching: bool = True) -> Replies:
    """Return first responses, replies, episodes without a response, contacts and, with `stretching`, stretches.

    `facts` are in the order of the sweep.
    """
    firsts: list[tuple[int, int]] = []
    replies: list[tuple[int, int]] = []
    waits: list[OpenResponse] = []
    stretches: list[Stretch] = []
    contacts: list[tuple[int, bool]] = []
    steps, ours = _steps(facts)
    episode: int | None = None  # first customer message of the current one
    counts = not ours  # an episode that we began has no first response
    replied = resolved = False
    humans: list[int] = []
    stretch: int | None = None  # first customer message nobody has replied to
    quiet_since: int | None = None  # the latest resolve, while neither side has written since
    for at, step in steps:
        if step == _CUSTOMER:
            begins = episode is None
            if not begins and quiet_since is not None and at - quiet_since > episode_gap_ms:
                begins, counts = True, True
            if begins:
                # The one before ended with a resolve or a reply, so it waits for nothing any more.
                episode, replied, resolved = at, False, False
                contacts.append((at, not counts))
                if counts:
                    waits.append(OpenResponse(at, None))
            if stretch is None:
                stretch = at
                if stretching:
                    stretches.append(Stretch([], None))
            if stretching:
                stretches[-1].messages.append(at)
        elif step == _HUMAN:
            humans.append(at)
            if episode is not None and not replied:
                replied = True
                if counts:
                    firsts.append((at, episode))
                    if not resolved:
                        waits[-1] = OpenResponse(episode, at)
            if stretch is not None:
                replies.append((at, stretch))
                if stretching:
                    stretches[-1] = Stretch(stretches[-1].messages, at)
                stretch = None
        else:
            if stretching and stretch is not None:
                stretches[-1] = Stretch(stretches[-1].messages, at)
            stretch = None
            if episode is not None and not replied and not resolved and counts:
                waits[-1] = OpenResponse(episode, at)
            resolved = episode is not None
        quiet_since = at if step == _RESOLVE else None
    return Replies(firsts, replies, waits, stretches, contacts, humans)


def _steps(facts: Sequence[Fact]) -> tuple[list[tuple[int, int]], bool]:
    """Return the messages and resolves in order as (at, what), and whether the conversation was begun by us."""
    steps: list[tuple[int, int]] = []
    ours = False
    for fact in facts:
        at, _, _, code, fields = fact
        if code in _WRITTEN:
            actor = fields[ACTOR]
            if actor == "customer":
                place = len(steps)
                # At one instant customers come before all other messages, whatever their ids.
                while place and steps[place - 1] == (at, _HUMAN):
                    place -= 1
                steps.insert(place, (at, _CUSTOMER))
            elif is_human_reply(fields):
                steps.append((at, _HUMAN))
        elif code in _BEGUN:
            begun_by = fields.get(INITIATED_BY)
            if begun_by is not None:
                ours = begun_by in OURS
            if code == _CREATED and begun_by not in OURS:
                steps.append((at, _CUSTOMER))
        elif code == _CLOSED or fields[STATUS] in _RESOLVED:
            steps.append((at, _RESOLVE))
    return steps, ours


def observe(
    said: Replies, places: Places, samples: list[Sample], intervals: list[Interval], *, over: int | None
) -> None:
    """Count first responses and replies, and let open first responses last: as long as nobody gives one.

    Where that is asked, what is open after the conversation is *over* is told apart.
    """
    for at, since in said.first_responses:
        samples.append(_new(Response, (FIRST_RESPONSE, at, places.at(at), since)))
    for at, since in said.replies:
        samples.append(_new(Response, (REPLY, at, places.at(at), since)))
    for start, end in said.open_responses:
        if over is None or (end is not None and end <= over):
            intervals += places.pieces(RESPONSE_OPEN, start, end, start)
        else:
            left = max(start, over)
            intervals += places.pieces(RESPONSE_OPEN, start, left, start)
            intervals += places.pieces(RESPONSE_LEFT, left, end, start)


def observe_stretches(
    said: Replies, places: Places, samples: list[Sample], intervals: list[Interval], *, over: int | None
) -> None:
    """Let each message of a stretch wait until its end. Where a first response is open, the first one waits so.

    A stretch that no reply ended was dropped. Nobody waits any more once the conversation is *over*.
    """
    pieces = places.pieces
    answered = set(said.replies)
    firsts = {(wait.start, wait.end) for wait in said.open_responses}
    for messages, ended in said.stretches:
        start, end = messages[0], ended
        if over is not None and (ended is None or ended > over):
            end = over
        elif ended is not None and (ended, start) not in answered:
            samples.append(Point(points.REPLY_DROPPED.code, ended, places.at(ended), 0))
        if (start, ended) not in firsts and (end is None or start < end):
            intervals += pieces(UNANSWERED, start, end, start)
        for at in messages[1:]:
            if end is None or at < end:
                intervals += pieces(FOLLOWING, at, end, at)
