"""Errors as `application/problem+json` (RFC 9457): status, what is wrong, and the parameter that is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
MOST_CHOICES = 20
"""So many values that there are instead of a wrong one are told at most."""


class Problem(BaseModel):
    """What an error answers. `parameter` names what was wrong about the request, where it was one thing."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong, for people.")
    parameter: str | None = Field(None, description="The parameter that is wrong, if it is one.")
    choices: list[str] | None = Field(None, description="What there is instead, as far as the caller may see it.")


class Wrong(HTTPException):
    """A request that cannot be answered; see `Problem`."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        parameter: str | None = None,
        choices: Iterable[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status.value, detail, dict(headers or {}))
        self.parameter = parameter
        self.choices = None if choices is None else [*choices][:MOST_CHOICES]


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return for the contract that an endpoint may answer with these problems."""
    return {
        status.value: {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def answer(
    status: int,
    detail: str,
    *,
    parameter: str | None = None,
    choices: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response that says what is wrong."""
    problem = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, parameter=parameter, choices=choices
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def handle(app: FastAPI) -> None:
    """Let *app* answer every error with a problem."""

    @app.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> JSONResponse:
        parameter, choices = (error.parameter, error.choices) if isinstance(error, Wrong) else (None, None)
        return answer(error.status_code, error.detail, parameter=parameter, choices=choices, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        # A parameter that may be named several times has numbers behind its name; a body has paths.
        path = first["loc"][1:2] if first["loc"][0] in ("query", "path") else first["loc"][1:]
        where, name = str(first["loc"][0]), ".".join(str(part) for part in path)
        return answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where} {name}: {first['msg']}", parameter=name or None)

    @app.exception_handler(Exception)
    def failed(_: Request, __: Exception) -> JSONResponse:
        return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "this should not have happened; the log of serve says more")
