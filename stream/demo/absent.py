"""Metrics that have no value in the demo, each with the reason."""

from __future__ import annotations

from typing import Final

from aggregators.catalogue.voice import FEWEST

ENOUGH_DAYS: Final = 8
"""With so many days of history the windows of a week are full, and what takes a week to be final is."""
ENOUGH_FOR_WEEKS: Final = 22
"""With so many there are three weeks to set the present against; only ratings are too few."""
_IN_A_WEEK: Final = "because it is final a week after its instant, and nothing is that old (--days 8)"
_IN_DAYS: Final = "because surveys settle 72 h after they were sent, and none is that old (--days 8)"
_NO_WEEKS: Final = "because it is set against the same hours of at least three weeks before (--days 22)"
_FEW: Final = f"because fewer than {FEWEST} customers have said whether they would recommend it (--days 22)"
_FEW_BEFORE: Final = "because so few answered in the same hours of the weeks before, which are a smaller centre's"
_ALWAYS: Final = dict.fromkeys(("csat_jump", "csat_jump_sigmas", "csat_usual_ratio"), _FEW_BEFORE)
_LATE: Final = {
    **dict.fromkeys(("queued_usual", "queued_jump", "queued_jump_sigmas"), _NO_WEEKS),
    "nps_30d_points": _FEW,
}
_EARLY: Final[dict[str, str]] = {
    "fcr_settled_ratio": _IN_A_WEEK,
    "callbacks_7d_settled_ratio": _IN_A_WEEK,
    "resolution_settled_mean_seconds": _IN_A_WEEK,
    "resolution_settled_seconds": _IN_A_WEEK,
    "survey_settled_response_ratio": _IN_DAYS,
    "ces_settled_response_ratio": _IN_DAYS,
    "nps_settled_response_ratio": _IN_DAYS,
}


def absent(days: int) -> dict[str, str]:
    """Return "because …" by name without prefix and level, where the demo begins after so many *days* of history."""
    if days >= ENOUGH_FOR_WEEKS:
        return dict(_ALWAYS)
    return _LATE | _ALWAYS if days >= ENOUGH_DAYS else _EARLY | _LATE | _ALWAYS


def reasons(days: int) -> list[str]:
    """Return the same as lines: the names that share a reason, and the reason."""
    names: dict[str, list[str]] = {}
    for name, reason in absent(days).items():
        names.setdefault(reason, []).append(name)
    return [f"{', '.join(of_this)}, {reason}" for reason, of_this in names.items()]
