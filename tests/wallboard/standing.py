"""A stand-in for the API behind the wallboard, so that every state it can be in is shown at will.

The pages, the boards and the alerts are the real ones; numbers, changes, trust and the past are what a `Floor` says.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from aggregators.instants import rfc3339
from stream.api import problems
from stream.api.access import ANYBODY
from stream.api.headers import SecurityHeaders
from stream.api.identity import Identifying, Identity
from stream.api.server import Server
from stream.api.source import Source
from stream.clock import now_ms
from stream.files import instant
from stream.settings import Settings, load
from stream.snapshot import Snapshot
from stream.wallboard import alerts, layout, pages, silence
from stream.wallboard.boards import usual

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import ASGIApp

WINDOW = "1h"
EVERY_S = 1.0
KEPT_MS = 1_700_000_000_000
"""Of instants before it nobody is known."""
QUEUES = (
    ("billing", "chat", 3, 41, 0, 0.81),
    ("billing", "voice", 0, None, 0, 0.93),
    ("returns", "chat", 1, 12, 0, 0.85),
    ("returns", "sms", 0, None, 0, 0.71),
    ("sales", "chat", 2, 8, 0, 0.99),
    ("tech", "chat", 12, 75, 2, 0.67),
    ("tech", "voice", 31, 148, 22, 0.41),
    ("tech", "web", 5, 58, 0, 0.61),
)
"""Queue, channel, waiting, age of the oldest in seconds, how many past the target, service level."""
TENANT = {
    "waiting": 54,
    "waiting_past_target": 24,
    "oldest_wait_seconds": 148.0,
    "rolling_service_level_ratio variant=SL3": 0.82,
    "rolling_service_level_low_ratio": 0.80,
    "rolling_service_level_high_ratio": 0.84,
    "rolling_queued": 1703,
    "rolling_abandonment_ratio": 0.041,
    "rolling_first_response_seconds q=0.5": 45.2,
    "rolling_first_response_seconds q=0.9": 124.0,
    "rolling_first_responses": 1210,
    "rolling_csat_satisfied_ratio": 0.77,
    "rolling_csat_satisfied_low_ratio": 0.72,
    "rolling_csat_satisfied_high_ratio": 0.81,
    "rolling_csat_responses": 292,
    "agents_available": 7,
    "agents state=available": 5,
    "agents state=partially_busy": 4,
    "agents state=busy": 31,
    "agents state=acw": 3,
    "backlog_open": 1346,
    "backlog_oldest_seconds": 270_000.0,
}


@dataclass(slots=True)
class Floor:
    """What the stand-in says: numbers by (metric, labels, window), how old each source is, and what is wrong."""

    numbers: dict[tuple[str, tuple[tuple[str, str], ...], str | None], float] = field(default_factory=dict)
    sources_s: dict[str, float] = field(default_factory=lambda: {"zendesk": 3.0, "genesys": 12.0})
    trouble: str | None = None
    is_stuck: bool = False
    """Whether no more events are sent, while connections stay open."""
    is_closed: bool = False
    is_unknown: bool = False
    """Whether there is no trust to be told of, as of a tenant that nobody has heard of."""
    is_masked: bool = False
    """Whether who asks may not see which conversations they are."""
    hidden: frozenset[int] = frozenset()
    """Which of them were deleted."""

    def close(self) -> None:
        """End every stream of changes soon."""
        self.is_closed = True

    def tenant(self, suffix: str, value: float | None) -> None:
        """Set a number of the tenant, `agents state=busy` being one with a label; None takes it away."""
        self.put("tenant", {"tenant": "acme"}, suffix, value)

    def put(self, level: str, labels: Mapping[str, str], suffix: str, value: float | None) -> None:
        """Set a number of a place, or take it away."""
        name, *pairs = suffix.split(" ")
        every = {**labels, **dict(pair.split("=") for pair in pairs)}
        window = WINDOW if name.startswith("rolling_") else None
        key = f"support_{level}_{name}", tuple(sorted(every.items())), window
        if value is None:
            self.numbers.pop(key, None)
        else:
            self.numbers[key] = value

    @classmethod
    def busy(cls) -> Self:
        """Return a floor on a busy day."""
        floor = cls()
        for suffix, value in TENANT.items():
            floor.tenant(suffix, value)
        for queue, channel, waiting, oldest_s, past, level in QUEUES:
            labels = {"tenant": "acme", "channel": channel, "queue": queue}
            for suffix, number in {
                "waiting": waiting,
                "oldest_wait_seconds": oldest_s,
                "waiting_past_target": past,
                "rolling_service_level_ratio variant=SL3": level,
                "rolling_abandonment_ratio": 0.04,
                "rolling_first_response_seconds q=0.5": 30.0,
                "rolling_csat_satisfied_ratio": 0.8,
                "rolling_csat_responses": 25,
                "rolling_queued": 200,
            }.items():
                floor.put("queue", labels, suffix, number)
        return floor

    def values(self) -> list[dict[str, Any]]:
        """Return the numbers as the API says them."""
        return [
            {"metric": metric, "labels": dict(labels), "window": window, "value": value}
            for (metric, labels, window), value in self.numbers.items()
        ]

    def standing(self) -> dict[str, Any]:
        """Return what every answer says of them."""
        now = rfc3339(now_ms())
        return {"as_of": now, "made_at": now, "trouble": self.trouble, "generation": "5eed5eed"}


class Standing:
    """The stand-in, listening while its context lasts."""

    def __init__(self, floor: Floor, *, port: int, **given: str) -> None:
        """*port* is where, so that another one may take its place; *given* are settings."""
        self.floor = floor
        self.settings: Settings = load({"listen": f"127.0.0.1:{port}", **given})
        self._server = Server(make_app(floor, self.settings), self.settings)
        self.url = self._server.address

    def __enter__(self) -> Self:
        """Listen from now on."""
        self.floor.is_closed = False
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with every connection."""
        self._server.__exit__()


class _App(FastAPI):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def build_middleware_stack(self) -> ASGIApp:
        """Return the application behind what a browser sees of the guards."""
        identity = Identity(self._settings)
        return SecurityHeaders(Identifying(super().build_middleware_stack(), identity), self._settings)


def make_app(floor: Floor, settings: Settings) -> FastAPI:
    """Return the application that says what *floor* does."""
    app = _App(settings)
    problems.handle(app)
    source = Source(settings, Snapshot)
    app.state.at_end = [floor.close]
    app.include_router(pages.router(source))
    for part in (layout, alerts):
        app.include_router(part.router(source), prefix="/api/v1")
    app.include_router(_numbers(floor, settings), prefix="/api/v1")
    return app


def _numbers(floor: Floor, settings: Settings) -> APIRouter:
    routes = APIRouter()

    @routes.get("/changes")
    async def changes(request: Request) -> StreamingResponse:
        wanted = set(request.query_params.getlist("metric"))
        return StreamingResponse(_events(floor, wanted), media_type="text/event-stream")

    @routes.get("/trust")
    async def trust() -> dict[str, Any]:
        if floor.is_unknown:
            raise problems.Wrong(HTTPStatus.NOT_FOUND, "tenant: there is none of this name", parameter="tenant")
        return {
            **floor.standing(),
            "sources": [{"source": name, "age_s": age_s} for name, age_s in floor.sources_s.items()],
            "counts": {"duplicates": 214, "late_applied": 31, "late_dropped": 0},
            "violations": {"1h": 0},
            "backlog_drift": 0,
            "folded": 0,
        }

    @routes.get("/silence")
    async def silence_of() -> silence.Silence:
        return silence.said(settings.laid_out or usual(), floor.sources_s, caller=ANYBODY)

    @routes.get("/history")
    async def history(request: Request) -> dict[str, Any]:
        now = now_ms()
        key = request.query_params["metric"]
        level = next((value for (metric, *_), value in floor.numbers.items() if metric == key), 1.0)
        points = [
            [rfc3339(now - n * 120_000), level * (0.75 + 0.25 * ((n * 37) % 11) / 11 + 0.2 * (n % 20 > 13))]
            for n in range(60, 0, -1)
        ]
        return {"points": points}

    @routes.get("/values")
    async def values() -> Response:
        return Response(json.dumps({**floor.standing(), "values": floor.values(), "more": False}))

    @routes.get("/conversations")
    async def conversations(request: Request) -> Response:
        if request.query_params.get("metric") == "support_tenant_backlog_oldest":
            raise problems.Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, "metric: there is no such thing", parameter="metric")
        as_of = request.query_params.get("as_of")
        if as_of is not None and not KEPT_MS <= instant("as_of", as_of) <= now_ms():
            raise problems.Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, "as_of: nobody knows that", parameter="as_of")
        first = int(request.query_params.get("cursor", "0"))
        is_waiting = request.query_params.get("metric") == "support_tenant_oldest_wait_seconds"
        members = [
            {
                "conversation": f"conv-{n:03}" if not floor.is_masked and n not in floor.hidden else f"…{n:03}",
                "is_hidden": n in floor.hidden,
                "of": "conversation",
                "at": rfc3339((now_ms() if is_waiting else 1_790_000_000_000) - n * 60_000),
                "channel": "chat",
                "queue": "tech",
                "value": 200.0 - n,
                "unit": "s",
            }
            for n in range(first, first + 20)
        ]
        answer = {
            **{name: request.query_params.get(name) for name in ("metric", "window")},
            "labels": {"tenant": "acme"},
            "as_of": rfc3339(1_790_000_000_000),
            "unit": "s",
            "percentile": None,
            "found": 40,
            "value": 124.0,
            "reproduced": 124.0,
            "n": 40,
            "sum": 7220.0,
            "members": members,
            "next": None if first else "20",
        }
        return Response(json.dumps(answer), media_type="application/json")

    @routes.get("/conversations/{conversation}")
    async def timeline(conversation: str) -> dict[str, Any]:
        at = rfc3339(1_790_000_000_000)
        return {
            "conversation": conversation,
            "facts": [
                {"type": "chat.queued", "at": at, "source": "zendesk", "fields": {"queue": "tech"}},
                {
                    "type": "chat.accepted",
                    "at": at,
                    "source": "zendesk",
                    "fields": {"agent": "kim"},
                    "contributions": [
                        {"what": "leg", "number": 1, "at": at, "end": None, "channel": "chat", "queue": "tech"}
                        | {
                            "part": "",
                            "adds": {"answered": 1, "wait_ms": 9000},
                            "metrics": ["answered", "wait_mean_seconds"],
                        }
                    ],
                },
            ],
        }

    return routes


async def _events(floor: Floor, wanted: set[str]) -> AsyncIterator[str]:
    before: dict[Any, float] = {}
    kind, number = "whole", 0
    while not floor.is_closed:
        if not floor.is_stuck:
            now = {key: value for key, value in floor.numbers.items() if key[0] in wanted}
            data = {
                **floor.standing(),
                "values": [_said(key, value) for key, value in now.items() if before.get(key) != value],
                "gone": [_said(key) for key in before if key not in now],
            }
            number += 1
            yield f"retry: 1000\nevent: {kind}\nid: {number}\ndata: {json.dumps(data)}\n\n"
            before, kind = now, "changed"
        for _ in range(10):
            await asyncio.sleep(0 if floor.is_closed else EVERY_S / 10)


def _said(key: tuple[str, tuple[tuple[str, str], ...], str | None], value: float | None = None) -> dict[str, Any]:
    metric, labels, window = key
    said = {"metric": metric, "labels": dict(labels), "window": window}
    return said if value is None else {**said, "value": value}
