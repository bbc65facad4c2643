"""The sweep of the surveys: which response of each survey counts, and whether a survey sent was answered."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aggregators import points
from aggregators.events import USUAL_SCALES, bounds, exact
from aggregators.levels import Asked
from aggregators.points import Point
from aggregators.samples import CES, CSAT, NPS, SURVEY_SENT, Rating, SurveySent
from aggregators.vocabulary import FIRST_CONTACT, KIND, SCALE, SCORE, SURVEY, code_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from aggregators.definitions import Definitions, Scale
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Sample

_OFFERED: Final = code_of("survey.offered")
_SENT: Final = code_of("survey.sent")
_RESPONDED: Final = code_of("survey.responded")
_RETRACTED: Final = code_of("survey.retracted")

TYPES: Final = frozenset({_OFFERED, _SENT, _RESPONDED, _RETRACTED})
"""The types this sweep reads."""
_RATED: Final = {"csat": CSAT, "ces": CES, "nps": NPS}
_POINT_OF_SENT: Final = {"ces": points.CES_SENT.code, "nps": points.NPS_SENT.code}
_POINT_OF_SETTLED: Final = {
    "csat": points.SURVEY_SETTLED.code,
    "ces": points.CES_SETTLED.code,
    "nps": points.NPS_SETTLED.code,
}
_POINT_OF_OFFERED: Final = {
    "csat": points.SURVEY_OFFERED.code,
    "ces": points.CES_OFFERED.code,
    "nps": points.NPS_OFFERED.code,
}


class SurveyRow(NamedTuple):
    """One survey. `offered` is the first time it was shown, `sent` that it was sent, None where it never was.

    `responded` is the instant of the response that counts, `normalised` its score between 0 and 1, `span` the length of
    its scale. `answered` is the instant from which on there has always been a response that counts, whichever. Where
    none does because the last one was withdrawn, that is `withdrawn`: its instant, its score between 0 and 1, the
    length of its scale. `first_contact` is what the response that counts says of that, None where it says nothing.
    """

    sent: int | None
    responded: int | None
    normalised: Fraction | None
    span: Fraction | None
    answered: int | None = None
    withdrawn: tuple[int, Fraction, Fraction] | None = None
    offered: int | None = None
    first_contact: bool | None = None


def sweep(facts: Sequence[Fact], *, kind: str, scales: Mapping[str, Scale] = USUAL_SCALES) -> list[SurveyRow]:
    """Return the surveys of one kind, by their id. `facts` are in the order of the sweep.

    A response is on its own scale, or on that of its kind in *scales* where it does not say.

    A retraction withdraws the response before it for good; only a later response counts again.
    """
    sent: dict[str, int] = {}
    counting: dict[str, Fact | None] = {}
    answered: dict[str, int] = {}
    withdrawn: dict[str, Fact] = {}
    offered: dict[str, int] = {}
    for fact in facts:
        survey = fact.fields[SURVEY]
        if fact.type == _RETRACTED:
            response = counting.get(survey)
            if response is not None:
                counting[survey], withdrawn[survey] = None, response
        elif fact.fields[KIND] != kind:
            continue
        elif fact.type == _SENT:
            sent.setdefault(survey, fact.at)
        elif fact.type == _OFFERED:
            offered.setdefault(survey, fact.at)
        else:
            if counting.get(survey) is None:
                answered[survey] = fact.at
            counting[survey] = fact
    rows = []
    for survey in sorted(sent.keys() | counting.keys() | offered.keys()):
        response = counting.get(survey)
        if response is None:
            gone = withdrawn.get(survey)
            was = None if gone is None else (gone.at, *normalise(gone, scales))
            row = SurveyRow(sent.get(survey), None, None, None, withdrawn=was, offered=offered.get(survey))
        else:
            normalised, span = normalise(response, scales)
            shown, first = offered.get(survey), sent.get(survey)
            said = response.fields.get(FIRST_CONTACT)
            row = SurveyRow(first, response.at, normalised, span, answered[survey], None, shown, said)
        rows.append(row)
    return rows


def normalise(response: Fact, scales: Mapping[str, Scale] = USUAL_SCALES) -> tuple[Fraction, Fraction]:
    """Return (score between 0 and 1 with 1 the best, length of the scale) of a survey.responded of a known kind."""
    fields = response.fields
    ends = bounds(fields, scales)
    if ends is None:
        message = f"no scale is known for surveys of kind {fields[KIND]!r}"
        raise ValueError(message)
    direction = (fields.get(SCALE) or {}).get("direction")
    usual = scales.get(fields[KIND])
    falling = direction == "down" if direction is not None else usual is not None and usual.falling
    return _normalised(*ends, fields[SCORE], falling=falling)


def is_good(kind: str, normalised: Fraction, span: Fraction, definitions: Definitions) -> bool:
    """Tell whether a score is satisfied (csat), easy (ces) or a promoter's (nps)."""
    if kind == "nps":
        return normalised >= definitions.promoter_from
    if kind == "ces":
        return normalised >= definitions.easy_from
    wide = span >= definitions.satisfied_wide_scale
    return normalised >= definitions.satisfied_from if wide else normalised == 1


# Typed: 2**60 and 2.0**60 are equal and were written as different decimals.
@lru_cache(maxsize=1_024, typed=True)
def _normalised(least: Any, most: Any, score: Any, *, falling: bool) -> tuple[Fraction, Fraction]:  # noqa: ANN401 - as exact
    span = exact(most) - exact(least)
    share = (exact(score) - exact(least)) / span
    return (1 - share if falling else share), span


def observe(
    facts: Sequence[Fact], places: Places, definitions: Definitions, samples: list[Sample], asked: list[Asked]
) -> None:
    """Add the surveys, and to *asked* each sample of one with the instant that says who is rated."""
    named = {fact.fields.get(KIND) for fact in facts}
    settling = "surveys" in definitions.families
    for kind, rated in _RATED.items():
        if kind not in named:
            continue
        for row in sweep(facts, kind=kind, scales=definitions.scales):
            if row.sent is not None:
                answered, labels = int(bool(row.responded)), places.at(row.sent)
                if rated == CSAT:
                    samples.append(SurveySent(SURVEY_SENT, row.sent, labels, answered))
                else:
                    samples.append(Point(_POINT_OF_SENT[kind], row.sent, labels, 1 + answered))
                asked.append(Asked(samples[-1], row.sent))
                if settling:
                    settled = row.sent + definitions.survey_settle_ms
                    in_time = row.answered is not None and row.answered <= settled
                    samples.append(Point(_POINT_OF_SETTLED[kind], settled, labels, 1 + in_time))
                    asked.append(Asked(samples[-1], row.sent))
            if settling and row.offered is not None:
                samples.append(Point(_POINT_OF_OFFERED[kind], row.offered, places.at(row.offered), 1))
                asked.append(Asked(samples[-1], row.offered))
            if settling and rated == CSAT and row.withdrawn is not None:
                responded, share, span = row.withdrawn
                good = int(is_good(kind, share, span, definitions))
                at = responded if row.sent is None else row.sent
                samples.append(Point(points.CSAT_WITHDRAWN.code, responded, places.at(at), 1 + good))
                asked.append(Asked(samples[-1], at))
            if row.responded is not None and row.normalised is not None and row.span is not None:
                share = row.normalised
                good = int(is_good(kind, share, row.span, definitions))
                at = row.responded if row.sent is None else row.sent
                labels = places.at(at)
                samples.append(Rating(rated, row.responded, labels, share.numerator, share.denominator, good))
                asked.append(Asked(samples[-1], at))
                if settling and row.first_contact is not None:
                    said = 1 + row.first_contact
                    samples.append(Point(points.FIRST_CONTACT_SAID.code, row.responded, labels, said))
                    asked.append(Asked(samples[-1], at))
