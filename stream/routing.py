"""Where an event belongs: its topic and its record key (EVENTS section 2 in a handful of rules)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from aggregators.instants import EARLIEST_MS, instant_ms
from aggregators.vocabulary import NAMES, TYPES

if TYPE_CHECKING:
    from stream.settings import Settings

Lane = Literal["chat", "ticket", "agent", "all"]
DEFAULT_TENANT = "default"


class Route(NamedTuple):
    """The way of one line. `key` is None where none can be read; `at_ms` too."""

    lane: Lane
    key: str | None
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics that events are written to, and every topic that is read: where heartbeats go."""

    chat: str
    ticket: str
    agent: str
    every: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings, *, only: str | None = None) -> Topics:
        """Return those of the settings, the first of each list; or one topic for everything."""
        read = settings.source_topics
        if only:
            return cls(only, only, only, read if only in read else (only,))
        named = (settings.topics_chat, settings.topics_ticket, settings.topics_agent)
        chat, ticket, agent = (next(part.strip() for part in text.split(",") if part.strip()) for text in named)
        return cls(chat, ticket, agent, read)

    def named(self, lane: Lane) -> str:
        """Return the topic of a lane that has one of its own."""
        return {"chat": self.chat, "ticket": self.ticket, "agent": self.agent}[lane]


@dataclass(slots=True)
class Router:
    """Learns which conversations are held live, then says where each line goes."""

    live: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, line: bytes) -> Route:
        """Take note of a line; return its way as far as it is known by now."""
        event = parsed(line)
        if event is not None:
            conversation = event.get("conversation")
            if isinstance(conversation, str) and str(event.get("type")).startswith("chat."):
                self.live.add((_tenant(event), conversation))
        return self._route(event)

    def route(self, line: bytes) -> Route:
        """Return the way of a line, when every line was learnt."""
        return self._route(parsed(line))

    def _route(self, event: dict[str, Any] | None) -> Route:
        """Keep what cannot be read with the chats: the worker will reject it, with the reason."""
        if event is None:
            return Route("chat", None, None)
        kind, conversation, at_ms = event.get("type"), event.get("conversation"), instant_ms(event.get("at"))
        if at_ms is not None and at_ms < EARLIEST_MS:
            at_ms = None
        if kind == "source.heartbeat":
            return Route("all", _text(event, "source"), at_ms)
        kind = kind if isinstance(kind, str) else ""
        if isinstance(conversation, str) and not kind.startswith("agent."):
            lane: Lane = "chat" if (_tenant(event), conversation) in self.live else "ticket"
            return Route(lane, conversation, at_ms)
        return Route("agent", _subject(event, kind), at_ms)


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line, None if there is none."""
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def _tenant(event: dict[str, Any]) -> str:
    tenant = event.get("tenant")
    return tenant if isinstance(tenant, str) else DEFAULT_TENANT


def _text(event: dict[str, Any], name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) else None


def _subject(event: dict[str, Any], kind: str) -> str | None:
    """Return what an event without conversation is about: the agent, the session, the series; else its own id.

    Repeats of an event have the same key, so they meet in one partition.
    """
    declared = TYPES.get(kind)
    name = NAMES.get(declared.subject) if declared else "agent" if kind.startswith("agent.") else None
    return (_text(event, name) if name else None) or _text(event, "id")
