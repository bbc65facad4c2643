"""Work: who handles what and for how long, transfers, escalations, missed offers (M5d, M9, M20, M26 to M28)."""

from __future__ import annotations

from aggregators import measures as m
from aggregators import points as p
from aggregators.metric import Metric, count, rolling, state
from aggregators.reading import mean_s, ratio
from aggregators.samples import ACTIVE, HELD, IDLE
from aggregators.work import LEFT_IDLE

_SEVERAL = "Several agents in one conversation have one each."

METRICS: tuple[Metric, ...] = (
    state(
        "active_chats",
        "parts",
        "Agents' parts of conversations that last now and are not on hold.",
        "accepted, not ended, not held",
        "M20",
        read=lambda r: r.state.lasting.get(ACTIVE, 0),
        edges="It ends 24 h after the last event of the conversation when nobody ends it.",
    ),
    state(
        "held_chats",
        "parts",
        "Agents' parts of conversations that are on hold now.",
        "accepted, not ended, held",
        "M20",
        read=lambda r: r.state.lasting.get(HELD, 0),
        edges="A snoozed chat counts here, not in active_chats.",
    ),
    state(
        "idle_chats",
        "parts",
        "Agents' parts in which nobody has written for longer than 30 minutes now, on hold or not.",
        "accepted, not ended, last message more than 30 min ago",
        "M20",
        read=lambda r: r.state.lasting.get(IDLE, 0),
        edges="A conversation in which nobody has written at all, such as a call, is never idle.",
        vendors="Intercom's default idle time is 30 minutes too.",
    ),
    count(
        "handled",
        "Agents' parts of conversations that ended",
        "M26",
        p.HANDLED.count,
        unit="parts",
        edges=f"{_SEVERAL} Dated at the end of the wrap-up where there is one.",
    ),
    rolling(
        "handle_mean_seconds",
        "s",
        "Mean handle time (AHT): from accept to the end of the agent's part, hold and wrap-up included.",
        "Σ (part + wrap-up) / handled",
        "M26",
        read=lambda r: mean_s(r[p.HANDLED.total], r[p.HANDLED.count]),
        edges=f"{_SEVERAL} A part that nobody ended is in no mean.",
        vendors="Amazon Connect's average handle time has the same three parts.",
    ),
    rolling(
        "handle_seconds",
        "s",
        "Quantiles of the handle time, within 1 %.",
        "nearest rank over handled",
        "M26",
        read=lambda r: r.quantiles_s(p.HANDLED.bins),
        extra="q",
    ),
    rolling(
        "handle_active_mean_seconds",
        "s",
        "Mean handle time without the gaps of more than 30 minutes in which nothing happened.",
        "Σ (part + wrap-up − idle gaps) / handled",
        "M26",
        read=lambda r: mean_s(r[p.HANDLED_ACTIVE.total], r[p.HANDLED_ACTIVE.count]),
        edges="A gap is left out whole, its first 30 minutes too; calls have no gaps.",
    ),
    rolling(
        "after_work_mean_seconds",
        "s",
        "Mean wrap-up (after-call work) of the parts that have one.",
        "Σ wrap-up / parts with a wrap-up",
        "M26",
        read=lambda r: mean_s(r[p.AFTER_WORK.total], r[p.AFTER_WORK.count]),
        edges="A wrap-up that ends after the next accept in the conversation is none.",
    ),
    count(
        "transfers_out",
        "Transfers away from the queue",
        "M27",
        p.TRANSFERRED_OUT.count,
        unit="transfers",
        edges="To another agent of the same queue too; an automatic reassignment is no transfer.",
    ),
    count(
        "transfers_in",
        "Transfers to the queue",
        "M27",
        p.TRANSFERRED_IN.count,
        unit="transfers",
        edges="Those that name a queue to go to.",
    ),
    rolling(
        "transfer_ratio",
        "ratio",
        "Transfers away for each leg answered.",
        "transfers out / answered",
        "M27",
        read=lambda r: ratio(r[p.TRANSFERRED_OUT.count], r[m.ANSWERED]),
        edges="Above 1 where conversations are passed on more often than they are answered.",
    ),
    count(
        "escalations",
        "Conversations escalated, each once",
        "M28",
        p.ESCALATED.count,
        unit="conversations",
        edges="In the queue that it left. Called so, moved to a later tier of the definitions, or its priority raised "
        "by the system.",
    ),
    rolling(
        "escalation_ratio",
        "ratio",
        "Conversations escalated for each part handled.",
        "escalations / handled",
        "M28",
        read=lambda r: ratio(r[p.ESCALATED.count], r[p.HANDLED.count]),
    ),
    count(
        "offers_missed",
        "Offers to agents that nobody accepted",
        "M9",
        p.OFFER_MISSED.count,
        unit="offers",
        edges="One leg may have several.",
        vendors="Amazon Connect counts each miss too.",
    ),
    count("chats_ended", "Answered chats that ended", "M5d", p.CHAT_ENDED.count, unit="chats"),
    rolling(
        "mid_chat_abandonment_ratio",
        "ratio",
        "Share of answered chats that ended unresolved after the customer had been silent for 30 minutes.",
        "ended ≥ 30 min after an agent's unanswered message, not resolved / answered chats that ended",
        "M5d",
        read=lambda r: ratio(r[p.CHAT_ENDED.choice(LEFT_IDLE)], r[p.CHAT_ENDED.count]),
        edges="Leaving a queue is not in it, before an answer or after it.",
        vendors="Rocket.Chat's abandoned chats.",
    ),
)
