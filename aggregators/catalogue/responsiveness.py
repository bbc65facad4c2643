"""Responsiveness: first responses and replies (M10 to M14)."""

from __future__ import annotations

from typing import Final

from aggregators import measures as m
from aggregators import points as p
from aggregators.formulas import histogram
from aggregators.metric import NEVER_FALLS, Metric, count, rolling, state
from aggregators.reading import age_s, mean_s, ratio
from aggregators.samples import UNANSWERED

_BUSINESS: Final = "by the calendar in force at the time; without a calendar all time counts, so it is elapsed time"
_DUE: Final = "where a calendar holds, the target passes in business time; one that is longer than 24 h counts as 24 h"

_OPEN: Final = (
    "a resolve ends it too; bots, notes and autoresponders reply to nothing; what we began is not in it before its "
    "second episode"
)
_FIRST: Final = (
    "bots, notes, greetings and autoresponders are no reply; one an episode, so a reopening has none; what we began "
    "has none in its first; closed without a reply: none, but no_reply_closed"
)
_REPLY: Final = (
    "several customer messages in a row are one wait, from the first; a resolve ends it without a sample; first "
    "replies are among them"
)
_UNANSWERED: Final = (
    "however long ago; a resolve ends it as a reply does, and bots, notes and autoresponders do not; a deletion ends "
    "it, and so does a chat's silence of 24 h, as of one that was abandoned, until somebody writes again"
)

METRICS: tuple[Metric, ...] = (
    state(
        "first_response_open",
        "conversations",
        "Conversations whose customer has no human reply yet.",
        "episodes without reply and without resolve",
        "M10o",
        read=lambda r: r.state.response_open,
        edges=_OPEN,
    ),
    state(
        "first_response_open_oldest_seconds",
        "s",
        "Age of the oldest first customer message without a human reply.",
        "as_of − the earliest first message",
        "M10o",
        read=lambda r: age_s(r.state.oldest_response_open, r.as_of),
        edges=f"{_OPEN}; absent where nobody waits",
    ),
    state(
        "first_response_open_past_target",
        "conversations",
        "Conversations without a human reply for longer than the target of their channel.",
        "episodes with as_of − first message > target",
        "M10o",
        read=lambda r: r.state.response_open_past_target,
        edges=_DUE,
    ),
    count(
        "first_responses", "First human replies", "M10", m.FIRST_RESPONSES, unit="replies", by_agent=True, edges=_FIRST
    ),
    rolling(
        "first_response_mean_seconds",
        "s",
        "Mean time from the first customer message to the first human reply.",
        "Σ first response time / first responses",
        "M10",
        read=lambda r: mean_s(r[m.FIRST_RESPONSE_MS], r[m.FIRST_RESPONSES]),
        by_agent=True,
        edges=_FIRST,
        vendors="Plain dates it at the reply too · Intercom dates some by the start, some by the reply · "
        "Rocket.Chat leaves out 0 s",
    ),
    rolling(
        "first_response_seconds",
        "s",
        "Quantiles of the first response time, within 1 %.",
        "nearest rank over first responses",
        "M10",
        read=lambda r: r.quantiles_s(m.FIRST_RESPONSE_BIN),
        extra="q",
        by_agent=True,
        edges=_FIRST,
    ),
    rolling(
        "first_response_attainment_ratio",
        "ratio",
        "Share of first responses within the target, those open past it counted as missed.",
        "responses ≤ target / (responses + open past target)",
        "M10x",
        read=lambda r: ratio(r[m.FIRST_RESPONSES_WITHIN], r[m.FIRST_RESPONSES] + r.state.response_open_past_target),
        edges=_DUE,
    ),
    count(
        "replies",
        "Human replies that ended a wait of the customer",
        "M11",
        m.REPLIES,
        unit="replies",
        by_agent=True,
        edges=_REPLY,
    ),
    rolling(
        "reply_mean_seconds",
        "s",
        "Mean time from the first unanswered customer message to the next human reply.",
        "Σ reply time / replies",
        "M11",
        read=lambda r: mean_s(r[m.REPLY_MS], r[m.REPLIES]),
        by_agent=True,
        edges=_REPLY,
    ),
    rolling(
        "reply_seconds",
        "s",
        "Quantiles of the reply time, within 1 %.",
        "nearest rank over replies",
        "M11",
        read=lambda r: r.quantiles_s(m.REPLY_BIN),
        extra="q",
        by_agent=True,
        edges=_REPLY,
    ),
    Metric(
        suffix="first_response_seconds",
        family="total",
        kind="histogram",
        unit="s",
        help="First response time, for windows of PromQL's own.",
        formula="first responses by time ≤ le",
        source="M10",
        read=histogram(m.FIRST_RESPONSE_BUCKET, m.FIRST_RESPONSE_TOTAL_MS),
        extra="le",
        edges=f"{_FIRST}. {NEVER_FALLS}",
    ),
)
BUSINESS_METRICS: tuple[Metric, ...] = (
    rolling(
        "first_response_business_mean_seconds",
        "s",
        "Mean time from the first customer message to the first human reply, in business hours.",
        "Σ business time to the first response / first responses",
        "M10",
        read=lambda r: mean_s(r[m.FIRST_RESPONSE_MS] + r[p.FIRST_RESPONSE_BUSINESS.total], r[m.FIRST_RESPONSES]),
        edges=_BUSINESS,
        vendors="Zendesk: first reply time in business hours · Chatwoot: 0 where there is no calendar",
    ),
    rolling(
        "first_response_business_seconds",
        "s",
        "Quantiles of the first response time in business hours, within 1 %.",
        "nearest rank over first responses",
        "M10",
        read=lambda r: r.quantiles_s(m.FIRST_RESPONSE_BIN, p.FIRST_RESPONSE_BUSINESS.bins),
        extra="q",
        edges=_BUSINESS,
    ),
    rolling(
        "reply_business_mean_seconds",
        "s",
        "Mean time from the first unanswered customer message to the next human reply, in business hours.",
        "Σ business time to the reply / replies",
        "M11",
        read=lambda r: mean_s(r[m.REPLY_MS] + r[p.REPLY_BUSINESS.total], r[m.REPLIES]),
        edges=_BUSINESS,
        vendors="Chatwoot: 0 where there is no calendar",
    ),
    rolling(
        "reply_business_seconds",
        "s",
        "Quantiles of the reply time in business hours, within 1 %.",
        "nearest rank over replies",
        "M11",
        read=lambda r: r.quantiles_s(m.REPLY_BIN, p.REPLY_BUSINESS.bins),
        extra="q",
        edges=_BUSINESS,
    ),
)
UNANSWERED_METRICS: tuple[Metric, ...] = (
    state(
        "unanswered_conversations",
        "conversations",
        "Conversations whose latest customer message has no human reply and no resolve after it.",
        "open stretches",
        "M12",
        read=lambda r: r.state.lasting.get(UNANSWERED, 0),
        edges=_UNANSWERED,
    ),
    state(
        "unanswered_messages",
        "messages",
        "Customer messages with no human reply and no resolve after them.",
        "messages of open stretches",
        "M12",
        read=lambda r: r.state.unanswered_messages,
        edges=_UNANSWERED,
    ),
    state(
        "unanswered_oldest_seconds",
        "s",
        "Age of the oldest customer message with no human reply and no resolve after it.",
        "as_of − the earliest message of an open stretch",
        "M12",
        read=lambda r: age_s(r.state.oldest.get(UNANSWERED), r.as_of),
        edges=f"{_UNANSWERED}; absent where nobody waits",
    ),
    count(
        "replies_dropped",
        "Waits for a reply that a resolve ended, without one",
        "M11",
        p.REPLY_DROPPED.count,
        unit="stretches",
        edges="a customer's thanks behind which the agent closes, and a close without a word; neither has a reply time",
    ),
)
