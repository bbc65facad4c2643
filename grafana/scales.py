"""From which value on a number is to be watched, and from which to be acted on.

Where the product's own wallboard judges a number, the scale is the same; the others are set here.
"""

from __future__ import annotations

from typing import Final

from grafana.scale import Bands, Scale
from stream.alerting.unanswered import MOST
from stream.wallboard.headlines import Headline, headlines

_HEADLINES: Final = headlines()


def _of(name: str) -> Scale:
    headline: Headline = _HEADLINES[name]
    if headline.target is None or headline.limit is None:
        message = f"{name} is not judged"
        raise ValueError(message)
    # What meets its target is fine, and people are whole: past 0 is from 1 on.
    step = 1 if headline.judged_by else 0
    return Scale(watch=headline.target + step, act=headline.limit + step, low_is_bad=headline.better == "up")


PAST_TARGET: Final = _of("waiting")
SERVICE_LEVEL: Final = _of("service_level")
ABANDONMENT: Final = _of("abandonment")
CSAT: Final = _of("csat")
FIRST_RESPONSE: Final = _of("first_response")
AVAILABLE: Final = Scale(watch=2, act=1, low_is_bad=True)
ATTAINMENT: Final = Scale(watch=0.9, act=0.75, low_is_bad=True)
UNANSWERED: Final = Scale(watch=10, act=MOST + 1)
BREACHED: Final = Scale(watch=1, act=10)
OCCUPANCY: Final = Scale(watch=0.85, act=0.95)
UTILISATION: Final = Scale(watch=0.6, act=0.7)
"""Six of ten hours are much, seven are what the alert goes by unless the definitions say otherwise (M25)."""
REOPENED: Final = Scale(watch=0.1, act=0.2)
RESOLVED: Final = Scale(watch=1, act=0.8, low_is_bad=True)
FCR: Final = Scale(watch=0.7, act=0.5, low_is_bad=True)
REPEATS: Final = Scale(watch=0.2, act=0.35)
CONTAINED: Final = Scale(watch=0.3, act=0.15, low_is_bad=True)
COVERAGE: Final = Scale(watch=0.8, act=0.5, low_is_bad=True)
AGE: Final = Scale(watch=30, act=60)
SNAPSHOT: Final = Scale(watch=2, act=10)
SOURCE_AGE: Final = Scale(watch=60, act=300)
REPORTED: Final = Scale(watch=5, act=30)
LAG: Final = Scale(watch=1_000, act=100_000)
NONE_AT_ALL: Final = Scale(watch=1, act=1)
DROPPED: Final = Scale(watch=1, act=100)
IS_UP: Final = Scale(watch=1, act=1, low_is_bad=True)
SKEW: Final = Scale(watch=5, act=60)
NPS: Final = Bands(below="poor", steps=((0, "good"), (20, "favourable"), (50, "excellent"), (80, "world class")))
"""The bands of Bain & Company, who made the score; they are of whole markets, and a centre sees its own customers."""
