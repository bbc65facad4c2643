"""Bots: what they begin, and how it ends (M5b, M10, M48)."""

from __future__ import annotations

from aggregators import points as p
from aggregators.bots import ABANDONED, CONTAINED, HANDED_OFF
from aggregators.metric import Metric, count, rolling, state
from aggregators.reading import mean_s, ratio
from aggregators.samples import IN_BOT

_ONE_OUTCOME = "By the end of the bot's part. Contained, handed off and abandoned add up to 1."
_SECOND = "The second clock: the first response time goes on counting from the customer's first message."

METRICS: tuple[Metric, ...] = (
    state(
        "in_bot",
        "conversations",
        "Conversations with a bot now.",
        "bot conversations whose bot's part has not ended",
        "M48",
        read=lambda r: r.state.lasting.get(IN_BOT, 0),
        edges="Nobody in it waits in a queue. It ends 24 h after the last event when nobody ends it.",
    ),
    count(
        "bot_conversations",
        "Conversations whose part with the bot ended",
        "M48",
        p.BOT_ENDED.count,
        unit="conversations",
        edges="By the end of the bot's part: each is contained, handed off or abandoned.",
    ),
    rolling(
        "bot_containment_ratio",
        "ratio",
        "Share of bot conversations that ended without a human and without a wish for one.",
        "contained / bot conversations",
        "M48",
        read=lambda r: ratio(r[p.BOT_ENDED.choice(CONTAINED)], r[p.BOT_ENDED.count]),
        edges="Who left the bot is not contained.",
    ),
    rolling(
        "bot_handoff_ratio",
        "ratio",
        "Share of bot conversations that went on to a queue or a human.",
        "handed off / bot conversations",
        "M48",
        read=lambda r: ratio(r[p.BOT_ENDED.choice(HANDED_OFF)], r[p.BOT_ENDED.count]),
        edges=_ONE_OUTCOME,
    ),
    rolling(
        "bot_abandonment_ratio",
        "ratio",
        "Share of bot conversations that the customer left without reaching a queue.",
        "abandoned / bot conversations",
        "M5b",
        read=lambda r: ratio(r[p.BOT_ENDED.choice(ABANDONED)], r[p.BOT_ENDED.count]),
        edges=f"{_ONE_OUTCOME} What the customer closes is abandoned, unless it says that it is resolved.",
    ),
    count(
        "handoff_responses",
        "First human replies after a hand-off by a bot",
        "M10",
        p.HANDOFF_RESPONSE.count,
        unit="replies",
        by_agent=True,
        edges="Once a conversation, at the reply; a reply that is itself the hand-off is one, after 0 s.",
    ),
    rolling(
        "handoff_response_mean_seconds",
        "s",
        "Mean time from the hand-off by a bot to the first human reply.",
        "Σ (reply − hand-off) / hand-off responses",
        "M10",
        read=lambda r: mean_s(r[p.HANDOFF_RESPONSE.total], r[p.HANDOFF_RESPONSE.count]),
        edges=_SECOND,
        by_agent=True,
    ),
    rolling(
        "handoff_response_seconds",
        "s",
        "Quantiles of the time from the hand-off by a bot to the first human reply, within 1 %.",
        "nearest rank over hand-off responses",
        "M10",
        read=lambda r: r.quantiles_s(p.HANDOFF_RESPONSE.bins),
        extra="q",
        by_agent=True,
        edges=_SECOND,
    ),
)
