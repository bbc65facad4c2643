"""Reasons: what contacts are about, the most frequent ones of each tenant (M73)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators.metric import Metric, rolling
from aggregators.points import REASONED
from aggregators.reading import Reading, Value, ratio
from aggregators.reasons import KNOWN
from aggregators.top_reasons import SHOWN, USUAL, top

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOP: Final = f"the {SHOWN} most frequent of the window, the first by name among equals"


def _numbers(r: Reading) -> Mapping[str, Value]:
    return {name: r.reasons[name] for name in top(r.reasons)}


def _shares(r: Reading) -> Mapping[str, Value]:
    return {name: ratio(r.reasons[name], r[REASONED.count]) for name in top(r.reasons)}


def _changes(r: Reading) -> Mapping[str, Value]:
    """Return the shares by what they usually are; nothing in the window that says what is usual."""
    contacts = r[REASONED.count]
    if r.window == USUAL or not contacts:
        return {}
    return {name: r.reasons[name] / contacts / r.usual[name] for name in top(r.reasons) if r.usual.get(name)}


_OF_TENANTS: Final = (
    rolling(
        "contact_reasons",
        "contacts",
        "Contacts by reason: the topic and each tag of their conversation.",
        "contacts begun by customers whose conversation has the topic or tag",
        "M73",
        read=_numbers,
        extra="reason",
        edges=f"{_TOP}; dated at the contact, so a tag that is added later corrects it there; a conversation may have "
        "several, at most 10 of them count; names over the cap of a level are `other`",
    ),
    rolling(
        "contact_reason_share_ratio",
        "ratio",
        "Share of contacts that have the reason.",
        "contacts with the reason / contacts begun by customers",
        "M73",
        read=_shares,
        extra="reason",
        edges=f"{_TOP}; shares may add up to more than 1",
    ),
    rolling(
        "contact_reason_change_ratio",
        "ratio",
        "Share of a reason by its share over 7 d: 2 is twice as frequent as usual.",
        "(contacts with the reason / contacts) in the window / the same in the window `7d`",
        "M73",
        read=_changes,
        extra="reason",
        edges=f"{_TOP}; absent in the window `7d`, and where that is not among the windows",
    ),
)
METRICS: tuple[Metric, ...] = (
    *(replace(metric, levels=("tenant",)) for metric in _OF_TENANTS),
    rolling(
        "contact_reason_coverage_ratio",
        "ratio",
        "Share of contacts that have a reason.",
        "contacts with a topic or a tag / contacts begun by customers",
        "M73",
        read=lambda r: ratio(r[REASONED.choice(KNOWN)], r[REASONED.count]),
        edges="dated at the contact, so a tag that is added later corrects it there",
    ),
)
