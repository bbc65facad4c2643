"""Measures: what one sample adds to the cells of a pane, as (number of the measure, integer).

Numbers below 100 are plain measures, those up to 4,095 belong to `points`. Above stand families, each with an index:
the bins of a sketch, a bucket of a histogram, a type of event, a fraction. Numbers are stored, so none is ever given
to another measure.
"""

from __future__ import annotations

from bisect import bisect_left
from math import isqrt
from typing import TYPE_CHECKING, Final

from aggregators import business, points
from aggregators import samples as s
from aggregators.instants import HOUR_MS, SECOND_MS
from aggregators.sketch import bin_of
from aggregators.vocabulary import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.definitions import Definitions

QUEUED: Final = 1
ANSWERED: Final = 2
ABANDONED: Final = 3
SHORT_ABANDONED: Final = 4
FLOWED_OUT: Final = 5
CALLBACK: Final = 6
AGENT_CLOSED: Final = 7
LOST: Final = 8
ANSWERED_WITHIN: Final = 9
ABANDONED_WITHIN: Final = 10
CALLBACK_WITHIN: Final = 11
WAIT_MS: Final = 12
ABANDON_WAIT_MS: Final = 13
STAYS: Final = 14
STAYS_ABANDONED: Final = 15
STAYS_WAIT_MS: Final = 16
FIRST_RESPONSES: Final = 18
FIRST_RESPONSE_MS: Final = 19
FIRST_RESPONSES_WITHIN: Final = 20
REPLIES: Final = 21
REPLY_MS: Final = 22
SURVEYS_SENT: Final = 23
SURVEYS_ANSWERED: Final = 24
CSAT_RESPONSES: Final = 25
CSAT_SATISFIED: Final = 26
CES_RESPONSES: Final = 27
CES_EASY: Final = 28
NPS_RESPONSES: Final = 29
NPS_PROMOTERS: Final = 30
NPS_DETRACTORS: Final = 31
# Of all time, not of panes.
WAIT_TOTAL_MS: Final = 40
FIRST_RESPONSE_TOTAL_MS: Final = 41
_PLAIN: Final = {
    number: name.lower() for name, number in list(globals().items()) if name.isupper() and type(number) is int
}
"""Read before the families are named: all there is up to here are plain measures."""

FAMILY: Final = points.FAMILY
WAIT_BIN: Final = 1 * FAMILY
ABANDON_WAIT_BIN: Final = 2 * FAMILY
FIRST_RESPONSE_BIN: Final = 3 * FAMILY
REPLY_BIN: Final = 4 * FAMILY
WAIT_BUCKET: Final = 5 * FAMILY
FIRST_RESPONSE_BUCKET: Final = 6 * FAMILY
EVENTS: Final = 7 * FAMILY
MESSAGES: Final = 8 * FAMILY
SCORES: Final = 256 * FAMILY
"""The last family: its indexes number the reduced fractions of each kind of survey, without an upper end."""
CSAT_SCORE: Final = 0
CES_SCORE: Final = 1
NPS_SCORE: Final = 2
_SCORED: Final = ("csat", "ces", "nps")

CUSTOMER: Final = 1
HUMAN: Final = 2
BOT: Final = 3
SYSTEM: Final = 4
NOTE: Final = 5
DIRECTIONS: Final = {CUSTOMER: "customer", HUMAN: "human", BOT: "bot", SYSTEM: "system", NOTE: "note"}
"""Who wrote a message, by its index in MESSAGES: notes are what humans write to each other."""

BUCKETS_S: Final = (5, 10, 20, 30, 60, 120, 300, 900, 3_600, 14_400, 28_800, 86_400)
"""Upper bounds of the histograms in seconds, at the targets."""
_BUCKETS_MS: Final = [bound * SECOND_MS for bound in BUCKETS_S]

_FAMILIES: Final = (
    "",
    "wait",
    "abandon_wait",
    "first_response",
    "reply",
    "wait_le",
    "first_response_le",
    "events",
    "messages",
)

Amounts = tuple[tuple[int, int], ...]
BUSINESS_TIME: Final = "business_time"
"""The family that has first responses and replies in business time too."""


def fraction_index(numerator: int, denominator: int) -> int:
    """Number the fractions 0 ≤ n/d ≤ 1 by Cantor's pairing of n and d − n."""
    rest = denominator - numerator
    return denominator * (denominator + 1) // 2 + rest


def fraction_of(index: int) -> tuple[int, int]:
    """Return (numerator, denominator) of the fraction numbered *index*."""
    denominator = (isqrt(8 * index + 1) - 1) // 2
    rest = index - denominator * (denominator + 1) // 2
    return denominator - rest, denominator


def score_measure(kind: int, numerator: int, denominator: int) -> int:
    """Return the measure of how often a kind of survey (CSAT_SCORE, …) was answered with a fraction."""
    return SCORES + 3 * fraction_index(numerator, denominator) + kind


def name_of(measure: int) -> str:
    """Return the name of a stored measure: `answered`, `wait:123` (a bin), `csat:3/4`, `events:chat.queued`."""
    if measure in _PLAIN:
        return _PLAIN[measure]
    if measure >= SCORES:
        index, kind = divmod(measure - SCORES, len(_SCORED))
        return "{}:{}/{}".format(_SCORED[kind], *fraction_of(index))
    family, index = divmod(measure, FAMILY)
    if not 0 < family < len(_FAMILIES):
        return points.name_of(measure)
    if family * FAMILY == EVENTS:
        return f"{_FAMILIES[family]}:{BY_CODE[index].name}"
    return f"{_FAMILIES[family]}:{DIRECTIONS[index] if family * FAMILY == MESSAGES else index}"


def rolling(sample: s.Sample, definitions: Definitions) -> Amounts:
    """Return what *sample* adds to the panes that hold its instant."""
    return ROLLING[sample[0]](sample, definitions)


def all_time(sample: s.Sample, definitions: Definitions) -> Amounts:
    """Return what *sample* adds to the totals of all time: counters and histograms for PromQL."""
    kind = sample[0]
    if kind == s.LEG:
        if sample[3] != s.ANSWERED:  # type: ignore[misc]  # a Leg
            return _leg(sample, definitions)[:1]  # type: ignore[arg-type]  # as above
        took = sample[1] - sample[4]  # type: ignore[misc]  # as above
        return ((WAIT_BUCKET + bisect_left(_BUCKETS_MS, took), 1), (WAIT_TOTAL_MS, took))
    if kind == s.FIRST_RESPONSE:
        took = sample[1] - sample[3]  # type: ignore[misc]  # a Response
        return ((FIRST_RESPONSE_BUCKET + bisect_left(_BUCKETS_MS, took), 1), (FIRST_RESPONSE_TOTAL_MS, took))
    if kind in (s.SOLVED, points.SOLVE.code):
        return ((points.RESOLVED.count, 1),)
    if kind == points.RECEIVED.code:
        return ((points.RECEIVED.count, 1),)
    return points.amounts(sample) if kind in FLOWS else ()  # type: ignore[arg-type]  # a Point


def _queued(_: s.Queued, __: Definitions) -> Amounts:
    return ((QUEUED, 1),)


def _leg(leg: s.Leg, definitions: Definitions) -> Amounts:
    _, at, labels, outcome, opened = leg
    waited = at - opened
    if outcome == s.LOST:
        return ((LOST, 1),)
    within = waited <= definitions.wait_target(labels.channel, labels.queue)
    if outcome == s.ANSWERED:
        amounts: Amounts = ((ANSWERED, 1), (WAIT_MS, waited), (WAIT_BIN + bin_of(waited), 1))
        return (*amounts, (ANSWERED_WITHIN, 1)) if within else amounts
    if outcome == s.ABANDONED:
        which = SHORT_ABANDONED if definitions.is_short(labels.channel, waited, labels.queue) else ABANDONED
        amounts = ((which, 1), (ABANDON_WAIT_MS, waited), (ABANDON_WAIT_BIN + bin_of(waited), 1))
        return (*amounts, (ABANDONED_WITHIN, 1)) if within else amounts
    if outcome == s.CALLBACK:
        return ((CALLBACK, 1), (CALLBACK_WITHIN, 1)) if within else ((CALLBACK, 1),)
    return ((FLOWED_OUT if outcome == s.FLOWED_OUT else AGENT_CLOSED, 1),)


def _stay(stay: s.Stay, _: Definitions) -> Amounts:
    return ((STAYS, 1), (STAYS_ABANDONED, stay.abandoned), (STAYS_WAIT_MS, stay.waited_ms))


def _first_response(response: s.Response, definitions: Definitions) -> Amounts:
    _, at, labels, started = response
    hours = business.hours_of(definitions, labels)
    took = at - started
    amounts: Amounts = ((FIRST_RESPONSES, 1), (FIRST_RESPONSE_MS, took), (FIRST_RESPONSE_BIN + bin_of(took), 1))
    if hours is not None and BUSINESS_TIME in definitions.families:
        amounts = (*amounts, *business.correction(points.FIRST_RESPONSE_BUSINESS, hours, started, at))
    due = business.response_due(definitions, labels, hours, started)
    return (*amounts, (FIRST_RESPONSES_WITHIN, 1)) if due is None or at <= due else amounts


def _reply(response: s.Response, definitions: Definitions) -> Amounts:
    _, at, labels, started = response
    took = at - started
    amounts: Amounts = ((REPLIES, 1), (REPLY_MS, took), (REPLY_BIN + bin_of(took), 1))
    if BUSINESS_TIME not in definitions.families:
        return amounts
    return (*amounts, *business.correction(points.REPLY_BUSINESS, business.hours_of(definitions, labels), started, at))


def _survey_sent(survey: s.SurveySent, _: Definitions) -> Amounts:
    return ((SURVEYS_SENT, 1), (SURVEYS_ANSWERED, survey.answered))


def _csat(rating: s.Rating, _: Definitions) -> Amounts:
    score = score_measure(CSAT_SCORE, rating.numerator, rating.denominator)
    return ((CSAT_RESPONSES, 1), (CSAT_SATISFIED, rating.good), (score, 1))


def _ces(rating: s.Rating, _: Definitions) -> Amounts:
    score = score_measure(CES_SCORE, rating.numerator, rating.denominator)
    return ((CES_RESPONSES, 1), (CES_EASY, rating.good), (score, 1))


def _nps(rating: s.Rating, definitions: Definitions) -> Amounts:
    score = score_measure(NPS_SCORE, rating.numerator, rating.denominator)
    most = definitions.detractor_to
    detractor = rating.numerator * most.denominator <= most.numerator * rating.denominator
    return ((NPS_RESPONSES, 1), (NPS_PROMOTERS, rating.good), (NPS_DETRACTORS, int(detractor)), (score, 1))


def _handled(handled: s.Handled, __: Definitions) -> Amounts:
    _, _, _, took_ms, gaps_ms, after_ms = handled
    amounts = [(_HANDLED_MS, took_ms), (_HANDLED_BIN + bin_of(took_ms), 1)]
    if gaps_ms:
        amounts.append((_HANDLED_GAPS_MS, -gaps_ms))
    if after_ms >= 0:
        amounts += ((_AFTER_WORK, 1), (_AFTER_WORK_MS, after_ms))
    return tuple(amounts)


BANDS_MS: Final = {1: 12 * HOUR_MS, 2: 48 * HOUR_MS}
"""The bands of resolution times, by the choices of points.SOLVED_BEYOND."""


def _solved(solved: s.LastSolve, __: Definitions) -> Amounts:
    """Return what the last solve adds. Of the first solve and the close only how they differ from it is counted."""
    _, _, _, took_ms, paused_ms, first, closed, late_ms, replies, touches, owners = solved
    number = bin_of(took_ms)
    amounts = [(_SOLVED_MS, took_ms), (_SOLVED_BIN + number, 1)]
    band = _BAND_OF_BIN.get(number)
    if band is not None and took_ms > BANDS_MS[band]:
        amounts.append((_SOLVED_BEYOND + band, 1))
    if paused_ms:
        amounts.append((_SOLVED_PAUSED_MS, -paused_ms))
    if not first:
        amounts += ((_FIRST_SOLVED, -1), (_FIRST_SOLVED_MS, -took_ms))
    if not closed:
        amounts += ((_CLOSED, -1), (_CLOSED_MS, -took_ms))
    elif late_ms > 0:
        amounts.append((_CLOSED_MS, late_ms))
    if late_ms >= 0:
        amounts.append((_AUTO_CLOSED, 1))
    if replies >= 0:
        amounts += points.number_amounts(_REPLIES, replies)
    if touches:
        amounts.append((_TOUCHES, touches))
    if owners:
        amounts += points.number_amounts(_OWNERS, owners)
    return tuple(amounts)


def _solved_business(solved: s.Twice, _: Definitions) -> Amounts:
    return business.corrected(points.SOLVED_BUSINESS, solved.elapsed_ms, solved.business_ms)


def _point(point: points.Point, _: Definitions) -> Amounts:
    return points.amounts(point)


_HANDLED_MS: Final = points.HANDLED.total
_HANDLED_BIN: Final = points.HANDLED.bins
_HANDLED_GAPS_MS: Final = points.HANDLED_ACTIVE.total
_AFTER_WORK: Final = points.AFTER_WORK.count
_AFTER_WORK_MS: Final = points.AFTER_WORK.total
_SOLVED_MS: Final = points.SOLVED.total
_SOLVED_BIN: Final = points.SOLVED.bins
_SOLVED_BEYOND: Final = points.SOLVED_BEYOND.choice(0)
_BAND_OF_BIN: Final = {bin_of(bound): band for band, bound in BANDS_MS.items()}
_SOLVED_PAUSED_MS: Final = points.SOLVED_UNPAUSED.total
_FIRST_SOLVED: Final = points.FIRST_SOLVED.count
_FIRST_SOLVED_MS: Final = points.FIRST_SOLVED.total
_CLOSED: Final = points.CLOSED.count
_CLOSED_MS: Final = points.CLOSED.total
_AUTO_CLOSED: Final = points.AUTO_CLOSED.count
_REPLIES: Final = points.REPLIES_TO_SOLVE.code
_TOUCHES: Final = points.TOUCHES_TO_SOLVE.total
_OWNERS: Final = points.OWNERS.code


ROLLING: Final[dict[int, Callable[..., Amounts]]] = {
    s.QUEUED: _queued,
    s.LEG: _leg,
    s.STAY: _stay,
    s.FIRST_RESPONSE: _first_response,
    s.REPLY: _reply,
    s.SURVEY_SENT: _survey_sent,
    s.CSAT: _csat,
    s.CES: _ces,
    s.NPS: _nps,
    **dict.fromkeys((kind.code for kind in points.KINDS), _point),
    s.HANDLED: _handled,
    s.SOLVED: _solved,
    points.SOLVED_BUSINESS.code: _solved_business,
}
"""What `rolling` calls, by kind of sample."""
FLOWS: Final = frozenset(
    {points.REOPENED.code, points.DELETED.code, points.CONTACT.code}
    | {points.ORPHAN_STOP.code, points.UNKNOWN_ACTOR.code, points.SLA_BREACHED.code}
    | {points.LAPSED.code, points.MOVED_OUT.code, points.MOVED_IN.code, points.KB_SEARCH.code}
)
"""Points that are counted for all time too: counters, and the backlog by what came and went."""
TOTALLED: Final = frozenset({s.LEG, s.FIRST_RESPONSE, s.SOLVED, points.SOLVE.code, points.RECEIVED.code}) | FLOWS
"""The kinds of samples for which `all_time` may return something."""
