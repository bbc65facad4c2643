"""Cursors: where a list goes on. They pin its instant, and name the last member by its place, never by its id."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from aggregators.instants import LATEST_MS
from stream.api.problems import Wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.drilling import Member

_FORM = 1


class Cursor(NamedTuple):
    """The list at `as_of`, behind a member of this value and instant, of several such the one of this number."""

    as_of: int
    value: float | None
    at: int
    number: int

    def text(self) -> str:
        """Return it as it is handed out."""
        return urlsafe_b64encode(json.dumps([_FORM, *self]).encode()).decode().rstrip("=")


def parse(text: str) -> Cursor:
    """Return the cursor that *text* is; Wrong if it is none of ours."""
    try:
        form, as_of, value, at, number = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        form = as_of = value = at = number = None
    is_ours = form == _FORM and all(type(each) is int for each in (as_of, at, number))
    is_ours = is_ours and number >= 1 and all(0 <= each <= LATEST_MS for each in (as_of, at))
    if not is_ours or not (value is None or type(value) in {int, float}):
        detail = "cursor: this is none that was handed out with a list"
        raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter="cursor")
    return Cursor(as_of, value, at, number)


def ordered(members: Sequence[Member]) -> list[Member]:
    """Return *members*, the greatest value first, then the latest; those without a value last."""
    return sorted(members, key=lambda each: (*_place(each.value, each.at), each.owner, each.tenant, each.id, each.what))


def page(rows: Sequence[Member], cursor: Cursor | None, *, limit: int, as_of: int) -> tuple[list[Member], str | None]:
    """Return at most *limit* of *rows* behind *cursor*, and the cursor to go on from, None at the end.

    *rows* are `ordered`. What comes or goes elsewhere meanwhile moves nothing.
    """
    start = 0
    if cursor is not None:
        last = _place(cursor.value, cursor.at)
        before = sum(_place(each.value, each.at) < last for each in rows)
        alike = sum(_place(each.value, each.at) == last for each in rows)
        start = before + min(cursor.number, alike)
    found = list(rows[start : start + limit])
    if start + limit >= len(rows) or not found:
        return found, None
    end = found[-1]
    same = [place for place in range(start + limit) if (rows[place].value, rows[place].at) == (end.value, end.at)]
    return found, Cursor(as_of, end.value, end.at, len(same)).text()


def _place(value: float | None, at: int) -> tuple[bool, float, int]:
    return (value is None, -(value or 0.0), -at)
