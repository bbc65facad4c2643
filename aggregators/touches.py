"""Touches: what customers, humans and bots did in a conversation since a given event, for its resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aggregators.definitions import NEVER_MS
from aggregators.sends import Sends
from aggregators.vocabulary import ACTOR, AGENT, AUTO, BOT, BY, INITIATED_BY, OURS, PUBLIC, code_of

if TYPE_CHECKING:
    from aggregators.facts import Fact

STARTED: Final = code_of("chat.started")
CREATED: Final = code_of("ticket.created")
_MESSAGE: Final = code_of("chat.message")
_COMMENTED: Final = code_of("ticket.commented")
_QUEUED: Final = code_of("chat.queued")
_ACCEPTED: Final = code_of("chat.accepted")
_HANDED_OFF: Final = code_of("chat.bot_handoff")
_CALLBACK: Final = code_of("chat.callback_requested")
_ABANDONED: Final = code_of("chat.abandoned")
_ASSIGNED: Final = code_of("ticket.assigned")
STATUS_CHANGED: Final = code_of("ticket.status_changed")

MESSAGES: Final = frozenset({_MESSAGE, _COMMENTED})
_NOT_CONTAINED: Final = frozenset({_QUEUED, _ACCEPTED, _HANDED_OFF, _CALLBACK, _ABANDONED})
_CHANGES: Final = frozenset(
    {
        STATUS_CHANGED,
        _ASSIGNED,
        code_of("ticket.priority_changed"),
        code_of("ticket.tagged"),
        code_of("chat.transferred"),
    }
)

TYPES: Final = _NOT_CONTAINED | _CHANGES | {STARTED, CREATED, _MESSAGE, _COMMENTED}
"""The types that `Touches.take` reads."""


def doer(fields: dict[int, Any]) -> str | None:
    """Return who did it: `by`, else `actor`."""
    by: str | None = fields.get(BY)
    return fields.get(ACTOR) if by is None else by


class Touches:
    """What was done. `asked`: a customer wrote; `replied`: a human did, in public; `answered`: the human was the last.

    `replies` are the human replies since the customer first wrote, those of one agent within *merged_ms* as one;
    `reply_at` is the instant of the latest (-1: none).
    """

    __slots__ = (
        "_bot",
        "_handed_on",
        "_sends",
        "accepted",
        "answered",
        "asked",
        "owners",
        "replied",
        "reply_at",
        "touches",
    )

    def __init__(self, merged_ms: int = NEVER_MS) -> None:
        self.asked = False
        self.replied = False
        self.answered = False
        self.accepted = False
        self.reply_at = -1
        self.touches = 0
        self.owners: set[str] = set()
        self._sends = Sends(merged_ms)
        self._bot = False
        self._handed_on = False

    @property
    def replies(self) -> int:
        """How many human replies there are since the customer first wrote, or so far."""
        return self._sends.number

    @property
    def contained(self) -> bool:
        """Whether a bot took part, nobody was asked for or came in its place, and the customer did not leave it."""
        return self._bot and not self._handed_on

    def take(self, fact: Fact) -> bool:
        """Take the next fact in; tell whether it is a customer message."""
        at, _, _, code, fields = fact
        if code in MESSAGES:
            return self._take_message(fact)
        if code in _CHANGES:
            if doer(fields) == "human":
                self.touches += 1
            if code == _ASSIGNED and AGENT in fields:
                self.owners.add(fields[AGENT])
        elif code in _NOT_CONTAINED:
            self._handed_on = True
            if code == _ACCEPTED:
                self.accepted = True
                if AGENT in fields and fields.get(ACTOR) != "bot":
                    self.owners.add(fields[AGENT])
        elif code == STARTED:
            self._bot = self._bot or fields.get(BOT, False)
        elif code == CREATED and fields.get(INITIATED_BY) not in OURS:
            self._ask(at)
            return True
        return False

    def _take_message(self, fact: Fact) -> bool:
        at, _, _, code, fields = fact
        actor = fields[ACTOR]
        if actor == "customer":
            self._ask(at)
            return True
        if not fields.get(AUTO, False):
            if actor == "human":
                self.touches += 1
                self._handed_on = True
                if fields.get(PUBLIC, True):
                    self._reply(at, fields.get(AGENT))
            elif actor == "bot" and code == _MESSAGE:
                self._bot = True
        return False

    def _ask(self, at: int) -> None:
        self._sends.ask(at, first=not self.asked)
        self.asked = True
        # At one instant customers come before all other messages, whatever their ids.
        if at != self.reply_at:
            self.answered = False

    def _reply(self, at: int, agent: str | None) -> None:
        self.replied = self.answered = True
        self.reply_at = at
        self._sends.send(at, agent)
