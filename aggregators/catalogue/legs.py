"""Queue legs: who waits, how long, and how it ends (M1 to M9)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators import measures as m
from aggregators.formulas import (
    all_abandoned,
    histogram,
    patience_beyond_target,
    patience_mean,
    patience_quantiles,
    service_levels,
)
from aggregators.metric import NEVER_FALLS, Metric, count, rolling, state
from aggregators.reading import age_s, mean_s, ratio
from aggregators.samples import OFFERED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.reading import Reading, Value

_WAITS = "Who rings at an agent still waits; who talks to a bot is in no queue. What nobody ends is given up after 4 h."
_END = "By the instant of the end, whenever it queued; a leg ends in one way."
_NEITHER = "Flow-outs, callbacks, closes by an agent and lost legs are in neither part."
_ANSWERED = "Ringing is part of the wait, and waits of 0 count. By the answer; who gave up is in wait_all_mean_seconds."
_GAVE_UP = "Of those who gave up alone: how long the others would have waited is in patience_seconds."
_OLDEST = "as_of − the earliest opening"
_UNANSWERED: Final = {
    "abandoned": m.ABANDONED,
    "short_abandoned": m.SHORT_ABANDONED,
    "flowed_out": m.FLOWED_OUT,
    "callback_requested": m.CALLBACK,
    "agent_closed": m.AGENT_CLOSED,
    "lost": m.LOST,
}


def _ended(r: Reading) -> Mapping[str, Value]:
    ends = {"answered": sum(r.counted(m.WAIT_BUCKET).values())} | {name: r[n] for name, n in _UNANSWERED.items()}
    return {name: number for name, number in ends.items() if number}


METRICS: tuple[Metric, ...] = (
    state(
        "waiting",
        "legs",
        "Legs waiting in queue now.",
        "legs opened and not ended",
        "M1",
        read=lambda r: r.state.waiting,
        edges=_WAITS,
    ),
    state(
        "oldest_wait_seconds",
        "s",
        "Age of the oldest leg waiting now.",
        _OLDEST,
        "M2",
        read=lambda r: age_s(r.state.oldest_wait, r.as_of),
        edges="Of the leg: behind a flow-out it begins anew, oldest_customer_wait_seconds goes on. Absent where "
        "nobody waits.",
    ),
    state(
        "oldest_wait_timestamp_seconds",
        "s",
        "When the oldest leg waiting now opened, in Unix time.",
        "the earliest opening",
        "M2",
        read=lambda r: None if r.state.oldest_wait is None else r.state.oldest_wait / 1000,
        edges="Of the leg, as oldest_wait_seconds. Absent where nobody waits.",
    ),
    state(
        "oldest_customer_wait_seconds",
        "s",
        "Longest time since the first leg of a customer who is waiting now, over all queues stood in.",
        "as_of − the earliest first leg of those waiting",
        "M2",
        read=lambda r: age_s(r.state.oldest_customer_wait, r.as_of),
        edges="It begins anew behind a leg that was lost, and where more than the episode gap lies between two legs.",
    ),
    state(
        "waiting_past_target",
        "legs",
        "Legs waiting now for longer than the target of their queue or channel.",
        "legs with as_of − opened > target",
        "M1",
        read=lambda r: r.state.waiting_past_target,
        edges="Who has waited for exactly the target is not past it. A queue may have a target of its own.",
    ),
    count(
        "queued",
        "Legs that opened",
        "M8",
        m.QUEUED,
        edges="By the opening. Queued again in the same queue it is the same leg, in another one a leg of its "
        "own; so is every stay after an answer, however soon.",
    ),
    count("answered", "Legs answered", "M8", m.ANSWERED, by_agent=True, edges=_END),
    count(
        "abandoned",
        "Legs abandoned, without the short ones",
        "M8",
        m.ABANDONED,
        edges=f"{_END} Who hangs up while it rings has abandoned; so has who closes the chat.",
        vendors="Talkdesk counts who hangs up while it rings as abandoned too.",
    ),
    count(
        "short_abandoned",
        "Legs abandoned within the short-abandon threshold",
        "M8",
        m.SHORT_ABANDONED,
        edges="5 s in voice, 10 s in chat, web and sms, unless the definitions say otherwise; never elsewhere. "
        "At exactly the threshold it is short.",
    ),
    count(
        "flowed_out",
        "Legs that left for another queue or elsewhere",
        "M8",
        m.FLOWED_OUT,
        edges=f"{_END} In no abandonment; what it is queued for next is another leg.",
    ),
    count(
        "callback_requested",
        "Legs ended by the wish to be called back",
        "M8",
        m.CALLBACK,
        edges=f"{_END} In no abandonment; those within the target count in SL6.",
    ),
    count(
        "agent_closed",
        "Legs closed unanswered by an agent or the system",
        "M8",
        m.AGENT_CLOSED,
        edges=f"{_END} In no abandonment; closed by the customer, it is abandoned.",
    ),
    count(
        "lost",
        "Legs given up after 4 h, as nobody ended them",
        "M8",
        m.LOST,
        edges="At that very instant. An end that comes later takes it back, unless it was queued again before. "
        "In no wait.",
        vendors="Rocket.Chat goes on showing such a chat in its queue.",
    ),
    rolling(
        "abandonment_ratio",
        "ratio",
        "Share of legs abandoned, short ones in neither part.",
        "abandoned / (answered + abandoned)",
        "M5",
        read=lambda r: ratio(r[m.ABANDONED], r[m.ANSWERED] + r[m.ABANDONED]),
        vendors="Google CCAI Platform's `Abandoned %` of calls and of chats.",
        edges=f"{_NEITHER} Short: at most 5 s in voice, 10 s in chat, web and sms; never elsewhere.",
    ),
    rolling(
        "abandonment_with_short_ratio",
        "ratio",
        "Share of legs abandoned, short ones in both parts.",
        "(abandoned + short) / (answered + abandoned + short)",
        "M5",
        read=lambda r: ratio(all_abandoned(r), r[m.ANSWERED] + all_abandoned(r)),
        edges=_NEITHER,
    ),
    rolling(
        "abandonment_of_queued_ratio",
        "ratio",
        "Legs abandoned over legs that opened in the window, short ones too.",
        "(abandoned + short) / queued",
        "M5",
        read=lambda r: ratio(all_abandoned(r), r[m.QUEUED]),
        edges="Who gave up may have queued before the window: it can be more than 1.",
        vendors="Amazon Connect's `Abandonment rate`, which knows no short ones.",
    ),
    rolling(
        "conversation_abandonment_ratio",
        "ratio",
        "Share of conversations whose last leg was abandoned and nobody ever replied.",
        "left without a reply / conversations whose last leg ended",
        "M5",
        read=lambda r: ratio(r[m.STAYS_ABANDONED], r[m.STAYS]),
        edges="A call that was answered was spoken to. What queues again more than the episode gap after its last leg "
        "stands for another conversation, and so does what comes after a leg that was lost.",
    ),
    rolling(
        "wait_mean_seconds",
        "s",
        "Mean wait of answered legs (ASA), zero waits included.",
        "Σ wait of answered / answered",
        "M3",
        read=lambda r: mean_s(r[m.WAIT_MS], r[m.ANSWERED]),
        by_agent=True,
        edges=_ANSWERED,
        vendors="COPC's average speed of answer: total wait of answered ÷ answered.",
    ),
    rolling(
        "wait_seconds",
        "s",
        "Quantiles of the wait of answered legs, within 1 %.",
        "nearest rank over answered legs",
        "M3",
        read=lambda r: r.quantiles_s(m.WAIT_BIN),
        extra="q",
        by_agent=True,
        edges=_ANSWERED,
    ),
    rolling(
        "wait_all_mean_seconds",
        "s",
        "Mean wait of legs answered or abandoned, short ones too.",
        "Σ wait / (answered + abandoned + short)",
        "M3",
        read=lambda r: mean_s(r[m.WAIT_MS] + r[m.ABANDON_WAIT_MS], r[m.ANSWERED] + all_abandoned(r)),
        edges=_NEITHER,
    ),
    rolling(
        "customer_wait_mean_seconds",
        "s",
        "Mean over conversations of the wait in all their queues together.",
        "Σ wait over all legs / conversations whose last leg ended",
        "M3",
        read=lambda r: mean_s(r[m.STAYS_WAIT_MS], r[m.STAYS]),
        edges="Legs from before a lost one, or from more than the episode gap before, are another conversation's.",
    ),
    rolling(
        "abandon_wait_mean_seconds",
        "s",
        "Mean time until customers gave up, the short ones too.",
        "Σ wait of abandoned and short / (abandoned + short)",
        "M4",
        read=lambda r: mean_s(r[m.ABANDON_WAIT_MS], all_abandoned(r)),
        edges=_GAVE_UP,
    ),
    rolling(
        "abandon_wait_seconds",
        "s",
        "Quantiles of the time until customers gave up, within 1 %, the short ones too.",
        "nearest rank over abandoned legs",
        "M4",
        read=lambda r: r.quantiles_s(m.ABANDON_WAIT_BIN),
        extra="q",
        edges=_GAVE_UP,
    ),
    rolling(
        "service_level_ratio",
        "ratio",
        "Service level under each variant; SL_live counts those already waiting past the target.",
        "SL1 A≤T/A · SL2 A≤T/(A+B) · SL3 A≤T/(A+B−B≤T) · SL4 (A≤T+B≤T)/(A+B) · SL5 (A≤T+S)/(A+B) · "
        "SL6 (A≤T+B≤T+C≤T)/queued · SL_live A≤T/(A+B−B≤T+W>T) · SLg A≤T/(A+B [+F] [−S] [−B])",
        "M6",
        read=service_levels,
        extra="variant",
        edges="SLg stands where the definitions have its switches. T is that of the channel or queue, B has the short "
        "ones.",
        vendors="SL6 is Amazon Connect's, SLg that of Genesys with its switches. Cisco: abandoned calls "
        "ignored are SL3, negative SL2, positive SL4.",
    ),
    Metric(
        suffix="wait_seconds",
        family="total",
        kind="histogram",
        unit="s",
        help="Wait of answered legs, for windows of PromQL's own.",
        formula="answered legs by wait ≤ le",
        source="M3",
        read=histogram(m.WAIT_BUCKET, m.WAIT_TOTAL_MS),
        extra="le",
        edges=f"{_ANSWERED} {NEVER_FALLS}",
    ),
    Metric(
        suffix="legs_total",
        family="total",
        kind="counter",
        unit="legs",
        help="Legs that ended, by how, for windows of PromQL's own.",
        formula="legs by outcome",
        source="M8",
        read=_ended,
        extra="outcome",
        edges=f"{_END} With those that wait now they are all that ever opened. {NEVER_FALLS}",
    ),
)

OFFER_METRICS: tuple[Metric, ...] = (
    state(
        "offered",
        "legs",
        "Legs in queue that ring at an agent now; they are among those waiting.",
        "legs opened and not ended, offered, neither missed nor accepted",
        "M1",
        read=lambda r: r.state.lasting.get(OFFERED, 0),
        edges="One that rings at several agents is one. Between a missed offer and the next it is not offered. Of what "
        "is offered outside a queue nothing is known here.",
        vendors="Amazon Connect has no such number of a queue: its contacts in queue are those waiting.",
    ),
)
_CENSORED = (
    "Who was answered would have waited for longer: their waits are censored. Legs that ended neither way are left "
    "out, and so is who waits still."
)
PATIENCE_METRICS: tuple[Metric, ...] = (
    rolling(
        "patience_seconds",
        "s",
        "Quantiles of how long customers are willing to wait, within 1 %, by Kaplan and Meier.",
        "the least wait at which a share q has given up: 1 - Π (1 - abandoned at a wait / still there at it) ≥ q",
        "M4",
        read=patience_quantiles,
        extra="q",
        edges=f"{_CENSORED} Where most are answered the curve never falls to a half: that quantile is absent.",
    ),
    rolling(
        "patience_mean_seconds",
        "s",
        "Mean of how long customers are willing to wait, by Kaplan and Meier.",
        "area under the curve up to the longest wait / share who have given up by then",
        "M4",
        read=patience_mean,
        edges=f"{_CENSORED} Beyond the longest wait patience is taken for exponential, as Erlang A takes it. Absent "
        "where nobody gave up.",
    ),
)
BEYOND_TARGET_METRICS: tuple[Metric, ...] = (
    replace(
        rolling(
            "patience_beyond_target_ratio",
            "ratio",
            "Share of customers who are willing to wait for longer than the target, by Kaplan and Meier.",
            "Π (1 - abandoned at a wait / still there at it) over all waits ≤ T",
            "M4",
            read=patience_beyond_target,
            edges=f"{_CENSORED} Absent where nobody is known to have waited so long. A tenant has no one target.",
        ),
        levels=("queue", "channel"),
    ),
)
