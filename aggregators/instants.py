"""Instants: integer epoch milliseconds, read from RFC 3339 with zone or from integer epoch milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

EARLIEST_MS: Final = 631_152_000_000
"""1990-01-01T00:00:00Z: an event before it is a mistake."""
LATEST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_HEAD: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):", re.ASCII)
_TAIL: Final = re.compile(r"(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_HEAD_LENGTH: Final = len("2024-02-29T20:46:")
_USUAL_LENGTH: Final = len("2024-02-29T20:46:20.123Z")
_DOT: Final = len("2024-02-29T20:46:20.")
# The usual stamp is three look-ups: its minute is shared by thousands, seconds and milliseconds are few.
_CACHE_LIMIT: Final = 65_536
_minutes: Final[dict[str, int | None]] = {}
_seconds: Final = {f"{second:02d}.": second * SECOND_MS for second in range(60)}
_milliseconds: Final = {f"{ms:03d}Z": ms for ms in range(SECOND_MS)}


def instant_ms(value: object) -> int | None:
    """Return *value* in epoch ms, or None if it is no instant: no zone, an impossible date, another type.

    Digits of a second beyond the third are cut off.
    """
    if type(value) is str:
        head = value[:_HEAD_LENGTH]
        try:
            minute = _minutes[head]
        except KeyError:
            minute = _remember(head)
        if minute is None:
            return None
        if len(value) == _USUAL_LENGTH:
            try:
                return minute + _seconds[value[_HEAD_LENGTH:_DOT]] + _milliseconds[value[_DOT:]]
            except KeyError:
                pass
        rest = _rest_ms(value[_HEAD_LENGTH:])
        return None if rest is None else minute + rest
    if type(value) is int and -LATEST_MS <= value <= LATEST_MS:
        return value
    return None


def rfc3339(instant: int) -> str:
    """Write *instant* (epoch ms) as RFC 3339 with Z, with milliseconds where there are any."""
    stamp = datetime.fromtimestamp(instant // SECOND_MS, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{instant % SECOND_MS:03d}Z" if instant % SECOND_MS else f"{stamp}Z"


def _remember(head: str) -> int | None:
    if len(_minutes) >= _CACHE_LIMIT:
        _minutes.clear()
    minute = _minutes[head] = _minute_ms(head)
    return minute


def _minute_ms(head: str) -> int | None:
    found = _HEAD.fullmatch(head)
    if not found:
        return None
    try:
        return int(datetime(*(int(part) for part in found.groups()), tzinfo=UTC).timestamp()) * SECOND_MS  # type: ignore[misc,arg-type]  # five ints
    except ValueError:
        return None


def _rest_ms(tail: str) -> int | None:
    """Return the milliseconds of seconds, fraction and zone."""
    found = _TAIL.fullmatch(tail)
    if not found:
        return None
    seconds, fraction, sign, hours, minutes = found.groups()
    if int(seconds) > 59:  # noqa: PLR2004 - seconds of a minute
        return None
    offset_ms = 0
    if sign:
        if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004 - of a day, of an hour
            return None
        offset_ms = (int(hours) * HOUR_MS + int(minutes) * MINUTE_MS) * (1 if sign == "+" else -1)
    return int(seconds) * SECOND_MS + int(((fraction or "") + "000")[:3]) - offset_ms
