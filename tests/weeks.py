"""Weeks of satisfaction: surveys answered at the same hour of several Mondays."""

from __future__ import annotations

from aggregators.instants import DAY_MS, MINUTE_MS, SECOND_MS
from tests.logs import T0, Log

WEEK_MS = 7 * DAY_MS


def mondays(*weeks: tuple[int, int], hour: int = 10, shifted_ms: int = 0) -> Log:
    """Return a log of one Monday after the other, each with so many responses of which so many are satisfied.

    They come from 5 min past the hour on, one each second; on the last Monday *shifted_ms* later.
    """
    log = Log(channel="chat", queue="billing")
    for week, (responses, satisfied) in enumerate(weeks):
        at = T0 + week * WEEK_MS + (hour * 60 + 5) * MINUTE_MS
        if week == len(weeks) - 1:
            at += shifted_ms
        for place in range(responses):
            score = 5 if place < satisfied else 1
            pen = log.of(conversation=f"{week}-{place}")
            pen.add("survey.responded", at + place * SECOND_MS, survey="s", kind="csat", score=score)
    return log
