"""Instants as the API writes and reads them: RFC 3339 in UTC with milliseconds; epoch milliseconds are read too."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from aggregators.instants import rfc3339
from stream.api.problems import Wrong
from stream.errors import UsageError
from stream.files import instant

Instant = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-22T18:00:00.000Z"], max_length=40)
]
"""An instant in an answer, as `stamp` writes it."""


def stamp(at: int) -> str:
    """Write *at* (epoch ms) as `2026-11-22T18:00:00.000Z`: always as long, so that texts sort as instants do."""
    written = rfc3339(at)
    return written if "." in written else f"{written[:-1]}.000Z"


def stamp_or_none(at: int | None) -> str | None:
    """Write *at* as `stamp` does, None as None."""
    return None if at is None else stamp(at)


def parse(parameter: str, text: str) -> int:
    """Return the instant (epoch ms) that a parameter gives; Wrong, which names it, if it gives none."""
    try:
        return instant(parameter, text)
    except UsageError as error:
        raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), parameter=parameter) from error
