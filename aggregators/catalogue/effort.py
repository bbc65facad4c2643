"""Effort: what a resolution takes, and what ends without a reply (M5c, M10 to M14, M29).

Definitions to the letter: `docs/definitions-resolution.md`.
"""

from __future__ import annotations

from aggregators import measures as m
from aggregators.formulas import number_quantiles
from aggregators.metric import Metric, count, rolling
from aggregators.points import ASYNC_ENDED, NO_REPLY_CLOSED, OWNERS, REPLIES_TO_SOLVE, RESOLVED, TOUCHES_TO_SOLVE
from aggregators.reading import Reading, mean_s, ratio

_EACH_REPLY = "two replies within 10 s are two, unless the definitions merge them; the solve without any reply is 0"


def _owners_known(r: Reading) -> int:
    return r[OWNERS.count] - r[OWNERS.bins]


METRICS: tuple[Metric, ...] = (
    rolling(
        "replies_per_resolution",
        "replies",
        "Quantiles of the public human replies from the first customer message to the last solve.",
        "nearest rank over episodes solved in which the customer wrote",
        "M13",
        read=number_quantiles(REPLIES_TO_SOLVE.bins),
        extra="q",
        edges=_EACH_REPLY,
        vendors="Zendesk: agent replies",
    ),
    rolling(
        "replies_per_resolution_mean",
        "replies",
        "Mean of the public human replies from the first customer message to the last solve.",
        "Σ replies / episodes solved in which the customer wrote",
        "M13",
        read=lambda r: ratio(r[REPLIES_TO_SOLVE.total], r[REPLIES_TO_SOLVE.count]),
        edges=_EACH_REPLY,
    ),
    rolling(
        "touches_per_resolution_mean",
        "touches",
        "Mean of what humans did until the last solve: messages, notes, changes, assignments, transfers.",
        "Σ touches / episodes solved",
        "M14",
        read=lambda r: ratio(r[TOUCHES_TO_SOLVE.total], r[TOUCHES_TO_SOLVE.count]),
        edges="bots, the system and autoresponders are left out; a change counts if it says that a human made it",
    ),
    rolling(
        "owners_per_resolution_mean",
        "agents",
        "Mean number of different agents who accepted it or were assigned to it until the last solve.",
        "Σ different agents / episodes solved with an agent known",
        "M29",
        read=lambda r: ratio(r[OWNERS.total], _owners_known(r)),
        edges="an episode without a known agent is in neither part; a bot owns only what it is assigned",
    ),
    rolling(
        "one_owner_ratio",
        "ratio",
        "Share of the episodes solved that had one owner from the first to the last.",
        "episodes with one agent / episodes solved with an agent known",
        "M29",
        read=lambda r: ratio(r[OWNERS.bins + 1], _owners_known(r)),
        edges="an episode without a known agent is in neither part",
    ),
    count(
        "no_reply_closed",
        "Episodes closed or solved while the customer had no human reply",
        "M10",
        NO_REPLY_CLOSED.count,
        unit="episodes",
        edges="once an episode; what a bot contained is none; there is no first response time of them",
    ),
    rolling(
        "async_abandonment_ratio",
        "ratio",
        "Share of e-mail, social, offline and ticket episodes that were withdrawn before any human reply.",
        "first ends without a reply by anybody but a human / first ends",
        "M5c",
        read=lambda r: ratio(r[ASYNC_ENDED.choice(2)], r[ASYNC_ENDED.count]),
        edges="an agent who closes or solves without a reply has resolved it, who is not named is none; contained by a "
        "bot, or without a customer message, it is not abandoned",
    ),
    rolling(
        "first_response_per_resolved_seconds",
        "s",
        "Time of the first responses by solves; first_response_mean_seconds is the mean of the first responses.",
        "Σ first response time / resolved",
        "M10L",
        read=lambda r: mean_s(r[m.FIRST_RESPONSE_MS], r[RESOLVED.count]),
        vendors="of those who divide by resolved tickets",
        edges="responses and solves of the window need not be of the same conversations; absent where nothing "
        "was resolved",
    ),
)
