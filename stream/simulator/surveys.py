"""Surveys: sent at the end, answered by some, changed or taken back by a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.simulator.conversations import first_contact
from stream.simulator.dice import exponential_ms, lognormal, pick
from stream.simulator.profile import SURVEY_DELAY

if TYPE_CHECKING:
    from stream.simulator.conversations import Conversation
    from stream.simulator.engine import Engine

ANSWERED = 0.36
ANSWERED_LATE = 0.03
LATE = lognormal(150_000, 0.6)
CHANGED = 0.03
RETRACTED = 0.015
ASKED_AGAIN = 0.05
ASKED_AGAIN_AFTER_MS = 20 * 3_600_000


class Form(NamedTuple):
    """A survey definition: its scale as JSON text, and scores as often as happy and unhappy customers give them."""

    kind: str
    scale: str
    happy: tuple[int, ...]
    unhappy: tuple[int, ...]


_FIVE = Form("csat", "", (5,) * 55 + (4,) * 27 + (3,) * 9 + (2,) * 4 + (1,) * 5, (5, 4, 4, 3, 3, 2, 2, 1, 1, 1))
_THUMBS = Form("csat", ',"scale":{"min":0,"max":1,"direction":"up"}', (1,) * 82 + (0,) * 18, (1,) * 4 + (0,) * 6)
_SCHOOL = Form(
    "csat",
    ',"scale":{"min":1,"max":6,"direction":"down"}',
    (1,) * 45 + (2,) * 32 + (3,) * 12 + (4,) * 6 + (5,) * 3 + (6,) * 2,
    (1, 2, 3, 3, 4, 4, 5, 5, 6, 6),
)
_GREAT = Form(
    "csat", ',"scale":{"min":0,"max":2,"direction":"up"}', (2,) * 64 + (1,) * 26 + (0,) * 10, (2, 1, 1, 1, 0, 0, 0)
)
_EFFORT = Form("ces", ',"scale":{"min":1,"max":7,"direction":"up"}', (7, 7, 6, 6, 6, 5, 5, 4, 3), (5, 4, 3, 2, 1))
_TROUBLE = Form("ces", ',"scale":{"min":1,"max":5,"direction":"down"}', (1, 1, 1, 2, 2, 2, 3, 3, 4), (2, 3, 4, 4, 5, 5))
_NPS = Form("nps", "", (10, 10, 9, 9, 9, 8, 8, 7, 6, 3), (9, 7, 6, 5, 3, 1, 0))

FORMS: Final[dict[str, tuple[Form, ...]]] = {
    "billing": (_FIVE,) * 9 + (_NPS,),
    "tech": (_FIVE,) * 7 + (_EFFORT,) * 3,
    "sales": (_GREAT,) * 8 + (_NPS,) * 2,
    "returns": (_THUMBS,) * 6 + (_SCHOOL,) * 3 + (_TROUBLE,),
}


def offer(engine: Engine, now: int, conversation: Conversation) -> None:
    """Show a widget that asks whether the bot has helped; most close it."""
    engine.emit(now, conversation, "survey.offered", f',"survey":"{conversation.name}-w","kind":"csat"')


def send(engine: Engine, now: int, conversation: Conversation) -> None:
    """Send a survey of the queue's now; a few are asked a day later whether they would recommend the house."""
    _ask(engine, now, conversation, form=pick(engine.dice, FORMS[conversation.queue]))
    if engine.dice.random() < ASKED_AGAIN:
        engine.call(now + ASKED_AGAIN_AFTER_MS, lambda at, about: _ask(engine, at, about, form=_NPS), conversation)


def _ask(engine: Engine, now: int, conversation: Conversation, *, form: Form) -> None:
    """Send the survey *form*; decide whether, when and how it is answered, and what becomes of the answer."""
    dice = engine.dice
    conversation.surveys += 1
    survey = f',"survey":"{conversation.name}-s{conversation.surveys}"'
    engine.emit(now, conversation, "survey.sent", f'{survey},"kind":"{form.kind}"{form.scale}')
    if dice.random() >= ANSWERED:
        return
    scores = form.unhappy if conversation.annoyed else form.happy
    at = now + (LATE if dice.random() < ANSWERED_LATE else SURVEY_DELAY).draw(dice)
    fields = f'{survey},"kind":"{form.kind}"{form.scale}{first_contact(conversation)},"score":'
    engine.later(at, conversation, "survey.responded", f"{fields}{pick(dice, scores)}")
    if dice.random() < CHANGED:
        at += exponential_ms(dice, 120_000)
        engine.later(at, conversation, "survey.responded", f"{fields}{pick(dice, form.happy + form.unhappy)}")
    if dice.random() < RETRACTED:
        at += exponential_ms(dice, 600_000)
        engine.later(at, conversation, "survey.retracted", f'{survey},"reason":"disputed"')
