"""Volume: contacts, messages, events (M70 to M74)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import bots, points
from aggregators import measures as m
from aggregators.metric import NEVER_FALLS, Metric, count, counter, rolling
from aggregators.vocabulary import BY_CODE
from aggregators.work import LEFT_IDLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.reading import Reading, Value

_STAGES: Final = {
    "bot": (points.BOT_ENDED.count, points.BOT_ENDED.choice(bots.ABANDONED)),
    "queue": (m.STAYS, m.STAYS_ABANDONED),
    "before_reply": (points.ASYNC_ENDED.count, points.ASYNC_ENDED.choice(2)),
    "chat": (points.CHAT_ENDED.count, points.CHAT_ENDED.choice(LEFT_IDLE)),
}
"""By stage, the measures of how many passed it and how many were lost there."""

_EPISODES: Final = (
    "An episode begins with the first customer message, and with one more than 24 h after a resolve; where nobody "
    "writes, as in a call, with the first queue. Spam, test and merged conversations leave every number as soon as "
    "they are flagged."
)


def _abandoned(r: Reading) -> Mapping[str, Value]:
    return {stage: r[lost] for stage, (passed, lost) in _STAGES.items() if r[passed]}


ASKED_METRICS: tuple[Metric, ...] = (
    count(
        "contacts",
        "Episodes begun by customers",
        "M70",
        points.CONTACT.choice(1),
        unit="contacts",
        edges=_EPISODES,
    ),
    count(
        "contacts_outbound",
        "First episodes of conversations that we began",
        "M70",
        points.CONTACT.choice(2),
        unit="contacts",
        edges="At the first customer message, or where the customer never writes, as in a call, at the first queue. "
        "Their later episodes are the contacts of customers.",
    ),
    counter(
        "contacts_total",
        "Episodes begun by customers",
        "M70",
        points.CONTACT.choice(1),
        unit="contacts",
        edges=_EPISODES,
    ),
    Metric(
        suffix="messages_total",
        family="total",
        kind="counter",
        unit="messages",
        help="Messages by who wrote them: customer, human, bot, system, or a human's note to others.",
        formula="facts of chat.message and ticket.commented by actor",
        source="M71",
        read=lambda r: {name: r[m.MESSAGES + index] for index, name in m.DIRECTIONS.items() if r[m.MESSAGES + index]},
        extra="direction",
        edges="Whoever is neither customer nor human nor bot counts as system, an autoresponder as who sent it. "
        f"{NEVER_FALLS}",
    ),
    rolling(
        "conversations_abandoned_any",
        "conversations",
        "Conversations that were abandoned in the window, by the stage at which they were.",
        "with the bot (M5b) + in the queue (M5, by conversation) + before any reply (M5c) + in the chat (M5d)",
        "M74",
        read=_abandoned,
        extra="stage",
        edges="Each stage as its own number has it, where that is counted: bot where `bots` is asked for, before_reply "
        "`resolution`, chat `work`. A stage that nobody passed is absent. Their sum may count a conversation twice, "
        "which left the queue or the bot of an asynchronous channel and was closed without a reply.",
    ),
)
METRICS: tuple[Metric, ...] = (
    Metric(
        suffix="events_total",
        family="total",
        kind="counter",
        unit="events",
        help="Distinct accepted events by type.",
        formula="facts of the type",
        source="M71",
        read=lambda r: {BY_CODE[code].name: n for code, n in r.counted(m.EVENTS).items()},
        extra="type",
        edges=f"A repeat is none. Events without a conversation are in `deskpulse_accepted_total` alone. {NEVER_FALLS}",
    ),
)
