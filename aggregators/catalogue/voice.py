"""Voice of the customer: surveys (M60 to M63)."""

from __future__ import annotations

from aggregators import measures as m
from aggregators.metric import Metric, count, rolling
from aggregators.reading import ratio

METRICS: tuple[Metric, ...] = (
    count("surveys_sent", "Satisfaction surveys sent", "M61", m.SURVEYS_SENT, unit="surveys"),
    rolling(
        "survey_response_ratio",
        "ratio",
        "Share of the surveys sent in the window that are answered by now.",
        "sent and answered / sent",
        "M61",
        read=lambda r: ratio(r[m.SURVEYS_ANSWERED], r[m.SURVEYS_SENT]),
    ),
    count("csat_responses", "Satisfaction responses that count", "M60", m.CSAT_RESPONSES, unit="responses"),
    rolling(
        "csat_mean_ratio",
        "ratio",
        "Mean satisfaction, scores normalised to 0–1.",
        "Σ (score − min) / (max − min) / responses",
        "M60",
        read=lambda r: float(r.score_sum(m.CSAT_SCORE) / r[m.CSAT_RESPONSES]) if r[m.CSAT_RESPONSES] else None,
    ),
    rolling(
        "csat_satisfied_ratio",
        "ratio",
        "Share of satisfied responses: at least 0.75 of a scale of 4 steps or more, else the best score.",
        "satisfied / responses",
        "M60",
        read=lambda r: ratio(r[m.CSAT_SATISFIED], r[m.CSAT_RESPONSES]),
    ),
)
