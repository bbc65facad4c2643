"""What may stand in a file of definitions: each function turns a value of TOML into one of ours, or ValueError."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aggregators.calendars import WEEKDAYS, Openings, joined
from aggregators.definitions import FAMILIES, GENESYS, LEVELS, NEEDS, NEVER_MS, RATED
from aggregators.instants import SECOND_MS
from aggregators.samples import CLOCKS
from aggregators.zones import DAY_MINUTES, Zone, instant_of, zone_of
from stream.settings import LONGEST_RETENTION_D, UNIT_MS, duration_ms

MICROS = 1_000_000
NEVER = "never"
LONGEST_NAME = 256
_MOST = 10**9
"""No score and no amount of money is greater."""
_DIGITS = 30
_YEARS = range(1990, 3000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_SHOWN = 60
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_SPAN = re.compile(r"\s*([0-9:]+)\s*-\s*([0-9:]+)\s*")


def duration(value: object) -> int:
    """Return "90s" or "4h" in ms."""
    if not isinstance(value, str):
        message = f'{shown(value)} is not a duration (try "90s")'
        raise ValueError(message)  # noqa: TRY004 - whoever wrote the file is told
    found = duration_ms(value)
    if found > LONGEST_RETENTION_D * UNIT_MS["d"]:
        message = f"{value!r} is longer than ten years (try 7d)"
        raise ValueError(message)
    return found


def threshold(value: object) -> int:
    """Return a duration in ms, or NEVER_MS for "never"."""
    return NEVER_MS if value == NEVER else duration(value)


def flag(value: object) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    message = f"{shown(value)} is neither true nor false"
    raise ValueError(message)


def number(value: object) -> Fraction:
    """Return a number as the decimal that was written."""
    if type(value) is int and abs(value) <= _MOST:
        return Fraction(value)
    if isinstance(value, Decimal) and value.is_finite():
        _, digits, exponent = value.as_tuple()
        # Not 1e999999999, which would be written out.
        if len(digits) <= _DIGITS and abs(int(exponent)) <= _DIGITS and abs(value) <= _MOST:
            return Fraction(value)
    message = f"{shown(value)} is not a number up to {_MOST} (try 4)"
    raise ValueError(message)


def share(value: object) -> Fraction:
    """Return a share of a scale: 0.75, or "2/3" for what is no decimal."""
    found = re.fullmatch(r"([0-9]{1,9})/([1-9][0-9]{0,8})", value) if isinstance(value, str) else None
    try:
        result = Fraction(int(found[1]), int(found[2])) if found else number(value)
    except ValueError:
        result = Fraction(-1)
    if not 0 <= result <= 1:
        message = f'{shown(value)} is not a share from 0 to 1 (try 0.75 or "2/3")'
        raise ValueError(message)
    return result


def money(value: object) -> int:
    """Return an amount of money in millionths."""
    micros = number(value) * MICROS
    if micros < 0 or micros.denominator != 1:
        message = f"{shown(value)} is not an amount of money with at most six decimals (try 32.50)"
        raise ValueError(message)
    return micros.numerator


def currency(value: object) -> str:
    """Return the code of a currency."""
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        message = f"{shown(value)} is not a currency's three letters (try EUR)"
        raise ValueError(message)
    return value


def name(value: object) -> str:
    """Return the name of a tenant, channel, queue, team, tier, shift or calendar."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        message = f'{shown(value)} is not a name of 1 to {LONGEST_NAME} printable characters (try "billing")'
        raise ValueError(message)
    return value


def names(value: object) -> tuple[str, ...]:
    """Return a list of names, none of them twice."""
    if not isinstance(value, list):
        message = f'{shown(value)} is not a list of names (try ["billing", "sales"])'
        raise ValueError(message)  # noqa: TRY004 - as above
    result = tuple(name(each) for each in value)
    twice = next((each for each in result if result.count(each) > 1), None)
    if twice is not None:
        message = f"{twice!r} stands there twice"
        raise ValueError(message)
    return result


def levels(value: object) -> tuple[str, ...]:
    """Return the levels asked for, in their own order."""
    return _of(LEVELS, value)


def families(value: object) -> tuple[str, ...]:
    """Return the families of metrics asked for, in their own order."""
    found = _of(FAMILIES, value)
    for family, needed in NEEDS.items():
        if family in found and needed not in found:
            message = f"{family!r} counts what {needed!r} finds (try {json.dumps([*found, needed])})"
            raise ValueError(message)
    return found


def clocks(value: object) -> tuple[str, ...]:
    """Return the policy clocks asked for, in their own order."""
    return _of(CLOCKS, value)


def service_level(value: object) -> Fraction:
    """Return the share that is to be answered in time: above 0, for nobody needs to be told of less, and below 1."""
    found = share(value)
    if not 0 < found < 1:
        message = f"{shown(value)} is not a share between 0 and 1 (try 0.8)"
        raise ValueError(message)
    return found


def utilisation(value: object) -> Fraction:
    """Return the utilisation from which on there is too much to do: above 0, for everybody is at 0 some time."""
    found = share(value)
    if found == 0:
        message = f"{shown(value)} is not a share above 0 (try 0.7)"
        raise ValueError(message)
    return found


def genesys(value: object) -> tuple[str, ...]:
    """Return the switches of SLg, in their own order."""
    found = _of(GENESYS, value)
    if "abandoned_out" in found and "short_out" in found:
        message = "'abandoned_out' takes the short ones out already (try one of the two)"
        raise ValueError(message)
    return found


def _of(known: tuple[str, ...], value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        message = f"{shown(value)} is not a list of names (try {json.dumps(known[:2])})"
        raise ValueError(message)  # noqa: TRY004 - as above
    asked = names(value)
    for each in asked:
        if each not in known:
            message = f"{each!r} is not one of {', '.join(known)}"
            raise ValueError(message)
    return tuple(each for each in known if each in asked)


def rated(value: object) -> str:
    """Return who is rated by a survey."""
    if not isinstance(value, str) or value not in RATED:
        message = f"{shown(value)} is not one of {', '.join(RATED)}"
        raise ValueError(message)
    return value


def is_falling(value: object) -> bool:
    """Tell whether the direction of a scale is down."""
    if value not in ("up", "down"):
        message = f"{shown(value)} is not one of up, down"
        raise ValueError(message)
    return value == "down"


@lru_cache(maxsize=256)
def _zone(text: str) -> Zone:
    return zone_of(text, ZoneInfo(text))


def zone(value: object) -> Zone:
    """Return a time zone of the IANA data base."""
    try:
        if isinstance(value, str):
            return _zone(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    message = f"{shown(value)} is not an IANA time zone (try Europe/Berlin)"
    raise ValueError(message)


def minutes(text: str) -> int:
    """Return "HH:MM" up to 24:00 in minutes."""
    found = _CLOCK.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if found is None or int(found[2]) > 59 or minute > DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        message = f"{text!r} is not a time from 00:00 to 24:00 (try 09:00)"
        raise ValueError(message)
    return minute


def span(value: object) -> tuple[int, int]:
    """Return "HH:MM-HH:MM" in minutes, in whatever order."""
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        message = f'{shown(value)} is not a span of local time (try "09:00-17:00")'
        raise ValueError(message)
    return minutes(found[1]), minutes(found[2])


def hours(value: object) -> Openings:
    """Return the openings of a day: "09:00-12:00, 13:00-17:00", a list of such spans, or "closed"."""
    if value == "closed":
        return ()
    spans = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else [value]
    result = [span(each) for each in spans]
    for opens, closes in result:
        if opens >= closes:
            message = f"{shown(value)} ends before it begins (what is past midnight goes to the next day)"
            raise ValueError(message)
    try:
        return joined(result)
    except ValueError as error:
        message = f"{shown(value)} overlaps itself"
        raise ValueError(message) from error


def weekdays(value: object) -> tuple[int, ...]:
    """Return the weekdays of "mon" or "mon-fri", 0 for Monday. "fri-mon" goes over the week's end."""
    first, dash, last = str(value).partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        message = f"is not a weekday or a span of them (try mon-fri, of {', '.join(WEEKDAYS)})"
        raise ValueError(message)
    begin = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last) - begin) % len(WEEKDAYS) + 1 if dash else 1
    return tuple((begin + step) % len(WEEKDAYS) for step in range(length))


def day(value: object) -> int:
    """Return the ordinal of a date, as TOML writes it or in quotes."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if isinstance(found, date) and not isinstance(found, datetime) and found.year in _YEARS:
        return found.toordinal()
    message = f"{shown(value)} is not a date from {_YEARS.start} on (try 2026-12-25)"
    raise ValueError(message)


def instant(value: object, zone: Zone) -> int:
    """Return an instant with offset, or the beginning of a date in *zone*, in epoch ms."""
    if isinstance(value, datetime) and value.tzinfo is not None and value.year in _YEARS:
        return int((value - _EPOCH).total_seconds()) * SECOND_MS
    if isinstance(value, date) and not isinstance(value, datetime):
        return instant_of(zone.info, day(value), 0)
    message = f"{shown(value)} is neither a date nor an instant with offset, from {_YEARS.start} on (try 2026-03-01)"
    raise ValueError(message)


def shown(value: object) -> str:
    """Return *value* as somebody recognises it, on one line and not too long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > 10**_DIGITS:
        return "a number of that size"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
