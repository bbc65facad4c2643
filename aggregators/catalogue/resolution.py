"""Resolution: what is received, solved and reopened, and how long it takes (M40 to M44); what it takes is `effort`.

Definitions to the letter: `docs/definitions-resolution.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.catalogue import effort
from aggregators.instants import HOUR_MS
from aggregators.measures import BANDS_MS
from aggregators.metric import Metric, count, counter, rolling, state
from aggregators.points import (
    AUTO_CLOSED,
    CLOSED,
    DELETED,
    FIRST_SOLVED,
    LAPSED,
    MOVED_IN,
    MOVED_OUT,
    RECEIVED,
    REOPENED,
    RESOLVED,
    SOLVE,
    SOLVED,
    SOLVED_BEYOND,
    SOLVED_BUSINESS,
    SOLVED_SETTLED,
    SOLVED_UNPAUSED,
)
from aggregators.reading import Reading, Value, age_s, mean_s, ratio
from aggregators.samples import OPEN
from aggregators.sketch import bin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_BANDS: Final = {f"{bound // HOUR_MS}h": (band, bound) for band, bound in BANDS_MS.items()}
_BUSINESS: Final = "by the calendar in force at the time; without one all time counts, so it is elapsed time"
_FINAL: Final = "a week late by definition; an agent's reopening after it, or a late event, still corrects it"
_PROVISIONAL: Final = "provisional for 7 d: a reopening withdraws it, the next solve puts it in again"

_RETURNS: Final = "a customer who returns more than 7 d after the solve is received again, sooner it is a reopening"
_SOLVES: Final = (
    "solved and then closed is one; a solve that its agent takes back within 5 min is none; a chat closed without a "
    "human reply is none, unless a bot contained it"
)
_REOPENINGS: Final = "by a customer, an agent or the system; a correction within 5 min is none"
_MOVED: Final = "one is also moved where its queue is named only after it was received"


def _resolved_within(r: Reading) -> Mapping[str, Value]:
    """Return the share of resolutions within each band: those of its bins but for what its last one holds beyond it."""
    bins = r.counted(SOLVED.bins)
    return {
        name: ratio(
            sum(n for index, n in bins.items() if index <= bin_of(bound)) - r[SOLVED_BEYOND.choice(band)],
            r[SOLVED.count],
        )
        for name, (band, bound) in _BANDS.items()
    }


METRICS: tuple[Metric, ...] = (
    state(
        "backlog_open",
        "conversations",
        "Conversations received and not solved now.",
        "received + reopened + moved in − resolved − deleted − lapsed − moved out, of all time",
        "M42",
        read=lambda r: r.state.lasting.get(OPEN, 0),
        edges="pending and on hold are open; merged and spam leave at once; a chat leaves 24 h after its last event",
        vendors="Zendesk: unsolved tickets · Zammad subtracts by bucket, which is no backlog",
    ),
    state(
        "backlog_oldest_seconds",
        "s",
        "Age of the conversation that has been open for longest, since it was received or reopened.",
        "as_of − the earliest opening",
        "M42",
        read=lambda r: age_s(r.state.oldest.get(OPEN), r.as_of),
        edges="a reopening begins it anew; a chat leaves 24 h after its last event; absent where nothing is open",
    ),
    count(
        "received",
        "Episodes received",
        "M41",
        RECEIVED.count,
        unit="episodes",
        edges=_RETURNS,
    ),
    count(
        "resolved",
        "Solves",
        "M41",
        RESOLVED.count,
        unit="solves",
        edges=_SOLVES,
        vendors="Zendesk: solved tickets · Intercom and Chatwoot: every close",
    ),
    count(
        "reopened",
        "Solved conversations that were opened again",
        "M42",
        REOPENED.count,
        unit="reopenings",
        edges=_REOPENINGS,
    ),
    count(
        "deleted",
        "Conversations deleted while open",
        "M42",
        DELETED.count,
        unit="conversations",
        edges="it leaves the backlog, and what it counted before stays; deleted once it is solved it is none of them",
    ),
    count(
        "lapsed",
        "Chats that left the backlog as nothing happened in them for 24 h",
        "M42",
        LAPSED.count,
        unit="chats",
        edges="by a timer; an event that comes in time, or late, takes it back",
    ),
    count(
        "moved_in",
        "Open conversations that came from another queue",
        "M42",
        MOVED_IN.count,
        unit="conversations",
        edges=_MOVED,
    ),
    count(
        "moved_out",
        "Open conversations that went to another queue",
        "M42",
        MOVED_OUT.count,
        unit="conversations",
        edges=_MOVED,
    ),
    counter("received_total", "Episodes received", "M41", RECEIVED.count, unit="episodes", edges=f"{_RETURNS}."),
    counter("resolved_total", "Solves", "M41", RESOLVED.count, unit="solves", edges=f"{_SOLVES}."),
    counter(
        "reopened_total",
        "Solved conversations that were opened again",
        "M42",
        REOPENED.count,
        unit="reopenings",
        edges=f"{_REOPENINGS}.",
    ),
    rolling(
        "resolution_rate_ratio",
        "ratio",
        "Solves by conversations received: flows of one window, so it may exceed 1.",
        "resolved / received",
        "M41",
        read=lambda r: ratio(r[RESOLVED.count], r[RECEIVED.count]),
        edges="not the share of those received: that is received_resolved_ratio",
    ),
    rolling(
        "received_resolved_ratio",
        "ratio",
        "Share of the episodes received in the window that are solved by now.",
        "received and solved by now / received",
        "M41",
        read=lambda r: ratio(r[RECEIVED.choice(2)], r[RECEIVED.count]),
        edges="by the instant of receipt, so it goes on changing; solved and reopened is not solved",
    ),
    rolling(
        "opened_resolved_ratio",
        "ratio",
        "What came in by what went out: above 1 the backlog grows.",
        "(received + reopened) / resolved",
        "M43",
        read=lambda r: ratio(r[RECEIVED.count] + r[REOPENED.count], r[RESOLVED.count]),
        edges="absent where nothing was resolved",
    ),
    rolling(
        "reopen_ratio",
        "ratio",
        "Share of the solves in the window that the customer reopened within 7 d.",
        "solves reopened by the customer / solves",
        "M44",
        read=lambda r: ratio(r[SOLVE.choice(2)], r[SOLVE.count]),
        edges="by the instant of the solve, provisional for 7 d; a thank-you reopens too, unless the definitions "
        "spare it; an agent's reopening does not count, nor a message after it",
    ),
    rolling(
        "resolution_mean_seconds",
        "s",
        "Mean time from the first customer message to the last solve.",
        "Σ resolution time / episodes solved",
        "M40",
        read=lambda r: mean_s(r[SOLVED.total], r[SOLVED.count]),
        edges=f"{_PROVISIONAL}; closed by time-out, it ends with the last human reply",
        vendors="Zendesk: full resolution time, from the creation",
    ),
    rolling(
        "resolution_seconds",
        "s",
        "Quantiles of the time from the first customer message to the last solve, within 1 %.",
        "nearest rank over episodes solved",
        "M40",
        read=lambda r: r.quantiles_s(SOLVED.bins),
        extra="q",
        edges=_PROVISIONAL,
    ),
    count(
        "resolutions_settled",
        "Episodes solved 7 d ago and not reopened",
        "M40",
        SOLVED_SETTLED.count,
        unit="episodes",
        edges=_FINAL,
    ),
    rolling(
        "resolution_settled_mean_seconds",
        "s",
        "Mean resolution time of the episodes that became final in the window: nothing of it is provisional.",
        "Σ resolution time / episodes solved, by last solve + 7 d",
        "M40",
        read=lambda r: mean_s(r[SOLVED_SETTLED.total], r[SOLVED_SETTLED.count]),
        edges=_FINAL,
    ),
    rolling(
        "resolution_settled_seconds",
        "s",
        "Quantiles of the resolution time of the episodes that became final in the window, within 1 %.",
        "nearest rank over episodes solved, by last solve + 7 d",
        "M40",
        read=lambda r: r.quantiles_s(SOLVED_SETTLED.bins),
        extra="q",
        edges=_FINAL,
    ),
    rolling(
        "resolution_unpaused_mean_seconds",
        "s",
        "Mean time to the last solve without the time in status pending or on hold.",
        "Σ (resolution time − pending − on hold) / episodes solved",
        "M40",
        read=lambda r: mean_s(r[SOLVED_UNPAUSED.total], r[SOLVED_UNPAUSED.count]),
        edges=_PROVISIONAL,
        vendors="Zendesk: agent wait time leaves out pending only",
    ),
    rolling(
        "resolution_business_mean_seconds",
        "s",
        "Mean time from the first customer message to the last solve, in business hours.",
        "Σ business time to the last solve / episodes solved",
        "M40",
        read=lambda r: mean_s(r[SOLVED.total] + r[SOLVED_BUSINESS.total], r[SOLVED.count]),
        edges=f"{_BUSINESS}; {_PROVISIONAL}",
        vendors="Zendesk: full resolution time in business hours · Chatwoot: 0 where there is no calendar",
    ),
    rolling(
        "resolution_business_seconds",
        "s",
        "Quantiles of the time from the first customer message to the last solve in business hours, within 1 %.",
        "nearest rank over episodes solved",
        "M40",
        read=lambda r: r.quantiles_s(SOLVED.bins, SOLVED_BUSINESS.bins),
        extra="q",
        edges=f"{_BUSINESS}; {_PROVISIONAL}",
    ),
    rolling(
        "first_resolution_mean_seconds",
        "s",
        "Mean time from the first customer message to the first solve.",
        "Σ time to the first solve / episodes solved for the first time",
        "M40",
        read=lambda r: mean_s(r[FIRST_SOLVED.total], r[FIRST_SOLVED.count]),
        edges="a reopening leaves it as it is",
        vendors="Zendesk: first resolution time",
    ),
    rolling(
        "closed_mean_seconds",
        "s",
        "Mean time from the first customer message to the close: resolved and closed.",
        "Σ time to the first close at or after the last solve / episodes closed",
        "M40",
        read=lambda r: mean_s(r[CLOSED.total], r[CLOSED.count]),
        edges="closed by time-out, it counts all of the time",
    ),
    rolling(
        "resolved_within_ratio",
        "ratio",
        "Share of resolutions within 12 h and 48 h.",
        "episodes solved within le / episodes solved",
        "M40",
        read=_resolved_within,
        extra="le",
        edges=f"{_PROVISIONAL}; at exactly the bound it is within",
    ),
    count(
        "auto_closed",
        "Solves by the system after a human had the last word",
        "M40",
        AUTO_CLOSED.count,
        unit="solves",
        edges="their resolution time ends with that last word",
    ),
    *effort.METRICS,
)
