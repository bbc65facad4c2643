"""The columns of the reference tables, and the metrics they are compared with."""

import math
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from tests.oracle import LEVELS, Labels, Table, Value, nothing

Series: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
Shown: TypeAlias = dict[Labels, dict[str, float]]
"""Label set → column → value; an absent value has no column."""

STATE = {
    "waiting": "waiting",
    "oldest_wait_s": "oldest_wait_seconds",
    "waiting_past_target": "waiting_past_target",
    "frt_open": "first_response_open",
    "frt_open_oldest_s": "first_response_open_oldest_seconds",
    "frt_open_past_target": "first_response_open_past_target",
}
ROLLING = {
    "queued": "queued",
    "answered": "answered",
    "abandoned": "abandoned",
    "short_abandoned": "short_abandoned",
    "flowed_out": "flowed_out",
    "callback": "callback_requested",
    "agent_closed": "agent_closed",
    "lost": "lost",
    "abandonment": "abandonment_ratio",
    "abandonment_with_short": "abandonment_with_short_ratio",
    "asa_s": "wait_mean_seconds",
    "wait_p50_s": "wait_seconds 0.5",
    "wait_p90_s": "wait_seconds 0.9",
    "abandon_wait_mean_s": "abandon_wait_mean_seconds",
    "sl1": "service_level_ratio SL1",
    "sl2": "service_level_ratio SL2",
    "sl3": "service_level_ratio SL3",
    "sl4": "service_level_ratio SL4",
    "sl5": "service_level_ratio SL5",
    "sl6": "service_level_ratio SL6",
    "sl_live": "service_level_ratio SL_live",
    "first_responses": "first_responses",
    "frt_mean_s": "first_response_mean_seconds",
    "frt_p50_s": "first_response_seconds 0.5",
    "frt_p90_s": "first_response_seconds 0.9",
    "frt_attainment": "first_response_attainment_ratio",
    "reply_samples": "replies",
    "reply_mean_s": "reply_mean_seconds",
    "reply_p50_s": "reply_seconds 0.5",
    "surveys_sent": "surveys_sent",
    "csat_responses": "csat_responses",
    "csat_mean": "csat_mean_ratio",
    "csat_satisfied": "csat_satisfied_ratio",
}
"""Column without its window → metric without its prefix, and its `q` or `variant`."""

COLUMN_OF = {f"support_{level}_{name}": (level, column) for level in LEVELS for column, name in STATE.items()} | {
    f"support_{level}_rolling_{name}": (level, column) for level in LEVELS for column, name in ROLLING.items()
}
NAMES = {key.partition(" ")[0] for key in COLUMN_OF}
"""The names of the metrics that have a column."""
SKETCH_ERROR = Fraction(1, 100)


def rows(values: Mapping[Series, float]) -> dict[str, Shown]:
    """Level → label set → column → value, of the metrics that have a column; others are left out."""
    result: dict[str, Shown] = {level: defaultdict(dict) for level in LEVELS}
    for (metric, pairs), value in values.items():
        labels = dict(pairs)
        variant = labels.get("q", labels.get("variant"))
        level, column = COLUMN_OF.get(metric if variant is None else f"{metric} {variant}", ("", ""))
        if level:
            key = tuple(labels[name] for name in LEVELS[: LEVELS.index(level) + 1])
            result[level][key][f"{column}_{labels['window']}" if "window" in labels else column] = value
    return result


def is_quantile(column: str) -> bool:
    """Whether the product may answer this one from its sketch."""
    return "_p50_s" in column or "_p90_s" in column


def agrees(column: str, right: Value, shown: float | None, *, printed_to: Fraction = Fraction(0)) -> bool:
    """Whether a shown value is right: counts (integers) equal, a missing count being 0; the rest to their last digit.

    `printed_to` is the unit of the last decimal of a value that was rounded for printing.
    """
    if right is None or shown is None:
        return shown is None and not right and not isinstance(right, Fraction)
    if isinstance(right, int):
        return shown == right
    error = abs(Fraction(shown) - right)
    if is_quantile(column):
        return error <= SKETCH_ERROR * right + printed_to / 2
    return error <= printed_to / 2 or math.isclose(shown, right, rel_tol=1e-9, abs_tol=1e-12)


def differences(
    right: Mapping[str, Table], shown: Mapping[str, Shown], t: int
) -> dict[str, tuple[Value, float | None]]:
    """Return what is shown wrong at `t`: label set and column → right value, shown value.

    A row that is missing on either side has contributed nothing.
    """
    wrong = {}
    for level in right:
        for labels in right[level].keys() | shown[level].keys():
            row = shown[level].get(labels, {})
            for column, value in right[level].get(labels, nothing(t)).items():
                base = column.rsplit("_", 1)[0]
                if (column in STATE or base in ROLLING) and not agrees(column, value, row.get(column)):
                    wrong[f"{'/'.join(labels)} {column}"] = (value, row.get(column))
    return wrong
