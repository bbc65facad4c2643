"""The contract: what OpenAPI says of every endpoint beside what the endpoints say of themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from stream.api.problems import Problem, responses
from stream.api.sessions import COOKIE

PROBLEMS: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What any endpoint may answer."""
OF_BODIES: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
OF_READING: Final = {"304": {"description": "The answer is that of the tag in If-None-Match still."}}
SCHEMES: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "What a link for a screen gives."},
    "token": {"type": "http", "scheme": "bearer", "description": "A token that `deskpulse token new` has made."},
}
EVENTS: Final = "text/event-stream"
EVENT: Final = {
    "type": "object",
    "description": "One event of the stream.",
    "properties": {
        "event": {"type": "string", "description": "Its kind."},
        "id": {"type": "string", "description": "Sent back in Last-Event-ID, it goes on from here."},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
_NOT_OURS: Final = ("HTTPValidationError", "ValidationError")
"""FastAPI's own form of an error, in place of which there are problems."""


def described(contract: dict[str, Any]) -> dict[str, Any]:
    """Return *contract* with the errors as they are answered and the ways to say who asks."""
    components = contract.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = SCHEMES
    for path in contract["paths"].values():
        for method, operation in path.items():
            errors = responses(*PROBLEMS, *(OF_BODIES if "requestBody" in operation else ()))
            operation["responses"] |= {str(status): response for status, response in errors.items()}
            operation["responses"] |= OF_READING if method == "get" else {}
            answered = operation["responses"].get("200", {}).get("content", {})
            if EVENTS in answered:
                answered[EVENTS]["schema"] = EVENT
            operation["security"] = [{scheme: []} for scheme in SCHEMES]
    return contract
