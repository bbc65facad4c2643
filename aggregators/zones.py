"""Zones: the instants at which the clocks of a place show a time, and a digest of their rules."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from aggregators.instants import SECOND_MS

EPOCH: Final = date(1970, 1, 1).toordinal()
LAST_DAY: Final = date(9999, 12, 29).toordinal()
"""The calendar ends before the last midnight of some zones."""
DAY_MINUTES: Final = 24 * 60
_DAY_S: Final = 86_400
_FIRST_RULE: Final = date(1990, 1, 1).toordinal()
_STEP_DAYS: Final = 5
_LAST_RULE: Final = date(2050, 1, 1).toordinal()


class Zone(NamedTuple):
    """A time zone: its IANA name, the digest of its rules, and what Python computes with."""

    name: str
    rules: str
    info: tzinfo


def zone_of(name: str, info: tzinfo) -> Zone:
    """Return the zone *name*, whose clocks go as *info* says."""
    return Zone(name, rules_of(info), info)


def rules_of(info: tzinfo) -> str:
    """Return sixteen hexadecimal digits that differ when the clocks do, at any instant from 1990 to the end of 2049.

    Two releases of the time-zone data that agree about a zone give the same digits, wherever they are installed. Two
    changes within five days that cancel out would not be seen; the closest since 1990 are a week apart (Recife, in
    October 2000).
    """
    offset = _offset_s(info, (_FIRST_RULE - EPOCH) * _DAY_S)
    changes = [[0, offset]]
    for ordinal in range(_FIRST_RULE, _LAST_RULE, _STEP_DAYS):
        until = (ordinal + _STEP_DAYS - EPOCH) * _DAY_S
        if _offset_s(info, until) != offset:
            changed = _change(info, until - _STEP_DAYS * _DAY_S, until)
            offset = _offset_s(info, until)
            changes.append([changed, offset])
    return hashlib.sha256(json.dumps(changes).encode()).hexdigest()[:16]


def instant_of(info: tzinfo, ordinal: int, minute: int) -> int:
    """Return when clocks show *minute* (0 to 1,440, which is 24:00) of the day *ordinal*, in epoch ms.

    A time that comes twice is the first of the two; one that is left out is the instant at which the clocks jump.
    So a later time is never an earlier instant, and the days of a zone lie end to end: 24:00 is 00:00 of the next.
    """
    day, minute = (ordinal + 1, 0) if minute == DAY_MINUTES else (ordinal, minute)
    local = datetime.fromordinal(day).replace(hour=minute // 60, minute=minute % 60, tzinfo=info)
    shown_s = (day - EPOCH) * _DAY_S + minute * 60
    first = shown_s - _seconds(local.utcoffset())
    second = shown_s - _seconds(local.replace(fold=1).utcoffset())
    if first > second:  # the clocks jump past it: by the offset before the jump it is after it, and the other way round
        first = _change(info, second, first)
    return first * SECOND_MS


def _change(info: tzinfo, before: int, after: int) -> int:
    """Return the first second after *before*, up to *after*, with another offset than *before* has."""
    offset = _offset_s(info, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_s(info, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset_s(info: tzinfo, instant_s: int) -> int:
    return _seconds(datetime.fromtimestamp(instant_s, info).utcoffset())


def _seconds(offset: timedelta | None) -> int:
    return 0 if offset is None else offset.days * _DAY_S + offset.seconds
