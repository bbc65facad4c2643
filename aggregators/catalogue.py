"""The catalogue: every metric of the support centre, one line each. Nobody types a metric name twice.

A metric stands at the levels queue, channel and tenant; its full name has the level in it. `formula` is what the
definitions call it (M…: `docs/definitions.md`), `read` the same as code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aggregators import measures as m
from aggregators.reading import Reading, age_s, mean_s, ratio
from aggregators.vocabulary import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.rolling import Level

Value = float | int | None
Kind = Literal["gauge", "counter", "histogram"]
Family = Literal["state", "rolling", "total"]
LABELS: dict[Level, tuple[str, ...]] = {
    "queue": ("tenant", "channel", "queue"),
    "channel": ("tenant", "channel"),
    "tenant": ("tenant",),
}
PREFIX = "support"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """One metric. `extra` is the label it has beside those of its level and window; `read` then returns a mapping."""

    suffix: str
    family: Family
    unit: str
    help: str
    formula: str
    source: str
    read: Callable[[Reading], Value | Mapping[str, Value]]
    kind: Kind = "gauge"
    extra: str | None = None

    def name(self, level: Level) -> str:
        """Return the full name at *level*, as Prometheus has it."""
        rolling = "rolling_" if self.family == "rolling" else ""
        return f"{PREFIX}_{level}_{rolling}{self.suffix}"

    def labels(self, level: Level) -> tuple[str, ...]:
        """Return the names of its labels at *level*, in order."""
        window = ("window",) if self.family == "rolling" else ()
        return (*LABELS[level], *window, *((self.extra,) if self.extra else ()))


def _state(*row: str, read: Callable[[Reading], Value]) -> Metric:
    suffix, unit, text, formula, source = row
    return Metric(suffix=suffix, family="state", unit=unit, help=text, formula=formula, source=source, read=read)


def _count(suffix: str, text: str, source: str, measure: int, *, unit: str = "legs") -> Metric:
    formula = text[0].lower() + text[1:]
    return Metric(
        suffix=suffix,
        family="rolling",
        unit=unit,
        help=f"{text} in the window.",
        formula=formula,
        source=source,
        read=lambda r: r[measure],
    )


def _rolling(*row: str, read: Callable[[Reading], Value | Mapping[str, Value]], extra: str | None = None) -> Metric:
    suffix, unit, text, formula, source = row
    return Metric(
        suffix=suffix, family="rolling", unit=unit, help=text, formula=formula, source=source, read=read, extra=extra
    )


def _all_abandoned(r: Reading) -> int:
    return r[m.ABANDONED] + r[m.SHORT_ABANDONED]


def service_levels(r: Reading) -> dict[str, Value]:
    """Return the service level (M6) under all variants, as ratios."""
    a, b, s = r[m.ANSWERED], _all_abandoned(r), r[m.SHORT_ABANDONED]
    a_in, b_in = r[m.ANSWERED_WITHIN], r[m.ABANDONED_WITHIN]
    return {
        "SL1": ratio(a_in, a),
        "SL2": ratio(a_in, a + b),
        "SL3": ratio(a_in, a + b - b_in),
        "SL4": ratio(a_in + b_in, a + b),
        "SL5": ratio(a_in + s, a + b),
        "SL6": ratio(a_in + b_in + r[m.CALLBACK_WITHIN], r[m.QUEUED]),
        "SL_live": ratio(a_in, a + b - b_in + r.state.waiting_past_target),
    }


def _histogram(bucket: int, total: int) -> Callable[[Reading], Mapping[str, Value]]:
    def read(r: Reading) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        seen = 0
        for index, bound in enumerate((*map(str, map(float, m.BUCKETS_S)), "+Inf")):
            seen += r[bucket + index]
            found[bound] = seen
        found |= {"count": seen, "sum": r[total] / 1000}
        return found

    return read


_OLDEST = "as_of − the earliest opening"

METRICS: tuple[Metric, ...] = (
    _state(
        "waiting",
        "legs",
        "Legs waiting in queue now.",
        "legs opened and not ended",
        "M1",
        read=lambda r: r.state.waiting,
    ),
    _state(
        "oldest_wait_seconds",
        "s",
        "Age of the oldest leg waiting now.",
        _OLDEST,
        "M2",
        read=lambda r: age_s(r.state.oldest_wait, r.as_of),
    ),
    _state(
        "oldest_wait_timestamp_seconds",
        "s",
        "When the oldest leg waiting now opened, in Unix time.",
        "the earliest opening",
        "M2",
        read=lambda r: None if r.state.oldest_wait is None else r.state.oldest_wait / 1000,
    ),
    _state(
        "oldest_customer_wait_seconds",
        "s",
        "Longest time since the first leg of a customer who is waiting now, over all queues stood in.",
        "as_of − the earliest first leg of those waiting",
        "M2",
        read=lambda r: age_s(r.state.oldest_customer_wait, r.as_of),
    ),
    _state(
        "waiting_past_target",
        "legs",
        "Legs waiting now for longer than the target of their channel.",
        "legs with as_of − opened > target",
        "M1",
        read=lambda r: r.state.waiting_past_target,
    ),
    _state(
        "first_response_open",
        "conversations",
        "Conversations whose customer has no human reply yet.",
        "episodes without reply and without resolve",
        "M10o",
        read=lambda r: r.state.response_open,
    ),
    _state(
        "first_response_open_oldest_seconds",
        "s",
        "Age of the oldest first customer message without a human reply.",
        "as_of − the earliest first message",
        "M10o",
        read=lambda r: age_s(r.state.oldest_response_open, r.as_of),
    ),
    _state(
        "first_response_open_past_target",
        "conversations",
        "Conversations without a human reply for longer than the target of their channel.",
        "episodes with as_of − first message > target",
        "M10o",
        read=lambda r: r.state.response_open_past_target,
    ),
    _count("queued", "Legs that opened", "M8", m.QUEUED),
    _count("answered", "Legs answered", "M8", m.ANSWERED),
    _count("abandoned", "Legs abandoned, without the short ones", "M8", m.ABANDONED),
    _count("short_abandoned", "Legs abandoned within the short-abandon threshold", "M8", m.SHORT_ABANDONED),
    _count("flowed_out", "Legs that left for another queue or elsewhere", "M8", m.FLOWED_OUT),
    _count("callback_requested", "Legs ended by the wish to be called back", "M8", m.CALLBACK),
    _count("agent_closed", "Legs closed unanswered by an agent or the system", "M8", m.AGENT_CLOSED),
    _count("lost", "Legs that nobody ended, given up after 4 h", "M8", m.LOST),
    _rolling(
        "abandonment_ratio",
        "ratio",
        "Share of legs abandoned, short ones in neither part.",
        "abandoned / (answered + abandoned)",
        "M5",
        read=lambda r: ratio(r[m.ABANDONED], r[m.ANSWERED] + r[m.ABANDONED]),
    ),
    _rolling(
        "abandonment_with_short_ratio",
        "ratio",
        "Share of legs abandoned, short ones in both parts.",
        "(abandoned + short) / (answered + abandoned + short)",
        "M5",
        read=lambda r: ratio(_all_abandoned(r), r[m.ANSWERED] + _all_abandoned(r)),
    ),
    _rolling(
        "conversation_abandonment_ratio",
        "ratio",
        "Share of conversations whose last leg was abandoned and nobody ever replied.",
        "left without a reply / conversations whose last leg ended",
        "M5",
        read=lambda r: ratio(r[m.STAYS_ABANDONED], r[m.STAYS]),
    ),
    _rolling(
        "wait_mean_seconds",
        "s",
        "Mean wait of answered legs (ASA), zero waits included.",
        "Σ wait of answered / answered",
        "M3",
        read=lambda r: mean_s(r[m.WAIT_MS], r[m.ANSWERED]),
    ),
    _rolling(
        "wait_seconds",
        "s",
        "Quantiles of the wait of answered legs, within 1 %.",
        "nearest rank over answered legs",
        "M3",
        read=lambda r: r.quantiles_s(m.WAIT_BIN),
        extra="q",
    ),
    _rolling(
        "wait_all_mean_seconds",
        "s",
        "Mean wait of legs answered or abandoned, short ones too.",
        "Σ wait / (answered + abandoned + short)",
        "M3",
        read=lambda r: mean_s(r[m.WAIT_MS] + r[m.ABANDON_WAIT_MS], r[m.ANSWERED] + _all_abandoned(r)),
    ),
    _rolling(
        "customer_wait_mean_seconds",
        "s",
        "Mean over conversations of the wait in all their queues together.",
        "Σ wait over all legs / conversations whose last leg ended",
        "M3",
        read=lambda r: mean_s(r[m.STAYS_WAIT_MS], r[m.STAYS]),
    ),
    _rolling(
        "abandon_wait_mean_seconds",
        "s",
        "Mean time until customers gave up, the short ones too.",
        "Σ wait of abandoned and short / (abandoned + short)",
        "M4",
        read=lambda r: mean_s(r[m.ABANDON_WAIT_MS], _all_abandoned(r)),
    ),
    _rolling(
        "abandon_wait_seconds",
        "s",
        "Quantiles of the time until customers gave up, within 1 %, the short ones too.",
        "nearest rank over abandoned legs",
        "M4",
        read=lambda r: r.quantiles_s(m.ABANDON_WAIT_BIN),
        extra="q",
    ),
    _rolling(
        "service_level_ratio",
        "ratio",
        "Service level under each variant; SL_live counts those already waiting past the target.",
        "SL1 A≤T/A · SL2 A≤T/(A+B) · SL3 A≤T/(A+B−B≤T) · SL4 (A≤T+B≤T)/(A+B) · SL5 (A≤T+S)/(A+B) · "
        "SL6 (A≤T+B≤T+C≤T)/queued · SL_live A≤T/(A+B−B≤T+W>T)",
        "M6",
        read=service_levels,
        extra="variant",
    ),
    _count("first_responses", "First human replies", "M10", m.FIRST_RESPONSES, unit="replies"),
    _rolling(
        "first_response_mean_seconds",
        "s",
        "Mean time from the first customer message to the first human reply.",
        "Σ first response time / first responses",
        "M10",
        read=lambda r: mean_s(r[m.FIRST_RESPONSE_MS], r[m.FIRST_RESPONSES]),
    ),
    _rolling(
        "first_response_seconds",
        "s",
        "Quantiles of the first response time, within 1 %.",
        "nearest rank over first responses",
        "M10",
        read=lambda r: r.quantiles_s(m.FIRST_RESPONSE_BIN),
        extra="q",
    ),
    _rolling(
        "first_response_attainment_ratio",
        "ratio",
        "Share of first responses within the target, those open past it counted as missed.",
        "responses ≤ target / (responses + open past target)",
        "M10x",
        read=lambda r: ratio(r[m.FIRST_RESPONSES_WITHIN], r[m.FIRST_RESPONSES] + r.state.response_open_past_target),
    ),
    _count("replies", "Human replies that ended a wait of the customer", "M11", m.REPLIES, unit="replies"),
    _rolling(
        "reply_mean_seconds",
        "s",
        "Mean time from the first unanswered customer message to the next human reply.",
        "Σ reply time / replies",
        "M11",
        read=lambda r: mean_s(r[m.REPLY_MS], r[m.REPLIES]),
    ),
    _rolling(
        "reply_seconds",
        "s",
        "Quantiles of the reply time, within 1 %.",
        "nearest rank over replies",
        "M11",
        read=lambda r: r.quantiles_s(m.REPLY_BIN),
        extra="q",
    ),
    _count("surveys_sent", "Satisfaction surveys sent", "M61", m.SURVEYS_SENT, unit="surveys"),
    _rolling(
        "survey_response_ratio",
        "ratio",
        "Share of the surveys sent in the window that are answered by now.",
        "sent and answered / sent",
        "M61",
        read=lambda r: ratio(r[m.SURVEYS_ANSWERED], r[m.SURVEYS_SENT]),
    ),
    _count("csat_responses", "Satisfaction responses that count", "M60", m.CSAT_RESPONSES, unit="responses"),
    _rolling(
        "csat_mean_ratio",
        "ratio",
        "Mean satisfaction, scores normalised to 0–1.",
        "Σ (score − min) / (max − min) / responses",
        "M60",
        read=lambda r: float(r.score_sum() / r[m.CSAT_RESPONSES]) if r[m.CSAT_RESPONSES] else None,
    ),
    _rolling(
        "csat_satisfied_ratio",
        "ratio",
        "Share of satisfied responses: at least 0.75 of a scale of 4 steps or more, else the best score.",
        "satisfied / responses",
        "M60",
        read=lambda r: ratio(r[m.CSAT_SATISFIED], r[m.CSAT_RESPONSES]),
    ),
    Metric(
        suffix="events_total",
        family="total",
        kind="counter",
        unit="events",
        help="Distinct accepted events by type.",
        formula="facts of the type",
        source="M71",
        read=lambda r: {BY_CODE[k - m.EVENTS].name: n for k, n in r.sums.items() if m.EVENTS <= k < m.CSAT_SCORE},
        extra="type",
    ),
    Metric(
        suffix="wait_seconds",
        family="total",
        kind="histogram",
        unit="s",
        help="Wait of answered legs, for windows of PromQL's own.",
        formula="answered legs by wait ≤ le",
        source="M3",
        read=_histogram(m.WAIT_BUCKET, m.WAIT_TOTAL_MS),
        extra="le",
    ),
    Metric(
        suffix="first_response_seconds",
        family="total",
        kind="histogram",
        unit="s",
        help="First response time, for windows of PromQL's own.",
        formula="first responses by time ≤ le",
        source="M10",
        read=_histogram(m.FIRST_RESPONSE_BUCKET, m.FIRST_RESPONSE_TOTAL_MS),
        extra="le",
    ),
)
