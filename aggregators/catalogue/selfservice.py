"""Self-service: sessions on the help pages, what they look for, and what they spare (M49).

A session stands in no queue. Definitions to the letter: `docs/definitions-customers.md`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators import points as p
from aggregators.customers import YES
from aggregators.metric import Metric, count, counter, rolling
from aggregators.reading import ratio
from aggregators.selfservice import FAILED, KNOWN

if TYPE_CHECKING:
    from aggregators.rolling import Level

_LEVELS: Final[tuple[Level, ...]] = ("channel", "tenant")
_IN_NO_QUEUE: Final = "each at its own instant; a session stands in no queue"
_NOT_FAILED: Final = "one that does not say whether it found anything has not failed"
_ALL: Final = (
    count(
        "selfservice_sessions",
        "Sessions on the help pages",
        "M49",
        p.KB_SESSION.count,
        unit="sessions",
        edges="by the last event of the session; one that goes on over midnight UTC is two",
    ),
    count("selfservice_views", "Articles viewed", "M49", p.KB_VIEW.count, unit="views", edges=_IN_NO_QUEUE),
    count("selfservice_searches", "Searches", "M49", p.KB_SEARCH.count, unit="searches", edges=_IN_NO_QUEUE),
    count(
        "selfservice_failed_searches",
        "Searches that found nothing",
        "M49",
        p.KB_SEARCH.choice(FAILED),
        unit="searches",
        edges=_NOT_FAILED,
    ),
    rolling(
        "selfservice_failed_search_ratio",
        "ratio",
        "Share of searches that found nothing.",
        "searches with found false / searches",
        "M49",
        read=lambda r: ratio(r[p.KB_SEARCH.choice(FAILED)], r[p.KB_SEARCH.count]),
        edges=_NOT_FAILED,
    ),
    counter(
        "failed_searches_total",
        "Searches that found nothing",
        "M49",
        p.KB_SEARCH.choice(FAILED),
        unit="searches",
        edges=f"{_NOT_FAILED}.",
    ),
    rolling(
        "deflection_estimate_ratio",
        "ratio",
        "Estimate: share of sessions on the help pages after which their customer made no contact for 24 h.",
        "sessions without a contact from their beginning to 24 h after their end / sessions, of known customers",
        "M49",
        read=lambda r: ratio(r[p.DEFLECTED.choice(YES)], r[p.DEFLECTED.count]),
        edges="an estimate: who was helped, and who gave up, both stay away; by the last event, provisional for 24 h; "
        "where `customers` is asked for too; unknown customers are left out: selfservice_coverage_ratio",
        vendors="Zendesk: self-service score, views of the help centre by tickets",
    ),
    rolling(
        "selfservice_coverage_ratio",
        "ratio",
        "Share of sessions whose customer is known.",
        "sessions with a customer / sessions",
        "M49",
        read=lambda r: ratio(r[p.KB_SESSION.choice(KNOWN)], r[p.KB_SESSION.count]),
        edges='the rest is in no deflection; a session whose customer is "" names nobody',
    ),
)
METRICS: tuple[Metric, ...] = tuple(replace(metric, levels=_LEVELS) for metric in _ALL)
