"""Voice of the customer: surveys (M60 to M63)."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final

from aggregators import measures as m
from aggregators import points
from aggregators.metric import Metric, count, rolling, state
from aggregators.reading import Reading, Value, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENT = "Once a survey, at its first survey.sent; one that was only shown is among the surveys_offered."
_COUNTS = (
    "Of each survey the last response, at its own instant, weeks later too; a retraction withdraws it. Several ids are "
    "several surveys."
)
_WITH_PASSIVE = "7 and 8 are in the responses alone. Of each survey the last response; a retraction withdraws it."
_PROVISIONAL = "Provisional until the last of them is 72 h old; surveys_settled and what stands with it are final."
_IN_TIME = "Once the 72 h after it was sent are over, at that instant; who answers later was not in time."

_SHOWN = "By survey.offered: a widget was shown. In no ratio, for who was sent nothing has left nothing unanswered."
_QUARTERS: Final = ("0", "0.25", "0.5", "0.75", "1")
_HALF: Final = Fraction(1, 2)
FEWEST = 30
"""Of fewer answers a net promoter score is chance: from one answer to the next it leaps by points."""
_OF_30_DAYS = "To the hour: from the hour in which the 30 days begin up to now; nps_points are of a window."
_RAW = "Of each survey the last response, at its own instant; csat_satisfied_ratio is adjusted by what was disputed."


def _native_ces(r: Reading) -> float | None:
    if not r[m.CES_RESPONSES]:
        return None
    scale = r.definitions.scales["ces"]
    above = r.score_sum(m.CES_SCORE) / r[m.CES_RESPONSES] * (scale.most - scale.least)
    return float(scale.most - above if scale.falling else scale.least + above)


def _scores(r: Reading) -> Mapping[str, Value]:
    """Return how many responses lie nearest to each quarter of the scale, between two of them at the upper one."""
    if not r[m.CSAT_RESPONSES]:
        return {}
    found = dict.fromkeys(_QUARTERS, 0)
    for score, n in r.scores(m.CSAT_SCORE).items():
        found[_QUARTERS[floor(score * 4 + _HALF)]] += n
    return found


def _settled(name: str, text: str, kind: points.PointKind) -> tuple[Metric, Metric]:
    """Return how many surveys of a kind have settled, and the share of them that was answered in time."""
    prefix = "" if name == "survey" else f"{name}_"
    return (
        count(f"{prefix}surveys_settled", f"{text} sent 72 h ago", "M61", kind.count, unit="surveys", edges=_IN_TIME),
        rolling(
            f"{name}_settled_response_ratio",
            "ratio",
            f"Share of the {text[0].lower()}{text[1:]} sent 72 h ago that were answered by then.",
            "answered within 72 h / settled",
            "M61",
            read=lambda r: ratio(r[kind.choice(2)], r[kind.count]),
            edges="Final: a rating that is changed later was an answer in time, a retracted one is none.",
        ),
    )


def _points_of_month(r: Reading) -> float | None:
    found = r.month
    responses = found.get(m.NPS_RESPONSES, 0)
    above = found.get(m.NPS_PROMOTERS, 0) - found.get(m.NPS_DETRACTORS, 0)
    return 100 * above / responses if responses >= FEWEST else None


MONTH_METRICS: tuple[Metric, ...] = (
    state(
        "nps_30d_points",
        "points",
        f"Net promoter score of the last 30 days, from −100 to 100; absent with fewer than {FEWEST} responses.",
        f"100 · (promoters − detractors) / responses of 30 d, from {FEWEST} on",
        "M63",
        read=_points_of_month,
        edges=f"{_OF_30_DAYS} Not rounded. 0 is good, 20 favourable, 50 excellent, 80 world class.",
    ),
    state(
        "nps_30d_responses",
        "responses",
        "Recommendation responses of the last 30 days that count.",
        "responses of 30 d",
        "M63",
        read=lambda r: r.month.get(m.NPS_RESPONSES, 0),
        edges=_OF_30_DAYS,
    ),
)


def _offered(prefix: str, text: str, kind: points.PointKind) -> Metric:
    return count(f"{prefix}surveys_offered", f"{text} offered", "M61", kind.count, unit="surveys", edges=_SHOWN)


_ASKED = "Of the responses that count, of any kind, those that say; whoever answers twice counts with the last."
SETTLED_METRICS: tuple[Metric, ...] = (
    count(
        "fcr_survey_responses",
        "Survey responses that say whether the first contact resolved it",
        "M45",
        points.FIRST_CONTACT_SAID.count,
        unit="responses",
        edges=_ASKED,
    ),
    rolling(
        "fcr_survey_ratio",
        "ratio",
        "Share of the customers asked who say that the first contact resolved it.",
        "responses with first_contact / responses that say either",
        "M45",
        read=lambda r: ratio(r[points.FIRST_CONTACT_SAID.choice(2)], r[points.FIRST_CONTACT_SAID.count]),
        edges=f"{_ASKED} Beside fcr_ratio, which goes by what happened.",
        vendors="SQM and COPC: first call resolution",
    ),
    _offered("", "Satisfaction surveys", points.SURVEY_OFFERED),
    _offered("ces_", "Effort surveys", points.CES_OFFERED),
    _offered("nps_", "Recommendation surveys", points.NPS_OFFERED),
    *_settled("survey", "Satisfaction surveys", points.SURVEY_SETTLED),
    *_settled("ces", "Effort surveys", points.CES_SETTLED),
    *_settled("nps", "Recommendation surveys", points.NPS_SETTLED),
    rolling(
        "csat_scores",
        "responses",
        "Satisfaction responses by score: nearest to 0, 0.25, 0.5, 0.75 and 1 of their scale.",
        "responses by (score − min) / (max − min), rounded to quarters, halves up",
        "M60",
        read=_scores,
        extra="score",
        edges="Of five steps these are the five, of thumbs 0 and 1; all five where there is any response.",
    ),
    rolling(
        "csat_raw_responses",
        "responses",
        "Satisfaction responses, those too that were withdrawn since.",
        "responses that count + responses withdrawn",
        "M60",
        read=lambda r: r[m.CSAT_RESPONSES] + r[points.CSAT_WITHDRAWN.count],
        edges=_RAW,
    ),
    rolling(
        "csat_raw_satisfied_ratio",
        "ratio",
        "Share of satisfied responses, those too that were withdrawn since.",
        "satisfied, withdrawn or not / raw responses",
        "M60",
        read=lambda r: ratio(
            r[m.CSAT_SATISFIED] + r[points.CSAT_WITHDRAWN.choice(2)],
            r[m.CSAT_RESPONSES] + r[points.CSAT_WITHDRAWN.count],
        ),
        edges=_RAW,
    ),
)
METRICS: tuple[Metric, ...] = (
    count("surveys_sent", "Satisfaction surveys sent", "M61", m.SURVEYS_SENT, unit="surveys", edges=_SENT),
    rolling(
        "survey_response_ratio",
        "ratio",
        "Share of the surveys sent in the window that are answered by now.",
        "sent and answered / sent",
        "M61",
        read=lambda r: ratio(r[m.SURVEYS_ANSWERED], r[m.SURVEYS_SENT]),
        edges=_PROVISIONAL,
        vendors="Chatwoot filters the numerator and not the denominator.",
    ),
    count(
        "csat_responses", "Satisfaction responses that count", "M60", m.CSAT_RESPONSES, unit="responses", edges=_COUNTS
    ),
    rolling(
        "csat_mean_ratio",
        "ratio",
        "Mean satisfaction, scores normalised to 0–1.",
        "Σ (score − min) / (max − min) / responses",
        "M60",
        read=lambda r: float(r.score_sum(m.CSAT_SCORE) / r[m.CSAT_RESPONSES]) if r[m.CSAT_RESPONSES] else None,
        edges=f"{_COUNTS} Each on its own scale; one whose direction is down is turned round. Thumbs are 0 and 1.",
        vendors="Chatwoot loses the ratings of conversations that are assigned to nobody when they are closed.",
    ),
    rolling(
        "csat_satisfied_ratio",
        "ratio",
        "Share of satisfied responses: at least 0.75 of a scale of 4 steps or more, else the best score.",
        "satisfied / responses",
        "M60",
        read=lambda r: ratio(r[m.CSAT_SATISFIED], r[m.CSAT_RESPONSES]),
        edges=f"{_COUNTS} Of 1 to 5 that is 4 and 5, of 1 to 3 and of thumbs the best.",
    ),
    count("ces_surveys_sent", "Effort surveys sent", "M61", points.CES_SENT.count, unit="surveys", edges=_SENT),
    rolling(
        "ces_response_ratio",
        "ratio",
        "Share of the effort surveys sent in the window that are answered by now.",
        "sent and answered / sent",
        "M61",
        read=lambda r: ratio(r[points.CES_SENT.choice(2)], r[points.CES_SENT.count]),
        edges=_PROVISIONAL,
    ),
    count("ces_responses", "Effort responses that count", "M62", m.CES_RESPONSES, unit="responses", edges=_COUNTS),
    rolling(
        "ces_mean_ratio",
        "ratio",
        "Mean ease, scores normalised to 0–1 with 1 the easiest.",
        "Σ (score − min) / (max − min) / responses",
        "M62",
        read=lambda r: float(r.score_sum(m.CES_SCORE) / r[m.CES_RESPONSES]) if r[m.CES_RESPONSES] else None,
        edges="A scale whose direction is down (1 is the least effort) is turned round before it is added to others.",
    ),
    rolling(
        "ces_mean_score",
        "points",
        "Mean ease on the scale of the centre: 1 to 7 unless the definitions say otherwise.",
        "min + ces_mean_ratio · (max − min); max − … where the least score is the best",
        "M62",
        read=_native_ces,
        edges="What was answered on another scale is first normalised.",
    ),
    rolling(
        "ces_easy_ratio",
        "ratio",
        "Share of responses that say it was easy: at least 5 on a scale of 1 to 7.",
        "(score − min) / (max − min) ≥ 2/3 / responses",
        "M62",
        read=lambda r: ratio(r[m.CES_EASY], r[m.CES_RESPONSES]),
        edges="Of the share of the scale, whatever its steps; one whose direction is down is turned round first.",
    ),
    count("nps_surveys_sent", "Recommendation surveys sent", "M61", points.NPS_SENT.count, unit="surveys", edges=_SENT),
    rolling(
        "nps_response_ratio",
        "ratio",
        "Share of the recommendation surveys sent in the window that are answered by now.",
        "sent and answered / sent",
        "M61",
        read=lambda r: ratio(r[points.NPS_SENT.choice(2)], r[points.NPS_SENT.count]),
        edges=_PROVISIONAL,
    ),
    count(
        "nps_responses", "Recommendation responses that count", "M63", m.NPS_RESPONSES, unit="responses", edges=_COUNTS
    ),
    rolling(
        "nps_points",
        "points",
        "Net promoter score, from −100 to 100: promoters (9 and 10) less detractors (0 to 6).",
        "100 · (promoters − detractors) / responses",
        "M63",
        read=lambda r: (
            100 * (r[m.NPS_PROMOTERS] - r[m.NPS_DETRACTORS]) / r[m.NPS_RESPONSES] if r[m.NPS_RESPONSES] else None
        ),
        edges="Not rounded. With fewer than 30 responses it says little: look at `nps_responses` beside it.",
    ),
    rolling(
        "nps_promoter_ratio",
        "ratio",
        "Share of promoters: scores of 9 and 10.",
        "promoters / responses",
        "M63",
        read=lambda r: ratio(r[m.NPS_PROMOTERS], r[m.NPS_RESPONSES]),
        edges=_WITH_PASSIVE,
    ),
    rolling(
        "nps_detractor_ratio",
        "ratio",
        "Share of detractors: scores of 0 to 6.",
        "detractors / responses",
        "M63",
        read=lambda r: ratio(r[m.NPS_DETRACTORS], r[m.NPS_RESPONSES]),
        edges=_WITH_PASSIVE,
    ),
)
